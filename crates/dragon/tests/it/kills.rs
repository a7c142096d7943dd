//! The engine is killed after every single token of an answer, and the client must not notice.
//!
//! The tiny model makes thousands of tokens a second, so a kill at a moment of one's choice would hit anywhere.
//! Instead the engine is kept stopped (SIGSTOP) and let go for moments of a fraction of a millisecond; in between,
//! everything that it has sent arrives and is counted. When so many tokens have arrived as there should be, it is
//! killed where it stands.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use dragon_testkit::harness::{Event, Server, ServerOptions};
use dragon_testkit::tiny::{EQUALITY_PROMPTS, expected_greedy};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const N_TOKENS: usize = 64;

/// How long a stopped engine's last words take at most through the server to the client.
const ON_ITS_WAY: Duration = Duration::from_millis(4);

/// A moment in which the engine makes about one token.
const MOMENT: Duration = Duration::from_micros(60);

/// A moment far from the place of the kill.
const LONG_MOMENT: Duration = Duration::from_millis(1);

/// So many tokens before the place of the kill the moments become short: more than a long moment makes.
const NEAR: usize = 48;

/// Tries to kill at one place: a moment can be too long for it. One try in about six hits its place, so with thirty
/// tries a place was missed now and then; with these none in a million runs is.
const TRIES: usize = 200;

/// Moments before a kill that comes before the first token.
const MOMENTS_BEFORE_THE_FIRST: usize = 8;

/// Time for the next engine to be ready, on a machine that is swamped.
const RESTARTED: Duration = Duration::from_secs(60);

/// Longest pause of the stream over a restart.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Events that may wait for being counted: more than an answer has.
const EVENTS_MAX: usize = 4 * N_TOKENS;

/// Where to kill.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// So much of the text has arrived.
    n_bytes: usize,
    /// So many moments later.
    n_more: usize,
}

/// What a client got, and how much of it before the kill.
#[derive(Debug)]
struct Got {
    n_before: usize,
    text: String,
    last: Value,
}

/// The engine's process, ready to serve. Not the one that was killed before: the server may not have noticed yet.
fn engine(server: &Server, killed: Option<Pid>) -> Pid {
    let pid = |model: &Value| model["pid"].as_i64().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
    let is_next =
        |model: &Value| model["state"] == "ready" && pid(model).is_some_and(|pid| killed != Some(pid));
    let model = server.wait_for(RESTARTED, is_next);
    pid(&model).unwrap_or_else(|| panic!("no pid: {model}"))
}

fn signal(engine: Pid, signal: Signal) {
    kill_process(engine, signal).unwrap_or_else(|error| panic!("the engine cannot be signalled: {error}"));
}

fn text_of(event: &Event) -> &str {
    match event {
        Event::Chunk(chunk) => chunk["choices"][0]["text"].as_str().unwrap_or_default(),
        Event::Done => "",
    }
}

/// Streams an answer and kills the engine at this place, or soon after.
fn killed_at(server: &Server, pid: Pid, body: &Value, place: Place) -> Got {
    signal(pid, Signal::STOP);
    thread::scope(|scope| {
        let (tell, events) = sync_channel(EVENTS_MAX);
        scope.spawn(move || {
            // The one that counts goes on until the stream's end.
            server.stream("/v1/completions", body).for_each(|event| tell.send(event).unwrap());
        });
        let mut text = String::new();
        let (mut n_seen, mut n_more) = (0, 0);
        let mut moment = MOMENT;
        while collect(&events, &mut text).is_continue()
            && (text.len() < place.n_bytes || n_more < place.n_more)
        {
            n_more += usize::from(text.len() >= place.n_bytes);
            // On a busy machine the engine may not get a core in so short a time.
            moment = if text.len() == n_seen { (moment * 5 / 4).min(LONG_MOMENT) } else { MOMENT };
            n_seen = text.len();
            signal(pid, Signal::CONT);
            thread::sleep(if n_seen + NEAR >= place.n_bytes { moment } else { LONG_MOMENT });
            signal(pid, Signal::STOP);
        }
        let n_before = text.len();
        signal(pid, Signal::KILL);
        let mut last = Value::Null;
        while let Ok(event) = events.recv_timeout(PAUSE_MAX) {
            text += text_of(&event);
            match event {
                Event::Chunk(chunk) => last = chunk,
                Event::Done => break,
            }
        }
        Got { n_before, text, last }
    })
}

