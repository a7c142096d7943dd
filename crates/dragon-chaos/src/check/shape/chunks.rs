//! Streams: chunk by chunk, in the documented order.

use std::time::Duration;

use serde_json::{Map, Value};

use super::fields::{field, list, number, object, only, text};
use super::{Answer, Choice, Frame, finish, frame, label, malformed, tokens, usage};
use crate::check::{Asked, Endpoint, Event, Fault, StreamEnd, Way};

/// A stream as far as it was read.
struct Reader<'a> {
    asked: &'a Asked,
    frame: Option<Frame>,
    answer: Answer,
    /// Which choices have been opened with their role.
    opened: Vec<bool>,
    is_done: bool,
}

pub(super) fn read(
    asked: &Asked,
    events: &[Event],
    end: &StreamEnd,
    faults: &mut Vec<Fault>,
) -> Result<Answer, Fault> {
    if asked.way == Way::Whole {
        return Err(malformed("a stream, where an answer in one piece was asked for"));
    }
    let answer =
        Answer { choices: vec![Choice::default(); asked.n], usage: None, label: None, texts_at: Vec::new() };
    let mut reader = Reader { asked, frame: None, answer, opened: vec![false; asked.n], is_done: false };
    for event in events {
        let Some(data) = event.data() else {
            return Err(malformed(format!("an event is not one line of data: {:?}", event.lines)));
        };
        if reader.is_done {
            faults.push(Fault::AfterTheEnd(format!("{data} after [DONE]")));
        } else if data == "[DONE]" {
            reader.is_done = true;
        } else {
            reader.take(data, event.at)?;
        }
    }
    if let StreamEnd::Broken(why) = end {
        return Err(Fault::Truncated(why.clone()));
    }
    reader.finish()
}

// === impl Reader ===

impl Reader<'_> {
    fn take(&mut self, data: &str, at: Duration) -> Result<(), Fault> {
        let chunk: Value =
            serde_json::from_str(data).map_err(|error| malformed(format!("no JSON: {error}")))?;
        let chunk = object(&chunk, "a chunk")?;
        if let Some(error) = chunk.get("error") {
            return Err(Fault::Truncated(format!("the stream ended with the error {error}")));
        }
        if self.answer.label.is_some() {
            return Err(Fault::AfterTheEnd("a chunk after the one with the label".to_owned()));
        }
        only(chunk, &["id", "object", "created", "model", "choices"], &["usage", "dragon"])?;
        self.check_frame(chunk)?;
        let choices = list(chunk, "choices")?;
        match (choices, self.asked.way) {
            ([], Way::StreamedWithUsage) => {
                self.answer.usage = Some(usage(field(chunk, "usage")?)?);
                if !chunk.contains_key("dragon") {
                    return Err(Fault::NoLabel);
                }
            }
            ([choice], Way::StreamedWithUsage) if chunk.get("usage") == Some(&Value::Null) => {
                if chunk.contains_key("dragon") {
                    return Err(malformed("the label is not on the last chunk"));
                }
                self.take_choice(choice, at)?;
            }
            ([choice], Way::Streamed) if !chunk.contains_key("usage") => self.take_choice(choice, at)?,
            _ => return Err(malformed(format!("{} choices, or usage out of place: {data}", choices.len()))),
        }
        self.answer.label = chunk.get("dragon").map(label).transpose()?;
        Ok(())
    }

    fn check_frame(&mut self, chunk: &Map<String, Value>) -> Result<(), Fault> {
        let kind = match self.asked.endpoint {
            Endpoint::Chat => "chat.completion.chunk",
            Endpoint::Completions => "text_completion",
        };
        let frame = frame(self.asked, chunk, kind)?;
        match &self.frame {
            Some(first) if *first != frame => Err(malformed("chunks of two answers in one stream")),
            _ => {
                self.frame = Some(frame);
                Ok(())
            }
        }
    }

    fn take_choice(&mut self, choice: &Value, at: Duration) -> Result<(), Fault> {
        let choice = object(choice, "a choice")?;
        let inner = match self.asked.endpoint {
            Endpoint::Chat => "delta",
            Endpoint::Completions => "text",
        };
        only(choice, &["index", inner, "logprobs", "finish_reason"], &[])?;
        let index = usize::try_from(number(choice, "index")?).unwrap_or(usize::MAX);
        let Some(read) = self.answer.choices.get_mut(index) else {
            return Err(malformed(format!("there is no choice {index}")));
        };
        if !read.finish.is_empty() {
            return Err(Fault::AfterTheEnd(format!("choice {index} goes on after its end")));
        }
        let (piece, thought) = match self.asked.endpoint {
            Endpoint::Completions => (text(choice, "text")?, ""),
            Endpoint::Chat => {
                let delta = object(field(choice, "delta")?, "`delta`")?;
                if delta.contains_key("role") == std::mem::replace(&mut self.opened[index], true) {
                    return Err(malformed("the role is not on the first delta of a choice and there alone"));
                }
                read_delta(delta)?
            }
        };
        if !piece.is_empty() || !thought.is_empty() {
            self.answer.texts_at.push(at);
        }
        read.text.push_str(piece);
        read.reasoning.push_str(thought);
        read.tokens.extend(tokens(self.asked.endpoint, field(choice, "logprobs")?)?);
        let end = field(choice, "finish_reason")?;
        if !end.is_null() {
            finish(end)?.clone_into(&mut read.finish);
        }
        Ok(())
    }

    fn finish(self) -> Result<Answer, Fault> {
        if !self.is_done {
            return Err(Fault::Truncated("no [DONE]".to_owned()));
        }
        if let Some(index) = self.answer.choices.iter().position(|choice| choice.finish.is_empty()) {
            return Err(malformed(format!("choice {index} has no end")));
        }
        if self.asked.way == Way::StreamedWithUsage && self.answer.usage.is_none() {
            return Err(malformed("no usage"));
        }
        Ok(self.answer)
    }
}

/// Text and thinking of a delta.
fn read_delta(delta: &Map<String, Value>) -> Result<(&str, &str), Fault> {
    only(delta, &[], &["role", "content", "reasoning_content"])?;
    if delta.get("role").is_some_and(|role| role != "assistant") {
        return Err(malformed("the role is not the assistant's"));
    }
    let part = |name: &str| if delta.contains_key(name) { text(delta, name) } else { Ok("") };
    Ok((part("content")?, part("reasoning_content")?))
}
