//! How long a token takes, seen from where tokens arrive: with everything that happens between them.

use std::time::Duration;

/// Gaps remembered: some seconds at usual speeds, so that a change of load is seen soon.
const N_REMEMBERED: usize = 32;

/// What was known before counts as so many gaps: the first tokens of an answer often wait for the prompts of others that
/// came with it.
const N_PRIOR: usize = 8;

/// A run of tokens takes longer than their mean says where one of them has to wait for something.
const OVER_MEAN: f64 = 1.25;

/// One gap in so many may be longer than the step time that is planned with.
const LONGER_THAN_PLANNED: usize = 5;

/// The latest gaps between the tokens of one choice.
#[derive(Debug, Clone)]
pub struct StepTimes {
    /// A ring; zeros beyond `n_seen`.
    gaps: [Duration; N_REMEMBERED],
    n_seen: usize,
}

// === impl StepTimes ===

impl StepTimes {
    /// Nothing seen yet; `prior` is what other choices take, zero where that is not known.
    pub fn new(prior: Duration) -> Self {
        let mut gaps = [Duration::ZERO; N_REMEMBERED];
        let n_seen = if prior.is_zero() { 0 } else { N_PRIOR };
        gaps[..n_seen].fill(prior);
        Self { gaps, n_seen }
    }

    /// Learns the time between a token and the one before it.
    pub fn push(&mut self, gap: Duration) {
        self.gaps[self.n_seen % N_REMEMBERED] = gap;
        self.n_seen += 1;
    }

    /// A time that most tokens do not exceed, and that a run of them does not exceed on average.
    pub fn pessimistic(&self) -> Duration {
        let mut gaps = self.gaps;
        let gaps = &mut gaps[..self.n_seen.min(N_REMEMBERED)];
        gaps.sort_unstable();
        let n_gaps = u32::try_from(gaps.len()).unwrap_or(u32::MAX);
        let Some(mean) = gaps.iter().sum::<Duration>().checked_div(n_gaps) else { return Duration::ZERO };
        let high = gaps.iter().rev().nth(gaps.len() / LONGER_THAN_PLANNED).copied().unwrap_or_default();
        high.max(mean.mul_f64(OVER_MEAN))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn seen(gaps: impl IntoIterator<Item = u64>) -> StepTimes {
        let mut times = StepTimes::new(ms(50));
        gaps.into_iter().for_each(|gap| times.push(ms(gap)));
        times
    }

    #[test]
    fn what_others_take_counts_until_enough_was_seen() {
        assert_eq!(StepTimes::new(Duration::ZERO).pessimistic(), Duration::ZERO);
        assert_eq!(seen([]).pessimistic(), ms(50).mul_f64(OVER_MEAN));
        assert!(seen([8; 8]).pessimistic() >= ms(50));
        assert_eq!(seen([8; 32]).pessimistic(), ms(10));
        assert!(seen([150, 150]).pessimistic() < ms(100), "two gaps are not the rule");
    }

    #[test]
    fn a_slowdown_is_seen_within_a_few_tokens_and_forgotten_later() {
        let slowed = seen([8; 32].into_iter().chain([80; 8]));
        assert!(slowed.pessimistic() >= ms(80), "{:?}", slowed.pessimistic());
        assert_eq!(seen([80; 32].into_iter().chain([8; 32])).pessimistic(), ms(10));
    }

    #[test]
    fn several_tokens_in_one_call_do_not_look_like_no_time_at_all() {
        assert!(seen([0, 0, 0, 0, 40].repeat(4)).pessimistic() >= ms(10));
    }

    proptest! {
        #[test]
        fn never_below_the_mean_of_what_is_remembered(gaps in prop::collection::vec(0_u64..500, 4..80)) {
            let latest = &gaps[gaps.len().saturating_sub(N_REMEMBERED)..];
            let mean = latest.iter().sum::<u64>() as f64 / latest.len() as f64;
            let mut times = StepTimes::new(Duration::ZERO);
            gaps.iter().for_each(|gap| times.push(ms(*gap)));
            prop_assert!(times.pessimistic() + Duration::from_micros(1) >= ms(1).mul_f64(mean));
        }
    }
}
