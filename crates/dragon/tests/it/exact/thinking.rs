//! Thinking is kept apart from the answer, and template variables are checked.

use dragon_testkit::harness::{Server, ServerOptions};
use dragon_testkit::tiny::{GREETING, GREETING_WITH_THOUGHT};
use serde_json::{Value, json};

use super::answers::{BOTH_WAYS, Endpoint, ask, chat, refused};

fn greeting(more: Value) -> Value {
    super::answers::with(chat(GREETING_WITH_THOUGHT.user, 300, json!({ "ignore_eos": false })), more)
}

#[test]
fn a_thought_comes_beside_the_answer_and_is_counted() {
    let server = Server::start(&ServerOptions::tiny());
    let thought = GREETING_WITH_THOUGHT.thought.unwrap();
    for way in BOTH_WAYS {
        let body = greeting(json!({ "chat_template_kwargs": { "enable_thinking": true } }));
        let answer = ask(&server, Endpoint::Chat, &body, way);
        assert_eq!(answer.text(), GREETING_WITH_THOUGHT.answer, "{way:?}");
        assert_eq!(answer.choices[0].reasoning, thought);
        // The mark that closes the thought is a token of it.
        let n_reasoning = thought.len() + 1;
        assert_eq!(answer.usage["completion_tokens_details"]["reasoning_tokens"], n_reasoning);
        assert_eq!(answer.n_completion(), n_reasoning + GREETING_WITH_THOUGHT.answer.len());
        answer.assert_ended("complete", None, "stop");
    }
}

#[test]
fn without_the_variable_nothing_is_thought() {
    let server = Server::start(&ServerOptions::tiny());
    for kwargs in [json!(null), json!({ "enable_thinking": false }), json!({})] {
        let response =
            server.post("/v1/chat/completions", &greeting(json!({ "chat_template_kwargs": kwargs })));
        let document = response.json();
        let message = &document["choices"][0]["message"];
        assert_eq!(message["content"], GREETING.answer);
        assert!(message.get("reasoning_content").is_none(), "{message}");
        assert_eq!(document["usage"]["completion_tokens_details"]["reasoning_tokens"], 0);
    }
}

#[test]
fn an_answer_that_is_cut_while_thinking_has_only_the_thought() {
    let server = Server::start(&ServerOptions::tiny());
    let more = json!({ "chat_template_kwargs": { "enable_thinking": true }, "max_tokens": 10 });
    for way in BOTH_WAYS {
        let answer = ask(&server, Endpoint::Chat, &greeting(more.clone()), way);
        assert_eq!(answer.text(), "");
        assert_eq!(answer.choices[0].reasoning, &GREETING_WITH_THOUGHT.thought.unwrap()[..10]);
        assert_eq!(answer.usage["completion_tokens_details"]["reasoning_tokens"], 10);
        answer.assert_ended("complete", None, "length");
    }
}

#[test]
fn variables_that_the_template_does_not_know_are_refused_by_name() {
    let server = Server::start(&ServerOptions::tiny());
    let refused = |more: Value| refused(&server.post("/v1/chat/completions", &greeting(more)), 400);
    let error = refused(json!({ "chat_template_kwargs": { "enable_thinking": true, "enable_magic": true } }));
    assert_eq!(error["param"], "chat_template_kwargs.enable_magic");
    assert_eq!(error["code"], "unsupported_parameter");
    assert_eq!(refused(json!({ "reasoning_effort": "high" }))["param"], "reasoning_effort");
}
