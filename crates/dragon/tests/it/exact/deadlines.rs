//! The deadline ends an answer that is not ready, with what there is.

use std::time::{Duration, Instant};

use dragon_testkit::harness::{Event, Server, ServerOptions};
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

/// It was brought to its end before the deadline, or cut there; never given up long before.
fn assert_ended_in_time(answer: &Answer, started_at: Instant, deadline_ms: u64) {
    let took = started_at.elapsed();
    let deadline = Duration::from_millis(deadline_ms);
    assert!(took >= deadline / 3, "over after {took:?}");
    assert!(took < deadline + GRACE + SLACK, "{took:?}");
    assert_eq!(answer.label["deadline_ms"], deadline_ms);
    assert!(answer.n_completion() > 0);
    assert!(!answer.text().is_empty());
    let outcome = answer.label["outcome"].as_str().unwrap().to_owned();
    assert!(["landed", "partial"].contains(&outcome.as_str()), "{}", answer.label);
    answer.assert_ended(&outcome, Some("deadline"), "length");
    let spent: u64 =
        ["queue_ms", "prefill_ms", "decode_ms"].iter().map(|name| answer.label[name].as_u64().unwrap()).sum();
    assert!(u128::from(spent) <= took.as_millis(), "{}", answer.label);
}

#[test]
fn a_whole_answer_ends_by_the_deadline() {
    let (options, body) = endless();
    let server = Server::start(&options);
    let started_at = Instant::now();
    let response = server.post_with(PATH, &[("x-dragon-deadline-ms", "300")], &body);
    assert_eq!(response.header("x-dragon-reason"), Some("deadline"));
    let answer = whole(&response);
    assert_eq!(response.header("x-dragon-outcome"), answer.label["outcome"].as_str());
    assert_ended_in_time(&answer, started_at, 300);
}

#[test]
fn a_stream_ends_by_the_deadline_and_in_order() {
    let (options, body) = endless();
    let server = Server::start(&options);
    let body = with(body, json!({ "stream": true, "stream_options": { "include_usage": true } }));
    let started_at = Instant::now();
    let stream = server.stream_with(PATH, &[("x-dragon-deadline-ms", "300")], &body);
    assert_ended_in_time(&streamed(&stream.chunks()), started_at, 300);
    // The slot is free again.
    let _ = server.wait_for(SLACK * 10, |model| model["busy_slots"] == 0);
}

#[test]
fn with_time_enough_for_it_an_answer_is_concluded_after_a_cue() {
    let (options, body) = endless();
    let server = Server::start(&options);
    let mut texts = Vec::new();
    for stream in [false, true] {
        let body = with(body.clone(), json!({ "ignore_eos": true, "temperature": 0 }));
        let headers = [("x-dragon-deadline-ms", "1500")];
        let started_at = Instant::now();
        let answer = if stream {
            let body = with(body, json!({ "stream": true, "stream_options": { "include_usage": true } }));
            streamed(&server.stream_with(PATH, &headers, &body).chunks())
        } else {
            whole(&server.post_with(PATH, &headers, &body))
        };
        assert_ended_in_time(&answer, started_at, 1500);
        answer.assert_ended("landed", Some("deadline"), "length");
        let (before, after) = answer.text().split_once("In short:").expect("a cue");
        assert!(!before.is_empty() && !after.is_empty(), "{}", answer.text());
        texts.push(before.to_owned());
    }
    // The same text up to where each was cut.
    let n_common = texts[0].trim_end_matches([' ', '.', '\n']).len().min(texts[1].len()) / 2;
    assert!(n_common > 0 && texts[0][..n_common] == texts[1][..n_common]);
}

#[test]
fn more_than_the_maximum_is_the_maximum() {
    let (options, body) = endless();
    let server = Server::start(&options.server("deadline_ms", "400"));
    for header in [&[("x-dragon-deadline-ms", "60000")][..], &[]] {
        let started_at = Instant::now();
        let response = server.post_with(PATH, header, &body);
        assert_ended_in_time(&whole(&response), started_at, 400);
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

#[test]
fn whoever_leaves_while_its_answer_lands_frees_the_slot() {
    let (options, body) = endless();
    let server = Server::start(&options);
    let body = with(body, json!({ "ignore_eos": true, "temperature": 0, "stream": true }));
    let mut stream = server.stream_with(PATH, &[("x-dragon-deadline-ms", "1500")], &body);
    let mut text = String::new();
    while !text.contains("In short:") {
        let Some(Event::Chunk(chunk)) = stream.next() else { panic!("no cue in {text}") };
        text.push_str(chunk["choices"][0]["text"].as_str().unwrap_or_default());
    }
    drop(stream);
    let _ = server.wait_for(Duration::from_secs(10), |model| model["busy_slots"] == 0);
    let metrics = server.get("/metrics").text().to_owned();
    assert!(metrics.contains("dragon_running_requests{model=\"tiny\"} 0"), "{metrics}");
}
