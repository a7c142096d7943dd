//! The loops themselves: prompts in chunks, steps of a batch, copies of a sequence.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::compute::{Compute as _, Loaded};
use crate::llama::{DecodeError, Logits, Row, SeqId, TokenId};

/// Repetitions of a call or a prefill; the fastest counts, since disturbance only ever adds.
const N_REPETITIONS: u32 = 3;

/// Tokens whose state tells how large a cell is.
const N_WEIGHED: u32 = 64;

/// Why measuring ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The time that was given is over.
    TimeUp,
    /// A call failed.
    Failed(DecodeError),
}

/// A loaded model whose calls are timed.
pub(super) struct Loops {
    loaded: Loaded,
    n_chunk: u32,
    n_new: u32,
    ends_at: Instant,
}

// === impl Stop ===

impl From<DecodeError> for Stop {
    fn from(error: DecodeError) -> Self {
        Self::Failed(error)
    }
}

// === impl Loops ===

impl Loops {
    /// Prompts are read in chunks of `n_chunk`, answers have `n_new` tokens, and no call begins after `ends_at`.
    pub(super) fn new(loaded: Loaded, n_chunk: u32, n_new: u32, ends_at: Instant) -> Self {
        Self { loaded, n_chunk, n_new, ends_at }
    }

    /// Memory of all cells, reckoned from the state of a few. (llama.cpp has no call that tells.)
    pub(super) fn cache_bytes(&mut self) -> Result<u64, Stop> {
        self.loaded.decode(&self.rows(0, 0..N_WEIGHED))?;
        let n_bytes = self.loaded.save_sequence(0)?.len() as u64;
        self.free(1)?;
        let facts = self.loaded.facts();
        let n_cells = u64::from(facts.n_slots) * u64::from(facts.n_ctx_seq);
        Ok((n_bytes / u64::from(N_WEIGHED)).saturating_mul(n_cells))
    }

    /// The shortest time of several measurements.
    pub(super) fn fastest(
        &mut self,
        measure: impl Fn(&mut Self) -> Result<Duration, Stop>,
    ) -> Result<Duration, Stop> {
        let mut fastest = measure(self)?;
        for _ in 1..N_REPETITIONS {
            fastest = fastest.min(measure(self)?);
        }
        Ok(fastest)
    }

    /// The time of one call of so many prompt tokens.
    pub(super) fn call(&mut self, n_tokens: u32) -> Result<Duration, Stop> {
        let took = self.timed(&self.rows(0, 0..n_tokens))?;
        self.free(1)?;
        Ok(took)
    }

    /// The time of reading one prompt.
    pub(super) fn prompt(&mut self, n_prompt: u32) -> Result<Duration, Stop> {
        let started_at = Instant::now();
        self.read(0, 0..n_prompt)?;
        let took = started_at.elapsed();
        self.free(1)?;
        Ok(took)
    }

    /// Reads a part of a prompt, cut where serving cuts it: at multiples of the chunk.
    pub(super) fn read(&mut self, seq: SeqId, positions: Range<u32>) -> Result<(), Stop> {
        let mut start = positions.start;
        while start < positions.end {
            let end = ((start / self.n_chunk + 1) * self.n_chunk).min(positions.end);
            self.timed(&self.rows(seq, start..end))?;
            start = end;
        }
        Ok(())
    }

    /// Makes the steps of an answer in the first `n_batch` sequences and returns how long each took.
    pub(super) fn steps(&mut self, n_batch: u32, n_cells: u32) -> Result<Vec<Duration>, Stop> {
        (n_cells..n_cells + self.n_new)
            .map(|position| {
                let row = |seq| self.row(seq, position, Logits::Wanted);
                let rows: Vec<Row> = (0..n_batch).map(row).collect();
                self.timed(&rows)
            })
            .collect()
    }

    /// Gives the first sequence's cells to others, by the cheapest way that the cache has.
    pub(super) fn copy_to(&mut self, seqs: Range<SeqId>) -> Result<(), Stop> {
        let state = self.loaded.save_sequence(0)?;
        seqs.into_iter().try_for_each(|seq| Ok(self.loaded.restore_sequence(seq, &state)?))
    }

    /// Empties the first sequences.
    pub(super) fn free(&mut self, n_seqs: u32) -> Result<(), Stop> {
        (0..n_seqs).try_for_each(|seq| Ok(self.loaded.free_sequence(seq)?))
    }

    fn timed(&mut self, rows: &[Row]) -> Result<Duration, Stop> {
        let started_at = Instant::now();
        if started_at >= self.ends_at {
            return Err(Stop::TimeUp);
        }
        self.loaded.decode(rows)?;
        Ok(started_at.elapsed())
    }

    /// Part of a prompt; only the last token gives logits.
    fn rows(&self, seq: SeqId, positions: Range<u32>) -> Vec<Row> {
        let last = positions.end - 1;
        let logits = |position| if position == last { Logits::Wanted } else { Logits::Skipped };
        positions.map(|position| self.row(seq, position, logits(position))).collect()
    }

    fn row(&self, seq: SeqId, position: u32, logits: Logits) -> Row {
        Row { token: self.token(seq, position), seq, position, logits }
    }

    /// Spread over the vocabulary; what they say does not matter to the time.
    fn token(&self, seq: SeqId, position: u32) -> TokenId {
        let mixed = (u64::from(seq) << 32 | u64::from(position)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        let n_vocab = u64::from(self.loaded.facts().n_vocab.max(1));
        TokenId::try_from(mixed % n_vocab).unwrap_or(0)
    }
}
