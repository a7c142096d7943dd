//! Takes the facts from a header.

use std::{fs::File, path::Path};

use super::{ModelFile, error::ModelFileError, tokenizer::adds_bos};
use crate::gguf::{Array, GgufHeader, Value, ValueType, read_integers, read_text_at};

/// Most layers: llama.cpp has arrays of so many, and aborts where a file says more.
const MAX_LAYERS: u32 = 512;

/// Longest name of an architecture, in bytes; it is part of every key's name.
const MAX_ARCHITECTURE_BYTES: usize = 63;

/// Most heads or dimensions that are believed; the largest models are far below.
const MAX_PLAUSIBLE: u32 = 1 << 20;

/// Most tokens of context that are believed.
const MAX_TOKENS: u32 = 1 << 28;

/// A header on its way to becoming a [`ModelFile`].
pub(super) struct Facts<'a> {
    pub(super) path: &'a Path,
    pub(super) header: &'a GgufHeader,
    /// The file itself, for what lies in arrays.
    pub(super) file: &'a File,
}

// === impl Facts ===

impl Facts<'_> {
    pub(super) fn collect(&self) -> Result<ModelFile, ModelFileError> {
        let path = self.path.to_owned();
        if self.header.tensors.is_empty() {
            return Err(ModelFileError::NoWeights { path });
        }
        let architecture = self.architecture()?;
        let of = |key: &str| format!("{architecture}.{key}");
        let n_layer = self.required_count(&of("block_count"), MAX_LAYERS)?;
        let n_embd = self.required_count(&of("embedding_length"), MAX_PLAUSIBLE)?;
        let heads = self.per_layer(&of("attention.head_count"), n_layer)?.unwrap_or_default();
        let kv_heads =
            self.per_layer(&of("attention.head_count_kv"), n_layer)?.unwrap_or_else(|| heads.clone());
        let n_head = heads.iter().copied().max().unwrap_or(0);
        let head_dim = n_embd.checked_div(n_head).unwrap_or(0);
        let key_dim = self.count(&of("attention.key_length"), MAX_PLAUSIBLE)?.unwrap_or(head_dim);
        let value_dim = self.count(&of("attention.value_length"), MAX_PLAUSIBLE)?.unwrap_or(head_dim);
        let tokens = self.tokens()?;
        let n_vocab = u32::try_from(tokens.n_elements).unwrap_or(u32::MAX);
        self.check_hyperparameters(&architecture, n_layer, n_embd)?;
        self.check_heads(&of("attention.head_count_kv"), &heads, &kv_heads)?;
        self.check_rotation(&of("rope.dimension_count"), &heads, key_dim)?;
        self.check_vocabulary(&tokens)?;
        self.check_tensors(&architecture, n_embd, n_vocab)?;
        Ok(ModelFile {
            path,
            size_bytes: self.header.file_len,
            weights_bytes: self.header.tensor_bytes(),
            name: self.text("general.name")?,
            n_ctx_train: self.required_count(&of("context_length"), MAX_TOKENS)?,
            n_layer,
            n_embd,
            n_head,
            n_head_kv: kv_heads.iter().copied().max().unwrap_or(0),
            // No overflow: at most 2^12 layers of 2^20 heads of 2^21 elements.
            n_kv_elements_per_token: kv_heads.iter().map(|&heads| u64::from(heads)).sum::<u64>()
                * (u64::from(key_dim) + u64::from(value_dim)),
            n_vocab,
            chat_template: self.text("tokenizer.chat_template")?,
            bos_text: self.token_text("tokenizer.ggml.bos_token_id", &tokens)?,
            eos_text: self.token_text("tokenizer.ggml.eos_token_id", &tokens)?,
            add_bos: self.adds_bos()?,
            architecture,
        })
    }

    /// The name goes into keys and messages, so it must look like one; whether it is known is left to the
    /// engine, which may be newer.
    fn architecture(&self) -> Result<String, ModelFileError> {
        let name = self.required_text("general.architecture")?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > MAX_ARCHITECTURE_BYTES || !name.bytes().all(allowed) {
            let name = name.chars().take(MAX_ARCHITECTURE_BYTES).collect();
            return Err(ModelFileError::BadArchitecture { path: self.path.to_owned(), name });
        }
        Ok(name)
    }

    fn token_text(&self, id_key: &str, tokens: &Array) -> Result<Option<String>, ModelFileError> {
        let Some(value) = self.header.values.get(id_key) else {
            return Ok(None);
        };
        let id = value.as_u64().filter(|&id| id < tokens.n_elements);
        let id = id.ok_or_else(|| self.bad(id_key, value, "the number of a token of the vocabulary"))?;
        let text = read_text_at(self.file, self.header.file_len, tokens, id);
        text.map(Some).map_err(|error| ModelFileError::Header { path: self.path.to_owned(), error })
    }

    fn adds_bos(&self) -> Result<bool, ModelFileError> {
        const KEY: &str = "tokenizer.ggml.add_bos_token";
        match self.header.values.get(KEY) {
            Some(Value::Bool(adds)) => Ok(*adds),
            Some(other) => Err(self.bad(KEY, other, "a truth value")),
            None => {
                let model = self.text("tokenizer.ggml.model")?.unwrap_or_default();
                Ok(adds_bos(&model, &self.text("tokenizer.ggml.pre")?.unwrap_or_default()))
            }
        }
    }

    // --- values by kind

    pub(super) fn text(&self, key: &str) -> Result<Option<String>, ModelFileError> {
        match self.header.values.get(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(other) => Err(self.bad(key, other, "a text")),
        }
    }

    fn count(&self, key: &str, limit: u32) -> Result<Option<u32>, ModelFileError> {
        let Some(value) = self.header.values.get(key) else {
            return Ok(None);
        };
        let plausible = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|&n| n > 0 && n <= limit);
        plausible.map(Some).ok_or_else(|| self.bad(key, value, "a plausible number above zero"))
    }

    /// A number that may be zero.
    pub(super) fn number(&self, key: &str) -> Result<Option<u32>, ModelFileError> {
        let Some(value) = self.header.values.get(key) else {
            return Ok(None);
        };
        let plausible = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|&n| n <= MAX_PLAUSIBLE);
        plausible.map(Some).ok_or_else(|| self.bad(key, value, "a plausible number"))
    }

    /// A number that is one for all layers or an array of one for each.
    pub(super) fn per_layer(&self, key: &str, n_layer: u32) -> Result<Option<Vec<u32>>, ModelFileError> {
        let Some(value) = self.header.values.get(key) else {
            return Ok(None);
        };
        let numbers = match value {
            Value::Array(array) => read_integers(self.file, self.header.file_len, array)
                .map_err(|error| ModelFileError::Header { path: self.path.to_owned(), error })?,
            single => single.as_u64().into_iter().collect(),
        };
        let expected = "a plausible number, or one per layer";
        let plausible: Option<Vec<u32>> = numbers
            .iter()
            .map(|&number| u32::try_from(number).ok().filter(|&number| number <= MAX_PLAUSIBLE))
            .collect();
        match plausible {
            Some(numbers) if numbers.len() == n_layer as usize => Ok(Some(numbers)),
            Some(numbers) if numbers.len() == 1 => Ok(Some(vec![numbers[0]; n_layer as usize])),
            _ => Err(self.bad(key, value, expected)),
        }
    }

    /// An array of one of some types.
    pub(super) fn array(
        &self,
        key: &str,
        elements: &[ValueType],
        expected: &'static str,
    ) -> Result<Option<Array>, ModelFileError> {
        match self.header.values.get(key) {
            None => Ok(None),
            Some(Value::Array(array)) if elements.contains(&array.element) => Ok(Some(*array)),
            Some(other) => Err(self.bad(key, other, expected)),
        }
    }

    pub(super) fn required_text(&self, key: &str) -> Result<String, ModelFileError> {
        self.text(key)?.ok_or_else(|| self.missing(key))
    }

    fn required_count(&self, key: &str, limit: u32) -> Result<u32, ModelFileError> {
        self.count(key, limit)?.ok_or_else(|| self.missing(key))
    }

    // --- errors

    pub(super) fn missing(&self, key: &str) -> ModelFileError {
        ModelFileError::MissingKey { path: self.path.to_owned(), key: key.to_owned() }
    }

    pub(super) fn bad(&self, key: &str, value: &Value, expected: &'static str) -> ModelFileError {
        let found = match value {
            Value::Unsigned(x) => x.to_string(),
            Value::Signed(x) => x.to_string(),
            Value::Float(x) => x.to_string(),
            Value::Array(array) => format!("an array of {}", array.n_elements),
            other => other.kind().to_owned(),
        };
        ModelFileError::BadKey { path: self.path.to_owned(), key: key.to_owned(), found, expected }
    }
}
