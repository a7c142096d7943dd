//! Tokens that a sequence does not choose itself, fed like a prompt: those of an earlier engine, where there is no time
//! for one step each, and those that the server forces into an answer.

use std::time::Instant;

use super::{BatchLoop, LoopError};
use crate::compute::Compute;
use crate::llama::SeqId;
use crate::progress::Call;

// === impl BatchLoop ===

impl<C: Compute> BatchLoop<C> {
    /// Feeds a chunk of the first sequence that takes up an earlier engine's answer in chunks. Whether there was one.
    ///
    /// Before prompts: whoever waits here was being answered already.
    pub(super) fn replay_step(&mut self) -> Result<bool, LoopError> {
        let waiting = self.sequences.iter().find(|(_, sequence)| sequence.replays_in_chunks());
        let Some(seq) = waiting.map(|(seq, _)| seq) else { return Ok(false) };
        self.feed_replay_chunk(seq)?;
        Ok(true)
    }

    /// Feeds the next chunk of what a sequence does not choose itself; nothing if there is none left.
    pub(super) fn feed_replay_chunk(&mut self, seq: SeqId) -> Result<(), LoopError> {
        let n_max_rows = self.compute.facts().n_prefill_chunk.max(1) as usize;
        let Some(sequence) = self.sequences.get_mut(seq) else { return Ok(()) };
        let id = sequence.generation;
        let rows = sequence.replay_chunk(seq, n_max_rows);
        if rows.is_empty() {
            return Ok(());
        }
        let started_at = Instant::now();
        if let Err(error) = self.compute.decode(&rows) {
            return self.abort_rows(&rows, error);
        }
        let took = started_at.elapsed();
        self.pace.prefilled(rows.len(), took);
        self.ration.read(id, took);
        self.progress.count_call(Call::Prefill, rows.len(), took);
        Ok(())
    }
}
