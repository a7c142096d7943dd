//! Requests and what is expected of their answers.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dragon_testkit::harness::{Response, Server, ServerOptions};
use serde_json::{Value, json};

pub(super) const CHAT: &str = "/v1/chat/completions";
pub(super) const COMPLETIONS: &str = "/v1/completions";
pub(super) const JSON: (&str, &str) = ("content-type", "application/json");

/// What surely happens has happened after this long, also on a machine that is swamped.
pub(super) const SOON: Duration = Duration::from_secs(30);

/// A context in which a generation outlasts every test.
pub(super) const LONG_CTX: &str = "32768";

/// The tiny model with room for endless answers.
pub(super) fn patient() -> ServerOptions {
    ServerOptions::tiny().model("ctx", LONG_CTX)
}

/// The body of a short completion.
pub(super) fn short() -> Value {
    json!({"model": "tiny", "prompt": "Hello", "max_tokens": 4, "temperature": 0, "ignore_eos": true})
}

/// The body of a completion that ends by itself only after minutes. Each is another: equal ones would share one
/// generation.
pub(super) fn endless() -> Value {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let prompt = format!("Hello {}", NEXT.fetch_add(1, Ordering::Relaxed));
    json!({"model": "tiny", "prompt": prompt, "max_tokens": 32_000, "temperature": 0, "ignore_eos": true})
}

/// The body with a field set.
pub(super) fn with(mut body: Value, field: &str, value: impl Into<Value>) -> Value {
    body[field] = value.into();
    body
}

/// Asks for a short completion and checks that the model gave it in full.
pub(super) fn assert_serves(server: &Server) {
    let answer = server.post(COMPLETIONS, &short());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["dragon"]["outcome"], "complete", "{answer}");
    assert_eq!(answer["usage"]["completion_tokens"], 4, "{answer}");
}

/// Checks that an answer is an error in the API's format, with these values in it.
pub(super) fn assert_error(context: &str, answer: &Response, status: u16, code: &str, param: Option<&str>) {
    let said = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, status, "{context}: {said}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{context}");
    let document = answer.json();
    let error = document["error"].as_object().unwrap_or_else(|| panic!("{context}: {said}"));
    let keys: BTreeSet<&str> = error.keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["code", "message", "param", "type"]), "{context}: {said}");
    assert_eq!(error["code"], code, "{context}: {said}");
    assert_eq!(error["param"], json!(param), "{context}: {said}");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty() && message.len() < 1000, "{context}: {said}");
}

/// Checks that an answer is a labelled fallback: whole, well-formed, and no word of it the model's.
pub(super) fn assert_fallback(answer: &Response, reason: &str) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-dragon-outcome"), Some("fallback"));
    assert_eq!(answer.header("x-dragon-reason"), Some(reason));
    let document = answer.json();
    assert_eq!(document["dragon"]["outcome"], "fallback", "{document}");
    assert_eq!(document["dragon"]["reason"], reason, "{document}");
    for count in ["prompt_tokens", "completion_tokens", "total_tokens"] {
        assert_eq!(document["usage"][count], 0, "{document}");
    }
}
