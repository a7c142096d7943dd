//! So many requests at the same time.

use std::time::Instant;

use anyhow::Result;
use tokio::task::JoinSet;

use super::Scene;
use super::ask::{Seen, Verdict, mix, percentile};
use super::puzzle;

/// Sends them all at once and says what came back.
pub(super) async fn run(scene: &Scene, text: impl Fn(usize) -> String) -> Result<String> {
    let speeds = Speeds::measure(scene).await;
    let started = Instant::now();
    let mut asked = JoinSet::new();
    for number in 0..scene.n_parallel {
        let (question, patience) = (scene.question(text(number)), scene.patience());
        asked.spawn(async move { question.ask(patience).await });
    }
    let all: Vec<Seen> = asked.join_all().await;
    let took = started.elapsed();
    let n_answered = all.iter().filter(|seen| seen.is_answered()).count();
    let n_in_time = all.iter().filter(|seen| seen.is_answered() && seen.took <= scene.in_time()).count();
    let n_useful = all.iter().filter(|seen| seen.is_useful()).count();
    let n_in_deadline = all.iter().filter(|seen| seen.is_useful() && seen.took <= scene.in_time()).count();
    let times = || all.iter().map(|seen| seen.took);
    Ok(format!(
        "- {} at once, over after {:.1} s\n\
         - answered {n_answered}; in time {n_in_time}; by the model {n_useful}, in time {n_in_deadline}\n\
         - p50 {:.0?}, p99 {:.0?}, longest {:.0?}\n\
         - {}\n\
         - {}",
        all.len(),
        took.as_secs_f64(),
        percentile(times(), 0.5),
        percentile(times(), 0.99),
        percentile(times(), 1.0),
        mix(&all),
        speeds.told(scene),
    ))
}

/// How fast the quiet server is, from requests of the same kind.
struct Speeds {
    /// Prompt tokens a second that are not shared, and how many those are.
    n_prompt: f64,
    prefill_s: f64,
    /// Tokens a second of all slots together.
    decode_per_s: f64,
}

impl Speeds {
    /// One answer of one token at a time for the prompts, then as many at once as a server usually runs for the tokens.
    async fn measure(scene: &Scene) -> Self {
        const N_ALONE: usize = 6;
        const N_TOGETHER: usize = 8;
        const N_TOKENS: u32 = 64;
        // Beyond the numbers of any burst, and others each time, so that no prompt is known to the server.
        let mut number = fresh_number();
        let mut next = |max_tokens| {
            number += 1;
            let mut question = scene.question(puzzle::variation(number));
            question.max_tokens = max_tokens;
            question
        };
        let (mut n_prompt, mut prefill_s) = (0, 0.0);
        for _ in 0..N_ALONE {
            let seen = next(1).ask(scene.patience()).await;
            if let Verdict::Answered(answered) = &seen.verdict {
                n_prompt += answered.n_prompt;
                prefill_s += seen.took.as_secs_f64();
            }
        }
        let started = Instant::now();
        let mut asked = JoinSet::new();
        for _ in 0..N_TOGETHER {
            let (question, patience) = (next(N_TOKENS), scene.patience());
            asked.spawn(async move { question.ask(patience).await });
        }
        let n_made: u32 = asked
            .join_all()
            .await
            .iter()
            .map(|seen| match &seen.verdict {
                Verdict::Answered(answered) => answered.n_completion,
                Verdict::Refused(_) | Verdict::Unanswered(_) => 0,
            })
            .sum();
        let together_s = started.elapsed().as_secs_f64();
        let prefill_s = prefill_s / N_ALONE as f64;
        let decode_s = (together_s - prefill_s * N_TOGETHER as f64).max(together_s / 4.0);
        Self {
            n_prompt: f64::from(n_prompt) / N_ALONE as f64,
            prefill_s,
            decode_per_s: f64::from(n_made) / decode_s,
        }
    }

    fn told(&self, scene: &Scene) -> String {
        let n = scene.deadline.as_secs_f64() / (self.prefill_s + 32.0 / self.decode_per_s);
        format!(
            "quiet: a prompt of {:.0} tokens is read in {:.0} ms, {:.0} tokens a second together: N = {n:.0} answers of 32 tokens fit into the deadline",
            self.n_prompt,
            self.prefill_s * 1000.0,
            self.decode_per_s
        )
    }
}

/// A number that no earlier run began with.
fn fresh_number() -> usize {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    usize::try_from(since_1970.as_millis()).unwrap_or(usize::MAX / 2)
}
