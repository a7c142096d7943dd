//! The form of errors: `{"error": {"message": ...}}`, and no other.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::Value;

use super::document::{ErrorOnly, Text};
use super::{Fault, excerpt};
use crate::exchange::{BodyEnd, Response};

/// What every answer has and no error.
const CHOICES: &[u8] = b"\"choices\"";

#[derive(Deserialize)]
struct ErrorBody<'a> {
    #[serde(borrow)]
    error: ErrorFields<'a>,
}

#[derive(Deserialize)]
struct ErrorFields<'a> {
    #[serde(borrow)]
    message: Text<'a>,
}

/// What is wrong with the form of an error.
pub(super) fn check(response: &Response) -> Option<Fault> {
    match &response.end {
        BodyEnd::Whole => {}
        // How it ends is judged elsewhere, and the rest is not there to be read.
        BodyEnd::Cut(_) | BodyEnd::Hung | BodyEnd::TooLong => return None,
    }
    let status = response.status.as_u16();
    let malformed = |what: String| {
        let is_answer = response.body.windows(CHOICES.len()).any(|window| window == CHOICES);
        Some(if is_answer {
            Fault::Lie(format!("an answer with the status {status}"))
        } else {
            Fault::Malformed(format!("the error {status}: {what}"))
        })
    };
    if response.body.is_empty() {
        return malformed("its body is empty".to_owned());
    }
    if !is_json(&response.headers) {
        return malformed(format!("its content-type is {}", content_type(&response.headers)));
    }
    match serde_json::from_slice::<ErrorBody<'_>>(&response.body) {
        Ok(body) if body.error.message.as_str().trim().is_empty() => {
            malformed("its message is empty".to_owned())
        }
        Ok(_) => None,
        Err(error) if error.is_eof() => {
            Some(Fault::Truncated(format!("the error {status}: its JSON breaks off")))
        }
        Err(error) => malformed(error.to_string()),
    }
}

/// The error in a document that may be anything else.
pub(super) fn find(body: &[u8]) -> Option<Value> {
    serde_json::from_slice::<ErrorOnly>(body).ok()?.error
}

/// What an error says, in short.
pub(super) fn message(error: &Value) -> String {
    match error.get("message").and_then(Value::as_str).or(error.as_str()) {
        Some(message) => excerpt(message).to_owned(),
        None => excerpt(&error.to_string()).to_owned(),
    }
}

/// Whether a body says that it is JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    is_media_type(headers, "application/json")
}

/// Whether a body says that it is a stream of events.
pub(super) fn is_event_stream(headers: &HeaderMap) -> bool {
    is_media_type(headers, "text/event-stream")
}

/// The header for a message.
pub(super) fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).map_or("missing", |value| value.to_str().map_or("unreadable", excerpt))
}

fn is_media_type(headers: &HeaderMap, name: &str) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else { return false };
    let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(name.as_bytes())
}
