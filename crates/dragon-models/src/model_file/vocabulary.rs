//! What a vocabulary must have so that the tokenizer does not abort when it is loaded, or at some client's
//! text.

use std::{collections::hash_map::RandomState, hash::BuildHasher as _};

use super::{error::ModelFileError, facts::Facts, single_bytes::SingleBytes};
use crate::gguf::{Array, ValueType, each_integer, each_text, read_text_at};

/// Most tokens of a vocabulary. The largest published has 901,629.
const MAX_VOCABULARY: u64 = 1 << 20;

/// Values of `tokenizer.ggml.model` for files without a vocabulary: llama.cpp loads them, and aborts at the
/// first text.
const WITHOUT_TEXT: &[&str] = &["none", "no_vocab"];

/// The one that llama.cpp cannot write byte tokens of: it aborts where the file has one.
const WITHOUT_BYTE_TOKENS: &str = "bert";

/// The number of byte tokens among the types of tokens.
const BYTE_TYPE: i64 = 6;

const TYPES_KEY: &str = "tokenizer.ggml.token_type";

const TOKENS_KEY: &str = "tokenizer.ggml.tokens";
const MODEL_KEY: &str = "tokenizer.ggml.model";

// === impl Facts ===

impl Facts<'_> {
    /// The vocabulary's array.
    pub(super) fn tokens(&self) -> Result<Array, ModelFileError> {
        let tokens = self.array(TOKENS_KEY, &[ValueType::Text], "an array of texts")?;
        let tokens = tokens.ok_or_else(|| self.missing(TOKENS_KEY))?;
        match tokens.n_elements {
            1..=MAX_VOCABULARY => Ok(tokens),
            0 => Err(self.bad_vocabulary("the vocabulary is empty".to_owned())),
            n => Err(self
                .bad_vocabulary(format!("{n} tokens are more than the {MAX_VOCABULARY} that are believed"))),
        }
    }

    pub(super) fn check_vocabulary(&self, tokens: &Array) -> Result<(), ModelFileError> {
        let model = self.required_text(MODEL_KEY)?;
        if WITHOUT_TEXT.contains(&model.as_str()) {
            return Err(self.bad_vocabulary("the file holds a model without a vocabulary".to_owned()));
        }
        self.check_beside("tokenizer.ggml.scores", &[ValueType::F32, ValueType::I32], tokens)?;
        self.check_beside(TYPES_KEY, &[ValueType::I32], tokens)?;
        self.array("tokenizer.ggml.merges", &[ValueType::Text], "an array of texts")?;
        if model == WITHOUT_BYTE_TOKENS {
            self.check_types()?;
        }
        self.check_texts(tokens, &model)
    }

    /// An array that holds something about every token.
    fn check_beside(&self, key: &str, elements: &[ValueType], tokens: &Array) -> Result<(), ModelFileError> {
        let expected = "an array of one 32-bit number for each token";
        match self.array(key, elements, expected)? {
            Some(array) if array.n_elements < tokens.n_elements => {
                Err(self.bad(key, &crate::gguf::Value::Array(array), expected))
            }
            _ => Ok(()),
        }
    }

    fn check_types(&self) -> Result<(), ModelFileError> {
        let Some(types) = self.array(TYPES_KEY, &[ValueType::I32], "an array of integers")? else {
            return Ok(());
        };
        let mut byte_token = None;
        each_integer(self.file, self.header.file_len, &types, |index, number| {
            if number == BYTE_TYPE && byte_token.is_none() {
                byte_token = Some(index);
            }
        })
        .map_err(|error| ModelFileError::Header { path: self.path.to_owned(), error })?;
        match byte_token {
            Some(index) => Err(self.bad_vocabulary(format!(
                "token {index} stands for a byte, which a `{WITHOUT_BYTE_TOKENS}` vocabulary cannot have"
            ))),
            None => Ok(()),
        }
    }

    /// Every text stands for one token only; and single bytes are there where they are fallen back to.
    fn check_texts(&self, tokens: &Array, model: &str) -> Result<(), ModelFileError> {
        // Keyed afresh each time, so that a file cannot prepare for it.
        let hasher = RandomState::new();
        let mut hashes: Vec<(u64, u64)> = Vec::new();
        let mut bytes = SingleBytes::of(model);
        each_text(self.file, self.header.file_len, tokens, |index, text| {
            // llama.cpp gives a token without text this one.
            let hash = match text {
                [] => hasher.hash_one(format!("[EMPTY_{index}]").as_bytes()),
                text => hasher.hash_one(text),
            };
            hashes.push((hash, index));
            bytes.look_at(text);
        })
        .map_err(|error| ModelFileError::Header { path: self.path.to_owned(), error })?;
        if let Some(byte) = bytes.missing() {
            return Err(self.bad_vocabulary(format!("no token stands for the byte <0x{byte:02X}>")));
        }
        hashes.sort_unstable();
        for pair in hashes.windows(2) {
            let [(hash, first), (other, second)] = [pair[0], pair[1]];
            if hash == other && self.text_of(tokens, first)? == self.text_of(tokens, second)? {
                return Err(
                    self.bad_vocabulary(format!("the tokens {first} and {second} have the same text"))
                );
            }
        }
        Ok(())
    }

    fn text_of(&self, tokens: &Array, index: u64) -> Result<String, ModelFileError> {
        let text = read_text_at(self.file, self.header.file_len, tokens, index)
            .map_err(|error| ModelFileError::Header { path: self.path.to_owned(), error })?;
        Ok(if text.is_empty() { format!("[EMPTY_{index}]") } else { text })
    }

    fn bad_vocabulary(&self, wrong: String) -> ModelFileError {
        ModelFileError::BadVocabulary { path: self.path.to_owned(), wrong }
    }
}
