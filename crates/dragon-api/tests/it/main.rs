//! The API's formats as clients meet them.

#![expect(clippy::expect_used, clippy::panic, reason = "the helpers of tests fail as tests do")]

mod answers;
mod chat;
mod completions;
mod documentation;
mod errors;
mod field_lists;
mod properties;
mod sampling;
mod streams;

use dragon_api::{ApiError, GenerateRequest, parse_chat, parse_completion};
use serde_json::{Value, json};

/// A chat request with one message and these fields in addition; a field of the same name is replaced.
fn chat_with(fields: Value) -> Result<GenerateRequest, ApiError> {
    let base = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    parse_chat(merged(base, fields).to_string().as_bytes())
}

/// A completion request with one prompt and these fields in addition.
fn completion_with(fields: Value) -> Result<GenerateRequest, ApiError> {
    parse_completion(merged(json!({"model": "m", "prompt": "hi"}), fields).to_string().as_bytes())
}

fn merged(mut base: Value, fields: Value) -> Value {
    let object = base.as_object_mut().expect("the base is an object");
    for (name, value) in fields.as_object().expect("the fields are an object") {
        object.insert(name.clone(), value.clone());
    }
    base
}

/// What a refusal tells the client: code, param, message.
fn refusal(result: Result<GenerateRequest, ApiError>) -> (&'static str, String, String) {
    let error = result.expect_err("it must be refused");
    assert_eq!(error.status(), 400, "{error}");
    (error.code(), error.param().unwrap_or_default().to_owned(), error.to_string())
}
