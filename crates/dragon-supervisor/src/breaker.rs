//! When to stop starting an engine that fails again and again. Pure.
//!
//! An engine that fails often takes the time of those who wait for it and gives them nothing. So after some failures
//! in a short time nobody waits any more: everyone is told at once. It is tried in secret after a pause, which grows.
//! Failures that a culprit explains do not count: that one is kept out.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// So many failures ...
const N_FAILURES: usize = 5;

/// ... within this time are too many. A culprit is found within three.
const WITHIN: Duration = Duration::from_secs(60);

/// The first pause before it is tried again. Longer than the longest pause between two starts that are waited for.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// The longest pause: whoever mends the cause need not restart the server to be served soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// So many culprits within that time explain what happened. Where there are more, the engine is what they have in common.
const N_CULPRITS: usize = 2;

/// Counts failures.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failed_at: VecDeque<Instant>,
    explained_at: VecDeque<Instant>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Closed,
    /// With the probes that have failed.
    Open { n_failed_probes: u32 },
}

// === impl Breaker ===

impl Breaker {
    /// Counts a failure of the engine's own. The pause before it is tried again, if it is left alone from now on.
    pub(crate) fn failed(&mut self, now: Instant) -> Option<Duration> {
        if let State::Open { n_failed_probes } = &mut self.state {
            *n_failed_probes = n_failed_probes.saturating_add(1);
        } else {
            self.failed_at.push_back(now);
            forget_old(&mut self.failed_at, now);
            if self.failed_at.len() >= N_FAILURES {
                self.state = State::Open { n_failed_probes: 0 };
            }
        }
        self.pause()
    }

    /// Somebody was found who made it fail, this time and before.
    pub(crate) fn explained(&mut self, now: Instant) {
        self.explained_at.push_back(now);
        forget_old(&mut self.explained_at, now);
        if self.explained_at.len() <= N_CULPRITS {
            self.failed_at.clear();
        }
    }

    /// Whether nobody is to wait for the engine.
    pub(crate) fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    /// The engine has shown that it works.
    pub(crate) fn close(&mut self) {
        if self.is_open() {
            *self = Self::default();
        }
    }

    fn pause(&self) -> Option<Duration> {
        match self.state {
            State::Closed => None,
            State::Open { n_failed_probes } => {
                Some(FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(n_failed_probes)).min(LONGEST_PAUSE))
            }
        }
    }
}

fn forget_old(instants: &mut VecDeque<Instant>, now: Instant) {
    instants.retain(|at| now.saturating_duration_since(*at) < WITHIN);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_opens_with_the_fifth_failure_in_a_minute_and_pauses_grow() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for n in 0..4 {
            assert_eq!(breaker.failed(start + SECOND * n), None);
        }
        let pauses: Vec<_> = (5..11).map(|n| breaker.failed(start + SECOND * n).unwrap().as_secs()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
        assert!(breaker.is_open());
        breaker.close();
        assert!(!breaker.is_open());
        assert_eq!(breaker.failed(start), None);
    }

    #[test]
    fn rare_failures_never_open_it() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for n in 0..100 {
            assert_eq!(breaker.failed(start + SECOND * 15 * n), None);
        }
    }

    #[test]
    fn failures_with_a_culprit_do_not_count() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for n in 0..100 {
            let now = start + SECOND * 12 * n;
            assert_eq!(breaker.failed(now), None);
            if n % 3 == 2 {
                breaker.explained(now);
            }
        }
    }

    #[test]
    fn an_engine_that_fails_with_everyone_is_not_explained_by_any_of_them() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        // Each fails three times, alone in the end, and is blamed.
        let n_until_open = (1..).find(|n| {
            if n % 3 == 0 {
                breaker.explained(start);
            }
            breaker.failed(start).is_some()
        });
        assert_eq!(n_until_open, Some(10));
    }
}
