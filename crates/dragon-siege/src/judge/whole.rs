//! Answers in one piece.

use std::borrow::Cow;
use std::time::Duration;

use super::answer::{Answer, Finish, Label, frame, index, malformed, required, words};
use super::document::{Choice as ChoiceFields, Document, Nullable, Text};
use super::{Fault, error_body, excerpt};
use crate::ask::{Endpoint, Wanted};

/// Reads an answer that came at this time.
pub(super) fn read<'a>(wanted: &Wanted, body: &'a [u8], at: Duration) -> Result<Answer<'a>, Fault> {
    let document: Document<'a> =
        serde_json::from_slice(body).map_err(|error| match error_body::find(body) {
            Some(found) => Fault::ErrorAsSuccess(error_body::message(&found)),
            None if error.is_eof() => Fault::Truncated("the JSON breaks off".to_owned()),
            None => malformed(format!("no JSON of an answer: {error}")),
        })?;
    if let Some(error) = &document.error {
        return Err(Fault::ErrorAsSuccess(error_body::message(error)));
    }
    let object = frame(&document)?;
    let right = match wanted.endpoint {
        Endpoint::Chat => "chat.completion",
        Endpoint::Completions => "text_completion",
    };
    if object != right {
        return Err(malformed(format!("`object` is {:?} instead of {right}", excerpt(object))));
    }
    let choices = required(document.choices.as_ref(), "choices")?;
    let mut answer = Answer { usage: document.usage, label: Label::read(&document)?, ..Answer::default() };
    for choice in choices {
        read_choice(wanted.endpoint, choice, &mut answer)?;
    }
    match answer.choices.iter().position(|choice| choice.finish.is_none()) {
        None if answer.choices.is_empty() => return Err(malformed("there are no choices")),
        None => {}
        Some(index) => return Err(malformed(format!("there is no choice {index}"))),
    }
    if answer.label.is_some() && answer.usage.is_none() {
        return Err(malformed("no usage beside a label"));
    }
    if answer.label.is_some() && answer.choices.iter().any(|choice| choice.finish == Some(Finish::Other)) {
        return Err(malformed("the finish_reason is none that is documented"));
    }
    if answer.n_pieces > 0 {
        answer.first_text_at = Some(at);
    }
    answer.text = first_text(wanted.endpoint, document);
    Ok(answer)
}

fn read_choice(endpoint: Endpoint, fields: &ChoiceFields<'_>, answer: &mut Answer<'_>) -> Result<(), Fault> {
    let index = index(fields)?;
    let finish = Finish::read(required(fields.finish_reason.as_ref(), "choices[].finish_reason")?.as_str())?;
    let (text, n_bytes_beside, calls) = words(endpoint, fields, false)?;
    let choice = answer.choice(index);
    if choice.finish.replace(finish).is_some() {
        return Err(malformed(format!("two choices of index {index}")));
    }
    choice.n_text_bytes = text.len();
    choice.n_bytes_beside = n_bytes_beside;
    choice.calls = calls;
    if !text.is_empty() || n_bytes_beside > 0 {
        answer.n_pieces += 1;
    }
    Ok(())
}

/// The text of choice 0, taken out of the document.
fn first_text<'a>(endpoint: Endpoint, document: Document<'a>) -> Cow<'a, str> {
    let choices = document.choices.unwrap_or_default();
    let Some(choice) = choices.into_iter().find(|choice| choice.index == Some(0)) else {
        return Cow::default();
    };
    let text = match endpoint {
        Endpoint::Completions => choice.text,
        Endpoint::Chat => choice.message.and_then(|message| match message.content {
            Nullable::Text(text) => Some(text),
            Nullable::Null | Nullable::Missing => None,
        }),
    };
    text.map_or_else(Cow::default, Text::into_inner)
}
