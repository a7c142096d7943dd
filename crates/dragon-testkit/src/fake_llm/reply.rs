//! Responses.

use std::{iter, mem, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

use super::answer::Answer;
use super::behaviour::Behaviour;
use super::body::{End, Paced, Pieces, Place};
use super::documents;
use super::question::Wrong;

/// A response on its way.
pub(super) type Reply = Response<Paced>;

const JSON: &str = "application/json";
const HTML: &str = "text/html";
const PAGE: &str = "<html><body><h1>Something is wrong</h1></body></html>";

pub(super) fn json(status: u16, document: &Value) -> Reply {
    of_bytes(status, Some(JSON), document.to_string().into())
}

pub(super) fn page(status: u16) -> Reply {
    of_bytes(status, Some(HTML), PAGE.into())
}

pub(super) fn empty(status: u16) -> Reply {
    of_bytes(status, None, Bytes::new())
}

pub(super) fn plain(text: String) -> Reply {
    of_bytes(200, Some("text/plain; charset=utf-8"), text.into())
}

pub(super) fn error(status: u16, message: &str) -> Reply {
    json(status, &documents::error(status, message))
}

/// The error for a wrong request.
pub(super) fn wrong(wrong: &Wrong) -> Reply {
    let mut reply = error(wrong.status, &wrong.message);
    if let Some(allow) = wrong.allow {
        reply.headers_mut().insert("allow", HeaderValue::from_static(allow));
    }
    reply
}

/// An answer in one piece, and what a fault does to it.
pub(super) fn whole(answer: &Answer, fault: Behaviour) -> Reply {
    let mut document = documents::whole(answer);
    if fault == Behaviour::MissingField {
        without_id(&mut document);
    }
    let mut reply = json(200, &document);
    for (name, field) in [("x-dragon-outcome", "outcome"), ("x-dragon-reason", "reason")] {
        if let Some(value) = answer.label[field].as_str().and_then(|value| value.parse().ok()) {
            reply.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    match fault {
        Behaviour::LyingStatus => *reply.status_mut() = StatusCode::SERVICE_UNAVAILABLE,
        Behaviour::LyingHeaders => {
            reply.headers_mut().insert("x-dragon-outcome", HeaderValue::from_static("landed"));
        }
        Behaviour::TruncatedBody => {
            let body = document.to_string();
            reply.headers_mut().insert("content-length", body.len().into());
            let half = Bytes::from(body).slice(..100);
            *reply.body_mut() = Paced::new(Pieces::One(Some(half)), Duration::ZERO, End::Cut, None);
        }
        _ => {}
    }
    reply
}

/// A stream, and what a fault does to it.
pub(super) fn stream(answer: Answer, fault: Behaviour, pause: Duration, place: Place) -> Reply {
    let (pieces, end) = pieces(answer, fault);
    let mut reply = Response::new(Paced::new(pieces, pause, end, Some(place)));
    reply.headers_mut().insert("content-type", HeaderValue::from_static("text/event-stream"));
    if fault == Behaviour::LyingStatus {
        *reply.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    reply
}

fn pieces(answer: Answer, fault: Behaviour) -> (Pieces, End) {
    let is_cut = matches!(
        fault,
        Behaviour::TruncatedBody
            | Behaviour::TruncatedStream
            | Behaviour::StuckStream
            | Behaviour::ErrorInStream
    );
    let mut answer = if is_cut { answer.at_least(2).half() } else { answer };
    let failure = || documents::event(&documents::error(500, "out of memory"));
    let after = match fault {
        Behaviour::ErrorAsSuccess => return (Pieces::Many(Box::new(iter::once(failure()))), End::Whole),
        Behaviour::ErrorInStream => vec![failure()],
        _ if is_cut => Vec::new(),
        _ => ending(&answer, fault),
    };
    let end = match fault {
        Behaviour::TruncatedBody => End::Cut,
        Behaviour::StuckStream => End::Never,
        _ => End::Whole,
    };
    let opening = documents::opening(&answer).map(|chunk| event(chunk, fault));
    let tokens = mem::take(&mut answer.tokens).into_iter().enumerate();
    let texts = tokens.map(move |(index, token)| {
        let mut chunk = documents::piece(&answer, &token);
        if index == 0 && fault == Behaviour::MixedStreams {
            chunk["id"] = Value::from("fake-0");
        }
        event(chunk, fault)
    });
    (Pieces::Many(Box::new(opening.into_iter().chain(texts).chain(after))), end)
}

/// What comes after the text.
fn ending(answer: &Answer, fault: Behaviour) -> Vec<Bytes> {
    let mut chunks = documents::closing(answer);
    if fault == Behaviour::MissingFinish {
        chunks[0]["choices"][0]["finish_reason"] = Value::Null;
    }
    let again = (fault == Behaviour::DataAfterDone).then(|| documents::event(&chunks[0]));
    let done = (fault != Behaviour::MissingDone).then(|| Bytes::from_static(documents::DONE));
    let chunks = chunks.into_iter().map(|chunk| event(chunk, fault));
    chunks.chain(done).chain(again).collect()
}

fn event(mut chunk: Value, fault: Behaviour) -> Bytes {
    if fault == Behaviour::MissingField {
        without_id(&mut chunk);
    }
    documents::event(&chunk)
}

fn without_id(document: &mut Value) {
    if let Some(fields) = document.as_object_mut() {
        fields.remove("id");
    }
}

fn of_bytes(status: u16, content_type: Option<&'static str>, body: Bytes) -> Reply {
    let mut reply = Response::new(Paced::whole(body));
    *reply.status_mut() = StatusCode::from_u16(status).expect("a status");
    if let Some(content_type) = content_type {
        reply.headers_mut().insert("content-type", HeaderValue::from_static(content_type));
    }
    reply
}
