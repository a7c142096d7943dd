//! At temperature 0 the text is the one that an independent computation of the model gives, whatever else
//! happens in the engine.

use std::thread;

use dragon_testkit::harness::{Server, ServerOptions};
use dragon_testkit::tiny::{EQUALITY_PROMPTS, EqualityPrompt, GREETING, expected_greedy};
use serde_json::{Value, json};

use super::answers::{Answer, BOTH_WAYS, Endpoint, Way, ask, chat, completion};

fn body(prompt: &EqualityPrompt, more: Value) -> Value {
    completion(prompt.prompt, prompt.n_tokens, more)
}

fn assert_expected(prompt: &EqualityPrompt, answer: &Answer) {
    let expected = String::from_utf8(expected_greedy(prompt.prompt, prompt.n_tokens)).unwrap();
    for choice in &answer.choices {
        assert_eq!(choice.text, expected, "{}", prompt.prompt);
    }
    answer.assert_ended("complete", None, "length");
}

#[test]
fn one_prompt_at_a_time_whole_and_streamed() {
    let server = Server::start(&ServerOptions::tiny());
    for prompt in EQUALITY_PROMPTS {
        for way in BOTH_WAYS {
            assert_expected(prompt, &ask(&server, Endpoint::Completions, &body(prompt, json!({})), way));
        }
    }
}

#[test]
fn all_prompts_at_once_over_fewer_slots() {
    let server = Server::start(&ServerOptions::tiny());
    let n_rounds = 3;
    thread::scope(|scope| {
        for (index, prompt) in EQUALITY_PROMPTS.iter().cycle().take(n_rounds * 6).enumerate() {
            let server = &server;
            scope.spawn(move || {
                let way = BOTH_WAYS[index % 2];
                assert_expected(prompt, &ask(server, Endpoint::Completions, &body(prompt, json!({})), way));
            });
        }
    });
}

#[test]
fn prompts_cut_into_small_and_large_chunks_give_the_same_text() {
    for chunk in ["8", "2048"] {
        let server = Server::start(&ServerOptions::tiny().model("prefill_chunk", chunk));
        for prompt in EQUALITY_PROMPTS {
            let answer = ask(&server, Endpoint::Completions, &body(prompt, json!({})), Way::Whole);
            assert_expected(prompt, &answer);
        }
    }
}

#[test]
fn every_choice_of_several_has_the_same_text() {
    let server = Server::start(&ServerOptions::tiny());
    for prompt in EQUALITY_PROMPTS {
        for (n, way) in [(2, Way::Whole), (4, Way::Streamed)] {
            let answer = ask(&server, Endpoint::Completions, &body(prompt, json!({ "n": n })), way);
            assert_eq!(answer.choices.len(), n);
            assert_expected(prompt, &answer);
            assert_eq!(answer.n_completion(), n * prompt.n_tokens);
        }
    }
}

#[test]
fn a_chat_that_the_model_ends_itself_is_complete_and_its_end_is_no_token_of_the_answer() {
    let server = Server::start(&ServerOptions::tiny());
    for way in BOTH_WAYS {
        let request = chat(GREETING.user, 500, json!({ "ignore_eos": false }));
        let answer = ask(&server, Endpoint::Chat, &request, way);
        assert_eq!(answer.text(), GREETING.answer);
        assert_eq!(answer.n_completion(), GREETING.answer.len());
        // The template adds marks of one token each, the role names and line ends.
        let n_prompt = dragon_testkit::tiny::vocabulary::tokenize(&GREETING.prompt()).len();
        assert_eq!(answer.n_prompt(), n_prompt);
        answer.assert_ended("complete", None, "stop");
    }
}
