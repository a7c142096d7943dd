//! How fast an engine has been lately: what promises about time are made from.

use std::time::Duration;

use dragon_ipc::{DecodeCall, Heartbeat};

use crate::state::blend;

/// Weight of the newest measurement in the moving means, in 1/n.
const NEWEST_WEIGHT: u32 = 5;

/// Prompt tokens between two heartbeats below which their time says little.
const N_ENOUGH_PREFILL: u64 = 16;

/// Steps between two heartbeats below which their time says little.
const N_ENOUGH_STEPS: u64 = 32;

/// As [`NEWEST_WEIGHT`], for gaps: a heartbeat tells of many, and a rush has to be seen within a second.
const NEWEST_GAP_WEIGHT: u32 = 2;

/// Moving averages of what calls take. Those of a new engine begin with what its self-test showed.
#[derive(Debug, Clone, Default)]
pub struct Tempo {
    latest_step: Option<Duration>,
    alone: Option<Duration>,
    prefill_per_token: Option<Duration>,
    token_gap: Option<Duration>,
    /// The heartbeats that prompts and gaps were measured from last.
    at_prompts: Heartbeat,
    at_gaps: Heartbeat,
}

// === impl Tempo ===

impl Tempo {
    /// A decode call as they have been lately.
    pub fn step(&self) -> Option<Duration> {
        self.latest_step.or(self.alone)
    }

    /// From one token of a sequence to its next, as it has been lately: a decode call, and the prompts of others that are
    /// read between two of them.
    pub fn token_gap(&self) -> Option<Duration> {
        self.token_gap.or(self.alone)
    }

    /// Reading a token of a prompt.
    pub fn prefill_per_token(&self) -> Option<Duration> {
        self.prefill_per_token
    }

    /// A new process: its counters begin at 0, and what the last one was like under its load is no promise. What it was
    /// like alone holds where this one has not been timed (zero).
    pub(crate) fn begin(&mut self, alone: Duration) {
        let prefill_per_token = self.prefill_per_token;
        let alone = Some(alone).filter(|alone| !alone.is_zero()).or(self.alone);
        *self = Self { alone, prefill_per_token, ..Self::default() };
    }

    pub(crate) fn stepped(&mut self, call: DecodeCall) {
        let took = Duration::from_micros(u64::from(call.took_us));
        self.latest_step = Some(blend(self.latest_step, took, NEWEST_WEIGHT));
    }

    pub(crate) fn heard(&mut self, heartbeat: &Heartbeat) {
        let since = Since { last: self.at_prompts, now: *heartbeat };
        if let Some(per_token) = since.per(since.prefill_time(), since.n_prefill_tokens(), N_ENOUGH_PREFILL) {
            self.prefill_per_token = Some(blend(self.prefill_per_token, per_token, NEWEST_WEIGHT));
            self.at_prompts = *heartbeat;
        }
        let since = Since { last: self.at_gaps, now: *heartbeat };
        let busy = since.prefill_time() + since.decode_time();
        if let Some(gap) = since.per(busy, since.n_decode_steps(), N_ENOUGH_STEPS) {
            self.token_gap = Some(blend(self.token_gap, gap, NEWEST_GAP_WEIGHT));
            self.at_gaps = *heartbeat;
        }
    }
}

/// What an engine did between two heartbeats.
struct Since {
    last: Heartbeat,
    now: Heartbeat,
}

// === impl Since ===

impl Since {
    fn prefill_time(&self) -> Duration {
        Duration::from_micros(self.now.prefill_us.saturating_sub(self.last.prefill_us))
    }

    fn decode_time(&self) -> Duration {
        Duration::from_micros(self.now.decode_us.saturating_sub(self.last.decode_us))
    }

    fn n_prefill_tokens(&self) -> u64 {
        self.now.n_prefill_tokens.saturating_sub(self.last.n_prefill_tokens)
    }

    fn n_decode_steps(&self) -> u64 {
        self.now.n_decode_steps.saturating_sub(self.last.n_decode_steps)
    }

    /// `time` for each of `n`, where there are enough of them to tell.
    fn per(&self, time: Duration, n: u64, n_enough: u64) -> Option<Duration> {
        (n >= n_enough).then(|| time / u32::try_from(n).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_waits_for_the_prompts_of_others_too() {
        let mut tempo = Tempo::default();
        tempo.begin(Duration::from_millis(5));
        let busy = |n_decode_steps, decode_us, prefill_us| Heartbeat {
            n_decode_steps,
            decode_us,
            prefill_us,
            ..Heartbeat::default()
        };
        tempo.heard(&busy(31, 310_000, 0));
        assert_eq!(tempo.token_gap(), Some(Duration::from_millis(5)), "too few to tell");
        tempo.heard(&busy(40, 400_000, 800_000));
        assert_eq!(tempo.token_gap(), Some(Duration::from_millis(30)));
        tempo.heard(&busy(80, 800_000, 800_000));
        assert_eq!(tempo.token_gap(), Some(Duration::from_millis(20)), "half of the change");
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
