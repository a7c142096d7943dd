//! Running sequences side by side.
//!
//! llama.cpp splits a decode call at every gap in its sequence ids, and each part reads all weights again (default
//! model, eight sequences: 18 ms for ids 0 to 7, 44 ms for every second id). Endings make such gaps: the last running
//! sequence is moved there. A newcomer makes one as well as long as its prompt is being read, unless it stands behind
//! all that run.

use std::time::Duration;

use super::{BatchLoop, LoopError};
use crate::compute::Compute;
use crate::generation::{Sequence, Turn};
use crate::llama::SeqId;

/// Steps that a move must pay for itself in: nobody knows how long an answer will be, but most are longer.
const MAX_STEPS_TO_PAY: u32 = 32;

/// A gap splits a call in two, and the second part costs at least this much: the weights of a small model once
/// more. (On the default model one sequence alone takes 4 to 5 ms.)
const SPLIT_COST: Duration = Duration::from_millis(4);

/// What it costs to take a cell out and put it back, upper bound: 5 µs measured with the default model.
const MOVE_COST_PER_CELL: Duration = Duration::from_micros(10);

// === impl BatchLoop ===

impl<C: Compute> BatchLoop<C> {
    /// Moves the last running sequence into the first gap, where that pays. One move a step is enough: endings are
    /// rarer than steps.
    pub(super) fn close_gap(&mut self) -> Result<(), LoopError> {
        let Some((from, to)) = self.move_that_pays() else { return Ok(()) };
        // A copy that fails leaves everything as it is: a gap costs time, nothing else.
        let Ok(state) = self.compute.save_sequence(from) else { return Ok(()) };
        if self.compute.restore_sequence(to, &state).is_err() {
            return Ok(());
        }
        if !self.sequences.relocate(from, to) {
            return Ok(self.compute.free_sequence(to)?);
        }
        self.compute.free_sequence(from)?;
        for generation in self.generations.values_mut() {
            generation.seqs.iter_mut().filter(|seq| **seq == from).for_each(|seq| *seq = to);
        }
        Ok(())
    }

    /// Where a newcomer waits for its prompt, if anywhere: behind those that run, after moving one of them out of the way
    /// if need be; or before them; or between them.
    pub(super) fn place_for_newcomer(&mut self) -> Result<Option<SeqId>, LoopError> {
        if self.place_behind().is_none() {
            self.close_gap()?;
        }
        let first_running = self.running().next().map_or(0, |(first, _)| first);
        let outside = self.place_behind().or(self.sequences.last_free_below(first_running));
        Ok(outside.or(self.sequences.first_free_from(0)))
    }

    fn place_behind(&self) -> Option<SeqId> {
        let behind = self.running().last().map_or(0, |(last, _)| last + 1);
        self.sequences.first_free_from(behind)
    }

    fn running(&self) -> impl Iterator<Item = (SeqId, &Sequence)> {
        self.sequences.iter().filter(|(_, sequence)| matches!(sequence.turn, Turn::Feed(_)))
    }

    fn move_that_pays(&self) -> Option<(SeqId, SeqId)> {
        let mut running = self.running();
        // A gap lies between two running sequences: alone, it does not matter where one is.
        let (first, _) = running.next()?;
        let (from, last) = running.last()?;
        let to = self.sequences.first_free_from(first).filter(|to| *to < from)?;
        let n_left = last.n_max_tokens.saturating_sub(last.n_answer).min(MAX_STEPS_TO_PAY);
        (MOVE_COST_PER_CELL * last.position() < SPLIT_COST * n_left).then_some((from, to))
    }
}
