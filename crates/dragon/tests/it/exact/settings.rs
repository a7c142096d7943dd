//! Sampling settings at their ends, where the outcome is certain.

use dragon_testkit::harness::{Server, ServerOptions};
use dragon_testkit::tiny::{EQUALITY_PROMPTS, expected_greedy};
use serde_json::{Value, json};

use super::answers::{complete, completion, refused, unfiltered, with};

#[test]
fn one_candidate_is_greedy_whatever_the_temperature() {
    let server = Server::start(&ServerOptions::tiny());
    let narrowings = [json!({ "top_k": 1 }), json!({ "min_p": 1 }), json!({ "top_p": 1e-6 })];
    for prompt in EQUALITY_PROMPTS {
        let expected = String::from_utf8(expected_greedy(prompt.prompt, prompt.n_tokens)).unwrap();
        for narrowing in &narrowings {
            let more = with(unfiltered(2.0, 99), narrowing.clone());
            let answer = complete(&server, &completion(prompt.prompt, prompt.n_tokens, more));
            assert_eq!(answer.text(), expected, "{narrowing}");
        }
        let hot = complete(&server, &completion(prompt.prompt, prompt.n_tokens, unfiltered(2.0, 99)));
        assert_ne!(hot.text(), expected, "without a narrowing it is not greedy");
    }
}

#[test]
fn a_bias_of_100_forces_a_token_and_of_minus_100_bans_it() {
    let server = Server::start(&ServerOptions::tiny());
    let text = |more: Value| {
        let more = with(more, json!({ "top_k": 0, "top_p": 1, "min_p": 0, "seed": 4 }));
        complete(&server, &completion("Hello", 64, more)).text().to_owned()
    };
    for temperature in [0.0, 1.0] {
        let forced = text(json!({ "temperature": temperature, "logit_bias": { "97": 100 } }));
        assert_eq!(forced, "a".repeat(64), "at {temperature}");
    }
    let plain = text(json!({ "temperature": 0 }));
    let favourite = plain.bytes().next().unwrap();
    let banned = text(json!({ "temperature": 0, "logit_bias": { favourite.to_string(): -100 } }));
    assert!(!banned.as_bytes().contains(&favourite), "{banned} has {favourite:#x}");
    assert_ne!(banned.bytes().next(), Some(favourite));
}

#[test]
fn a_bias_for_a_token_that_the_model_does_not_have_is_refused() {
    let server = Server::start(&ServerOptions::tiny());
    let last = complete(&server, &completion("x", 1, json!({ "logit_bias": { "261": -1 } })));
    last.assert_ended("complete", None, "length");
    let response =
        server.post("/v1/completions", &completion("x", 1, json!({ "logit_bias": { "262": -1 } })));
    let error = refused(&response, 400);
    assert_eq!(error["param"], "logit_bias");
    assert!(error["message"].as_str().unwrap().contains("262"), "{error}");
}

/// `ignore_eos` is what keeps the model from ending; without it a bias can make it end at once.
#[test]
fn the_end_of_the_answer_can_be_forced_and_forbidden() {
    let server = Server::start(&ServerOptions::tiny());
    let bias = json!({ "logit_bias": { "259": 100 } });
    let ended = complete(&server, &with(completion("x", 50, bias.clone()), json!({ "ignore_eos": false })));
    assert_eq!((ended.text(), ended.n_completion()), ("", 0));
    ended.assert_ended("complete", None, "stop");
    let forbidden = complete(&server, &completion("x", 50, bias));
    assert_eq!(forbidden.n_completion(), 50);
    forbidden.assert_ended("complete", None, "length");
}
