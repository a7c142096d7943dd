//! Distributions of times, of bounded size, that do not lose the tail.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::report::model::Latency;

/// Many times.
#[derive(Debug, Clone)]
pub(super) struct Times(Histogram<u64>);

/// Percentiles that reports list.
const PERCENTILES: [f64; 8] = [0.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 100.0];

/// Buckets of pictures: so many per factor of ten.
const N_BUCKETS_PER_DECADE: u32 = 20;

/// An hour in microseconds: longer than any patience. What is longer counts as this.
const MOST_MICROS: u64 = 3_600_000_000;

// === impl Times ===

impl Times {
    /// None yet.
    #[expect(clippy::expect_used, reason = "it depends on these constants alone, and every test makes one")]
    pub(super) fn none() -> Self {
        Self(Histogram::new_with_bounds(1, MOST_MICROS, 3).expect("bounds and digits are in range"))
    }

    /// One more.
    pub(super) fn add(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1));
    }

    /// All of the others as well.
    pub(super) fn add_all(&mut self, others: &Self) {
        self.0 += &others.0;
    }

    /// As reports have it.
    pub(super) fn latency(&self) -> Latency {
        if self.0.is_empty() {
            return Latency::default();
        }
        Latency {
            n: self.0.len(),
            mean_ms: six_digits(self.0.mean() / 1e3),
            percentiles: PERCENTILES
                .into_iter()
                .map(|percentile| (percentile, self.0.value_at_percentile(percentile) as f64 / 1e3))
                .collect(),
            buckets: self.buckets(),
        }
    }

    /// Buckets that grow by a factor, those that hold any.
    fn buckets(&self) -> Vec<(f64, u64)> {
        let mut buckets: Vec<(f64, u64)> = Vec::new();
        let mut edges = (0..).map(|i| 10_f64.powf(f64::from(i) / f64::from(N_BUCKETS_PER_DECADE))).peekable();
        for step in self.0.iter_recorded() {
            let micros = step.value_iterated_to() as f64;
            while edges.next_if(|edge| *edge < micros).is_some() {}
            let Some(edge) = edges.peek().map(|edge| six_digits(edge / 1e3)) else { break };
            match buckets.last_mut() {
                Some((last, n)) if *last >= edge => *n += step.count_since_last_iteration(),
                _ => buckets.push((edge, step.count_since_last_iteration())),
            }
        }
        buckets
    }
}

/// What nobody measured that exactly is not written that exactly; and short numbers are read as they were written.
fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn times(all: &[u64]) -> Times {
        let mut times = Times::none();
        for &micros in all {
            times.add(Duration::from_micros(micros));
        }
        times
    }

    #[test]
    fn percentiles_are_within_a_thousandth() {
        let latency = times(&(1..=10_000).map(|i| i * 100).collect::<Vec<_>>()).latency();
        assert_eq!(latency.n, 10_000);
        for (percentile, right_ms) in [(50.0, 500.0), (90.0, 900.0), (99.0, 990.0), (100.0, 1000.0)] {
            let is_ms = latency.at(percentile).unwrap();
            assert!((is_ms - right_ms).abs() <= right_ms / 1000.0, "p{percentile} is {is_ms}");
        }
        assert!((latency.mean_ms - 500.0).abs() < 1.0, "{}", latency.mean_ms);
    }

    #[test]
    fn nothing_has_no_percentiles() {
        assert_eq!(Times::none().latency(), Latency::default());
    }

    proptest! {
        #[test]
        fn every_time_is_in_one_bucket_and_none_above_its_end(
            all in prop::collection::vec(0_u64..5_000_000_000, 1..200),
        ) {
            let latency = times(&all).latency();
            prop_assert_eq!(latency.buckets.iter().map(|(_, n)| n).sum::<u64>(), all.len() as u64);
            prop_assert!(latency.buckets.is_sorted_by(|left, right| left.0 < right.0));
            let longest_ms = all.iter().max().map_or(0.0, |micros| (*micros).min(MOST_MICROS) as f64 / 1e3);
            let last_ms = latency.buckets.last().map_or(0.0, |(ms, _)| *ms);
            prop_assert!(last_ms >= longest_ms * 0.999, "{} {}", last_ms, longest_ms);
        }
    }
}
