//! Why a model file is refused.

use std::{io, path::PathBuf};

use crate::gguf::GgufError;

/// Why a model file is refused. Every message names the file and says what to do.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what each field is")]
pub enum ModelFileError {
    #[error("{}: there is no such file. Check the path", path.display())]
    Missing { path: PathBuf },
    #[error("{}: this is a directory. Name the .gguf file in it", path.display())]
    Directory { path: PathBuf },
    #[error("{}: this is not a regular file. Name a .gguf file", path.display())]
    NotRegular { path: PathBuf },
    #[error("{}: the file cannot be read: {error}. Check its permissions", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error(
        "{}: this is part {part} of {n_parts} of a split model, which is not supported. Merge the parts with \
         `llama-gguf-split --merge FIRST_PART WHOLE.gguf` and configure the whole file",
        path.display()
    )]
    Split { path: PathBuf, part: u64, n_parts: u64 },
    #[error("{}: {error}", path.display())]
    Header { path: PathBuf, error: GgufError },
    #[error("{}: the file holds no weights, only a vocabulary. Configure a whole model", path.display())]
    NoWeights { path: PathBuf },
    #[error(
        "{}: the architecture's name `{}` is none that a converter writes. The file is damaged or hostile: get \
         it again from a source that you trust",
        path.display(),
        name.escape_debug()
    )]
    BadArchitecture { path: PathBuf, name: String },
    #[error(
        "{}: {wrong} (`tokenizer.ggml.tokens`): the engine would end at once, or at the first text that needs \
         it. Get the file again from a source that you trust, or convert the model again",
        path.display()
    )]
    BadVocabulary { path: PathBuf, wrong: String },
    #[error(
        "{}: the tensor `{}` {wrong}. The file is damaged or hostile: get it again from a source that you trust",
        path.display(),
        tensor.escape_debug()
    )]
    BadTensor { path: PathBuf, tensor: String, wrong: String },
    #[error(
        "{}: the key `{key}` is missing. The file is no language model, or damaged: get it again from a \
         source that you trust",
        path.display()
    )]
    MissingKey { path: PathBuf, key: String },
    #[error(
        "{}: the key `{key}` holds {found}, where {expected} is expected. The file is damaged or hostile: \
         get it again from a source that you trust",
        path.display()
    )]
    BadKey { path: PathBuf, key: String, found: String, expected: &'static str },
}
