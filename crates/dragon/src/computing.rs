//! How a model is computed on this machine: number formats, attention, threads, pieces of prompts.
//!
//! What the operator sets holds. What is left open comes from a tuning run, if one was made for this machine and
//! this model, or else from rules of thumb about the CPU.

mod machine;
mod rules;
mod tuned;
mod weight_format;

use dragon_ipc::{CacheType, FlashAttention};

use crate::config::ModelPlan;

pub(crate) use machine::Machine;
pub(crate) use rules::rule_of_thumb;
pub(crate) use tuned::{TUNED, Tuned};
pub(crate) use weight_format::WeightFormat;

/// All that can be chosen without changing what the model says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Computing {
    pub(crate) cache_type: CacheType,
    pub(crate) flash_attention: FlashAttention,
    pub(crate) threads: u32,
    pub(crate) prefill_chunk: u32,
}

/// Where what the operator left open was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Tuned,
    RuleOfThumb,
}

/// Fills in what the plan leaves open.
pub(crate) fn choose(plan: &ModelPlan, tuned: Option<Computing>, machine: &Machine) -> (Computing, Source) {
    let (base, source) = match tuned {
        Some(tuned) => (tuned, Source::Tuned),
        None => (rule_of_thumb(machine), Source::RuleOfThumb),
    };
    let cache_type = plan.cache_type.unwrap_or(base.cache_type);
    let flash_attention = plan.flash_attention.unwrap_or(match (cache_type, base.flash_attention) {
        // Exact tests want the plain graph, and a quantised cache cannot be read without flash attention: the
        // engine knows both.
        (CacheType::F32, _) | (CacheType::Q8_0, FlashAttention::Off) => FlashAttention::Auto,
        (_, fitting) => fitting,
    });
    let computing = Computing {
        cache_type,
        flash_attention,
        threads: plan.threads.unwrap_or(base.threads),
        prefill_chunk: plan.prefill_chunk.unwrap_or(base.prefill_chunk),
    };
    (computing, source)
}

/// The word for a cache type in files and on command lines.
pub(crate) const fn cache_word(cache_type: CacheType) -> &'static str {
    match cache_type {
        CacheType::F32 => "f32",
        CacheType::F16 => "f16",
        CacheType::Bf16 => "bf16",
        CacheType::Q8_0 => "q8_0",
    }
}

/// The word for flash attention.
pub(crate) const fn attention_word(flash_attention: FlashAttention) -> &'static str {
    match flash_attention {
        FlashAttention::Auto => "auto",
        FlashAttention::On => "on",
        FlashAttention::Off => "off",
    }
}

// === impl Computing ===

impl std::fmt::Display for Computing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} cache, flash attention {}, {} threads, prompts in pieces of {}",
            cache_word(self.cache_type),
            attention_word(self.flash_attention),
            self.threads,
            self.prefill_chunk
        )
    }
}

// === impl Source ===

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Tuned => "a tuning run",
            Self::RuleOfThumb => "rules of thumb; `dragon tune` measures",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan_of_text;

    fn machine() -> Machine {
        Machine { cpu: "test".to_owned(), has_matrix_unit: true, n_threads: 4 }
    }

    fn chosen(settings: &str, tuned: Option<Computing>) -> Computing {
        let text = format!("[[model]]\nid = \"m\"\npath = \"m.gguf\"\n{settings}");
        choose(&plan_of_text(&text).models[0], tuned, &machine()).0
    }

    #[test]
    fn what_is_set_wins_over_tuning_and_tuning_over_rules() {
        let rule = rule_of_thumb(&machine());
        assert_eq!(chosen("", None), rule);
        let tuned = Computing {
            cache_type: CacheType::Q8_0,
            flash_attention: FlashAttention::On,
            threads: 3,
            prefill_chunk: 128,
        };
        assert_eq!(chosen("", Some(tuned)), tuned);
        let set = chosen("threads = 1\nprefill_chunk = 16", Some(tuned));
        assert_eq!((set.threads, set.prefill_chunk, set.cache_type), (1, 16, CacheType::Q8_0));
    }

    #[test]
    fn a_quantised_cache_never_goes_without_the_attention_that_it_needs() {
        assert_eq!(chosen("cache_type = \"q8_0\"", None).flash_attention, FlashAttention::Auto);
        assert_eq!(chosen("cache_type = \"f16\"", None).flash_attention, FlashAttention::Off);
    }
}
