//! A small safe facade over llama.cpp: the only place with `unsafe` calls into it.
//!
//! Many paths in llama.cpp end the process on impossible arguments, so the facade checks every limit (batch
//! size, sequence ids, token ids, logit rows) before the call and answers with a typed error instead.

mod backend;
mod batch;
mod context;
mod error;
pub(crate) mod log;
mod model;
pub(crate) mod pulse;
mod quantize;
mod runs;
mod sequence;
mod specials;
mod thread_pool;
mod vocab;

pub(crate) use backend::Backend;
pub(crate) use batch::{Logits, Row};
pub(crate) use context::{Context, ContextSpec};
pub(crate) use error::{ContextError, DecodeError, ModelError};
pub(crate) use model::Model;
pub(crate) use quantize::{WeightFormat, quantize};
pub(crate) use runs::{MAX_RUN_BYTES, STACK_PER_MATCHED_BYTE};
pub(crate) use vocab::{Bounds, Vocab};

/// Index into the vocabulary.
pub(crate) type TokenId = u32;

/// A sequence's place in the KV cache: 0 up to the context's number of sequences.
pub(crate) type SeqId = u32;

/// A position in a sequence, counted from 0.
pub(crate) type Position = u32;