/// Adds all that is on its way to the text.
fn collect(events: &Receiver<Event>, text: &mut String) -> ControlFlow<()> {
    loop {
        match events.recv_timeout(ON_ITS_WAY) {
            // The stream ends here only where the kill comes too late.
            Ok(Event::Done) | Err(RecvTimeoutError::Disconnected) => return ControlFlow::Break(()),
            Ok(event) => text.push_str(text_of(&event)),
            Err(RecvTimeoutError::Timeout) => return ControlFlow::Continue(()),
        }
    }
}

#[track_caller]
fn assert_undisturbed(got: &Got, expected: &str) {
    let (n_before, label) = (got.n_before, &got.last["dragon"]);
    assert_eq!(got.text, expected, "killed after {n_before} bytes: {label}");
    assert_eq!(label["outcome"], "complete", "killed after {n_before} bytes: {label}");
    assert_eq!(got.last["usage"]["completion_tokens"], N_TOKENS, "{}", got.last);
    // Killed before it had begun, it was not continued but only waited.
    let replays = label["replays"].as_u64().unwrap();
    let least = u64::from(n_before > 0);
    assert!((least..=1).contains(&replays), "killed after {n_before} bytes: {label}");
}

/// Kills at each place; returns those that were really hit.
fn kill_at_all(server: &Server, body: &Value, expected: &str, places: &[usize]) -> BTreeSet<usize> {
    let mut hit = BTreeSet::new();
    let mut killed = None;
    let mut worst = Duration::ZERO;
    for (n_bytes, next) in places.iter().zip(places.iter().skip(1).chain([&expected.len()])) {
        // What comes before the first token (tokenizer, prefill) and the middle of a character cannot be seen from
        // outside: there the engine is killed after some more moments.
        let n_hidden = if *n_bytes == 0 { MOMENTS_BEFORE_THE_FIRST } else { (next - n_bytes - 1).min(3) };
        for n_more in 0..=n_hidden {
            let place = Place { n_bytes: *n_bytes, n_more };
            for _ in 0..if n_more == 0 { TRIES } else { 1 } {
                if n_more == 0 && hit.contains(n_bytes) {
                    break;
                }
                let started = Instant::now();
                let pid = engine(server, killed);
                let got = killed_at(server, pid, body, place);
                killed = Some(pid);
                if got.n_before < expected.len() {
                    worst = worst.max(started.elapsed());
                    hit.insert(got.n_before);
                    assert_undisturbed(&got, expected);
                }
            }
        }
    }
    assert!(worst < PAUSE_MAX / 4, "a kill cost {worst:?}");
    hit
}

fn body(prompt: &str, more: &Value) -> Value {
    let mut body = json!({
        "model": "tiny", "prompt": prompt, "max_tokens": N_TOKENS, "ignore_eos": true,
        "stream": true, "stream_options": {"include_usage": true},
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Places between two characters: one within a character cannot be seen from outside, since it is not sent.
fn places(text: &str) -> Vec<usize> {
    text.char_indices().map(|(place, _)| place).collect()
}

/// A server that leaves it to this test to decide when its engine hangs.
fn patient_server() -> Server {
    Server::start(&ServerOptions::tiny().model("hang_ms", "600000"))
}

#[test]
fn an_engine_killed_after_any_token_of_an_answer_is_not_noticed() {
    let server = patient_server();
    for prompt in &EQUALITY_PROMPTS[..1] {
        let expected = String::from_utf8(expected_greedy(prompt.prompt, N_TOKENS)).unwrap();
        let places = places(&expected);
        let body = body(prompt.prompt, &json!({ "temperature": 0 }));
        let hit = kill_at_all(&server, &body, &expected, &places);
        println!("killed after {hit:?} bytes of {}", expected.len());
        let missed: Vec<_> = places.iter().filter(|place| !hit.contains(place)).collect();
        assert!(missed.is_empty(), "never killed after {missed:?} bytes");
    }
}

#[test]
fn a_sampled_answer_goes_on_with_the_same_random_numbers_after_a_kill() {
    let server = patient_server();
    let sampling =
        json!({ "temperature": 1, "top_p": 1, "top_k": 0, "min_p": 0, "seed": 12, "repeat_penalty": 1.1 });
    let body = body("Tell me something new.", &sampling);
    let undisturbed = server.stream("/v1/completions", &body).chunks();
    let expected: String =
        undisturbed.iter().map(|chunk| text_of(&Event::Chunk(chunk.clone())).to_owned()).collect();
    let places: Vec<usize> = places(&expected).into_iter().step_by(5).collect();
    let hit = kill_at_all(&server, &body, &expected, &places);
    assert!(hit.len() >= places.len() / 2, "killed only after {hit:?} bytes");
}
