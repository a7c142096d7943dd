//! The label of an answer: the object `dragon` and the headers that repeat it.

use std::time::Duration;

use dragon_core::label::{Ending, Findings, Label};
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
    if let Some(ambiguity) = label.ambiguity {
        put("ambiguity", json!(thousandths(ambiguity)));
    }
    let findings = |index: usize| label.findings.get(index).copied().unwrap_or_default();
    if label.choices.len() > 1 {
        let choice = |(index, ending)| choice(index, ending, findings(index));
        put("choices", label.choices.iter().enumerate().map(choice).collect());
    } else {
        put_findings(&mut object, findings(0));
    }
    Value::Object(object)
}

fn choice(index: usize, ending: &Ending, findings: Findings) -> Value {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("index", json!(index));
    put("outcome", json!(ending.outcome.as_str()));
    put("reason", json!(ending.reason.map(|reason| reason.as_str())));
    put("finish_reason", json!(ending.finish.as_str()));
    put_findings(&mut object, findings);
    Value::Object(object)
}

/// Nothing where nothing was found.
fn put_findings(object: &mut Map<String, Value>, findings: Findings) {
    let Findings { loop_onset_chars, has_reanalysed } = findings;
    if let Some(n_chars) = loop_onset_chars {
        object.insert("loop_onset_chars".to_owned(), json!(n_chars));
    }
    if has_reanalysed {
        object.insert("reanalysis".to_owned(), json!(true));
    }
}

/// Three digits are more than an estimate has; and a float would show more of them than it means.
fn thousandths(share: f32) -> f64 {
    (f64::from(share) * 1_000.0).round() / 1_000.0
}

fn millis(duration: Duration) -> Value {
    // 2^64 ms are half a billion years: a saturated value is as good as the true one.
    json!(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
