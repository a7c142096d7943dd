//! `logprobs`, which is a switch in chat and a number in completions.

use super::field::Fields;
use crate::error::ApiError;
use crate::fields::TakenBy;
use crate::limits::MAX_TOP_LOGPROBS;

/// How many alternatives per token; `None` where no log-probabilities were asked for.
pub(super) fn top_logprobs(fields: &Fields<'_>, endpoint: TakenBy) -> Result<Option<u8>, ApiError> {
    match endpoint {
        TakenBy::Completions => alternatives(fields, "logprobs"),
        TakenBy::Chat | TakenBy::Both => chat(fields),
    }
}

fn chat(fields: &Fields<'_>) -> Result<Option<u8>, ApiError> {
    let wanted = fields.get("logprobs").map(|field| field.boolean()).transpose()?.unwrap_or(false);
    let top = alternatives(fields, "top_logprobs")?;
    match (wanted, top) {
        (true, top) => Ok(Some(top.unwrap_or(0))),
        (false, None) => Ok(None),
        (false, Some(_)) => Err(ApiError::invalid("top_logprobs", "is only allowed when logprobs is true")),
    }
}

fn alternatives(fields: &Fields<'_>, name: &str) -> Result<Option<u8>, ApiError> {
    let Some(field) = fields.get(name) else {
        return Ok(None);
    };
    let number = field.integer_in(0..=u32::from(MAX_TOP_LOGPROBS))?;
    Ok(u8::try_from(number).ok())
}
