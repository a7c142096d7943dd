//! The context's edge: answers are cut exactly there, and say so.

use dragon_testkit::harness::{Server, ServerOptions};
use serde_json::{Value, json};

use super::answers::{BOTH_WAYS, Endpoint, ask, chat, complete, completion, refused};

const N_CTX: usize = 256;

fn small() -> ServerOptions {
    ServerOptions::tiny().model("ctx", &N_CTX.to_string())
}

/// One token per byte.
fn prompt(n_tokens: usize) -> String {
    "x".repeat(n_tokens)
}

#[test]
fn more_tokens_than_fit_are_cut_to_what_fits() {
    let server = Server::start(&small());
    for way in BOTH_WAYS {
        for n_prompt in [1, 100, 127, 128, 129, N_CTX - 1] {
            let n_room = N_CTX - n_prompt;
            let body = completion(&prompt(n_prompt), n_room + 1, json!({ "logprobs": 0 }));
            let answer = ask(&server, Endpoint::Completions, &body, way);
            assert_eq!((answer.n_prompt(), answer.n_completion()), (n_prompt, n_room), "{way:?}");
            assert_eq!(answer.choices[0].logprobs.len(), n_room);
            answer.assert_ended("partial", Some("context"), "length");
        }
    }
}

#[test]
fn what_just_fits_is_complete() {
    let server = Server::start(&small());
    for n_prompt in [1, 100, N_CTX - 1] {
        let answer = complete(&server, &completion(&prompt(n_prompt), N_CTX - n_prompt, json!({ "n": 2 })));
        assert_eq!(answer.n_completion(), 2 * (N_CTX - n_prompt));
        answer.assert_ended("complete", None, "length");
    }
}

#[test]
fn a_prompt_that_fills_the_context_is_refused() {
    let server = Server::start(&small());
    for n_prompt in [N_CTX, N_CTX + 1, 10 * N_CTX] {
        let response = server.post("/v1/completions", &completion(&prompt(n_prompt), 1, json!({})));
        let error = refused(&response, 400);
        assert_eq!((&error["param"], &error["code"]), (&json!("prompt"), &json!("context_length_exceeded")));
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(&n_prompt.to_string()) && message.contains("256"), "{message}");
    }
    let response = server.post("/v1/chat/completions", &chat(&prompt(N_CTX), 1, json!({})));
    assert_eq!(refused(&response, 400)["param"], "messages");
    assert_eq!(complete(&server, &completion("x", 1, json!({}))).n_completion(), 1, "it serves on");
}

#[test]
fn without_max_tokens_the_context_is_the_limit() {
    let server = Server::start(&small());
    let unlimited = json!({ "max_tokens": null });
    let bodies: [(Endpoint, Value); 2] = [
        (Endpoint::Completions, completion("Hello", 1, unlimited.clone())),
        (Endpoint::Chat, chat("Hello", 1, unlimited)),
    ];
    for (endpoint, body) in bodies {
        let answer = ask(&server, endpoint, &body, BOTH_WAYS[0]);
        assert_eq!(answer.n_prompt() + answer.n_completion(), N_CTX);
        answer.assert_ended("partial", Some("context"), "length");
    }
}

#[test]
fn without_max_tokens_a_configured_limit_is_named_as_the_reason() {
    let server = Server::start(&small().model("max_tokens", "7"));
    for way in BOTH_WAYS {
        let answer =
            ask(&server, Endpoint::Completions, &completion("Hello", 1, json!({ "max_tokens": null })), way);
        assert_eq!(answer.n_completion(), 7);
        answer.assert_ended("partial", Some("limit"), "length");
        // It is a default, not a bound.
        let more = ask(&server, Endpoint::Completions, &completion("Hello", 20, json!({})), way);
        assert_eq!(more.n_completion(), 20);
        more.assert_ended("complete", None, "length");
    }
    let near_the_edge = completion(&prompt(N_CTX - 3), 1, json!({ "max_tokens": null }));
    let answer = complete(&server, &near_the_edge);
    assert_eq!(answer.n_completion(), 3);
    answer.assert_ended("partial", Some("context"), "length");
}
