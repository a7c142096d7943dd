//! `max_tokens` is exact: neither a hidden cap nor one token more.

use std::thread;

use dragon_testkit::harness::{Server, ServerOptions};
use serde_json::{Value, json};

use super::answers::{BOTH_WAYS, Endpoint, ask, chat, completion};

/// The edges, and around 270, where a server once stopped every answer.
const LENGTHS: [usize; 7] = [1, 2, 269, 270, 271, 512, 1000];

/// Asks for every length, streamed and not, and counts in two ways.
fn assert_exact(server: &Server, endpoint: Endpoint, body: fn(usize, Value) -> Value, logprobs: Value) {
    for n_tokens in LENGTHS {
        for way in BOTH_WAYS {
            let answer = ask(server, endpoint, &body(n_tokens, logprobs.clone()), way);
            let place = format!("{endpoint:?} {way:?} {n_tokens}");
            assert_eq!(answer.n_completion(), n_tokens, "{place}");
            assert_eq!(answer.choices[0].logprobs.len(), n_tokens, "{place}");
            assert_eq!(
                answer.usage["total_tokens"],
                answer.n_prompt() + n_tokens,
                "{place}: {}",
                answer.usage
            );
            answer.assert_ended("complete", None, "length");
        }
    }
}

#[test]
fn max_tokens_gives_exactly_that_many_tokens() {
    let server = Server::start(&ServerOptions::tiny());
    thread::scope(|scope| {
        scope.spawn(|| {
            let body = |n_tokens, more| completion("Count with me:", n_tokens, more);
            assert_exact(&server, Endpoint::Completions, body, json!({ "logprobs": 0 }));
        });
        scope.spawn(|| {
            let body = |n_tokens, more| chat("Count with me!", n_tokens, more);
            assert_exact(&server, Endpoint::Chat, body, json!({ "logprobs": true }));
        });
    });
}

#[test]
fn bytes_of_text_are_tokens_where_every_token_is_a_byte() {
    let server = Server::start(&ServerOptions::tiny());
    for n_tokens in [1, 2, 17, 64] {
        for way in BOTH_WAYS {
            let body = completion("Hello", n_tokens, json!({}));
            let answer = ask(&server, Endpoint::Completions, &body, way);
            let expected = dragon_testkit::tiny::expected_greedy("Hello", n_tokens);
            assert_eq!(answer.text(), String::from_utf8_lossy(&expected));
            assert_eq!((answer.n_prompt(), answer.n_completion()), (5, n_tokens));
        }
    }
}

#[test]
fn max_completion_tokens_is_the_same_limit_under_its_newer_name() {
    let server = Server::start(&ServerOptions::tiny());
    for older in [json!(null), json!(33)] {
        let more = json!({ "max_tokens": older, "max_completion_tokens": 33 });
        let answer = ask(&server, Endpoint::Chat, &chat("Hi", 33, more), BOTH_WAYS[0]);
        assert_eq!(answer.n_completion(), 33);
        answer.assert_ended("complete", None, "length");
    }
}
