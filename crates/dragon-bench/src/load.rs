//! The load itself: so many workers, each asking so often.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::client::{self, Answer};
use crate::prompts;

/// A server under measurement.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Its name in the report.
    pub(crate) name: String,
    /// Where it listens, such as `http://127.0.0.1:8080`.
    pub(crate) address: String,
    /// The model asked for.
    pub(crate) model: String,
    /// What makes an answer of it count as complete.
    pub(crate) expect: Expect,
}

/// What an answer must show to count as complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// The right number of tokens, and the label `complete`.
    Label,
    /// The right number of tokens: the server is not a Dragon.
    UsageOnly,
}

/// Runs `n_parallel` workers with `rounds` requests each and returns every answer.
///
/// Fails at the first answer that is not complete: figures about wrong answers are worth nothing.
pub(crate) async fn run(
    target: &Target,
    n_parallel: usize,
    rounds: u32,
    n_tokens: u32,
) -> Result<Vec<Answer>> {
    let target = Arc::new(target.clone());
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..n_parallel {
        let target = Arc::clone(&target);
        workers.spawn(async move {
            let mut answers = Vec::new();
            for _ in 0..rounds {
                answers.push(ask(&target, next_number(), n_tokens).await?);
            }
            anyhow::Ok(answers)
        });
    }
    let mut answers = Vec::new();
    while let Some(worker) = workers.join_next().await {
        answers.extend(worker??);
    }
    Ok(answers)
}

async fn ask(target: &Target, number: usize, n_tokens: u32) -> Result<Answer> {
    let answer = ask_checked(target, &body(&target.model, number, n_tokens), n_tokens).await;
    answer.with_context(|| format!("question {number}"))
}

/// Sends one request; fails where the answer is not complete.
pub(crate) async fn ask_checked(target: &Target, body: &Value, n_tokens: u32) -> Result<Answer> {
    let answer = client::chat(&target.address, body).await?;
    check(&answer, target.expect, n_tokens).with_context(|| format!("an answer of {}", target.name))?;
    Ok(answer)
}

/// A request that nobody has sent before.
pub(crate) fn next_body(model: &str, n_tokens: u32) -> Value {
    body(model, next_number(), n_tokens)
}

/// Numbers go on from one measurement to the next, so no question is ever asked twice.
fn next_number() -> usize {
    static NEXT_QUESTION: AtomicUsize = AtomicUsize::new(0);
    NEXT_QUESTION.fetch_add(1, Ordering::Relaxed)
}

fn body(model: &str, number: usize, n_tokens: u32) -> Value {
    json!({
        "model": model,
        "messages": [{"role": "user", "content": prompts::question(number)}],
        "max_tokens": n_tokens,
        "ignore_eos": true,
        "temperature": 0,
        "stream": true,
        "stream_options": {"include_usage": true},
    })
}

fn check(answer: &Answer, expect: Expect, n_tokens: u32) -> Result<()> {
    ensure!(answer.n_tokens == n_tokens, "{} tokens instead of {n_tokens}", answer.n_tokens);
    if expect == Expect::Label {
        let outcome = answer.outcome.as_deref().unwrap_or("missing");
        ensure!(outcome == "complete", "the outcome is {outcome}");
    }
    Ok(())
}

// === impl Target ===

impl Target {
    /// Asks the server for its models where none is named, and warms it up with one answer.
    pub(crate) async fn find(
        name: &str,
        address: &str,
        model: Option<String>,
        expect: Expect,
    ) -> Result<Self> {
        let address = address.trim_end_matches('/').to_owned();
        let model = match model {
            Some(model) => model,
            None => first_model(&address).await?,
        };
        let target = Self { name: name.to_owned(), address, model, expect };
        run(&target, 1, 1, 8).await.with_context(|| format!("{name} did not answer the first question"))?;
        Ok(target)
    }
}

async fn first_model(address: &str) -> Result<String> {
    let (_, models) = client::get_json(address, "/v1/models").await?;
    let id = models.pointer("/data/0/id").and_then(Value::as_str);
    Ok(id.with_context(|| format!("{address} serves no model"))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn answer(n_tokens: u32, outcome: Option<&str>) -> Answer {
        let now = Instant::now();
        Answer {
            sent_at: now,
            first_text_at: now,
            last_text_at: now,
            n_tokens,
            n_prompt_tokens: 30,
            texts_at: Vec::new(),
            n_cached: 0,
            outcome: outcome.map(str::to_owned),
            text: String::new(),
            n_replays: 0,
        }
    }

    #[test]
    fn only_complete_answers_of_the_right_length_count() {
        assert!(check(&answer(128, Some("complete")), Expect::Label, 128).is_ok());
        assert!(check(&answer(127, Some("complete")), Expect::Label, 128).is_err());
        assert!(check(&answer(128, Some("partial")), Expect::Label, 128).is_err());
        assert!(check(&answer(128, None), Expect::Label, 128).is_err());
    }

    #[test]
    fn a_peer_needs_no_label() {
        assert!(check(&answer(128, None), Expect::UsageOnly, 128).is_ok());
        assert!(check(&answer(1, None), Expect::UsageOnly, 128).is_err());
    }
}
