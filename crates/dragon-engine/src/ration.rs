//! Who runs while somebody has to be quick: the favoured in every step, the others in turns beside them.
//!
//! Whom to favour, and how many others a step can bear, is the server's decision. Here is only how it is kept: others
//! take turns in blocks of steps, so that the shape of the calls changes seldom, and their prompts are read in a
//! fixed part of the time. Pure: durations go in.

use std::ops::Range;
use std::time::Duration;

use dragon_ipc::GenerationId;

/// Steps after which the next of the others have their turn.
const STEPS_PER_TURN: u64 = 16;

/// One part in so many of the time goes to the prompts of the others.
const PROMPT_PART: u32 = 4;

/// A ration that holds, and what has been had of it.
#[derive(Debug, Default)]
pub(crate) struct Ration {
    favoured: Vec<GenerationId>,
    n_others: usize,
    n_steps: u64,
    /// Time of all calls, and of those that read prompts of others.
    all: Duration,
    prompts_of_others: Duration,
}

// === impl Ration ===

impl Ration {
    /// Takes the server's word. Who was favoured before and still is keeps the turns as they are.
    pub(crate) fn set(&mut self, ration: dragon_ipc::Ration) {
        if ration.favoured.is_empty() {
            *self = Self::default();
        }
        self.favoured = ration.favoured;
        self.n_others = ration.n_others as usize;
    }

    /// Forgets a generation that has ended: with the last one the ration does.
    pub(crate) fn ended(&mut self, generation: GenerationId) {
        self.favoured.retain(|favoured| *favoured != generation);
        if self.favoured.is_empty() {
            *self = Self::default();
        }
    }

    /// Whether anybody is favoured.
    pub(crate) fn holds(&self) -> bool {
        !self.favoured.is_empty()
    }

    pub(crate) fn is_favoured(&self, generation: GenerationId) -> bool {
        self.favoured.contains(&generation)
    }

    /// Who runs in the next step, of those present: asked once for each of their sequences, in the same order.
    /// Everyone, where nobody is favoured.
    pub(crate) fn turn(
        &self,
        present: impl Iterator<Item = GenerationId>,
    ) -> impl FnMut(GenerationId) -> bool {
        let range = if self.holds() { self.turn_of_others(present) } else { 0..usize::MAX };
        let mut n_seen = 0;
        move |id| {
            if self.is_favoured(id) {
                return true;
            }
            n_seen += 1;
            range.contains(&(n_seen - 1))
        }
    }

    /// Which of the others' sequences, by their place among themselves.
    fn turn_of_others(&self, present: impl Iterator<Item = GenerationId>) -> Range<usize> {
        let n_others = present.filter(|id| !self.is_favoured(*id)).count();
        let n_turns = n_others.div_ceil(self.n_others.max(1)).max(1) as u64;
        let turn = (self.n_steps / STEPS_PER_TURN) % n_turns;
        let first = usize::try_from(turn).unwrap_or(0) * self.n_others;
        first..first.saturating_add(self.n_others)
    }

    /// Learns of a decode call.
    pub(crate) fn stepped(&mut self, took: Duration) {
        self.n_steps += 1;
        self.all += took;
    }

    /// Learns of a prefill call.
    pub(crate) fn read(&mut self, generation: GenerationId, took: Duration) {
        self.all += took;
        if !self.is_favoured(generation) {
            self.prompts_of_others += took;
        }
    }

    /// Whether it is the turn of others' prompts.
    pub(crate) fn may_read_others(&self) -> bool {
        self.prompts_of_others * PROMPT_PART <= self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ration(n_others: u32) -> Ration {
        let mut ration = Ration::default();
        ration.set(dragon_ipc::Ration { favoured: vec![7], n_others });
        ration
    }

    #[test]
    fn others_take_turns_and_everyone_has_one() {
        let mut ration = ration(2);
        let mut n_runs = [0; 5];
        for _ in 0..STEPS_PER_TURN * 6 {
            let mut runs = ration.turn([0, 1, 7, 2, 3, 4].into_iter());
            let running: Vec<usize> = (0..5).filter(|index| runs(*index as u64)).collect();
            assert!(runs(7));
            drop(runs);
            assert!((1..=2).contains(&running.len()));
            running.into_iter().for_each(|index| n_runs[index] += 1);
            ration.stepped(Duration::from_millis(1));
        }
        assert!(n_runs.iter().all(|n| *n == 2 * STEPS_PER_TURN), "{n_runs:?}");
    }

    #[test]
    fn none_of_the_others_run_where_none_may() {
        let ration = ration(0);
        let mut runs = ration.turn(0..3);
        assert!((0..3).all(|id| !runs(id)));
    }

    #[test]
    fn prompts_of_others_get_their_part_of_the_time_and_no_more() {
        let mut ration = ration(1);
        let mut n_read = 0;
        for _ in 0..1000 {
            if ration.may_read_others() {
                ration.read(1, Duration::from_millis(10));
                n_read += 1;
            }
            ration.stepped(Duration::from_millis(5));
        }
        let part = f64::from(n_read) * 10.0 / (f64::from(n_read) * 10.0 + 5000.0);
        assert!((0.2..0.26).contains(&part), "{part}");
    }

    #[test]
    fn it_ends_with_the_last_of_the_favoured() {
        let mut ration = ration(1);
        ration.ended(1);
        assert!(ration.holds() && ration.is_favoured(7));
        ration.ended(7);
        assert!(!ration.holds());
    }
}
