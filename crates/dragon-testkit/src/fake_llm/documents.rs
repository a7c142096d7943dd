//! The documents of answers, chunks and errors.

use bytes::Bytes;
use serde_json::{Value, json};

use super::MODEL;
use super::answer::Answer;
use super::question::Endpoint;

/// When everything was made that fake servers make.
const CREATED: u64 = 1_750_000_000;

/// Data of `[DONE]`.
pub(super) const DONE: &[u8] = b"data: [DONE]\n\n";

/// An answer in one piece.
pub(super) fn whole(answer: &Answer) -> Value {
    let choice = match answer.question.endpoint {
        Endpoint::Chat => json!({
            "index": 0, "message": {"role": "assistant", "content": answer.text(), "refusal": null},
            "logprobs": null, "finish_reason": answer.finish,
        }),
        Endpoint::Completions => {
            json!({"index": 0, "text": answer.text(), "logprobs": null, "finish_reason": answer.finish})
        }
    };
    let mut document = frame(answer, "chat.completion");
    document["choices"] = json!([choice]);
    document["usage"] = usage(answer);
    if !answer.label.is_null() {
        document["dragon"] = answer.label.clone();
    }
    document
}

/// The chunk that opens a stream of a chat.
pub(super) fn opening(answer: &Answer) -> Option<Value> {
    let delta = json!({"role": "assistant", "content": ""});
    (answer.question.endpoint == Endpoint::Chat).then(|| chunk(answer, &delta, "", None))
}

/// A chunk of text.
pub(super) fn piece(answer: &Answer, text: &str) -> Value {
    chunk(answer, &json!({"content": text}), text, None)
}

/// The chunks after the text.
pub(super) fn closing(answer: &Answer) -> Vec<Value> {
    let mut chunks = vec![chunk(answer, &json!({}), "", Some(answer.finish))];
    if answer.question.wants_usage {
        let mut last = frame(answer, "chat.completion.chunk");
        last["usage"] = usage(answer);
        chunks.push(last);
    }
    if !answer.label.is_null()
        && let Some(last) = chunks.last_mut()
    {
        last["dragon"] = answer.label.clone();
    }
    chunks
}

/// A chunk as an event.
pub(super) fn event(chunk: &Value) -> Bytes {
    format!("data: {chunk}\n\n").into()
}

/// An error of OpenAI's form.
pub(super) fn error(status: u16, message: &str) -> Value {
    let kind = if status < 500 { "invalid_request_error" } else { "server_error" };
    json!({"error": {"message": message, "type": kind, "param": null, "code": null}})
}

/// The list of models.
pub(super) fn models() -> Value {
    json!({
        "object": "list",
        "data": [{"id": MODEL, "object": "model", "created": CREATED, "owned_by": "nobody"}],
    })
}

fn frame(answer: &Answer, object: &str) -> Value {
    let object = match answer.question.endpoint {
        Endpoint::Chat => object,
        Endpoint::Completions => "text_completion",
    };
    json!({"id": answer.id, "object": object, "created": CREATED, "model": MODEL, "choices": []})
}

fn chunk(answer: &Answer, delta: &Value, text: &str, finish: Option<&str>) -> Value {
    let mut chunk = frame(answer, "chat.completion.chunk");
    chunk["choices"] = match answer.question.endpoint {
        Endpoint::Chat => json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]),
        Endpoint::Completions => {
            json!([{"index": 0, "text": text, "logprobs": null, "finish_reason": finish}])
        }
    };
    chunk
}

fn usage(answer: &Answer) -> Value {
    json!({
        "prompt_tokens": answer.n_prompt,
        "completion_tokens": answer.n_completion,
        "total_tokens": answer.n_total,
    })
}
