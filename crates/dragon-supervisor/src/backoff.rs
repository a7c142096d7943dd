//! How long to wait before the engine is started again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// After so much service since the last failure, the next one is a new story and not the next failure of an old one. Lives
/// that were ended from outside count too: they were healthy until then.
const HEALTHY_AFTER: Duration = Duration::from_secs(10);

/// The pause after the first failure in a row. Short, because requests are waiting; not zero, because an
/// engine that dies at once would otherwise keep a core busy with loading.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause. Half the default deadline, so that a request which arrives during it still has a chance.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The largest part of a pause that jitter takes away, in percent. Several engines that died together (no
/// memory) should not load again together.
const JITTER_PERCENT: u64 = 25;

/// Exponential backoff with jitter. Pure: the time comes in, the seed is given.
#[derive(Debug)]
pub(crate) struct Backoff {
    seed: u64,
    /// Failures in a row, not counting one after a healthy time.
    n_in_row: u32,
    /// Time in service since the last failure.
    served_for: Duration,
    /// All failures, so that the jitter differs each time.
    n_failures: u32,
}

// === impl Backoff ===

impl Backoff {
    /// Equal seeds give equal pauses.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, n_in_row: 0, served_for: Duration::ZERO, n_failures: 0 }
    }

    /// The pause after a kill from outside, which counts as no failure: none, unless it hit an engine that was still
    /// starting. Who does that again and again (a guard of the machine's memory, say) must not keep a core busy.
    pub(crate) fn pause_after_kill(&mut self, healthy_for: Duration) -> Duration {
        self.served_for = self.served_for.saturating_add(healthy_for);
        if healthy_for.is_zero() { FIRST_PAUSE } else { Duration::ZERO }
    }

    /// Counts a failure after `healthy_for` of service and says how long to wait: nothing after a healthy
    /// life, then 100 ms, doubling to 5 s, each less up to a quarter.
    pub(crate) fn pause_after(&mut self, healthy_for: Duration) -> Duration {
        self.n_failures = self.n_failures.saturating_add(1);
        let served_for = std::mem::take(&mut self.served_for).saturating_add(healthy_for);
        if served_for >= HEALTHY_AFTER {
            self.n_in_row = 0;
            return Duration::ZERO;
        }
        let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.n_in_row));
        self.n_in_row = self.n_in_row.saturating_add(1);
        self.less_jitter(doubled.min(LONGEST_PAUSE))
    }

    /// Failures so far.
    pub(crate) fn n_failures(&self) -> u32 {
        self.n_failures
    }

    /// A pause that is a little different each time.
    pub(crate) fn less_jitter(&self, pause: Duration) -> Duration {
        let mut hasher = DefaultHasher::new();
        (self.seed, self.n_failures).hash(&mut hasher);
        // A remainder below 26 fits any integer type.
        let percent = u32::try_from(hasher.finish() % (JITTER_PERCENT + 1)).unwrap_or(0);
        pause * (100 - percent) / 100
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHORT: Duration = Duration::from_secs(1);

    #[test]
    fn the_first_failure_after_a_healthy_life_is_mended_at_once() {
        let mut backoff = Backoff::new(1);
        assert_eq!(backoff.pause_after(HEALTHY_AFTER), Duration::ZERO);
        assert!(backoff.pause_after(SHORT) > Duration::ZERO);
    }

    #[test]
    fn a_healthy_life_forgets_the_failures_before_it() {
        let mut backoff = Backoff::new(1);
        for _ in 0..10 {
            backoff.pause_after(SHORT);
        }
        assert_eq!(backoff.pause_after(HEALTHY_AFTER), Duration::ZERO);
        assert!(backoff.pause_after(SHORT) <= FIRST_PAUSE);
        assert_eq!(backoff.n_failures(), 12);
    }

    #[test]
    fn kills_from_outside_do_not_make_a_healthy_engine_look_sick() {
        let mut backoff = Backoff::new(1);
        backoff.pause_after(SHORT);
        for _ in 0..20 {
            assert_eq!(backoff.pause_after_kill(SHORT / 2), Duration::ZERO);
        }
        assert_eq!(backoff.pause_after(Duration::ZERO), Duration::ZERO);
        assert_eq!(backoff.pause_after_kill(Duration::ZERO), FIRST_PAUSE, "it never served");
        assert!(backoff.pause_after(SHORT) > Duration::ZERO);
    }

    #[test]
    fn seeds_spread_the_pauses() {
        let pauses: std::collections::HashSet<_> =
            (0..50).map(|seed| Backoff::new(seed).pause_after(SHORT)).collect();
        assert!(pauses.len() > 10, "only {} different pauses", pauses.len());
    }

    proptest! {
        #[test]
        fn pauses_double_up_to_the_cap_within_the_jitter(seed: u64, n_failures in 1_u32..100) {
            let mut backoff = Backoff::new(seed);
            for n_before in 0..n_failures {
                let pause = backoff.pause_after(SHORT);
                let full = (FIRST_PAUSE * 2_u32.pow(n_before.min(20))).min(LONGEST_PAUSE);
                prop_assert!(pause <= full && pause >= full * 3 / 4, "{pause:?} of {full:?}");
            }
        }
    }
}
