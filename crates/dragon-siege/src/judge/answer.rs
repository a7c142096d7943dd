//! What is known of an answer, whichever way it came.

use std::borrow::Cow;
use std::time::Duration;

use super::document::{Choice as ChoiceFields, Document, LabelFields, Nullable, Usage};
use super::label::Outcome;
use super::{Fault, excerpt};
use crate::ask::Endpoint;

/// Nobody may ask for more choices (`n`) of OpenAI's API.
const MAX_CHOICES: u64 = 128;

/// An answer as far as it could be read.
#[derive(Debug, Default)]
pub(super) struct Answer<'a> {
    /// By index.
    pub(super) choices: Vec<Choice>,
    /// The text of the first choice; of a stream only where something has to be in it.
    pub(super) text: Cow<'a, str>,
    /// Pieces of text or of thinking that came.
    pub(super) n_pieces: u64,
    /// When the first of them came.
    pub(super) first_text_at: Option<Duration>,
    /// Token counts.
    pub(super) usage: Option<Usage>,
    /// The label.
    pub(super) label: Option<Label>,
}

/// What is known of one choice.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Choice {
    /// Why it ended, once it has.
    pub(super) finish: Option<Finish>,
    /// Bytes of its text.
    pub(super) n_text_bytes: usize,
    /// Bytes of its words beside the text, such as thinking.
    pub(super) n_bytes_beside: usize,
    /// Whether it calls something.
    pub(super) calls: bool,
}

/// Why a choice ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    Stop,
    Length,
    ContentFilter,
    ToolCalls,
    FunctionCall,
    /// A word of the server's own, such as `abort` or `load`. Only labelled answers have to use the documented ones.
    Other,
}

/// The label `dragon`.
#[derive(Debug)]
pub(super) struct Label {
    pub(super) outcome: Outcome,
    pub(super) reason: Option<String>,
    pub(super) model: String,
    pub(super) deadline_ms: u64,
    /// Waiting, reading the prompt and writing, together.
    pub(super) spent_ms: u64,
    /// Whether the answer's own `model` is the same.
    pub(super) is_of_this_model: bool,
}

/// Something is not of the documented form.
pub(super) fn malformed(what: impl Into<String>) -> Fault {
    Fault::Malformed(what.into())
}

/// A field that has to be there.
pub(super) fn required<'f, T>(field: Option<&'f T>, name: &str) -> Result<&'f T, Fault> {
    field.ok_or_else(|| malformed(format!("`{name}` is missing or null")))
}

/// The fields of a document that every answer and every chunk has. The text is the value of `object`, which not every
/// form has to have right.
pub(super) fn frame<'d>(document: &'d Document<'_>) -> Result<&'d str, Fault> {
    required(document.id.as_ref(), "id")?;
    required(document.created.as_ref(), "created")?;
    required(document.model.as_ref(), "model")?;
    Ok(required(document.object.as_ref(), "object")?.as_str())
}

/// The index of a choice.
pub(super) fn index(choice: &ChoiceFields<'_>) -> Result<usize, Fault> {
    let index = *required(choice.index.as_ref(), "choices[].index")?;
    match usize::try_from(index) {
        Ok(index_in_range) if index < MAX_CHOICES => Ok(index_in_range),
        _ => Err(malformed(format!("a choice of index {index}"))),
    }
}

/// The text of a choice of this endpoint that came in one piece, or of a piece of it; then the bytes beside it, and
/// whether it calls something.
pub(super) fn words<'d>(
    endpoint: Endpoint,
    choice: &'d ChoiceFields<'_>,
    is_streamed: bool,
) -> Result<(&'d str, usize, bool), Fault> {
    let words = match endpoint {
        Endpoint::Completions => {
            return Ok((required(choice.text.as_ref(), "choices[].text")?.as_str(), 0, false));
        }
        Endpoint::Chat if is_streamed => required(choice.delta.as_ref(), "choices[].delta")?,
        Endpoint::Chat => {
            let message = required(choice.message.as_ref(), "choices[].message")?;
            required(message.role.as_ref(), "choices[].message.role")?;
            if matches!(message.content, Nullable::Missing) && !message.calls() {
                return Err(malformed("`choices[].message.content` is missing"));
            }
            message
        }
    };
    if words.role.as_ref().is_some_and(|role| role.as_str() != "assistant") {
        return Err(malformed("the role is not the assistant's"));
    }
    Ok((words.text(), words.n_bytes_beside(), words.calls()))
}

// === impl Answer ===

impl Answer<'_> {
    /// The choice of an index, made where there is none yet.
    pub(super) fn choice(&mut self, index: usize) -> &mut Choice {
        if self.choices.len() <= index {
            self.choices.resize_with(index + 1, Choice::default);
        }
        &mut self.choices[index]
    }

    /// Why the only choice ended. Where there are several, each has its own reasons.
    pub(super) fn finish(&self) -> Option<Finish> {
        match self.choices.as_slice() {
            [choice] => choice.finish,
            _ => None,
        }
    }

    pub(super) fn n_text_bytes(&self) -> usize {
        self.choices.iter().map(|choice| choice.n_text_bytes).sum()
    }

    pub(super) fn n_bytes_beside(&self) -> usize {
        self.choices.iter().map(|choice| choice.n_bytes_beside).sum()
    }

    /// Whether there is nothing in it: no text, no thought, no call.
    pub(super) fn is_empty(&self) -> bool {
        let calls = self.choices.iter().any(|choice| choice.calls);
        !calls && self.n_text_bytes() + self.n_bytes_beside() == 0
    }

    /// Whether the model made no word of it.
    pub(super) fn is_fallback(&self) -> bool {
        self.label.as_ref().is_some_and(|label| label.outcome == Outcome::Fallback)
    }
}

// === impl Finish ===

impl Finish {
    pub(super) fn read(word: &str) -> Result<Self, Fault> {
        match word {
            "stop" => Ok(Self::Stop),
            "length" => Ok(Self::Length),
            "content_filter" => Ok(Self::ContentFilter),
            "tool_calls" => Ok(Self::ToolCalls),
            "function_call" => Ok(Self::FunctionCall),
            "" => Err(malformed("finish_reason is empty")),
            _ => Ok(Self::Other),
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ContentFilter => "content_filter",
            Self::ToolCalls => "tool_calls",
            Self::FunctionCall => "function_call",
            Self::Other => "of its own",
        }
    }
}

// === impl Label ===

impl Label {
    /// Reads the label of a document.
    pub(super) fn read(document: &Document<'_>) -> Result<Option<Self>, Fault> {
        let Some(fields) = &document.dragon else { return Ok(None) };
        let LabelFields { outcome, reason, model, deadline_ms, queue_ms, prefill_ms, decode_ms, .. } = fields;
        let outcome = Outcome::from_word(outcome.as_str())
            .ok_or_else(|| malformed(format!("the label's outcome is {:?}", excerpt(outcome.as_str()))))?;
        let reason = match reason {
            Nullable::Missing => return Err(malformed("the label has no `reason`")),
            Nullable::Null => None,
            Nullable::Text(reason) => Some(reason.as_str().to_owned()),
        };
        Ok(Some(Self {
            outcome,
            reason,
            model: model.as_str().to_owned(),
            deadline_ms: *deadline_ms,
            spent_ms: queue_ms.saturating_add(*prefill_ms).saturating_add(*decode_ms),
            is_of_this_model: document.model.as_ref().is_some_and(|other| other.as_str() == model.as_str()),
        }))
    }
}
