//! From the bytes of a body to a [`GenerateRequest`].
//!
//! The body is parsed into a `serde_json::Value` first and then walked with typed extractors that carry the
//! path of what they look at, because a derived parser cannot say where in `messages[2].content[0]` it
//! failed. `null` for an optional field is the same as its absence; of a key that comes twice the last wins.

mod completion;
mod delivery;
mod field;
mod ignored;
mod json;
mod logprobs;
mod messages;
mod sampling;
mod unsupported;

use crate::error::ApiError;
use crate::fields::TakenBy;
use crate::limits::MAX_CHOICES;
use crate::quote::shorten;
use crate::request::{ChatInput, GenerateRequest, Input};

use field::Fields;

/// Parses the body of `/v1/chat/completions`.
///
/// # Errors
/// An [`ApiError`] with status 400 that names the first field at fault.
pub fn parse_chat(body: &[u8]) -> Result<GenerateRequest, ApiError> {
    parse(body, TakenBy::Chat, |fields, ignored| {
        Ok(Input::Chat(ChatInput {
            messages: messages::messages(fields, ignored)?,
            template_kwargs: messages::template_kwargs(fields)?,
            reasoning_effort: messages::reasoning_effort(fields)?,
        }))
    })
}

/// Parses the body of `/v1/completions`.
///
/// # Errors
/// An [`ApiError`] with status 400 that names the first field at fault.
pub fn parse_completion(body: &[u8]) -> Result<GenerateRequest, ApiError> {
    parse(body, TakenBy::Completions, |fields, _| Ok(Input::Prompts(completion::prompts(fields)?)))
}

fn parse(
    body: &[u8],
    endpoint: TakenBy,
    input: impl FnOnce(&Fields<'_>, &mut ignored::Ignored) -> Result<Input, ApiError>,
) -> Result<GenerateRequest, ApiError> {
    let body = json::object(body)?;
    let fields = Fields::root(&body);
    unsupported::refuse(&fields)?;
    unsupported::check_without_effect(&fields)?;
    let mut ignored = ignored::Ignored::of_body(&fields, endpoint);
    let model = model(&fields)?;
    let input = input(&fields, &mut ignored)?;
    Ok(GenerateRequest {
        model,
        n: n_choices(&fields, &input)?,
        input,
        max_tokens: max_tokens(&fields, endpoint)?,
        sampling: sampling::sampling(&fields)?,
        stop: delivery::stop(&fields)?,
        delivery: delivery::delivery(&fields, &mut ignored)?,
        top_logprobs: logprobs::top_logprobs(&fields, endpoint)?,
        ignored: ignored.into_names(),
    })
}

fn model(fields: &Fields<'_>) -> Result<String, ApiError> {
    let model = fields.required("model", "the id of a served model")?;
    match model.string()? {
        "" => Err(model.invalid("must be the id of a served model, not an empty string")),
        id => Ok(id.to_owned()),
    }
}

/// `n`, which together with the number of prompts stays within [`MAX_CHOICES`].
fn n_choices(fields: &Fields<'_>, input: &Input) -> Result<u32, ApiError> {
    let n = match fields.get("n") {
        Some(n) => n.integer_in(1..=MAX_CHOICES)?,
        None => 1,
    };
    let n_prompts = match input {
        Input::Chat(_) => 1,
        Input::Prompts(prompts) => prompts.len(),
    };
    let n_prompts = u32::try_from(n_prompts).unwrap_or(u32::MAX);
    let n_choices = n_prompts.saturating_mul(n);
    if n_choices <= MAX_CHOICES {
        return Ok(n);
    }
    let (param, problem) = if n_prompts > MAX_CHOICES {
        ("prompt", format!("has {n_prompts} prompts; at most {MAX_CHOICES} are allowed"))
    } else {
        ("n", format!("times the {n_prompts} prompts must be at most {MAX_CHOICES}, not {n_choices}"))
    };
    Err(ApiError::invalid(param, problem))
}

/// `max_tokens`, under either of its names.
fn max_tokens(fields: &Fields<'_>, endpoint: TakenBy) -> Result<Option<u32>, ApiError> {
    let older = fields.get("max_tokens").map(|field| field.count()).transpose()?;
    if endpoint != TakenBy::Chat {
        return Ok(older);
    }
    let newer = fields.get("max_completion_tokens").map(|field| field.count()).transpose()?;
    match (older, newer) {
        (Some(older), Some(newer)) if older != newer => Err(ApiError::invalid(
            "max_completion_tokens",
            format!("is {newer} where max_tokens is {older}; they mean the same, so send one of them"),
        )),
        _ => Ok(newer.or(older)),
    }
}

/// A path one level deeper: `parent.key`, or `key` at the top. Keys come from clients and are shortened.
fn child_path(parent: &str, key: &str) -> String {
    let key = shorten(key);
    if parent.is_empty() { key } else { format!("{parent}.{key}") }
}
