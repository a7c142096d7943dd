//! The documented forms of answers, read strictly: a field too many, a field too few or one of the wrong type is a
//! fault, and so is anything out of order.

mod chunks;
mod fields;
mod whole;

use std::time::Duration;

use serde_json::{Map, Value};

use super::label::{self, Label};
use super::{Asked, Endpoint, Fault, Reply, Transcript};
use fields::{only, text};

/// An answer of the documented form, whichever way it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// In the order of their indices.
    pub choices: Vec<Choice>,
    /// Its token counts, where they were asked for.
    pub usage: Option<Usage>,
    /// Its label.
    pub label: Option<Label>,
    /// When pieces of text arrived; empty for an answer in one piece.
    pub texts_at: Vec<Duration>,
}

/// One choice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Its text.
    pub text: String,
    /// Its thinking.
    pub reasoning: String,
    /// Its `finish_reason`.
    pub finish: String,
    /// Its tokens, where log-probabilities were asked for: their bytes in chat, their texts in completions.
    pub tokens: Vec<Vec<u8>>,
}

/// Token counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of the prompt.
    pub n_prompt: u64,
    /// Of the answer.
    pub n_completion: u64,
}

/// Reads an answer. `None` where it is not of the documented form; why is among the faults then.
pub(super) fn read(asked: &Asked, transcript: &Transcript, faults: &mut Vec<Fault>) -> Option<Answer> {
    let read = match &transcript.reply {
        Reply::None(why) => Err(Fault::Unanswered(why.clone())),
        Reply::Whole { status: 200, body, .. } => whole::read(asked, body, &transcript.reply),
        Reply::Stream { status: 200, events, end, .. } => chunks::read(asked, events, end, faults),
        Reply::Whole { status, .. } | Reply::Stream { status, .. } => Err(Fault::Status(*status)),
    };
    let answer = read.map_err(|fault| faults.push(fault)).ok()?;
    if transcript.reply.header("x-request-id") != Some(&transcript.request_id) {
        faults.push(Fault::Malformed("the request's id does not come back".to_owned()));
    }
    if answer.label.is_none() {
        faults.push(Fault::NoLabel);
    }
    Some(answer)
}

/// The fields that every document and chunk shares.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Frame {
    id: String,
    created: u64,
}

/// Checks the outer fields: `id`, `object`, `created`, `model`.
fn frame(asked: &Asked, document: &Map<String, Value>, object: &str) -> Result<Frame, Fault> {
    let prefix = match asked.endpoint {
        Endpoint::Chat => "chatcmpl-",
        Endpoint::Completions => "cmpl-",
    };
    let id = text(document, "id")?;
    if !id.starts_with(prefix) {
        return Err(malformed(format!("the id {id:?} does not begin with {prefix}")));
    }
    if text(document, "object")? != object {
        return Err(malformed(format!("`object` is not {object}")));
    }
    if text(document, "model")? != asked.model {
        return Err(Fault::Lie("another model".to_owned()));
    }
    Ok(Frame { id: id.to_owned(), created: fields::number(document, "created")? })
}

fn malformed(what: impl Into<String>) -> Fault {
    Fault::Malformed(what.into())
}

/// `usage` with its details.
fn usage(value: &Value) -> Result<Usage, Fault> {
    let object = fields::object(value, "usage")?;
    let counts = ["prompt_tokens", "completion_tokens", "total_tokens"];
    only(object, &counts, &["prompt_tokens_details", "completion_tokens_details"])?;
    let usage = Usage {
        n_prompt: fields::number(object, "prompt_tokens")?,
        n_completion: fields::number(object, "completion_tokens")?,
    };
    if fields::number(object, "total_tokens")? != usage.n_prompt + usage.n_completion {
        return Err(Fault::WrongCount("the total is not the sum".to_owned()));
    }
    Ok(usage)
}

/// The tokens of the `logprobs` of a choice or of a piece of one.
fn tokens(endpoint: Endpoint, logprobs: &Value) -> Result<Vec<Vec<u8>>, Fault> {
    let Some(object) = logprobs.as_object() else {
        return if logprobs.is_null() {
            Ok(Vec::new())
        } else {
            Err(malformed("`logprobs` is neither an object nor null"))
        };
    };
    match endpoint {
        Endpoint::Chat => fields::list(object, "content")?.iter().map(chat_token).collect(),
        Endpoint::Completions => {
            let tokens = fields::list(object, "tokens")?;
            if fields::list(object, "token_logprobs")?.len() != tokens.len() {
                return Err(malformed("as many tokens as log-probabilities were expected"));
            }
            let text = |token: &Value| token.as_str().map(|token| token.as_bytes().to_vec());
            tokens.iter().map(|token| text(token).ok_or_else(|| malformed("a token is no text"))).collect()
        }
    }
}

fn chat_token(entry: &Value) -> Result<Vec<u8>, Fault> {
    let entry = fields::object(entry, "an entry of logprobs")?;
    let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
    let bytes = fields::list(entry, "bytes")?;
    bytes.iter().map(|value| byte(value).ok_or_else(|| malformed("a byte is no byte"))).collect()
}

fn finish(value: &Value) -> Result<&str, Fault> {
    match value.as_str() {
        Some(finish @ ("stop" | "length")) => Ok(finish),
        _ => Err(malformed(format!("finish_reason is {value}"))),
    }
}

fn label(value: &Value) -> Result<Label, Fault> {
    label::read(value).map_err(Fault::Malformed)
}

// === impl Answer ===

impl Answer {
    /// The longest silence between two pieces of text: when it began and when it ended.
    pub(super) fn worst_gap(&self) -> Option<(Duration, Duration)> {
        let gaps = self.texts_at.windows(2).map(|pair| (pair[0], pair[1]));
        gaps.max_by_key(|(from, to)| to.saturating_sub(*from))
    }
}
