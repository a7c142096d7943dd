//! Conversations.

use dragon_api::{ApiError, Delivery, GenerateRequest, Input, Message, Role, parse_chat};
use serde_json::{Value, json};

use crate::{chat_with, refusal};

fn messages(result: Result<GenerateRequest, ApiError>) -> Vec<Message> {
    match result.expect("it is a valid request").input {
        Input::Chat(chat) => chat.messages,
        Input::Prompts(prompts) => panic!("these are prompts: {prompts:?}"),
    }
}

fn with_messages(messages: Value) -> Result<GenerateRequest, ApiError> {
    chat_with(json!({ "messages": messages }))
}

#[test]
fn the_least_request_leaves_everything_to_the_server() {
    let request = chat_with(json!({})).expect("it is a valid request");
    assert_eq!((request.model.as_str(), request.n, request.max_tokens), ("m", 1, None));
    assert_eq!((request.delivery, request.top_logprobs), (Delivery::Whole, None));
    assert_eq!(request.sampling, dragon_core::sampling::SamplingRequest::default());
    assert!(request.stop.is_empty() && request.ignored.is_empty());
}

#[test]
fn roles_and_contents_arrive_and_developer_is_system() {
    let parsed = messages(with_messages(json!([
        {"role": "developer", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]},
        {"role": "assistant", "content": ""},
    ])));
    let expected = [(Role::System, "a"), (Role::User, "bc"), (Role::Assistant, "")];
    let parsed: Vec<_> = parsed.iter().map(|message| (message.role, message.content.as_str())).collect();
    assert_eq!(parsed, expected);
}

#[test]
fn an_answer_can_be_sent_back_as_it_came() {
    let answer = json!({"role": "assistant", "content": "x", "refusal": null, "annotations": [],
        "tool_calls": [], "function_call": null, "audio": null, "reasoning_content": "hm"});
    let request = with_messages(json!([answer, {"role": "user", "content": "y", "name": "Z"}]));
    assert_eq!(request.expect("it is a valid request").ignored, Vec::<String>::new());
}

#[test]
fn every_fault_of_a_message_is_named_with_its_path() {
    let user = json!({"role": "user", "content": "hi"});
    for (second, code, param) in [
        (json!("hi"), "invalid_type", "messages[1]"),
        (json!(null), "invalid_type", "messages[1]"),
        (json!({"content": "x"}), "missing_required_parameter", "messages[1].role"),
        (json!({"role": "king", "content": "x"}), "invalid_value", "messages[1].role"),
        (json!({"role": 7, "content": "x"}), "invalid_type", "messages[1].role"),
        (json!({"role": "tool", "content": "x"}), "unsupported_parameter", "messages[1].role"),
        (json!({"role": "user"}), "missing_required_parameter", "messages[1].content"),
        (json!({"role": "assistant", "content": null}), "missing_required_parameter", "messages[1].content"),
        (json!({"role": "user", "content": 5}), "invalid_type", "messages[1].content"),
        (json!({"role": "user", "content": []}), "invalid_value", "messages[1].content"),
        (json!({"role": "user", "content": ["x"]}), "invalid_type", "messages[1].content[0]"),
        (
            json!({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}),
            "unsupported_parameter",
            "messages[1].content[1].type",
        ),
        (
            json!({"role": "user", "content": [{"type": "text"}]}),
            "missing_required_parameter",
            "messages[1].content[0].text",
        ),
        (
            json!({"role": "assistant", "content": null, "tool_calls": [{"id": "x"}]}),
            "unsupported_parameter",
            "messages[1].tool_calls",
        ),
    ] {
        let (got_code, got_param, message) = refusal(with_messages(json!([user, second])));
        assert_eq!((got_code, got_param.as_str()), (code, param), "{message}");
        assert!(message.contains(param), "{message}");
    }
}

#[test]
fn without_messages_there_is_nothing_to_answer() {
    for (messages, code) in [
        (json!(null), "missing_required_parameter"),
        (json!([]), "invalid_value"),
        (json!("hi"), "invalid_type"),
    ] {
        let (got, param, _) = refusal(with_messages(messages));
        assert_eq!((got, param.as_str()), (code, "messages"));
    }
}

