//! Answers in one piece.

use serde_json::Value;

use super::fields::{field, list, number, object, only, text};
use super::{Answer, Choice, finish, frame, label, malformed, tokens, usage};
use crate::check::{Asked, Endpoint, Fault, Reply, Way};

pub(super) fn read(asked: &Asked, body: &[u8], reply: &Reply) -> Result<Answer, Fault> {
    if asked.way != Way::Whole {
        return Err(malformed("an answer in one piece, where a stream was asked for"));
    }
    if reply.header("content-type") != Some("application/json") {
        return Err(malformed(format!("content-type {:?}", reply.header("content-type"))));
    }
    if reply.header("content-length") != Some(&body.len().to_string()) {
        return Err(malformed("no content-length"));
    }
    let document: Value =
        serde_json::from_slice(body).map_err(|error| malformed(format!("no JSON: {error}")))?;
    let document = object(&document, "the answer")?;
    only(document, &["id", "object", "created", "model", "choices", "usage"], &["dragon"])?;
    let kind = match asked.endpoint {
        Endpoint::Chat => "chat.completion",
        Endpoint::Completions => "text_completion",
    };
    frame(asked, document, kind)?;
    let choices: Vec<Choice> = list(document, "choices")?
        .iter()
        .enumerate()
        .map(|(index, choice)| read_choice(asked.endpoint, index, choice))
        .collect::<Result<_, _>>()?;
    if choices.len() != asked.n {
        return Err(malformed(format!("{} choices instead of {}", choices.len(), asked.n)));
    }
    let answer = Answer {
        choices,
        usage: Some(usage(field(document, "usage")?)?),
        label: document.get("dragon").map(label).transpose()?,
        texts_at: Vec::new(),
    };
    check_headers(&answer, reply)?;
    Ok(answer)
}

fn read_choice(endpoint: Endpoint, index: usize, choice: &Value) -> Result<Choice, Fault> {
    let choice = object(choice, "a choice")?;
    let inner = match endpoint {
        Endpoint::Chat => "message",
        Endpoint::Completions => "text",
    };
    only(choice, &["index", inner, "logprobs", "finish_reason"], &[])?;
    if number(choice, "index")? != index as u64 {
        return Err(malformed(format!("choice {index} has another index")));
    }
    let mut read = Choice {
        finish: finish(field(choice, "finish_reason")?)?.to_owned(),
        tokens: tokens(endpoint, field(choice, "logprobs")?)?,
        ..Choice::default()
    };
    match endpoint {
        Endpoint::Completions => read.text = text(choice, "text")?.to_owned(),
        Endpoint::Chat => {
            let message = object(field(choice, "message")?, "`message`")?;
            only(message, &["role", "content", "refusal"], &["reasoning_content"])?;
            if text(message, "role")? != "assistant" || !field(message, "refusal")?.is_null() {
                return Err(malformed("the message is not a plain one of the assistant"));
            }
            read.text = text(message, "content")?.to_owned();
            if message.contains_key("reasoning_content") {
                read.reasoning = text(message, "reasoning_content")?.to_owned();
            }
        }
    }
    Ok(read)
}

/// The headers repeat the label.
fn check_headers(answer: &Answer, reply: &Reply) -> Result<(), Fault> {
    let Some(label) = &answer.label else { return Ok(()) };
    let shown = (reply.header("x-dragon-outcome"), reply.header("x-dragon-reason"));
    if shown != (Some(label.outcome.as_str()), label.reason.as_deref()) {
        return Err(Fault::Lie(format!("the headers say {shown:?}, the label does not")));
    }
    Ok(())
}
