//! Model files: what a GGUF file says about itself, read by our own bounded reader, before any C++ sees it.
//!
//! The header of a model file is input from strangers, and the engine's C++ reader has had memory errors in
//! it again and again. So the server reads it first, in safe Rust: every length is checked against the file
//! and a named limit before anything is allocated for it, all arithmetic is checked, and a refusal says what
//! is wrong, where, and what to do.
//!
//! [`ModelFile::open`] is the way in. [`gguf`] is the reader below it. Weights are never read here, except
//! by [`sha256_of_file`].

pub mod gguf;

mod digest;
mod memory;
mod model_file;

pub use digest::{hexadecimal, sha256_of_file};
pub use memory::{KvElement, MemoryError, MemoryEstimate, estimate_memory};
pub use model_file::{ModelFile, ModelFileError};
