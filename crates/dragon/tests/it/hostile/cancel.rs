//! Clients that go away free what they held.

use std::time::{Duration, Instant};

use dragon_testkit::harness::{Event, Server};
use serde_json::{Value, json};

use super::asking::{COMPLETIONS, SOON, assert_serves, endless, patient, short, with};
use super::raw::{post, sent};

fn busy(n_slots: u32) -> impl Fn(&Value) -> bool {
    move |model| model["busy_slots"] == n_slots
}

/// A request on a connection that stays open, already running.
fn running(server: &Server, body: &Value, n_busy: u32) -> std::net::TcpStream {
    let stream = sent(server, &post(COMPLETIONS, &body.to_string()));
    let _ = server.wait_for(SOON, busy(n_busy));
    stream
}

#[test]
fn a_client_that_leaves_frees_its_slot_streamed_or_not() {
    let server = Server::start(&patient());
    let requests = [(endless(), 1), (with(endless(), "stream", true), 1), (with(endless(), "n", 3), 3)];
    for (body, n_choices) in requests {
        let stream = running(&server, &body, n_choices);
        let left_at = Instant::now();
        drop(stream);
        let _ = server.wait_for(SOON, busy(0));
        // The count travels with a heartbeat, every half second.
        assert!(left_at.elapsed() < Duration::from_secs(5), "{:?}", left_at.elapsed());
    }
    let steps = server.first_model()["n_steps"].as_u64().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let later = server.first_model()["n_steps"].as_u64().unwrap();
    assert_eq!(steps, later, "the engine goes on for nobody");
    assert_serves(&server);
}

#[test]
fn leaving_in_the_middle_of_a_stream_frees_the_slot() {
    let server = Server::start(&patient());
    let mut stream = server.stream(COMPLETIONS, &with(endless(), "stream", true));
    for _ in 0..5 {
        assert!(matches!(stream.next(), Some(Event::Chunk(_))));
    }
    drop(stream);
    let _ = server.wait_for(SOON, busy(0));
    assert_serves(&server);
}

#[test]
fn leaving_the_queue_frees_the_place() {
    let server = Server::start(&patient().model("slots", "1").model("queue_max", "2"));
    let holder = running(&server, &endless(), 1);
    let waiting = |n: u32| move |model: &Value| model["queue_waiting"] == n;
    let first = sent(&server, &post(COMPLETIONS, &endless().to_string()));
    let second = sent(&server, &post(COMPLETIONS, &with(endless(), "stream", true).to_string()));
    let _ = server.wait_for(SOON, waiting(2));
    drop(first);
    let _ = server.wait_for(SOON, waiting(1));
    drop(second);
    let _ = server.wait_for(SOON, waiting(0));
    drop(holder);
    assert_serves(&server);
}

#[test]
fn leaving_during_a_long_prefill_ends_it() {
    let server = Server::start(&patient().model("prefill_chunk", "8"));
    let prompt = "The dragon sleeps. ".repeat(1500);
    let long = json!({"model": "tiny", "prompt": prompt, "max_tokens": 10, "ignore_eos": true});
    let stream = running(&server, &long, 1);
    drop(stream);
    let model = server.wait_for(SOON, busy(0));
    let n_prefilled = model["n_prefill_tokens"].as_u64().unwrap();
    assert!(n_prefilled < prompt.len() as u64, "the whole prompt was prefilled: {n_prefilled}");
    assert_serves(&server);
}

#[test]
fn fifty_clients_that_vanish_leave_nothing_behind() {
    let server = Server::start(&patient());
    for number in 0..50 {
        let body = match number % 3 {
            0 => endless(),
            1 => with(endless(), "stream", true),
            _ => with(endless(), "n", 2),
        };
        drop(sent(&server, &post(COMPLETIONS, &body.to_string())));
    }
    let _ = server.wait_for(SOON, |model| model["busy_slots"] == 0 && model["queue_waiting"] == 0);
    for _ in 0..5 {
        assert_serves(&server);
    }
    assert_eq!(server.first_model()["restarts"], 0);
}

#[test]
fn whoever_waits_starts_when_another_leaves() {
    let server = Server::start(&patient().model("slots", "1"));
    let holder = running(&server, &endless(), 1);
    let waiter = sent(&server, &post(COMPLETIONS, &short().to_string()));
    let _ = server.wait_for(SOON, |model| model["queue_waiting"] == 1);
    drop(holder);
    let answer = super::raw::next_response(&waiter).json();
    assert_eq!(answer["dragon"]["outcome"], "complete", "{answer}");
}
