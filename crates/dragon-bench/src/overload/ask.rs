//! One request, read to its end and judged.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client;

/// What is asked of a server under load.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) address: String,
    pub(super) model: String,
    pub(super) text: String,
    pub(super) max_tokens: u32,
    /// Sent as `Authorization: Bearer`.
    pub(super) key: String,
}

/// How it went, seen by the client.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) took: Duration,
    pub(super) verdict: Verdict,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// A whole answer in the API's format.
    Answered(Answered),
    /// An error in the API's format, with its status.
    Refused(u16),
    /// Nothing, or nothing whole, within the patience of the client.
    Unanswered(String),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Answered {
    /// `dragon.outcome` and `dragon.reason`; `finish_reason` where the server is no Dragon.
    pub(super) how: String,
    pub(super) is_shared: bool,
    pub(super) n_prompt: u32,
    pub(super) n_completion: u32,
    /// In the server's queue, by its own account; zero where it gives none.
    pub(super) waited: Duration,
}

// === impl Question ===

impl Question {
    /// Asks, and waits no longer than `patience`.
    pub(super) async fn ask(&self, patience: Duration) -> Seen {
        let sent_at = Instant::now();
        let body = json!({
            "model": self.model,
            "messages": [{"role": "user", "content": self.text}],
            "max_tokens": self.max_tokens,
            "temperature": 0,
        });
        let asked = client::post_json(&self.address, "/v1/chat/completions", &body, &self.key);
        let verdict = match tokio::time::timeout(patience, asked).await {
            Err(_) => Verdict::Unanswered("not within the client's patience".to_owned()),
            Ok(Err(error)) => Verdict::Unanswered(format!("{error:#}")),
            Ok(Ok((status, document))) => judge(status.as_u16(), &document),
        };
        Seen { took: sent_at.elapsed(), verdict }
    }
}

fn judge(status: u16, document: &Value) -> Verdict {
    if status != 200 {
        let is_error = document.pointer("/error/message").is_some_and(Value::is_string);
        return if is_error {
            Verdict::Refused(status)
        } else {
            Verdict::Unanswered(format!("{status} without an error in the API's format"))
        };
    }
    answered(document)
        .map_or_else(|| Verdict::Unanswered("200 without a whole answer".to_owned()), Verdict::Answered)
}

fn answered(document: &Value) -> Option<Answered> {
    document.pointer("/choices/0/message/content")?.as_str()?;
    let finish = document.pointer("/choices/0/finish_reason")?.as_str()?;
    let count = |name: &str| u32::try_from(document.pointer(&format!("/usage/{name}"))?.as_u64()?).ok();
    let how = match document.get("dragon") {
        None => finish.to_owned(),
        Some(label) => match label.get("reason")?.as_str() {
            Some(reason) => format!("{} ({reason})", label.get("outcome")?.as_str()?),
            None => label.get("outcome")?.as_str()?.to_owned(),
        },
    };
    Some(Answered {
        how,
        is_shared: document.pointer("/dragon/shared").is_some_and(|shared| shared == &Value::Bool(true)),
        n_prompt: count("prompt_tokens")?,
        n_completion: count("completion_tokens")?,
        waited: Duration::from_millis(
            document.pointer("/dragon/queue_ms").and_then(Value::as_u64).unwrap_or(0),
        ),
    })
}

// === impl Seen ===

impl Seen {
    /// An answer of the model that is of use: it ended by itself, or says enough.
    pub(super) fn is_useful(&self) -> bool {
        const ENOUGH_TOKENS: u32 = 32;
        match &self.verdict {
            Verdict::Answered(it) if it.n_completion == 0 => false,
            Verdict::Answered(it) => {
                matches!(it.how.as_str(), "complete" | "stop" | "length") || it.n_completion >= ENOUGH_TOKENS
            }
            Verdict::Refused(_) | Verdict::Unanswered(_) => false,
        }
    }

    pub(super) fn is_answered(&self) -> bool {
        !matches!(self.verdict, Verdict::Unanswered(_))
    }

    /// The verdict in a word or two, to be counted.
    pub(super) fn kind(&self) -> String {
        match &self.verdict {
            Verdict::Answered(it) if it.is_shared => format!("{}, shared", it.how),
            Verdict::Answered(it) => it.how.clone(),
            Verdict::Refused(status) => format!("error {status}"),
            Verdict::Unanswered(why) => format!("unanswered: {why}"),
        }
    }
}

/// How many of each kind.
pub(super) fn mix(all: &[Seen]) -> String {
    let mut counts = BTreeMap::<String, usize>::new();
    for seen in all {
        *counts.entry(seen.kind()).or_default() += 1;
    }
    counts.into_iter().map(|(kind, n)| format!("{n} {kind}")).collect::<Vec<_>>().join("; ")
}

/// The time within which this part of them was over.
pub(super) fn percentile(times: impl Iterator<Item = Duration>, part: f64) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let index = (last as f64 * part).ceil() as usize;
    times.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(outcome: &str, n_completion: u32) -> Value {
        json!({
            "choices": [{"message": {"content": "hm"}, "finish_reason": "length"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": n_completion},
            "dragon": {"outcome": outcome, "reason": "load", "shared": false},
        })
    }

    fn useful(status: u16, document: &Value) -> bool {
        Seen { took: Duration::ZERO, verdict: judge(status, document) }.is_useful()
    }

    #[test]
    fn a_short_landing_and_a_fallback_are_no_useful_answers() {
        assert!(useful(200, &document("landed", 32)));
        assert!(!useful(200, &document("landed", 31)));
        assert!(!useful(200, &document("fallback", 0)));
        assert!(!useful(200, &json!({"choices": []})));
    }

    #[test]
    fn an_error_counts_as_an_answer_only_in_the_apis_format() {
        assert_eq!(judge(429, &json!({"error": {"message": "busy"}})), Verdict::Refused(429));
        assert!(matches!(judge(502, &json!({})), Verdict::Unanswered(_)));
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_times() {
        let times = || (1..=100).rev().map(Duration::from_millis);
        assert_eq!(percentile(times(), 0.5), Duration::from_millis(51));
        assert_eq!(percentile(times(), 1.0), Duration::from_millis(100));
        assert_eq!(percentile(std::iter::empty(), 0.5), Duration::ZERO);
    }
}
