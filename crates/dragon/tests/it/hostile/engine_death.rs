//! The engine is killed; the server is not.

use std::time::Duration;

use dragon_testkit::harness::{Event, Server};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::asking::{COMPLETIONS, JSON, SOON, assert_error, assert_serves, endless, patient, short, with};
use super::raw::{next_response, post, sent};

/// Time for restarts with the longest pauses between them.
const RESTARTED: Duration = Duration::from_secs(60);

fn pid_of(model: &Value) -> i32 {
    model["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).unwrap_or_else(|| panic!("no pid: {model}"))
}

/// Kills the engine as the out-of-memory killer would; its process id.
fn kill_engine(server: &Server) -> i32 {
    let pid = pid_of(&server.wait_for(RESTARTED, |model| model["state"] == "ready"));
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    pid
}

fn ready_again(server: &Server, killed: i32) -> Value {
    server.wait_for(RESTARTED, |model| model["state"] == "ready" && model["pid"] != killed)
}

#[test]
fn a_streamed_answer_ends_as_partial_and_the_server_serves_on() {
    let server = Server::start(&patient());
    let mut stream = server.stream(COMPLETIONS, &with(endless(), "stream", true));
    for _ in 0..5 {
        assert!(matches!(stream.next(), Some(Event::Chunk(_))));
    }
    let killed = kill_engine(&server);
    let last = stream.chunks().pop().unwrap();
    assert_eq!(last["dragon"]["outcome"], "partial", "{last}");
    assert_eq!(last["dragon"]["reason"], "engine_down", "{last}");
    assert_eq!(last["choices"][0]["finish_reason"], "length", "{last}");
    let model = ready_again(&server, killed);
    assert_eq!(model["restarts"], 1, "{model}");
    assert_serves(&server);
}

#[test]
fn whole_answers_keep_the_text_that_was_made() {
    let server = Server::start(&patient());
    let body = post(COMPLETIONS, &with(endless(), "n", 2).to_string());
    let stream = sent(&server, &body);
    let _ = server.wait_for(SOON, |model| model["n_decode_tokens"].as_u64() > Some(20));
    kill_engine(&server);
    let answer = next_response(&stream);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-dragon-outcome"), Some("partial"));
    assert_eq!(answer.header("x-dragon-reason"), Some("engine_down"));
    let answer = answer.json();
    for choice in answer["choices"].as_array().unwrap() {
        assert!(choice["text"].as_str().unwrap().len() > 5, "{answer}");
    }
    assert!(answer["usage"]["completion_tokens"].as_u64() > Some(10), "{answer}");
}

#[test]
fn a_request_without_text_gets_a_fallback_or_is_answered_later_and_an_error_if_preferred() {
    let server = Server::start(&patient().model("prefill_chunk", "8"));
    // Prefilled in small chunks, so that the engine dies before the first token.
    let long = |text: &str| post(COMPLETIONS, &with(endless(), "prompt", text.repeat(1500)).to_string());
    let in_prefill = |model: &Value| model["busy_slots"] == 2;
    let whole = sent(&server, &long("The dragon sleeps. "));
    let as_error = long("The dragon dreams. ");
    let as_error =
        String::from_utf8(as_error).unwrap().replacen("host:", "x-dragon-fallback: error\r\nhost:", 1);
    let as_error = sent(&server, as_error.as_bytes());
    let _ = server.wait_for(SOON, in_prefill);
    let killed = kill_engine(&server);
    super::asking::assert_fallback(&next_response(&whole), "engine_down");
    let answer = next_response(&as_error);
    assert_error("engine_down", &answer, 503, "engine_down", None);
    assert!(answer.header("retry-after").is_some());
    let _ = ready_again(&server, killed);
    assert_serves(&server);
}

#[test]
fn a_request_while_the_engine_is_down_waits_for_it() {
    let server = Server::start(&patient());
    for _ in 0..2 {
        kill_engine(&server);
    }
    // Two deaths in a row make a pause in which there is surely no engine.
    let _ = server.wait_for(SOON, |model| model["state"] == "restarting" || model["state"] == "starting");
    assert_eq!(server.get("/ready").status, 503);
    assert_serves(&server);
}

#[test]
fn waiting_for_an_engine_ends_at_the_deadline() {
    let server = Server::start(&patient());
    for _ in 0..3 {
        kill_engine(&server);
    }
    let _ = server.wait_for(SOON, |model| model["state"] == "restarting");
    let headers = [JSON, ("x-dragon-deadline-ms", "20")];
    let answer = server.http("POST", COMPLETIONS, &headers, short().to_string().as_bytes());
    super::asking::assert_fallback(&answer, "engine_down");
}

#[test]
fn ten_deaths_in_a_row_are_survived() {
    let server = Server::start(&patient());
    for n_deaths in 1..=10 {
        let killed = kill_engine(&server);
        let answer = server.post(COMPLETIONS, &short());
        assert_eq!(answer.status, 200, "{}", answer.text());
        let outcome = answer.json()["dragon"]["outcome"].clone();
        assert!(outcome == "complete" || outcome == "fallback", "{}", answer.text());
        let model = ready_again(&server, killed);
        assert_eq!(model["restarts"], n_deaths, "{model}");
    }
    assert_serves(&server);
}
