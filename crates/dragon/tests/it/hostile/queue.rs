//! More requests than slots, and more than the queue holds.

use dragon_testkit::harness::{Response, Server};
use serde_json::{Value, json};

use super::asking::{
    CHAT, COMPLETIONS, JSON, SOON, assert_error, assert_fallback, assert_serves, endless, patient, short,
    with,
};
use super::raw::{post, sent};

/// A server whose slots are taken by requests that do not end, and whose queue holds one more of them.
struct Jammed {
    /// Dropped before the server, which otherwise would wait for them to end.
    _held: [std::net::TcpStream; 2],
    server: Server,
}

impl Jammed {
    fn new(n_slots: u32) -> Self {
        let options = patient().model("slots", &n_slots.to_string()).model("queue_max", "1");
        let server = Server::start(&options);
        let body = || post(COMPLETIONS, &with(endless(), "n", n_slots).to_string());
        let running = sent(&server, &body());
        let _ = server.wait_for(SOON, |model| model["busy_slots"] == n_slots);
        let waiting = sent(&server, &body());
        let _ = server.wait_for(SOON, |model| model["queue_waiting"] == 1);
        Self { _held: [running, waiting], server }
    }

    fn post_for_error(&self, body: &Value) -> Response {
        let headers = [JSON, ("x-dragon-fallback", "error")];
        self.server.http("POST", COMPLETIONS, &headers, body.to_string().as_bytes())
    }
}

#[test]
fn thirty_requests_on_four_slots_are_all_answered_alike() {
    let server = Server::start(&patient());
    // With a stop string of its own, which never comes, each has its own generation.
    let ask = |n: u32| {
        let body = with(with(short(), "max_tokens", 24), "stop", format!("#stop {n}#"));
        server.post(COMPLETIONS, &body).json()
    };
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..30).map(|n| scope.spawn(move || ask(n))).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    for answer in &answers {
        assert_eq!(answer["dragon"]["outcome"], "complete", "{answer}");
        assert_eq!(answer["choices"][0]["text"], answers[0]["choices"][0]["text"], "{answer}");
    }
}

#[test]
fn a_full_queue_answers_at_once_with_a_labelled_fallback() {
    let jammed = Jammed::new(1);
    let answer = jammed.server.post(COMPLETIONS, &short());
    assert_fallback(&answer, "busy");
    let choice = &answer.json()["choices"][0];
    assert_eq!(choice["finish_reason"], "length");
    assert!(!choice["text"].as_str().unwrap().is_empty(), "a fallback says something");
    assert_eq!(choice["logprobs"], Value::Null);
}

#[test]
fn a_fallback_to_an_ambiguous_question_names_what_it_may_mean() {
    let jammed = Jammed::new(1);
    let sign = "Schild an der Kartbahn: \"2. Runde zum halben Preis - nochmal fahren für 8 €*\". Was zahlen wir zu zweit?";
    let body = with(short(), "prompt", sign);
    let asked = |guard: &str| {
        let headers = [JSON, ("x-dragon-guard", guard)];
        let answer = jammed.server.http("POST", COMPLETIONS, &headers, body.to_string().as_bytes());
        assert_fallback(&answer, "busy");
        answer.json()
    };
    let text = |answer: &Value| answer["choices"][0]["text"].as_str().unwrap().to_owned();
    let (on, alarm, off) = (asked("on"), asked("alarm"), asked("off"));
    assert!(text(&on).starts_with(&text(&off)), "{on}");
    assert!(text(&on).contains("\n1. ") && text(&on).contains("\n2. ") && text(&on).contains("8 €"), "{on}");
    assert_eq!(text(&alarm), text(&off), "an alarm changes nothing");
    assert!(on["dragon"]["ambiguity"].as_f64().is_some_and(|score| score > 0.8), "{on}");
    assert_eq!(alarm["dragon"]["ambiguity"], on["dragon"]["ambiguity"]);
    assert!(off["dragon"].get("ambiguity").is_none(), "nobody looked");
}

