//! What the batch loop drives: a model with its cache, seen as rows in, logits out.
//!
//! The seam lets tests put a scripted model in llama.cpp's place.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::crew::{Call, Crew};
use crate::llama::{Context, DecodeError, Row, SeqId, TokenId, Vocab};

/// Sizes and special tokens of what is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Tokens in the vocabulary.
    pub(crate) n_vocab: u32,
    /// Cells per sequence.
    pub(crate) n_ctx_seq: u32,
    /// Sequences that can run at once.
    pub(crate) n_slots: u32,
    /// Prompt tokens per prefill call, at least 1.
    pub(crate) n_prefill_chunk: u32,
    /// Whether prompts may start from what was computed for earlier ones: the model's sequences can be cut.
    pub(crate) keeps_prefixes: bool,
    /// Most tokens that are guessed and checked in one call; 0: none.
    pub(crate) n_max_draft: u32,
    /// Memory for sequences that have left the cache, in bytes.
    pub(crate) n_max_kept_bytes: u64,
    /// Tokens that end a generation.
    pub(crate) end_tokens: Vec<TokenId>,
    /// Tokens that the model's file says must never be sampled.
    pub(crate) suppressed_tokens: Vec<TokenId>,
}

// === impl Facts ===

impl Facts {
    /// The first of these tokens that the vocabulary does not have.
    pub(crate) fn unknown_token(&self, tokens: &[TokenId]) -> Option<TokenId> {
        tokens.iter().copied().find(|token| *token >= self.n_vocab)
    }
}

/// A loaded model with its sequences.
pub(crate) trait Compute {
    /// Sizes and special tokens.
    fn facts(&self) -> &Facts;

    /// Computes the rows and keeps them in their sequences.
    ///
    /// # Errors
    /// See [`DecodeError`]; after [`DecodeError::Fatal`] nothing may be called any more.
    fn decode(&mut self, rows: &[Row]) -> Result<(), DecodeError>;

    /// The logits of a row of the last call.
    ///
    /// # Errors
    /// [`DecodeError::NoLogits`] where that row asked for none.
    fn logits(&mut self, row: usize) -> Result<&[f32], DecodeError>;

    /// The used cells of a sequence.
    ///
    /// # Errors
    /// [`DecodeError::State`], [`DecodeError::Sequence`].
    fn save_sequence(&mut self, seq: SeqId) -> Result<Vec<u8>, DecodeError>;

    /// Replaces the cells of a sequence by saved ones.
    ///
    /// # Errors
    /// [`DecodeError::State`], and then it is empty; [`DecodeError::Sequence`].
    fn restore_sequence(&mut self, seq: SeqId, state: &[u8]) -> Result<(), DecodeError>;

    /// Cuts a sequence to its first `n_tokens`.
    ///
    /// # Errors
    /// [`DecodeError::State`], [`DecodeError::Sequence`].
    fn trim_sequence(&mut self, seq: SeqId, n_tokens: u32) -> Result<(), DecodeError>;

    /// Empties a sequence.
    ///
    /// # Errors
    /// [`DecodeError::Sequence`].
    fn free_sequence(&mut self, seq: SeqId) -> Result<(), DecodeError>;

    /// The bytes of a token, special tokens as their text.
    fn piece(&self, token: TokenId) -> Vec<u8>;
}

/// A model in llama.cpp.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The cache and buffers.
    pub(crate) context: Context,
    /// The vocabulary.
    pub(crate) vocab: Vocab,
    /// Sizes and special tokens.
    pub(crate) facts: Facts,
    /// How many threads compute.
    pub(crate) crew: Crew,
}

// === impl Loaded ===

impl Compute for Loaded {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn decode(&mut self, rows: &[Row]) -> Result<(), DecodeError> {
        self.context.set_threads(self.crew.n_threads());
        let (started_at, cpu_before) = (Instant::now(), thread_cpu_time());
        self.context.decode(rows)?;
        let cpu = thread_cpu_time().saturating_sub(cpu_before);
        self.crew.record(Call { n_rows: rows.len(), wall: started_at.elapsed(), cpu });
        Ok(())
    }

    fn logits(&mut self, row: usize) -> Result<&[f32], DecodeError> {
        self.context.logits(row)
    }

    fn save_sequence(&mut self, seq: SeqId) -> Result<Vec<u8>, DecodeError> {
        self.context.save_sequence(seq)
    }

    fn restore_sequence(&mut self, seq: SeqId, state: &[u8]) -> Result<(), DecodeError> {
        self.context.restore_sequence(seq, state)
    }

    fn trim_sequence(&mut self, seq: SeqId, n_tokens: u32) -> Result<(), DecodeError> {
        self.context.trim_sequence(seq, n_tokens)
    }

    fn free_sequence(&mut self, seq: SeqId) -> Result<(), DecodeError> {
        self.context.free_sequence(seq)
    }

    fn piece(&self, token: TokenId) -> Vec<u8> {
        self.vocab.piece(token)
    }
}

/// How long the calling thread has had a core so far.
fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}
