//! The engine is killed; the server is not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use dragon_testkit::harness::{Event, Server, ServerOptions};
use dragon_testkit::tiny::{EQUALITY_PROMPTS, EqualityPrompt, POISON, expected_greedy, poisoned_model_path};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::asking::{
    COMPLETIONS, JSON, SOON, assert_error, assert_fallback, assert_serves, endless, patient, short, with,
};
use super::raw::{next_response, post, sent};

/// Time for restarts with the longest pauses between them.
const RESTARTED: Duration = Duration::from_secs(60);

fn pid_of(model: &Value) -> i32 {
    model["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).unwrap_or_else(|| panic!("no pid: {model}"))
}

/// Kills the engine as the out-of-memory killer would; its process id.
pub(super) fn kill_engine(server: &Server) -> i32 {
    signal_engine(server, Signal::KILL)
}

fn signal_engine(server: &Server, signal: Signal) -> i32 {
    let pid = pid_of(&server.wait_for(RESTARTED, |model| model["state"] == "ready"));
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    pid
}

pub(super) fn ready_again(server: &Server, killed: i32) -> Value {
    server.wait_for(RESTARTED, |model| model["state"] == "ready" && model["pid"] != killed)
}

/// A request whose answer takes long enough to be disturbed, and is not so long that it would not end.
fn long(prompt: &str, more: &Value) -> Value {
    let mut body = json!({"model": "tiny", "prompt": prompt, "max_tokens": 4000, "ignore_eos": true});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn greedy() -> Value {
    json!({"temperature": 0})
}

fn sampled() -> Value {
    json!({"temperature": 1.2, "top_p": 1.0, "top_k": 0, "min_p": 0.0, "seed": 77})
}

/// The texts of all choices of an answer that was not disturbed, or was and does not show it.
fn texts(answer: &Value) -> Vec<String> {
    let choices = answer["choices"].as_array().unwrap_or_else(|| panic!("{answer}"));
    choices.iter().map(|choice| choice["text"].as_str().unwrap().to_owned()).collect()
}

fn undisturbed(server: &Server, body: &Value) -> Vec<String> {
    let answer = server.post(COMPLETIONS, body).json();
    assert_eq!(answer["dragon"]["outcome"], "complete", "{answer}");
    assert_eq!(answer["dragon"]["replays"], 0, "{answer}");
    texts(&answer)
}

/// The whole text of a stream during which the engine gets these signals, one after some chunks each.
fn streamed_through(server: &Server, body: &Value, signals: &[Signal]) -> (String, Value) {
    let mut pid = pid_of(&server.wait_for(RESTARTED, |model| model["state"] == "ready"));
    let mut stream = server.stream(COMPLETIONS, &with(body.clone(), "stream", true));
    let mut text = String::new();
    for signal in signals {
        for _ in 0..5 {
            let Some(Event::Chunk(chunk)) = stream.next() else { panic!("the stream ended early") };
            text.push_str(chunk["choices"][0]["text"].as_str().unwrap());
        }
        kill_process(Pid::from_raw(pid).unwrap(), *signal).unwrap();
        pid = pid_of(&ready_again(server, pid));
    }
    let mut last = Value::Null;
    for chunk in stream.chunks() {
        text.push_str(chunk["choices"][0]["text"].as_str().unwrap());
        last = chunk;
    }
    (text, last)
}

#[test]
fn a_stream_goes_on_through_kills_as_if_nothing_had_happened() {
    let server = Server::start(&patient());
    for more in [greedy(), sampled()] {
        let body = long("Once upon a time", &more);
        let expected = undisturbed(&server, &body);
        let (text, last) = streamed_through(&server, &body, &[Signal::KILL; 4]);
        assert_eq!(text, expected[0], "{more}");
        assert_eq!(last["dragon"]["outcome"], "complete", "{last}");
        assert_eq!(last["dragon"]["replays"], 4, "{last}");
        assert_eq!(last["choices"][0]["finish_reason"], "length", "{last}");
    }
    assert_serves(&server);
}

#[test]
fn a_whole_answer_with_choices_goes_on_through_a_kill() {
    let server = Server::start(&patient());
    let body = with(long("Two roads", &sampled()), "n", 2);
    let expected = undisturbed(&server, &body);
    let stream = sent(&server, &post(COMPLETIONS, &body.to_string()));
    let before = server.first_model()["n_decode_tokens"].as_u64().unwrap();
    let _ = server.wait_for(SOON, |model| model["n_decode_tokens"].as_u64() > Some(before + 100));
    kill_engine(&server);
    let answer = next_response(&stream).json();
    assert_eq!(texts(&answer), expected);
    assert_eq!(answer["dragon"]["outcome"], "complete", "{answer}");
    assert_eq!(answer["dragon"]["replays"], 1, "{answer}");
    assert_eq!(answer["usage"]["completion_tokens"], 8000, "{answer}");
}

#[test]
fn an_engine_that_is_stopped_is_found_killed_and_replaced() {
    let server = Server::start(&patient().model("hang_ms", "1000"));
    let body = long("A stone", &greedy());
    let expected = undisturbed(&server, &body);
    let (text, last) = streamed_through(&server, &body, &[Signal::STOP]);
    assert_eq!(text, expected[0]);
    assert_eq!(last["dragon"]["replays"], 1, "{last}");
    assert!(server.log().contains("the engine hung and was killed"), "{}", server.log());
}

#[test]
fn a_prompt_that_is_being_read_when_the_engine_dies_is_read_again() {
    let server = Server::start(&patient().model("prefill_chunk", "8"));
    let body = with(with(short(), "prompt", "The dragon sleeps. ".repeat(300)), "max_tokens", 20);
    let answer = sent(&server, &post(COMPLETIONS, &body.to_string()));
    let _ = server.wait_for(SOON, |model| model["busy_slots"] == 1);
    kill_engine(&server);
    let answer = next_response(&answer).json();
    assert_eq!(answer["dragon"]["outcome"], "complete", "{answer}");
    assert_eq!(answer["dragon"]["replays"], 1, "{answer}");
    assert_eq!(answer["usage"]["completion_tokens"], 20, "{answer}");
    assert_eq!(texts(&answer), undisturbed(&server, &body));
}

#[test]
fn who_was_there_each_time_that_the_engine_crashed_is_kept_out_and_nobody_else() {
    // Small pieces, so that its prompt is still being read whenever the engine crashes.
    let server = Server::start(&patient().model("prefill_chunk", "8"));
    let poison = long(&"This one is said to crash it. ".repeat(200), &greedy());
    let answer = sent(&server, &post(COMPLETIONS, &poison.to_string()));
    // What an impossible state in native code looks like, each time while this one runs, at last alone on purpose.
    for _ in 0..3 {
        let _ = server.wait_for(RESTARTED, |model| model["state"] == "ready" && model["busy_slots"] == 1);
        let crashed = signal_engine(&server, Signal::ABORT);
        let _ = server.wait_for(RESTARTED, |model| model["pid"] != crashed);
    }
    let answer = next_response(&answer);
    assert_eq!(answer.header("x-dragon-reason"), Some("quarantined"), "{}", answer.text());
    let again = server.post(COMPLETIONS, &poison);
    assert_fallback(&again, "quarantined");
    let headers = [JSON, ("x-dragon-fallback", "error")];
    let as_error = server.http("POST", COMPLETIONS, &headers, poison.to_string().as_bytes());
    assert_error("quarantined", &as_error, 503, "quarantined", None);
    assert!(as_error.header("retry-after").is_some());
    assert_serves(&server);
}

/// The real engine, and numbers that really are none: a prompt that this model cannot bear, beside some that it can.
#[test]
fn a_prompt_that_poisons_the_real_engine_is_found_and_its_neighbours_are_not_hurt() {
    let server = Server::start(&ServerOptions::tiny_from(&poisoned_model_path()));
    let poison = json!({
        "model": "tiny", "prompt": format!("Bad {}", char::from(POISON)), "max_tokens": 50, "temperature": 0,
    });
    let is_over = AtomicBool::new(false);
    let n_answers = thread::scope(|scope| {
        let neighbours: Vec<_> = EQUALITY_PROMPTS[..3]
            .iter()
            .map(|prompt| scope.spawn(|| answers_until(&server, prompt, &is_over)))
            .collect();
        for _ in 0..3 {
            assert_fallback(&server.post(COMPLETIONS, &poison), "quarantined");
        }
        is_over.store(true, Ordering::Relaxed);
        neighbours.into_iter().map(|neighbour| neighbour.join().unwrap()).sum::<u32>()
    });
    assert!(n_answers >= 3, "only {n_answers} answers beside it");
    let model = server.first_model();
    assert!((2..=4).contains(&model["restarts"].as_u64().unwrap()), "{model}");
    assert!(server.log().contains("numbers that are not finite"), "{}", server.log());
}

/// Asks the same again and again; every answer has to be the one that an independent computation gives.
fn answers_until(server: &Server, prompt: &EqualityPrompt, is_over: &AtomicBool) -> u32 {
    let expected = String::from_utf8(expected_greedy(prompt.prompt, prompt.n_tokens)).unwrap();
    let body = json!({
        "model": "tiny", "prompt": prompt.prompt, "max_tokens": prompt.n_tokens, "temperature": 0, "ignore_eos": true,
    });
    let mut n_answers = 0;
    while !is_over.load(Ordering::Relaxed) {
        let answer = server.post(COMPLETIONS, &body).json();
        assert_eq!(texts(&answer), [expected.as_str()], "{answer}");
        n_answers += 1;
    }
    n_answers
}

#[test]
fn an_engine_that_keeps_crashing_is_left_alone_and_everyone_is_told_at_once() {
    let server = Server::start(&patient());
    for n in 0..5 {
        // Each with another request in flight, so that none of them explains it.
        let asked = [format!("a{n}"), format!("b{n}")]
            .map(|prompt| sent(&server, &post(COMPLETIONS, &with(endless(), "prompt", prompt).to_string())));
        let _ = server.wait_for(RESTARTED, |model| model["state"] == "ready" && model["busy_slots"] == 2);
        let crashed = signal_engine(&server, Signal::ABORT);
        drop(asked);
        let _ = server.wait_for(RESTARTED, |model| model["pid"] != crashed);
    }
    let model = server.wait_for(SOON, |model| model["state"] == "failed");
    assert!(model["reason"].as_str().unwrap().contains("SIGABRT"), "{model}");
    assert_eq!(server.get("/ready").status, 503);
    let asked_at = std::time::Instant::now();
    assert_fallback(&server.post(COMPLETIONS, &short()), "engine_down");
    assert!(asked_at.elapsed() < Duration::from_secs(1), "nobody is to wait: {:?}", asked_at.elapsed());
    // After five seconds it is tried in secret, and works.
    let _ = server.wait_for(RESTARTED, |model| model["state"] == "ready");
    assert_serves(&server);
}

#[test]
fn a_standby_takes_over() {
    let server = Server::start(&patient().model("standby", "\"on\""));
    let body = long("Once upon a time", &greedy());
    let expected = undisturbed(&server, &body);
    thread::sleep(Duration::from_secs(2));
    assert!(server.log().contains("a second engine waits to take over"), "{}", server.log());
    let (text, last) = streamed_through(&server, &body, &[Signal::KILL]);
    assert_eq!(text, expected[0]);
    assert_eq!(last["dragon"]["replays"], 1, "{last}");
}

#[test]
fn a_request_while_the_engine_is_down_waits_for_it() {
    let server = Server::start(&patient());
    // A crash of its own is followed by a pause in which there is surely no engine.
    signal_engine(&server, Signal::ABORT);
    let _ = server.wait_for(SOON, |model| model["state"] == "restarting" || model["state"] == "starting");
    assert_eq!(server.get("/ready").status, 503);
    assert_serves(&server);
}

#[test]
fn waiting_for_an_engine_ends_at_the_deadline() {
    let server = Server::start(&patient());
    // Pauses grow with failures in a row: the third leaves time for a question.
    for _ in 0..3 {
        let crashed = signal_engine(&server, Signal::ABORT);
        // A process that is dying may still be shown for a moment.
        let _ = server.wait_for(RESTARTED, |model| model["pid"] != crashed);
    }
    let _ = server.wait_for(SOON, |model| model["state"] == "restarting");
    let headers = [JSON, ("x-dragon-deadline-ms", "20")];
    let answer = server.http("POST", COMPLETIONS, &headers, short().to_string().as_bytes());
    assert_fallback(&answer, "engine_down");
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
