//! Numbers of the model that llama.cpp aborts on, or divides by, without a word to the caller.
//!
//! Each check here stands for an assertion or a division in llama.cpp's loader or in its first computation.
//! What llama.cpp itself refuses with a clean error (an unknown architecture, a missing tensor) is left to it:
//! what this server has not heard of may still be a good model.

use super::{error::ModelFileError, facts::Facts};
use crate::gguf::Value;

/// Most experts of a layer: llama.cpp has arrays of so many.
const MAX_EXPERTS: u32 = 1_024;

/// How positions are stretched: llama.cpp aborts on any other word.
const ROPE_SCALINGS: &[&str] = &["none", "linear", "yarn", "longrope"];

/// Floats that must be finite and not below zero: with others, norms abort and logits are not numbers.
const FINITE: &[&str] = &[
    "attention.layer_norm_epsilon",
    "attention.layer_norm_rms_epsilon",
    "attention.group_norm_epsilon",
    "rope.freq_base",
    "rope.freq_base_swa",
    "rope.scale_linear",
    "rope.scaling.factor",
    "rope.scaling.attn_factor",
];

/// Integers that are divided by.
const DIVISORS: &[&str] = &["ssm.time_step_rank", "wkv.head_size"];

// === impl Facts ===

impl Facts<'_> {
    pub(super) fn check_hyperparameters(
        &self,
        architecture: &str,
        n_layer: u32,
        n_embd: u32,
    ) -> Result<(), ModelFileError> {
        let of = |key: &str| format!("{architecture}.{key}");
        let at_most = |key: &str, limit: u32, expected: &'static str| match self.number(&of(key))? {
            Some(found) if found > limit => Err(self.bad(&of(key), &Value::Unsigned(found.into()), expected)),
            found => Ok(found),
        };
        at_most("nextn_predict_layers", n_layer, "at most the number of layers")?;
        let n_expert = at_most("expert_count", MAX_EXPERTS, "at most 1024")?.unwrap_or(0);
        // llama.cpp ignores what these say about experts where there is none to choose.
        if n_expert > 1 || !architecture.starts_with("hunyuan") {
            self.check_experts(&of, n_layer, n_expert)?;
        }
        for key in FINITE {
            self.check_finite(&of(key))?;
        }
        for key in DIVISORS {
            if self.number(&of(key))? == Some(0) {
                return Err(self.bad(&of(key), &Value::Unsigned(0), "a number above zero"));
            }
        }
        if let Some(size) = self.number(&of("wkv.head_size"))?.filter(|size| !n_embd.is_multiple_of(*size)) {
            let expected = "a divisor of the embedding's length";
            return Err(self.bad(&of("wkv.head_size"), &Value::Unsigned(size.into()), expected));
        }
        self.check_rope_scaling(&of("rope.scaling.type"))
    }

    fn check_experts(
        &self,
        of: &dyn Fn(&str) -> String,
        n_layer: u32,
        n_expert: u32,
    ) -> Result<(), ModelFileError> {
        let used_key = of("expert_used_count");
        let n_used = self.per_layer(&used_key, n_layer)?.unwrap_or_default().into_iter().max().unwrap_or(0);
        let wrong = |key: &str, found: u32, expected| {
            Err(self.bad(&of(key), &Value::Unsigned(found.into()), expected))
        };
        if n_used > n_expert {
            return wrong("expert_used_count", n_used, "at most as many as there are experts");
        }
        if n_expert > 0 && n_used == 0 {
            return wrong("expert_used_count", n_used, "at least one of the experts");
        }
        let n_groups = self.number(&of("expert_group_count"))?.unwrap_or(0);
        if n_groups > 0 && n_groups >= n_expert {
            return wrong("expert_group_count", n_groups, "less than there are experts");
        }
        if n_groups > 1 {
            if !n_expert.is_multiple_of(n_groups) {
                return wrong("expert_group_count", n_groups, "a divisor of the number of experts");
            }
            let n_used_groups = self.number(&of("expert_group_used_count"))?.unwrap_or(0);
            if n_used_groups == 0 || n_used_groups >= n_groups {
                return wrong("expert_group_used_count", n_used_groups, "at least one group, but not all");
            }
        }
        Ok(())
    }

    fn check_finite(&self, key: &str) -> Result<(), ModelFileError> {
        match self.header.values.get(key) {
            None => Ok(()),
            Some(Value::Float(x)) if x.is_finite() && *x >= 0.0 => Ok(()),
            Some(other) => Err(self.bad(key, other, "a finite number of zero or more")),
        }
    }

    fn check_rope_scaling(&self, key: &str) -> Result<(), ModelFileError> {
        match self.text(key)? {
            Some(word) if !ROPE_SCALINGS.contains(&word.as_str()) => {
                let expected = "`none`, `linear`, `yarn` or `longrope`";
                Err(self.bad(key, &Value::Text(word), expected))
            }
            _ => Ok(()),
        }
    }

    /// Query heads share key-value heads evenly.
    pub(super) fn check_heads(
        &self,
        kv_key: &str,
        heads: &[u32],
        kv_heads: &[u32],
    ) -> Result<(), ModelFileError> {
        let uneven = heads.iter().zip(kv_heads).find(|&(&n_head, &n_kv)| n_kv > 0 && n_head % n_kv != 0);
        match uneven {
            Some((_, &n_kv)) => {
                let expected = "a divisor of the number of heads";
                Err(self.bad(kv_key, &Value::Unsigned(n_kv.into()), expected))
            }
            None => Ok(()),
        }
    }

    /// Positions turn pairs of a head's dimensions.
    pub(super) fn check_rotation(
        &self,
        key: &str,
        heads: &[u32],
        key_dim: u32,
    ) -> Result<(), ModelFileError> {
        // llama.cpp looks at the first layer to see whether there is attention at all.
        let has_attention = heads.first().is_some_and(|&n_head| n_head > 0);
        match self.number(key)? {
            Some(n_turned) if has_attention && (n_turned > key_dim || n_turned % 2 != 0) => {
                let expected = "an even number of at most a head's dimensions";
                Err(self.bad(key, &Value::Unsigned(n_turned.into()), expected))
            }
            _ => Ok(()),
        }
    }
}
