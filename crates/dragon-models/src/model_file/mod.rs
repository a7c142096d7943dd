//! A model file and the facts that the server needs from it.

mod checks;
mod error;
mod facts;
mod hyperparameters;
mod single_bytes;
mod tensors;
mod tokenizer;
mod vocabulary;

use std::{
    fs::File,
    path::{Path, PathBuf},
};

pub use error::ModelFileError;

use crate::gguf::GgufHeader;
use facts::Facts;

/// A model file that has been looked at: it is there, it is one whole GGUF file, and these are its facts.
///
/// The header itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its length.
    pub size_bytes: u64,
    /// Bytes of all its tensors.
    pub weights_bytes: u64,
    /// `general.architecture`, such as `llama`.
    pub architecture: String,
    /// `general.name`, where it has one.
    pub name: Option<String>,
    /// Tokens of context that the model was trained with.
    pub n_ctx_train: u32,
    /// Layers.
    pub n_layer: u32,
    /// Dimensions of the embedding.
    pub n_embd: u32,
    /// Attention heads of the layer that has most; 0 for architectures without attention.
    pub n_head: u32,
    /// Key-value heads of the layer that has most.
    pub n_head_kv: u32,
    /// Elements of keys and values that one token takes in the cache, over all layers.
    pub n_kv_elements_per_token: u64,
    /// Tokens of the vocabulary.
    pub n_vocab: u32,
    /// `tokenizer.chat_template`, a Jinja2 source.
    pub chat_template: Option<String>,
    /// The text of the token that begins a sequence.
    pub bos_text: Option<String>,
    /// The text of the token that ends one.
    pub eos_text: Option<String>,
    /// Whether the tokenizer puts the beginning token in front of a text on its own.
    pub add_bos: bool,
}

// === impl ModelFile ===

impl ModelFile {
    /// Reads the header of a model file and takes the facts from it.
    ///
    /// # Errors
    /// Where there is no such file, where it is no GGUF file, is damaged, one part of a split model, or
    /// says absurd things about itself. The message names the file and what to do.
    pub fn open(path: &Path) -> Result<Self, ModelFileError> {
        checks::regular_file(path)?;
        checks::not_split_by_name(path)?;
        let header = GgufHeader::read(path)
            .map_err(|error| ModelFileError::Header { path: path.to_owned(), error })?;
        checks::not_split_by_key(path, &header)?;
        let file =
            File::open(path).map_err(|error| ModelFileError::Unreadable { path: path.to_owned(), error })?;
        Facts { path, header: &header, file: &file }.collect()
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
