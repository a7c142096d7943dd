//! What can go wrong between us and llama.cpp, typed.

use super::{SeqId, TokenId};

/// A model file that cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ModelError {
    /// The path holds a NUL byte, which C strings cannot.
    #[error("the model's path holds a NUL byte")]
    Path,
    /// llama.cpp refused the file.
    #[error("llama.cpp cannot load this file: {}", .0.as_deref().unwrap_or("it gave no reason"))]
    Refused(Option<String>),
    /// The architecture does not continue text token by token.
    #[error("this is {0}, which cannot generate text token by token; choose a decoder-only language model")]
    Kind(&'static str),
    /// No tokenizer in the file.
    #[error("the file has no vocabulary, so no text can be tokenized; convert the model with its tokenizer")]
    NoVocabulary,
}

/// A context that cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContextError {
    /// The numbers asked for are outside what llama.cpp accepts.
    #[error("{0}")]
    Limits(&'static str),
    /// llama.cpp refused, most often for want of memory.
    #[error(
        "llama.cpp cannot allocate the context ({}); ask for fewer slots or a smaller context",
        .0.as_deref().unwrap_or("it gave no reason")
    )]
    Refused(Option<String>),
    /// The threads for compute could not be started.
    #[error("the threads for compute could not be started; ask for fewer threads")]
    Threads,
    /// The model keeps no state between tokens.
    #[error("this model makes embeddings, not text; choose a decoder-only language model")]
    NoMemory,
}

/// A decode call that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// Nothing to decode.
    #[error("a decode call without tokens")]
    Empty,
    /// More tokens than the context was made for.
    #[error("{n_rows} tokens in a call that takes {n_batch}")]
    TooManyRows {
        /// Tokens in the call.
        n_rows: usize,
        /// Tokens that fit.
        n_batch: usize,
    },
    /// More rows of logits than the context was made for.
    #[error("{n_outputs} rows of logits in a call that gives {n_outputs_max}")]
    TooManyOutputs {
        /// Rows asked for.
        n_outputs: usize,
        /// Rows that fit.
        n_outputs_max: usize,
    },
    /// No such token.
    #[error("token {0} is not in the vocabulary")]
    Token(TokenId),
    /// No such sequence.
    #[error("sequence {0} is not one of the context's")]
    Sequence(SeqId),
    /// The cells of this sequence could not be cut, taken out or put back.
    #[error("the cells of sequence {0} could not be moved")]
    State(SeqId),
    /// The position does not fit the sequence's cells.
    #[error("position {0} does not fit the context")]
    Position(u32),
    /// This row of the last call has no logits.
    #[error("row {0} of the last call has no logits")]
    NoLogits(usize),
    /// Code 1: no free cells.
    #[error("no free cells in the KV cache")]
    NoCells,
    /// Code 2: the abort callback said stop. Part of the call may have been processed.
    #[error("the call was aborted")]
    Aborted,
    /// Code -1: llama.cpp found the batch inconsistent; nothing was processed.
    #[error("llama.cpp refused the batch")]
    InvalidBatch,
    /// Any other code. The context can no longer be trusted.
    #[error("llama.cpp failed with code {0}")]
    Fatal(i32),
}

// === impl DecodeError ===

impl DecodeError {
    /// The meaning of `llama_decode`'s return value.
    pub(super) fn check(code: i32) -> Result<(), Self> {
        match code {
            0 => Ok(()),
            1 => Err(Self::NoCells),
            2 => Err(Self::Aborted),
            -1 => Err(Self::InvalidBatch),
            other => Err(Self::Fatal(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_meaning() {
        assert_eq!(DecodeError::check(0), Ok(()));
        assert_eq!(DecodeError::check(1), Err(DecodeError::NoCells));
        assert_eq!(DecodeError::check(2), Err(DecodeError::Aborted));
        assert_eq!(DecodeError::check(-1), Err(DecodeError::InvalidBatch));
        assert_eq!(DecodeError::check(-3), Err(DecodeError::Fatal(-3)));
        assert_eq!(DecodeError::check(7), Err(DecodeError::Fatal(7)));
    }
}
