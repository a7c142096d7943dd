//! Sampling fields that a request leaves out take the model's configured values.

use std::collections::HashSet;

use dragon_testkit::harness::{Server, ServerOptions};
use dragon_testkit::tiny::{EQUALITY_PROMPTS, expected_greedy};
use serde_json::{Value, json};

use super::answers::{complete, completion, with};

fn without_temperature(more: Value) -> Value {
    let prompt = EQUALITY_PROMPTS[1];
    with(completion(prompt.prompt, prompt.n_tokens, json!({ "temperature": null })), more)
}

/// How many different texts eight drawn seeds give.
fn n_texts(server: &Server, more: &Value) -> usize {
    let texts: HashSet<String> =
        (0..8).map(|_| complete(server, &without_temperature(more.clone())).text().to_owned()).collect();
    texts.len()
}

#[test]
fn each_configured_default_holds_where_the_request_says_nothing() {
    let expected = String::from_utf8(expected_greedy(EQUALITY_PROMPTS[1].prompt, 64)).unwrap();
    for (key, value) in [("temperature", "0.0"), ("top_k", "1"), ("min_p", "1.0"), ("top_p", "0.000001")] {
        let server = Server::start(&ServerOptions::tiny().model("temperature", "1.5").model(key, value));
        for _ in 0..2 {
            assert_eq!(complete(&server, &without_temperature(json!({}))).text(), expected, "{key}");
        }
    }
}

#[test]
fn the_request_wins_over_the_configuration() {
    let greedy = ServerOptions::tiny().model("temperature", "0.0").model("top_k", "1");
    let server = Server::start(&greedy);
    assert_eq!(n_texts(&server, &json!({})), 1);
    assert_eq!(n_texts(&server, &json!({ "temperature": 1.5 })), 1, "top_k is still 1");
    assert_eq!(n_texts(&server, &json!({ "temperature": 1.5, "top_k": 0, "top_p": 1, "min_p": 0 })), 8);
}

#[test]
fn the_shipped_defaults_sample() {
    let server = Server::start(&ServerOptions::tiny());
    let unsaid = completion("Surprise me.", 64, json!({ "temperature": null, "seed": 12 }));
    let text = |more: Value| complete(&server, &with(unsaid.clone(), more)).text().to_owned();
    let shipped = json!({ "temperature": 0.7, "top_p": 0.95, "top_k": 40, "min_p": 0.05 });
    assert_eq!(text(json!({})), text(shipped), "the values that the documentation names");
    assert_ne!(text(json!({})), text(json!({ "seed": 13 })));
}
