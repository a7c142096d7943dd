//! The three lists of fields, as a client meets them.

use dragon_testkit::harness::{Server, ServerOptions};
use serde_json::{Value, json};

use super::asking::{CHAT, COMPLETIONS, assert_error, short, with};

/// Refused, with a value that asks for something.
fn refused() -> Vec<(&'static str, Value)> {
    vec![
        ("tools", json!([{"type": "function", "function": {"name": "f"}}])),
        ("tool_choice", json!("required")),
        ("functions", json!([{"name": "f"}])),
        ("function_call", json!({"name": "f"})),
        ("response_format", json!({"type": "json_object"})),
        ("grammar", json!("root ::= \"a\"")),
        ("modalities", json!(["text", "audio"])),
        ("audio", json!({"voice": "alloy"})),
        ("prediction", json!({"type": "content", "content": "x"})),
        ("web_search_options", json!({})),
        ("suffix", json!("the end")),
        ("best_of", json!(3)),
        ("echo", json!(true)),
        ("store", json!(true)),
    ]
}

/// Accepted, though nothing follows from them: neutral values of the refused, and the list without effect.
fn accepted() -> Value {
    json!({
        "tools": [], "tool_choice": "auto", "response_format": {"type": "text"}, "modalities": ["text"],
        "suffix": "", "best_of": 1, "echo": false, "store": false, "audio": null,
        "user": "me", "metadata": {"a": "b"}, "service_tier": "auto", "parallel_tool_calls": true,
        "safety_identifier": "x", "prompt_cache_key": "x", "verbosity": "low",
    })
}

#[test]
fn what_cannot_be_done_is_refused_by_name_unless_it_asks_for_nothing() {
    let server = Server::start(&ServerOptions::tiny());
    let chat = json!({"model": "tiny", "messages": [{"role": "user", "content": "x"}], "max_tokens": 1});
    for (endpoint, body) in [(CHAT, chat), (COMPLETIONS, short())] {
        for (field, value) in refused() {
            let answer = server.post(endpoint, &with(body.clone(), field, value));
            assert_error(field, &answer, 400, "unsupported_parameter", Some(field));
        }
        let mut all = body.clone();
        all.as_object_mut().unwrap().extend(accepted().as_object().unwrap().clone());
        let answer = server.post(endpoint, &all);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["dragon"]["ignored"], json!([]));
    }
}

#[test]
fn unknown_fields_come_back_by_name_whole_and_streamed() {
    let server = Server::start(&ServerOptions::tiny());
    let body = with(with(short(), "temprature", 0.5), "mirostat", 2);
    let ignored = json!(["temprature", "mirostat"]);
    assert_eq!(server.post(COMPLETIONS, &body).json()["dragon"]["ignored"], ignored);
    let chunks = server.stream(COMPLETIONS, &with(body, "stream", true)).chunks();
    assert_eq!(chunks.last().unwrap()["dragon"]["ignored"], ignored);
}

#[test]
fn a_flood_of_unknown_fields_is_reported_in_part() {
    let server = Server::start(&ServerOptions::tiny());
    let mut body = short();
    for number in 0..10_000 {
        body[format!("{}{number}", "x".repeat(90))] = json!(1);
    }
    let answer = server.post(COMPLETIONS, &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.body.len() < 10_000, "{} bytes", answer.body.len());
    assert_eq!(answer.json()["dragon"]["ignored"].as_array().unwrap().len(), 32);
}

#[test]
fn headers_that_make_no_sense_are_a_400_that_names_them() {
    let server = Server::start(&ServerOptions::tiny());
    let wrong = [
        ("x-dragon-deadline-ms", "0"),
        ("x-dragon-deadline-ms", "-5"),
        ("x-dragon-deadline-ms", "soon"),
        ("x-dragon-deadline-ms", "1.5"),
        ("x-dragon-deadline-ms", ""),
        ("x-dragon-fallback", "maybe"),
        ("x-dragon-guard", "loud"),
    ];
    let body = short().to_string();
    for (name, value) in wrong {
        let headers = [("content-type", "application/json"), (name, value)];
        let answer = server.http("POST", COMPLETIONS, &headers, body.as_bytes());
        assert_error(&format!("{name}: {value}"), &answer, 400, "invalid_value", Some(name));
    }
    let huge = [("content-type", "application/json"), ("x-dragon-deadline-ms", "99999999999999999999999")];
    let answer = server.http("POST", COMPLETIONS, &huge, body.as_bytes());
    assert!(answer.status == 200 || answer.status == 400, "{}", answer.text());
}
