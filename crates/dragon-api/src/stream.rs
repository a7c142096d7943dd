//! Answers in pieces: server-sent events, one JSON document each.

use dragon_core::label::{FinishReason, Label};
use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::label::label_object;
use crate::logprobs;
use crate::response::{AnswerHead, Delta, Endpoint, Usage};
use crate::whole::usage_object;

/// The end of every stream.
pub const DONE: &[u8] = b"data: [DONE]\n\n";

/// Writes the events of one stream. It keeps no state: the caller says in which order they go out, which is,
/// for each choice, `opening`, any number of `delta`, `finish`; then `usage` where it was asked for; then
/// [`DONE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEncoder {
    /// What all events share.
    pub head: AnswerHead,
    /// Whether the client asked for the usage: then every other event carries `"usage": null`.
    pub include_usage: bool,
}

/// An error in the middle of a stream, where the status has gone out long ago.
pub fn error_event(error: &ApiError) -> Vec<u8> {
    event(&error.document())
}

// === impl StreamEncoder ===

impl StreamEncoder {
    /// The first event of a choice. Completions have none: it is empty.
    pub fn opening(&self, choice: u32) -> Vec<u8> {
        match self.head.endpoint {
            Endpoint::Chat => self.chat(choice, json!({"role": "assistant", "content": ""}), None, None),
            Endpoint::Completions => Vec::new(),
        }
    }

    /// A piece of a choice.
    pub fn delta(&self, choice: u32, delta: &Delta) -> Vec<u8> {
        let logprobs = delta.logprobs.as_deref();
        match self.head.endpoint {
            Endpoint::Chat => self.chat(choice, chat_delta(delta), logprobs.map(logprobs::chat), None),
            Endpoint::Completions => {
                let logprobs = logprobs.map(|tokens| logprobs::completions(tokens, delta.n_chars_before));
                self.completions(choice, &delta.text, logprobs, None)
            }
        }
    }

    /// The end of a choice. The label goes with the last event before [`DONE`]: with the last choice's end
    /// where no usage follows.
    pub fn finish(&self, choice: u32, finish: FinishReason, label: Option<&Label>) -> Vec<u8> {
        let end = Some(End { finish, label });
        match self.head.endpoint {
            Endpoint::Chat => self.chat(choice, json!({}), None, end),
            Endpoint::Completions => self.completions(choice, "", None, end),
        }
    }

    /// The event with the usage, which carries the label.
    pub fn usage(&self, usage: &Usage, label: &Label) -> Vec<u8> {
        let mut chunk = self.chunk(Vec::new());
        chunk.insert("usage".to_owned(), usage_object(usage));
        chunk.insert("dragon".to_owned(), label_object(label));
        event(&Value::Object(chunk))
    }

    fn chat(&self, choice: u32, delta: Value, logprobs: Option<Value>, end: Option<End<'_>>) -> Vec<u8> {
        let choice = json!({
            "index": choice,
            "delta": delta,
            "logprobs": logprobs,
            "finish_reason": end.map(|end| end.finish.as_str()),
        });
        self.one_choice(choice, end)
    }

    fn completions(&self, choice: u32, text: &str, logprobs: Option<Value>, end: Option<End<'_>>) -> Vec<u8> {
        let choice = json!({
            "index": choice,
            "text": text,
            "logprobs": logprobs,
            "finish_reason": end.map(|end| end.finish.as_str()),
        });
        self.one_choice(choice, end)
    }

    fn one_choice(&self, choice: Value, end: Option<End<'_>>) -> Vec<u8> {
        let mut chunk = self.chunk(vec![choice]);
        if self.include_usage {
            chunk.insert("usage".to_owned(), Value::Null);
        }
        if let Some(label) = end.and_then(|end| end.label) {
            chunk.insert("dragon".to_owned(), label_object(label));
        }
        event(&Value::Object(chunk))
    }

    fn chunk(&self, choices: Vec<Value>) -> Map<String, Value> {
        Map::from_iter([
            ("id".to_owned(), json!(self.head.id)),
            ("object".to_owned(), json!(self.head.endpoint.chunk_object())),
            ("created".to_owned(), json!(self.head.created_s)),
            ("model".to_owned(), json!(self.head.model)),
            ("choices".to_owned(), Value::Array(choices)),
        ])
    }
}

/// How a choice's last event differs from the others.
#[derive(Debug, Clone, Copy)]
struct End<'a> {
    finish: FinishReason,
    label: Option<&'a Label>,
}

fn chat_delta(delta: &Delta) -> Value {
    let mut shown = Map::new();
    if !delta.reasoning.is_empty() {
        shown.insert("reasoning_content".to_owned(), json!(delta.reasoning));
    }
    if !delta.text.is_empty() || delta.reasoning.is_empty() {
        shown.insert("content".to_owned(), json!(delta.text));
    }
    Value::Object(shown)
}

/// JSON has no bare line breaks, so one `data:` line holds the document.
fn event(document: &Value) -> Vec<u8> {
    format!("data: {document}\n\n").into_bytes()
}

// === impl Endpoint ===

impl Endpoint {
    const fn chunk_object(self) -> &'static str {
        match self {
            Self::Chat => "chat.completion.chunk",
            Self::Completions => "text_completion",
        }
    }
}
