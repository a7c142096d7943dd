//! The prompts of `/v1/completions`.

use super::field::{Field, Fields};
use crate::error::ApiError;

const EXPECTED: &str = "a string or a list of strings";

/// One prompt, or a list of them; none empty.
pub(super) fn prompts(fields: &Fields<'_>) -> Result<Vec<String>, ApiError> {
    let field = fields.required("prompt", EXPECTED)?;
    let Some(prompts) = field.list() else {
        let prompt = field.value().as_str().ok_or_else(|| field.wrong_type(EXPECTED))?;
        return Ok(vec![not_empty(&field, prompt)?]);
    };
    if prompts.is_empty() {
        return Err(field.invalid("must have at least one prompt"));
    }
    prompts.iter().map(|prompt| listed(&field, prompt)).collect()
}

fn listed(whole: &Field<'_>, prompt: &Field<'_>) -> Result<String, ApiError> {
    if prompt.value().is_number() || prompt.value().is_array() {
        return Err(whole.unsupported("send the prompt as text: lists of token ids are not taken"));
    }
    not_empty(prompt, prompt.string()?)
}

fn not_empty(field: &Field<'_>, prompt: &str) -> Result<String, ApiError> {
    if prompt.is_empty() {
        return Err(field.invalid("must not be empty"));
    }
    Ok(prompt.to_owned())
}
