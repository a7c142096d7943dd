//! Streams, event by event.

use dragon_api::{DONE, Delta, Endpoint, StreamEncoder, TokenLogprob, Usage};
use dragon_core::label::{Ending, FinishReason, Reason};
use serde_json::{Value, json};

use crate::answers::{head, label};

fn encoder(endpoint: Endpoint) -> StreamEncoder {
    StreamEncoder { head: head(endpoint), include_usage: false }
}

/// The document of one complete event.
fn event(bytes: &[u8]) -> Value {
    let text = std::str::from_utf8(bytes).expect("events are text");
    let json = text.strip_prefix("data: ").and_then(|rest| rest.strip_suffix("\n\n")).expect("one event");
    assert!(!json.contains('\n'), "a line break would end the event's line");
    serde_json::from_str(json).expect("events are JSON")
}

fn text(text: &str) -> Delta {
    Delta { text: text.to_owned(), ..Delta::default() }
}

#[test]
fn a_chat_stream_opens_with_the_role_and_ends_with_reason_and_label() {
    let stream = encoder(Endpoint::Chat);
    let chunk = |choice: Value| {
        json!({"id": "id-1", "object": "chat.completion.chunk", "created": 1_751_810_645, "model": "m",
            "choices": [choice]})
    };
    let opening = json!({"index": 1, "delta": {"role": "assistant", "content": ""}, "logprobs": null,
        "finish_reason": null});
    assert_eq!(event(&stream.opening(1)), chunk(opening));
    let delta =
        json!({"index": 1, "delta": {"content": "a\n\"b\""}, "logprobs": null, "finish_reason": null});
    assert_eq!(event(&stream.delta(1, &text("a\n\"b\""))), chunk(delta));
    let finish = json!({"index": 1, "delta": {}, "logprobs": null, "finish_reason": "stop"});
    assert_eq!(event(&stream.finish(1, FinishReason::Stop, None)), chunk(finish));
    let last =
        event(&stream.finish(1, FinishReason::Length, Some(&label(&[Ending::partial(Reason::Limit)]))));
    assert_eq!(
        (&last["dragon"]["reason"], &last["choices"][0]["finish_reason"]),
        (&json!("limit"), &json!("length"))
    );
}

#[test]
fn a_completion_stream_has_no_opening_and_text_in_every_event() {
    let stream = encoder(Endpoint::Completions);
    assert!(stream.opening(0).is_empty());
    let delta = event(&stream.delta(0, &text("x")));
    assert_eq!(delta["object"], "text_completion");
    assert_eq!(delta["choices"], json!([{"index": 0, "text": "x", "logprobs": null, "finish_reason": null}]));
    let end = event(&stream.finish(0, FinishReason::Stop, None));
    assert_eq!(end["choices"], json!([{"index": 0, "text": "", "logprobs": null, "finish_reason": "stop"}]));
}

#[test]
fn usage_comes_in_an_event_of_its_own_and_is_null_in_all_others() {
    let stream = StreamEncoder { include_usage: true, ..encoder(Endpoint::Chat) };
    for bytes in [stream.opening(0), stream.delta(0, &text("x")), stream.finish(0, FinishReason::Stop, None)]
    {
        assert_eq!(event(&bytes).get("usage"), Some(&Value::Null));
    }
    let usage = Usage { n_prompt: 3, n_completion: 4, n_reasoning: 0, n_cached: 0 };
    let last = event(&stream.usage(&usage, &label(&[Ending::STOPPED])));
    assert_eq!((&last["choices"], &last["usage"]["total_tokens"]), (&json!([]), &json!(7)));
    assert_eq!(last["dragon"]["outcome"], "complete");
    assert_eq!(event(&encoder(Endpoint::Chat).opening(0)).get("usage"), None);
}

#[test]
fn thinking_and_text_are_fields_of_the_delta() {
    let delta = Delta { reasoning: "hm".to_owned(), text: String::new(), ..Delta::default() };
    let thinking = event(&encoder(Endpoint::Chat).delta(0, &delta));
    assert_eq!(thinking["choices"][0]["delta"], json!({"reasoning_content": "hm"}));
    let both = event(&encoder(Endpoint::Chat).delta(0, &Delta { text: "x".to_owned(), ..delta }));
    assert_eq!(both["choices"][0]["delta"], json!({"reasoning_content": "hm", "content": "x"}));
}

#[test]
fn log_probabilities_come_with_the_text_that_they_belong_to() {
    let logprobs = vec![TokenLogprob { bytes: b"x".to_vec(), logprob: f32::NEG_INFINITY, top: Vec::new() }];
    let delta = Delta { logprobs: Some(logprobs), n_chars_before: 12, ..text("x") };
    let chat = event(&encoder(Endpoint::Chat).delta(0, &delta));
    assert_eq!(chat["choices"][0]["logprobs"]["content"][0]["logprob"], json!(-9999.0));
    let completion = event(&encoder(Endpoint::Completions).delta(0, &delta));
    assert_eq!(completion["choices"][0]["logprobs"]["text_offset"], json!([12]));
}

#[test]
fn the_end_is_openais() {
    assert_eq!(DONE, b"data: [DONE]\n\n");
}
