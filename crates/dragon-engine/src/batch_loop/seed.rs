//! Where a prompt's cells come from: from what was computed for others, as far as it is the same.
//!
//! Three sources: sequences that are kept in memory, sequences that run, and prompts that came earlier and are
//! still being read. For the last one waits: of a hundred prompts that begin alike and arrive together, the first
//! is computed and the others start from it. A prompt waits only for earlier ones, so the earliest never waits, and
//! who waits asks again at each turn: nothing has to be told when a prompt is cancelled.

use dragon_ipc::GenerationId;

use super::{BatchLoop, LoopError};
use crate::compute::Compute;
use crate::kept::{self, Found, MIN_COMMON};
use crate::llama::SeqId;

/// A prompt waits for an earlier one only if that saves this many tokens over starting now: fewer cost hardly
/// anything in a call that is made in any case.
const MIN_GAIN: usize = 16;

/// The best source for a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Nothing worth a copy.
    None,
    /// An earlier sequence that lies in memory.
    Kept(Found),
    /// The first `n_common` tokens of a sequence in the cache.
    Running { seq: SeqId, n_common: usize },
    /// An earlier prompt that is still being read.
    Later,
}

// === impl BatchLoop ===

impl<C: Compute> BatchLoop<C> {
    /// Gives a prompt that has no cells yet what others have computed. Says whether it may go on now.
    pub(super) fn seed(&mut self, id: GenerationId) -> Result<bool, LoopError> {
        match self.source(id) {
            Source::Later => return Ok(false),
            Source::None => {}
            Source::Running { seq, n_common } => self.seed_from_running(id, seq, n_common)?,
            Source::Kept(found) => self.seed_from_kept(id, found)?,
        }
        if let Some(generation) = self.generations.get_mut(&id) {
            generation.is_seeded = true;
        }
        Ok(true)
    }

    fn source(&self, id: GenerationId) -> Source {
        let Some(generation) = self.generations.get(&id) else { return Source::None };
        if !self.compute.facts().keeps_prefixes || generation.prompt.len() <= MIN_COMMON {
            return Source::None;
        }
        // The last token is always computed: its logits choose the first token of the answer.
        let prompt = &generation.prompt[..generation.prompt.len() - 1];
        let found = self.kept.find(prompt);
        let running = self
            .sequences
            .iter()
            .map(|(seq, sequence)| (seq, kept::n_common(&sequence.cells, prompt), sequence.cells.len()))
            .filter(|(_, n_common, n_cells)| kept::is_worth(*n_common, *n_cells))
            .map(|(seq, n_common, _)| (seq, n_common))
            .max_by_key(|(_, n_common)| *n_common);
        let n_kept = found.map_or(0, |found| found.n_common);
        let n_running = running.map_or(0, |(_, n_common)| n_common);
        if self.n_soon(id, generation.arrival, prompt) >= n_kept.max(n_running) + MIN_GAIN {
            return Source::Later;
        }
        match (found, running) {
            (Some(found), _) if n_kept >= n_running => Source::Kept(found),
            (_, Some((seq, n_common))) => Source::Running { seq, n_common },
            _ => Source::None,
        }
    }

    /// Tokens in common with an earlier prompt that is not complete in its cells. Who is favoured waits for nobody else.
    fn n_soon(&self, id: GenerationId, arrival: u64, prompt: &[u32]) -> usize {
        let favoured = self.ration.is_favoured(id);
        let ids = self.prefill_line.iter().filter(|other| !favoured || self.ration.is_favoured(**other));
        let waiting = ids.filter_map(|id| self.generations.get(id));
        let earlier = waiting.filter(|generation| generation.arrival < arrival);
        earlier.map(|generation| kept::n_common(&generation.prompt, prompt)).max().unwrap_or(0)
    }

    /// A running sequence that others begin like is put into the memory first, if it is wanted there: then the
    /// next ones need one copy instead of two.
    fn seed_from_running(&mut self, id: GenerationId, seq: SeqId, n_common: usize) -> Result<(), LoopError> {
        let Ok(state) = self.compute.save_sequence(seq) else { return Ok(()) };
        self.put_cells(id, &state, n_common)?;
        if let Some(sequence) = self.sequences.get_mut(seq)
            && self.kept.wants(&sequence.cells)
        {
            self.kept.put(sequence.cells.clone(), state);
        }
        Ok(())
    }

    fn seed_from_kept(&mut self, id: GenerationId, found: Found) -> Result<(), LoopError> {
        // Out of its place for as long as it is read.
        let Some(state) = self.kept.lend(found) else { return Ok(()) };
        let outcome = self.put_cells(id, &state, found.n_common);
        self.kept.give_back(found, state);
        outcome
    }

    /// A copy that fails is no loss: the prompt is computed from its beginning.
    fn put_cells(&mut self, id: GenerationId, state: &[u8], n_common: usize) -> Result<(), LoopError> {
        let Some(generation) = self.generations.get_mut(&id) else { return Ok(()) };
        let Some(seq) = generation.seqs.first().copied() else { return Ok(()) };
        let n_cells = u32::try_from(n_common).unwrap_or(u32::MAX);
        let restored = self.compute.restore_sequence(seq, state);
        if restored.and_then(|()| self.compute.trim_sequence(seq, n_cells)).is_err() {
            return Ok(self.compute.free_sequence(seq)?);
        }
        generation.n_prefilled = n_common;
        generation.n_cached = n_common;
        if let Some(sequence) = self.sequences.get_mut(seq) {
            sequence.cells = generation.prompt[..n_common].to_vec();
        }
        Ok(())
    }

    /// What a sequence leaves behind when it ends: its cells, if others may want to start from them.
    pub(super) fn keep(&mut self, seq: SeqId, cells: Vec<u32>) {
        if self.compute.facts().keeps_prefixes
            && self.kept.wants(&cells)
            // Beyond them may lie guesses that were wrong.
            && self.compute.trim_sequence(seq, u32::try_from(cells.len()).unwrap_or(u32::MAX)).is_ok()
            && let Ok(state) = self.compute.save_sequence(seq)
        {
            self.kept.put(cells, state);
        }
    }
}
