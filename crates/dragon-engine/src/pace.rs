//! How much of a prompt is read between two steps of the running answers.
//!
//! Each prefill call makes every running stream wait. So between two decode calls there is time for prompts only
//! until the gap between two tokens of a stream reaches a bound; but at least one call, or prompts would never be
//! read. Pure: durations go in.

use std::time::Duration;

/// A gap between two tokens that nobody minds: a reader takes four times as long for a word.
const UNNOTICED_GAP: Duration = Duration::from_millis(60);

/// Where steps are slow by themselves, a gap of so many of them is still the same stream.
const MAX_GAP_STEPS: u32 = 3;

/// Weight of the newest measurement in the moving averages.
const NEWEST: f64 = 0.3;

/// Moving averages of what calls take.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    step: Option<Duration>,
    per_prompt_token: Option<Duration>,
}

// === impl Pace ===

impl Pace {
    /// Learns from a decode call.
    pub(crate) fn decoded(&mut self, took: Duration) {
        self.step = Some(moved(self.step, took));
    }

    /// Learns from a prefill call.
    pub(crate) fn prefilled(&mut self, n_tokens: usize, took: Duration) {
        let n_tokens = u32::try_from(n_tokens.max(1)).unwrap_or(u32::MAX);
        self.per_prompt_token = Some(moved(self.per_prompt_token, took / n_tokens));
    }

    /// Whether one more prefill call of `n_tokens` fits before the next decode call, `spent` after the last one.
    pub(crate) fn has_room(&self, spent: Duration, n_tokens: u32) -> bool {
        let (Some(step), Some(per_token)) = (self.step, self.per_prompt_token) else { return false };
        let gap = UNNOTICED_GAP.max(step * MAX_GAP_STEPS);
        spent + per_token * n_tokens + step <= gap
    }
}

fn moved(average: Option<Duration>, newest: Duration) -> Duration {
    average.map_or(newest, |average| average.mul_f64(1.0 - NEWEST) + newest.mul_f64(NEWEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(step_ms: u64, token_us: u64) -> Pace {
        let mut pace = Pace::default();
        pace.decoded(Duration::from_millis(step_ms));
        pace.prefilled(10, Duration::from_micros(10 * token_us));
        pace
    }

    #[test]
    fn short_steps_leave_room_up_to_the_unnoticed_gap() {
        let pace = pace(5, 500);
        assert!(pace.has_room(Duration::from_millis(32), 46));
        assert!(!pace.has_room(Duration::from_millis(33), 46));
    }

    #[test]
    fn long_steps_leave_room_for_two_more_of_their_kind() {
        let pace = pace(40, 500);
        assert!(pace.has_room(Duration::from_millis(48), 64));
        assert!(!pace.has_room(Duration::from_millis(49), 64));
    }

    #[test]
    fn nothing_is_promised_before_anything_was_measured() {
        assert!(!Pace::default().has_room(Duration::ZERO, 1));
    }

    #[test]
    fn averages_follow_a_change() {
        let mut pace = pace(5, 500);
        (0..20).for_each(|_| pace.decoded(Duration::from_millis(50)));
        assert!(pace.has_room(Duration::from_millis(60), 64));
    }
}
