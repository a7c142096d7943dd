//! The deadline ends an answer that is not ready, with what there is.

use std::time::{Duration, Instant};

use dragon_testkit::harness::{Server, ServerOptions};
use serde_json::{Value, json};

use super::answers::{Answer, completion, streamed, whole, with};

/// Added to the promise of 250 ms: the test's machine may be busy with something else.
const SLACK: Duration = Duration::from_secs(2);
const GRACE: Duration = Duration::from_millis(250);
const PATH: &str = "/v1/completions";

/// More than any machine generates in the time that these tests give.
fn endless() -> (ServerOptions, Value) {
    (ServerOptions::tiny().model("ctx", "32768").model("slots", "2"), completion("Go on:", 32_000, json!({})))
}

fn assert_cut(answer: &Answer, started_at: Instant, deadline_ms: u64) {
    let took = started_at.elapsed();
    let deadline = Duration::from_millis(deadline_ms);
    assert!(took >= deadline, "cut after {took:?}");
    assert!(took < deadline + GRACE + SLACK, "{took:?}");
    assert_eq!(answer.label["deadline_ms"], deadline_ms);
    assert!(answer.n_completion() > 0);
    assert!(!answer.text().is_empty());
    answer.assert_ended("partial", Some("deadline"), "length");
    let spent: u64 =
        ["queue_ms", "prefill_ms", "decode_ms"].iter().map(|name| answer.label[name].as_u64().unwrap()).sum();
    assert!(u128::from(spent) <= took.as_millis(), "{}", answer.label);
}

#[test]
fn a_whole_answer_is_cut_at_the_deadline() {
    let (options, body) = endless();
    let server = Server::start(&options);
    let started_at = Instant::now();
    let response = server.post_with(PATH, &[("x-dragon-deadline-ms", "300")], &body);
    assert_eq!(response.header("x-dragon-outcome"), Some("partial"));
    assert_eq!(response.header("x-dragon-reason"), Some("deadline"));
    assert_cut(&whole(&response), started_at, 300);
}

#[test]
fn a_stream_is_cut_at_the_deadline_and_ends_in_order() {
    let (options, body) = endless();
    let server = Server::start(&options);
    let body = with(body, json!({ "stream": true, "stream_options": { "include_usage": true } }));
    let started_at = Instant::now();
    let stream = server.stream_with(PATH, &[("x-dragon-deadline-ms", "300")], &body);
    assert_cut(&streamed(&stream.chunks()), started_at, 300);
    // The slot is free again.
    let _ = server.wait_for(SLACK * 10, |model| model["busy_slots"] == 0);
}

#[test]
fn more_than_the_maximum_is_the_maximum() {
    let (options, body) = endless();
    let server = Server::start(&options.server("deadline_ms", "400"));
    for header in [&[("x-dragon-deadline-ms", "60000")][..], &[]] {
        let started_at = Instant::now();
        let response = server.post_with(PATH, header, &body);
        assert_cut(&whole(&response), started_at, 400);
    }
}

#[test]
fn a_models_own_deadline_wins_over_the_servers() {
    let (options, _) = endless();
    let server = Server::start(&options.server("deadline_ms", "400").model("deadline_ms", "45000"));
    let answer = whole(&server.post(PATH, &completion("Hi", 3, json!({}))));
    assert_eq!(answer.label["deadline_ms"], 45_000);
    answer.assert_ended("complete", None, "length");
}

#[test]
fn who_waits_for_a_slot_until_the_deadline_gets_a_fallback() {
    let (options, body) = endless();
    let server = Server::start(&options.model("slots", "1"));
    let mut running = server.stream(PATH, &with(body, json!({ "stream": true })));
    assert!(running.next().is_some());
    let headers = [("x-dragon-deadline-ms", "200")];
    let answer = whole(&server.post_with(PATH, &headers, &completion("Hi", 3, json!({}))));
    answer.assert_ended("fallback", Some("deadline"), "length");
    assert_eq!((answer.n_prompt(), answer.n_completion()), (0, 0));
    assert!(answer.text().contains("deadline"), "{}", answer.text());
}
