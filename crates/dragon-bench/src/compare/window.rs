//! What a client saw of one measurement.

use std::time::Instant;

use crate::client::Answer;
use crate::measure::{percentile, ratio, span};

/// Figures of one measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    /// All tokens, divided by the time from the first request to the last text.
    pub(super) tok_s: f64,
    /// Tokens per second while all streams decode; 0 where there was no such time.
    pub(super) decode_tok_s: f64,
    pub(super) first_text_ms_p50: f64,
    pub(super) first_text_ms_p95: f64,
    /// Between two texts of one stream.
    pub(super) gap_ms_p50: f64,
    pub(super) gap_ms_p99: f64,
    pub(super) n_answers: usize,
    pub(super) n_prompt_tokens: f64,
    pub(super) n_cached: u64,
}

// === impl Seen ===

impl Seen {
    /// Condenses the answers of `n_parallel` workers.
    pub(super) fn of(answers: &[Answer], n_parallel: usize) -> Self {
        let mut first: Vec<f64> =
            answers.iter().map(|answer| ms(answer.sent_at, answer.first_text_at)).collect();
        let mut gaps: Vec<f64> = answers.iter().flat_map(gaps).collect();
        first.sort_by(f64::total_cmp);
        gaps.sort_by(f64::total_cmp);
        let n_tokens: f64 = answers.iter().map(|answer| f64::from(answer.n_tokens)).sum();
        let n_prompt: f64 = answers.iter().map(|answer| f64::from(answer.n_prompt_tokens)).sum();
        Self {
            tok_s: ratio(n_tokens, span(answers).as_secs_f64()),
            decode_tok_s: decode_speed(answers, n_parallel),
            first_text_ms_p50: percentile(&first, 50),
            first_text_ms_p95: percentile(&first, 95),
            gap_ms_p50: percentile(&gaps, 50),
            gap_ms_p99: percentile(&gaps, 99),
            n_answers: answers.len(),
            n_prompt_tokens: ratio(n_prompt, answers.len() as f64),
            n_cached: answers.iter().map(|answer| u64::from(answer.n_cached)).sum(),
        }
    }
}

/// Speed between the last stream's first text and the first stream's last. With more answers than workers not all of
/// them run at the same time; then each answer counts for itself, and they are added up over the workers.
fn decode_speed(answers: &[Answer], n_parallel: usize) -> f64 {
    if answers.len() > n_parallel {
        let speeds = answers.iter().map(|answer| {
            let seconds = ms(answer.first_text_at, answer.last_text_at) / 1e3;
            ratio(f64::from(answer.n_tokens.saturating_sub(1)), seconds)
        });
        return ratio(speeds.sum(), answers.len() as f64) * n_parallel as f64;
    }
    let start = answers.iter().map(|answer| answer.first_text_at).max();
    let end = answers.iter().map(|answer| answer.last_text_at).min();
    let Some((start, end)) = start.zip(end).filter(|(start, end)| start < end) else { return 0.0 };
    let in_window = |answer: &Answer| {
        let n_texts = answer.texts_at.iter().filter(|at| start < **at && **at <= end).count();
        // A chunk may hold several tokens.
        n_texts as f64 * ratio(f64::from(answer.n_tokens), answer.texts_at.len() as f64)
    };
    ratio(answers.iter().map(in_window).sum(), ms(start, end) / 1e3)
}

/// Milliseconds between the texts of one answer.
pub(super) fn gaps(answer: &Answer) -> Vec<f64> {
    answer.texts_at.windows(2).map(|pair| ms(pair[0], pair[1])).collect()
}

fn ms(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answer(start: Instant, texts_ms: &[u64]) -> Answer {
        let texts_at: Vec<Instant> = texts_ms.iter().map(|ms| start + Duration::from_millis(*ms)).collect();
        Answer {
            sent_at: start,
            first_text_at: texts_at[0],
            last_text_at: texts_at[texts_at.len() - 1],
            n_tokens: u32::try_from(texts_ms.len()).unwrap(),
            texts_at,
            n_prompt_tokens: 30,
            n_cached: 5,
            outcome: None,
            text: String::new(),
            n_replays: 0,
        }
    }

    #[test]
    fn decoding_is_measured_while_all_streams_decode() {
        let start = Instant::now();
        let answers = [answer(start, &[0, 100, 200, 300, 400]), answer(start, &[200, 300, 400, 500])];
        let seen = Seen::of(&answers, 2);
        // Between 200 and 400 ms each stream brings two texts.
        assert!((seen.decode_tok_s - 20.0).abs() < 1e-6, "{seen:?}");
        assert!((seen.tok_s - 18.0).abs() < 1e-6, "{seen:?}");
        assert_eq!((seen.gap_ms_p50, seen.n_cached), (100.0, 10));
    }

    #[test]
    fn streams_that_never_run_together_have_no_common_speed() {
        let start = Instant::now();
        let answers = [answer(start, &[0, 100]), answer(start, &[200, 300])];
        assert_eq!(Seen::of(&answers, 2).decode_tok_s, 0.0);
    }
}
