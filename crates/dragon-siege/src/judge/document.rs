//! The JSON of answers and of chunks, as far as it is judged. Fields that nobody asks about are passed over unread.
//!
//! Which fields have to be there depends on the form, so here nearly all may be missing; what is there has to be of its
//! documented type.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, IgnoredAny, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A whole answer, or one chunk of a stream.
#[derive(Debug, Deserialize)]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) object: Option<Text<'a>>,
    pub(super) created: Option<u64>,
    #[serde(borrow)]
    pub(super) model: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) choices: Option<Vec<Choice<'a>>>,
    pub(super) usage: Option<Usage>,
    pub(super) error: Option<Value>,
    #[serde(borrow)]
    pub(super) dragon: Option<LabelFields<'a>>,
}

/// A choice, or a piece of one.
#[derive(Debug, Deserialize)]
pub(super) struct Choice<'a> {
    pub(super) index: Option<u64>,
    #[serde(borrow)]
    pub(super) message: Option<Words<'a>>,
    #[serde(borrow)]
    pub(super) delta: Option<Words<'a>>,
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) finish_reason: Option<Text<'a>>,
}

/// A message of a chat, or a piece of one.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Words<'a> {
    #[serde(borrow)]
    pub(super) role: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) content: Nullable<'a>,
    /// Thinking, as most servers call it.
    #[serde(borrow)]
    pub(super) reasoning_content: Option<Text<'a>>,
    /// Thinking, as some call it; a few send both.
    #[serde(borrow)]
    pub(super) reasoning: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) refusal: Option<Text<'a>>,
    pub(super) tool_calls: Option<Vec<IgnoredAny>>,
    pub(super) function_call: Option<IgnoredAny>,
}

/// Token counts.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Usage {
    #[serde(rename = "prompt_tokens")]
    pub(super) n_prompt: u64,
    #[serde(rename = "completion_tokens")]
    pub(super) n_completion: u64,
    #[serde(rename = "total_tokens")]
    pub(super) n_total: u64,
    #[serde(rename = "completion_tokens_details")]
    details: Option<Details>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Details {
    reasoning_tokens: Option<u64>,
}

/// The label `dragon`. All that it always has, has to be there; more may be.
#[derive(Debug, Deserialize)]
pub(super) struct LabelFields<'a> {
    #[serde(borrow)]
    pub(super) outcome: Text<'a>,
    #[serde(borrow, default)]
    pub(super) reason: Nullable<'a>,
    #[serde(borrow)]
    pub(super) model: Text<'a>,
    pub(super) deadline_ms: u64,
    pub(super) queue_ms: u64,
    pub(super) prefill_ms: u64,
    pub(super) decode_ms: u64,
    #[serde(rename = "seed")]
    _seed: u64,
    #[serde(rename = "shared")]
    _shared: bool,
    #[serde(rename = "replays")]
    _replays: u64,
    #[serde(rename = "ignored")]
    _ignored: Vec<IgnoredAny>,
}

/// Only whether there is an error: for a document whose other fields cannot be read.
#[derive(Debug, Deserialize)]
pub(super) struct ErrorOnly {
    pub(super) error: Option<Value>,
}

/// Text, borrowed unless something in it is escaped.
#[derive(Debug)]
pub(super) struct Text<'a>(Cow<'a, str>);

/// Text that may be null, where that is not the same as missing.
#[derive(Debug, Default)]
pub(super) enum Nullable<'a> {
    #[default]
    Missing,
    Null,
    Text(Text<'a>),
}

struct TextVisitor;

// === impl Usage ===

impl Usage {
    /// Tokens of thinking, where they are counted apart. They are among those of the completion.
    pub(super) fn n_reasoning(&self) -> u64 {
        self.details.and_then(|details| details.reasoning_tokens).unwrap_or(0)
    }
}

// === impl Words ===

impl Words<'_> {
    /// The text.
    pub(super) fn text(&self) -> &str {
        match &self.content {
            Nullable::Text(text) => text.as_str(),
            Nullable::Null | Nullable::Missing => "",
        }
    }

    /// Bytes of words beside the text: thinking, or a refusal of the model's own.
    pub(super) fn n_bytes_beside(&self) -> usize {
        let len = |text: &Option<Text<'_>>| text.as_ref().map_or(0, |text| text.as_str().len());
        len(&self.reasoning_content).max(len(&self.reasoning)) + len(&self.refusal)
    }

    /// Whether the model calls something.
    pub(super) fn calls(&self) -> bool {
        self.function_call.is_some() || self.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
    }
}

// === impl Text ===

impl<'a> Text<'a> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_inner(self) -> Cow<'a, str> {
        self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Self)
    }
}

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

// === impl Nullable ===

impl<'de: 'a, 'a> Deserialize<'de> for Nullable<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<Text<'a>>::deserialize(deserializer)?;
        Ok(text.map_or(Self::Null, Self::Text))
    }
}
