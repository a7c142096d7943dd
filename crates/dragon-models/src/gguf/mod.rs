//! The bounded reader of GGUF headers, versions 2 and 3, little-endian.
//!
//! Layout, after the GGUF specification of the ggml project: magic, version, number of tensors, number of
//! keys; the keys with their values; one info per tensor; padding; tensor data.

mod error;
mod header;
mod limits;
mod source;
mod tensor;
mod value;

pub use error::{GgufError, Problem};
pub use header::{GgufHeader, Version};
pub use limits::*;
pub use tensor::{ElementType, Tensor};
pub use value::{Array, Value, ValueType, each_integer, each_text, read_integers, read_text_at};

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "the sizes of test data are small")]
mod tests;
