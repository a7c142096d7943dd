//! What can be wrong with a header.

use std::io;

use super::MAPPED_ALIGNMENT;

/// A refusal: what is wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{problem} (near byte {near_byte}, in {place}). {}", problem.remedy())]
pub struct GgufError {
    /// What is wrong.
    #[source]
    pub problem: Problem,
    /// How far the reader had come, in bytes from the start of the file.
    pub near_byte: u64,
    /// What was being read: the header, a key, a tensor.
    pub place: String,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what each field is")]
pub enum Problem {
    #[error("the file could not be read: {0}")]
    Io(#[from] io::Error),
    #[error("this is not a GGUF file: {looks_like}")]
    NotGguf { looks_like: &'static str },
    #[error("this is a big-endian GGUF file")]
    BigEndian,
    #[error("GGUF version {0} is not supported, only 2 and 3")]
    UnknownVersion(u32),
    #[error("the file ends too early: {needed} more bytes were announced and {left} are left")]
    Truncated { needed: u64, left: u64 },
    #[error("the header is longer than the limit of {MAX} bytes", MAX = super::MAX_HEADER_BYTES)]
    HeaderTooLong,
    #[error("{what}: {found} is over the limit of {limit}")]
    OverLimit { what: &'static str, found: u64, limit: u64 },
    #[error("{what} overflows a 64-bit number")]
    Overflow { what: &'static str },
    #[error("value type {0} does not exist")]
    UnknownValueType(u32),
    #[error("an array of arrays is not supported")]
    NestedArray,
    #[error("{0} is neither true (1) nor false (0)")]
    NotBool(u8),
    #[error("the {0} is empty or not UTF-8")]
    BadName(&'static str),
    #[error("the {what} `{}` comes twice", name.escape_debug())]
    Duplicate { what: &'static str, name: String },
    #[error("the alignment {0} is not a power of two of at most {MAX}", MAX = super::MAX_ALIGNMENT)]
    BadAlignment(u64),
    #[error("a tensor has {0} dimensions; 1 to {MAX} are possible", MAX = super::MAX_DIMENSIONS)]
    BadDimensionCount(u32),
    #[error("a dimension is zero")]
    ZeroDimension,
    #[error("tensor element type {0} is unknown")]
    UnknownElementType(u32),
    #[error("a row of {row} elements is not a multiple of the block size {block}")]
    PartialBlock { row: u64, block: u64 },
    #[error("the tensor's offset {offset} is not a multiple of the alignment {alignment}")]
    Misaligned { offset: u64, alignment: u64 },
    #[error("the tensor's offset is {offset}, where the tensor before it ends at {expected}")]
    Misplaced { offset: u64, expected: u64 },
    #[error("the tensor starts at byte {start}, which is not a multiple of {MAPPED_ALIGNMENT}")]
    NotMappable { start: u64 },
    #[error("the tensor ends at byte {end} of a file of {file_len}")]
    BeyondFile { end: u64, file_len: u64 },
    #[error("the number is NaN")]
    NotANumber,
    #[error("the value is {found}, where {expected} is expected")]
    WrongType { expected: &'static str, found: &'static str },
    #[error("index {index} is outside an array of {n_elements}")]
    OutOfRange { index: u64, n_elements: u64 },
}

// === impl Problem ===

impl Problem {
    /// What the reader of the message can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Io(_) => "Check the file and its permissions.",
            Self::NotGguf { .. } => "Configure a model file in GGUF format.",
            Self::BigEndian => "Get the little-endian file, or convert it with `gguf_convert_endian.py`.",
            Self::UnknownVersion(_) => "Convert the model again with a current llama.cpp.",
            Self::Truncated { .. } | Self::BeyondFile { .. } => {
                "The file is incomplete: download or copy it again and compare its sha256."
            }
            Self::NotMappable { .. } => "Write the file again with `general.alignment` 32.",
            Self::UnknownElementType(_) => "Use a quantisation that this version knows, such as Q4_K_M.",
            _ => "The file is damaged or hostile: get it again from a source that you trust.",
        }
    }
}
