//! Prompts that begin like earlier ones: what is not computed again is counted, and changes no text.

use std::thread;

use dragon_testkit::harness::{Server, ServerOptions};
use serde_json::json;

use super::answers::{Endpoint, Way, ask, completion};

/// A server that keeps what it computed.
fn keeping() -> Server {
    Server::start(&ServerOptions::tiny().model("prefix_cache_mib", "64"))
}

fn shared(n_bytes: usize) -> String {
    "A dragon that answers always knows what it has read before. ".chars().cycle().take(n_bytes).collect()
}

#[test]
fn cached_tokens_are_reported_in_both_ways_and_the_text_is_the_same() {
    let (server, fresh) = (keeping(), Server::start(&ServerOptions::tiny()));
    let beginning = shared(700);
    for (n, (way, n_cached)) in
        [(Way::Whole, 0), (Way::Streamed, 700), (Way::Whole, 700)].into_iter().enumerate()
    {
        let body = completion(&format!("{beginning}{n}?"), 30, json!({ "temperature": 0 }));
        let answer = ask(&server, Endpoint::Completions, &body, way);
        assert_eq!((answer.n_prompt(), answer.n_cached()), (702, n_cached));
        let alone = ask(&fresh, Endpoint::Completions, &body, Way::Whole);
        assert_eq!((answer.text(), alone.n_cached()), (alone.text(), 0));
    }
}

#[test]
fn requests_that_come_together_compute_their_beginning_once() {
    let server = keeping();
    let beginning = shared(2000);
    let answers: Vec<_> = thread::scope(|scope| {
        let asked: Vec<_> = (0..12)
            .map(|n| {
                let body = completion(&format!("{beginning}{n:02}"), 8, json!({ "temperature": 0 }));
                let server = &server;
                scope.spawn(move || ask(server, Endpoint::Completions, &body, Way::Whole))
            })
            .collect();
        asked.into_iter().map(|answer| answer.join().unwrap()).collect()
    });
    let n_computed: usize = answers.iter().map(|answer| answer.n_prompt() - answer.n_cached()).sum();
    // The beginning once, and of each what is its own; a prompt does not wait for the last few tokens of another.
    assert!(n_computed <= 2000 + 12 * (2 + 16), "{n_computed} tokens were computed");
}
