//! So much in a minute: a bucket that fills evenly and holds a minute's worth (token bucket).

use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// What is left of a limit per minute.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    per_minute: u32,
    /// Below 0 where more was used than was there: what is used is known only afterwards.
    level: f64,
    at: Instant,
}

// === impl Bucket ===

impl Bucket {
    /// A full one.
    pub fn new(per_minute: u32, now: Instant) -> Self {
        Self { per_minute, level: f64::from(per_minute), at: now }
    }

    /// The limit.
    pub fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// Whether `n` are there; else the time until they are.
    ///
    /// # Errors
    /// The time to wait, if nothing is used meanwhile.
    pub fn check(&mut self, now: Instant, n: u32) -> Result<(), Duration> {
        self.fill(now);
        let missing = f64::from(n) - self.level;
        if missing <= 0.0 {
            return Ok(());
        }
        let minutes = missing / f64::from(self.per_minute.max(1));
        Err(Duration::try_from_secs_f64(minutes * MINUTE.as_secs_f64()).unwrap_or(Duration::MAX))
    }

    /// Uses `n`, whether they are there or not.
    pub fn take(&mut self, now: Instant, n: u32) {
        self.fill(now);
        self.level -= f64::from(n);
    }

    fn fill(&mut self, now: Instant) {
        let minutes = now.saturating_duration_since(self.at).as_secs_f64() / MINUTE.as_secs_f64();
        let most = f64::from(self.per_minute);
        self.level = (self.level + minutes * most).min(most);
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_minutes_worth_at_once_and_then_evenly() {
        let start = Instant::now();
        let mut bucket = Bucket::new(60, start);
        assert_eq!(bucket.check(start, 60), Ok(()));
        bucket.take(start, 60);
        assert_eq!(bucket.check(start, 1), Err(Duration::from_secs(1)));
        assert_eq!(bucket.check(start + Duration::from_secs(1), 1), Ok(()));
    }

    #[test]
    fn what_was_used_beyond_the_limit_has_to_be_paid_first() {
        let start = Instant::now();
        let mut bucket = Bucket::new(60, start);
        bucket.take(start, 90);
        assert_eq!(bucket.check(start, 1), Err(Duration::from_secs(31)));
    }

    proptest! {
        #[test]
        fn never_more_than_a_minutes_worth_beyond_the_rate(
            per_minute in 1_u32..1_000,
            gaps in prop::collection::vec(0_u64..10_000, 1..200),
        ) {
            let start = Instant::now();
            let mut bucket = Bucket::new(per_minute, start);
            let (mut now, mut n_taken) = (start, 0_u32);
            for gap in gaps {
                now += Duration::from_millis(gap);
                if bucket.check(now, 1).is_ok() {
                    bucket.take(now, 1);
                    n_taken += 1;
                }
            }
            let minutes = (now - start).as_secs_f64() / 60.0;
            prop_assert!(f64::from(n_taken) <= f64::from(per_minute) * (1.0 + minutes) + 1e-6);
        }
    }
}
