//! The label of an answer: the object `dragon` and the headers that repeat it.

use std::time::Duration;

use dragon_core::label::{Ending, Label};
use serde_json::{Map, Value, json};

/// The headers that repeat the label of an answer that is not a stream; names in lower case.
pub fn label_headers(label: &Label) -> Vec<(&'static str, &'static str)> {
    let mut headers = vec![("x-dragon-outcome", label.outcome.as_str())];
    if let Some(reason) = label.reason {
        headers.push(("x-dragon-reason", reason.as_str()));
    }
    headers
}

/// The object `dragon`.
pub(crate) fn label_object(label: &Label) -> Value {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("outcome", json!(label.outcome.as_str()));
    put("reason", json!(label.reason.map(|reason| reason.as_str())));
    put("model", json!(label.model));
    put("deadline_ms", millis(label.deadline));
    put("queue_ms", millis(label.queued));
    put("prefill_ms", millis(label.prefill));
    put("decode_ms", millis(label.decode));
    put("seed", json!(label.seed));
    put("shared", json!(label.shared));
    put("replays", json!(label.replays));
    put("ignored", json!(label.ignored));
    if label.choices.len() > 1 {
        put("choices", label.choices.iter().enumerate().map(choice).collect());
    }
    Value::Object(object)
}

fn choice((index, ending): (usize, &Ending)) -> Value {
    json!({
        "index": index,
        "outcome": ending.outcome.as_str(),
        "reason": ending.reason.map(|reason| reason.as_str()),
        "finish_reason": ending.finish.as_str(),
    })
}

fn millis(duration: Duration) -> Value {
    // 2^64 ms are half a billion years: a saturated value is as good as the true one.
    json!(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
