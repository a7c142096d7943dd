//! How fast an engine has been lately: what promises about time are made from.

use std::time::Duration;

use dragon_ipc::{DecodeCall, Heartbeat};

use crate::state::blend;

/// Weight of the newest measurement in the moving means, in 1/n.
const NEWEST_WEIGHT: u32 = 5;

/// Prompt tokens between two heartbeats below which their time says little.
const N_ENOUGH_PREFILL: u64 = 16;

/// Batches larger than this count as this large.
const MAX_BATCH: usize = 64;

/// Moving averages of what calls take. Those of a new engine begin with what its self-test showed.
#[derive(Debug, Clone, Default)]
pub struct Tempo {
    /// Time of a decode call by its tokens, less one.
    steps: Vec<Option<Duration>>,
    latest_step: Option<Duration>,
    alone: Option<Duration>,
    prefill_per_token: Option<Duration>,
    last: Heartbeat,
}

// === impl Tempo ===

impl Tempo {
    /// A decode call as they have been lately.
    pub fn step(&self) -> Option<Duration> {
        self.latest_step.or(self.alone)
    }

    /// A decode call of one sequence.
    pub fn step_alone(&self) -> Option<Duration> {
        self.steps.first().copied().flatten().or(self.alone)
    }

    /// A decode call of so many sequences: as measured, or what lies between the nearest numbers that were. Beyond
    /// the largest of these each more is expected to cost half of a step alone.
    pub fn step_of(&self, n_rows: usize) -> Option<Duration> {
        let n_rows = n_rows.clamp(1, MAX_BATCH);
        let of = |n: usize| if n == 1 { self.step_alone() } else { self.steps.get(n - 1).copied().flatten() };
        let (n_below, below) = (1..=n_rows).rev().find_map(|n| Some((n, of(n)?)))?;
        if n_below == n_rows {
            return Some(below);
        }
        let n_more = u32::try_from(n_rows - n_below).unwrap_or(u32::MAX);
        let Some((n_above, above)) = (n_rows + 1..=self.steps.len()).find_map(|n| Some((n, of(n)?))) else {
            return Some(below + self.step_alone().unwrap_or(below) / 2 * n_more);
        };
        let n_between = u32::try_from(n_above - n_below).unwrap_or(u32::MAX);
        Some(below + above.saturating_sub(below) / n_between * n_more)
    }

    /// Reading a token of a prompt.
    pub fn prefill_per_token(&self) -> Option<Duration> {
        self.prefill_per_token
    }

    /// A new process: its counters begin at 0, and what the last one was like is no promise.
    pub(crate) fn begin(&mut self, alone: Duration) {
        let prefill_per_token = self.prefill_per_token;
        let alone = Some(alone).filter(|alone| !alone.is_zero());
        *self = Self { alone, prefill_per_token, ..Self::default() };
    }

    pub(crate) fn stepped(&mut self, call: DecodeCall) {
        let took = Duration::from_micros(u64::from(call.took_us));
        let index = (call.n_rows as usize).clamp(1, MAX_BATCH) - 1;
        if self.steps.len() <= index {
            self.steps.resize(index + 1, None);
        }
        if let Some(step) = self.steps.get_mut(index) {
            *step = Some(blend(*step, took, NEWEST_WEIGHT));
        }
        self.latest_step = Some(blend(self.latest_step, took, NEWEST_WEIGHT));
    }

    pub(crate) fn heard(&mut self, heartbeat: &Heartbeat) {
        let n_tokens = heartbeat.n_prefill_tokens.saturating_sub(self.last.n_prefill_tokens);
        let took = Duration::from_micros(heartbeat.prefill_us.saturating_sub(self.last.prefill_us));
        if n_tokens < N_ENOUGH_PREFILL {
            return;
        }
        let per_token = took / u32::try_from(n_tokens).unwrap_or(u32::MAX);
        self.prefill_per_token = Some(blend(self.prefill_per_token, per_token, NEWEST_WEIGHT));
        self.last = *heartbeat;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn call(n_rows: u32, took_us: u32) -> DecodeCall {
        DecodeCall { n_rows, took_us }
    }

    #[test]
    fn steps_are_known_by_the_size_of_their_batch() {
        let mut tempo = Tempo::default();
        assert_eq!(tempo.step(), None);
        tempo.begin(Duration::from_millis(5));
        assert_eq!(
            (tempo.step(), tempo.step_of(1)),
            (Some(Duration::from_millis(5)), Some(Duration::from_millis(5)))
        );
        (0..50).for_each(|_| tempo.stepped(call(8, 24_000)));
        assert_eq!(tempo.step_alone(), Some(Duration::from_millis(5)));
        assert_eq!(tempo.step_of(8), Some(Duration::from_millis(24)));
        assert_eq!(tempo.step_of(20), Some(Duration::from_millis(24 + 12 * 5 / 2)), "half a step each");
        let one_more = (Duration::from_millis(24) - Duration::from_millis(5)) / 7;
        assert_eq!(tempo.step_of(3), Some(Duration::from_millis(5) + one_more * 2), "on the way to 8");
    }

    #[test]
    fn prompts_are_timed_between_heartbeats_with_enough_of_them() {
        let mut tempo = Tempo::default();
        tempo.heard(&Heartbeat { n_prefill_tokens: 10, prefill_us: 10, ..Heartbeat::default() });
        assert_eq!(tempo.prefill_per_token(), None);
        tempo.heard(&Heartbeat { n_prefill_tokens: 100, prefill_us: 100_000, ..Heartbeat::default() });
        assert_eq!(tempo.prefill_per_token(), Some(Duration::from_millis(1)));
    }
}