#[test]
fn a_fallback_has_as_many_equal_choices_as_were_asked_for() {
    let jammed = Jammed::new(2);
    let chat = json!({
        "model": "tiny", "messages": [{"role": "user", "content": "x"}], "n": 2, "logprobs": true, "max_tokens": 5,
    });
    let answer = jammed.server.post(CHAT, &chat);
    assert_fallback(&answer, "busy");
    let answer = answer.json();
    let choices = answer["choices"].as_array().unwrap();
    assert_eq!(choices.len(), 2);
    for (index, choice) in choices.iter().enumerate() {
        assert_eq!(choice["index"], index);
        assert_eq!(choice["message"], choices[0]["message"]);
        assert_eq!(choice["finish_reason"], "length");
        assert_eq!(choice["logprobs"], Value::Null);
    }
    let details = answer["dragon"]["choices"].as_array().unwrap();
    assert!(details.iter().all(|detail| detail["outcome"] == "fallback"), "{answer}");
}

#[test]
fn a_fallback_can_be_streamed_like_any_answer() {
    let jammed = Jammed::new(1);
    let body = with(with(short(), "stream", true), "stream_options", json!({"include_usage": true}));
    let chunks = jammed.server.stream(COMPLETIONS, &body).chunks();
    let last = chunks.last().unwrap();
    assert_eq!(last["usage"]["total_tokens"], 0, "{last}");
    assert_eq!(last["dragon"]["outcome"], "fallback", "{last}");
    assert_eq!(last["dragon"]["reason"], "busy", "{last}");
    let text: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["text"].as_str()).collect();
    assert_eq!(text, jammed.server.post(COMPLETIONS, &short()).json()["choices"][0]["text"]);
    let finishes = chunks.iter().filter(|chunk| chunk["choices"][0]["finish_reason"] == "length").count();
    assert_eq!(finishes, 1);
}

#[test]
fn who_prefers_errors_gets_a_429_that_says_when_to_come_back() {
    let jammed = Jammed::new(1);
    for body in [short(), with(short(), "stream", true)] {
        let answer = jammed.post_for_error(&body);
        assert_error("busy", &answer, 429, "busy", None);
        let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..60).contains(&wait), "{wait}");
    }
}

#[test]
fn whoever_waits_until_the_deadline_is_told_that_it_came() {
    let server = Server::start(&patient().model("slots", "1"));
    let _held = sent(&server, &post(COMPLETIONS, &endless().to_string()));
    let _ = server.wait_for(SOON, |model| model["busy_slots"] == 1);
    let headers = [JSON, ("x-dragon-deadline-ms", "400")];
    let body = short().to_string();
    assert_fallback(&server.http("POST", COMPLETIONS, &headers, body.as_bytes()), "deadline");
    let headers = [JSON, ("x-dragon-deadline-ms", "400"), ("x-dragon-fallback", "error")];
    let answer = server.http("POST", COMPLETIONS, &headers, body.as_bytes());
    assert_error("deadline", &answer, 504, "deadline", None);
    let _ = server.wait_for(SOON, |model| model["queue_waiting"] == 0);
}

#[test]
fn several_choices_wait_for_as_many_slots_and_are_not_starved() {
    let server = Server::start(&patient());
    let held = sent(&server, &post(COMPLETIONS, &endless().to_string()));
    let _ = server.wait_for(SOON, |model| model["busy_slots"] == 1);
    let four = sent(&server, &post(COMPLETIONS, &with(short(), "n", 4).to_string()));
    let _ = server.wait_for(SOON, |model| model["queue_waiting"] == 1);
    // It could start now, and does not overtake.
    let one = sent(&server, &post(COMPLETIONS, &short().to_string()));
    let _ = server.wait_for(SOON, |model| model["queue_waiting"] == 2);
    drop(held);
    for stream in [&four, &one] {
        let answer = super::raw::next_response(stream).json();
        assert_eq!(answer["dragon"]["outcome"], "complete", "{answer}");
    }
    assert_serves(&server);
}
