//! From single answers to figures.

use std::time::Duration;

use crate::client::Answer;

/// The figures of one measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figures {
    /// Answers measured.
    pub(crate) n_answers: usize,
    /// Tokens of all answers, divided by the time from the first request to the last text.
    pub(crate) tokens_per_s: f64,
    /// Median of the tokens per second that one stream saw after its first token.
    pub(crate) stream_tokens_per_s: f64,
    /// Median time from sending to the first text.
    pub(crate) first_token_p50: Duration,
    /// The time to the first text that 95 of 100 answers kept.
    pub(crate) first_token_p95: Duration,
    /// Mean number of prompt tokens.
    pub(crate) prompt_tokens: f64,
}

// === impl Figures ===

impl Figures {
    /// Condenses answers; zero everywhere for none.
    pub(crate) fn of(answers: &[Answer]) -> Self {
        let mut first: Vec<f64> =
            answers.iter().map(|a| (a.first_text_at - a.sent_at).as_secs_f64()).collect();
        let mut speeds: Vec<f64> = answers.iter().map(stream_speed).collect();
        first.sort_by(f64::total_cmp);
        speeds.sort_by(f64::total_cmp);
        let n_tokens: f64 = answers.iter().map(|a| f64::from(a.n_tokens)).sum();
        let n_prompt_tokens: f64 = answers.iter().map(|a| f64::from(a.n_prompt_tokens)).sum();
        Self {
            n_answers: answers.len(),
            tokens_per_s: ratio(n_tokens, span(answers).as_secs_f64()),
            stream_tokens_per_s: percentile(&speeds, 50),
            first_token_p50: Duration::from_secs_f64(percentile(&first, 50)),
            first_token_p95: Duration::from_secs_f64(percentile(&first, 95)),
            prompt_tokens: ratio(n_prompt_tokens, answers.len() as f64),
        }
    }
}

/// Tokens after the first, per second between the first and the last text.
fn stream_speed(answer: &Answer) -> f64 {
    let seconds = (answer.last_text_at - answer.first_text_at).as_secs_f64();
    ratio(f64::from(answer.n_tokens.saturating_sub(1)), seconds)
}

/// From the first request to the last text.
pub(crate) fn span(answers: &[Answer]) -> Duration {
    let start = answers.iter().map(|a| a.sent_at).min();
    let end = answers.iter().map(|a| a.last_text_at).max();
    start.zip(end).map_or(Duration::ZERO, |(start, end)| end - start)
}

pub(crate) fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// The smallest value that `percent` of 100 values do not exceed (nearest rank); 0 for no values.
pub(crate) fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0.0)
}

/// How values lie, for figures of which there are as many as were measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Spread {
    pub(crate) n: usize,
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) p95: f64,
    pub(crate) max: f64,
}

// === impl Spread ===

impl Spread {
    /// Zero everywhere for no values.
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |percent| percentile(&sorted, percent);
        Self { n: sorted.len(), min: at(0), median: at(50), p95: at(95), max: at(100) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn answer(start: Instant, sent_ms: u64, first_ms: u64, last_ms: u64, n_tokens: u32) -> Answer {
        let at = |ms| start + Duration::from_millis(ms);
        Answer {
            sent_at: at(sent_ms),
            first_text_at: at(first_ms),
            last_text_at: at(last_ms),
            n_tokens,
            n_prompt_tokens: 30,
            texts_at: Vec::new(),
            n_cached: 0,
            outcome: None,
            text: String::new(),
            n_replays: 0,
        }
    }

    #[test]
    fn parallel_answers_share_the_clock() {
        let start = Instant::now();
        let answers = [answer(start, 0, 100, 1000, 91), answer(start, 0, 300, 1000, 71)];
        let figures = Figures::of(&answers);
        assert!((figures.tokens_per_s - 162.0).abs() < 1e-6, "{figures:?}");
        assert!((figures.stream_tokens_per_s - 100.0).abs() < 1e-6, "{figures:?}");
        assert_eq!(figures.first_token_p50, Duration::from_millis(100));
        assert_eq!(figures.first_token_p95, Duration::from_millis(300));
    }

    #[test]
    fn no_answers_give_zeros_and_not_a_division_by_zero() {
        let figures = Figures::of(&[]);
        assert_eq!((figures.n_answers, figures.tokens_per_s), (0, 0.0));
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(percentile(&values, 50), 10.0);
        assert_eq!(percentile(&values, 95), 19.0);
        assert_eq!(percentile(&values[..1], 95), 1.0);
    }

    #[test]
    fn a_spread_has_its_ends() {
        let values: Vec<f64> = (1..=40).rev().map(f64::from).collect();
        assert_eq!(Spread::of(&values), Spread { n: 40, min: 1.0, median: 20.0, p95: 38.0, max: 40.0 });
        assert_eq!(Spread::of(&[]), Spread::default());
    }
}