#[test]
fn an_unknown_role_is_told_the_known_ones() {
    let (_, _, message) = refusal(with_messages(json!([{"role": "king", "content": "x"}])));
    assert_eq!(message, "messages[0].role must be system, developer, user or assistant, not \"king\".");
}

#[test]
fn max_tokens_has_two_names_and_one_meaning() {
    let max = |fields| chat_with(fields).map(|request| request.max_tokens);
    assert_eq!(max(json!({"max_tokens": 5})), Ok(Some(5)));
    assert_eq!(max(json!({"max_completion_tokens": 6})), Ok(Some(6)));
    assert_eq!(max(json!({"max_tokens": 7, "max_completion_tokens": 7})), Ok(Some(7)));
    assert_eq!(max(json!({"max_tokens": 10_000_000_000_u64})), Ok(Some(u32::MAX)));
    for (fields, param) in [
        (json!({"max_tokens": 5, "max_completion_tokens": 6}), "max_completion_tokens"),
        (json!({"max_tokens": 0}), "max_tokens"),
        (json!({"max_tokens": -1}), "max_tokens"),
        (json!({"max_tokens": 1.5}), "max_tokens"),
        (json!({"max_tokens": "5"}), "max_tokens"),
        (json!({"max_completion_tokens": 0}), "max_completion_tokens"),
    ] {
        assert_eq!(refusal(chat_with(fields)).1, param);
    }
}

#[test]
fn streams_may_carry_usage() {
    let delivery = |fields| chat_with(fields).map(|request| request.delivery);
    assert_eq!(delivery(json!({"stream": false})), Ok(Delivery::Whole));
    assert_eq!(delivery(json!({"stream": true})), Ok(Delivery::Stream { include_usage: false }));
    let with_usage = json!({"stream": true, "stream_options": {"include_usage": true}});
    assert_eq!(delivery(with_usage), Ok(Delivery::Stream { include_usage: true }));
    let (_, param, _) = refusal(chat_with(json!({"stream_options": {"include_usage": true}})));
    assert_eq!(param, "stream_options");
    let (_, param, _) = refusal(chat_with(json!({"stream": true, "stream_options": {"include_usage": 1}})));
    assert_eq!(param, "stream_options.include_usage");
}

#[test]
fn log_probabilities_need_both_fields_in_order() {
    let top = |fields| chat_with(fields).map(|request| request.top_logprobs);
    assert_eq!(top(json!({"logprobs": true})), Ok(Some(0)));
    assert_eq!(top(json!({"logprobs": true, "top_logprobs": 20})), Ok(Some(20)));
    assert_eq!(top(json!({"logprobs": false})), Ok(None));
    assert_eq!(refusal(chat_with(json!({"top_logprobs": 3}))).1, "top_logprobs");
    assert_eq!(refusal(chat_with(json!({"logprobs": true, "top_logprobs": 21}))).1, "top_logprobs");
    assert_eq!(refusal(chat_with(json!({"logprobs": 3}))).0, "invalid_type");
}

#[test]
fn the_templates_variables_arrive_as_they_are() {
    let request = chat_with(json!({"chat_template_kwargs": {"enable_thinking": false, "x": [1]},
        "reasoning_effort": "low"}));
    let Input::Chat(chat) = request.expect("it is a valid request").input else { panic!("this is a chat") };
    assert_eq!(Value::Object(chat.template_kwargs), json!({"enable_thinking": false, "x": [1]}));
    assert_eq!(chat.reasoning_effort.as_deref(), Some("low"));
    assert_eq!(refusal(chat_with(json!({"reasoning_effort": "huge"}))).1, "reasoning_effort");
    assert_eq!(refusal(chat_with(json!({"chat_template_kwargs": []}))).1, "chat_template_kwargs");
}

#[test]
fn of_a_key_that_comes_twice_the_last_wins() {
    let body = br#"{"model": "a", "messages": [{"role": "user", "content": "x"}], "model": "b"}"#;
    assert_eq!(parse_chat(body).expect("it is a valid request").model, "b");
}

#[test]
fn the_model_is_required_and_has_a_name() {
    for (model, code) in [
        (json!(null), "missing_required_parameter"),
        (json!(""), "invalid_value"),
        (json!(5), "invalid_type"),
    ] {
        let (got, param, _) = refusal(chat_with(json!({ "model": model })));
        assert_eq!((got, param.as_str()), (code, "model"));
    }
}
