//! The sampling fields.

use dragon_core::sampling::{SamplingRequest, TokenId};

use super::field::{Field, Fields, Range};
use crate::error::ApiError;
use crate::limits::MAX_LOGIT_BIAS;
use crate::quote::shorten;

const TEMPERATURE: Range = Range::closed(0.0, 2.0);
const TOP_P: Range = Range::above(0.0, 1.0);
const MIN_P: Range = Range::closed(0.0, 1.0);
const PENALTY: Range = Range::closed(-2.0, 2.0);
/// Beyond a factor of 10, in either direction, a token that was generated once never comes again, or always:
/// `logit_bias` says that better, and logits stay finite.
const REPEAT_PENALTY: Range = Range::closed(0.1, 10.0);
const LOGIT_BIAS: Range = Range::closed(-100.0, 100.0);

pub(super) fn sampling(fields: &Fields<'_>) -> Result<SamplingRequest, ApiError> {
    let number = |name, range| fields.get(name).map(|field| field.number_in(range)).transpose();
    Ok(SamplingRequest {
        temperature: number("temperature", TEMPERATURE)?,
        top_p: number("top_p", TOP_P)?,
        top_k: fields.get("top_k").map(|field| top_k(&field)).transpose()?,
        min_p: number("min_p", MIN_P)?,
        presence_penalty: number("presence_penalty", PENALTY)?,
        frequency_penalty: number("frequency_penalty", PENALTY)?,
        repeat_penalty: number("repeat_penalty", REPEAT_PENALTY)?,
        logit_bias: logit_bias(fields)?,
        seed: fields.get("seed").map(|field| field.bits()).transpose()?,
        ignore_eos: fields.get("ignore_eos").map(|field| field.boolean()).transpose()?.unwrap_or(false),
    })
}

/// 0 and -1 both mean "keep all": llama-server's and vLLM's ways of saying so.
fn top_k(field: &Field<'_>) -> Result<u32, ApiError> {
    match field.value().as_i64() {
        Some(-1) => Ok(0),
        _ => field.integer_in(0..=u32::MAX),
    }
}

fn logit_bias(fields: &Fields<'_>) -> Result<Vec<(TokenId, f32)>, ApiError> {
    let Some(field) = fields.get("logit_bias") else {
        return Ok(Vec::new());
    };
    let entries = field.object()?;
    if entries.len() > MAX_LOGIT_BIAS {
        return Err(
            field.invalid(format!("has {} entries; at most {MAX_LOGIT_BIAS} are allowed", entries.len()))
        );
    }
    entries.iter().map(|(token, bias)| bias_entry(&field, token, &bias)).collect()
}

fn bias_entry(whole: &Field<'_>, token: &str, bias: &Field<'_>) -> Result<(TokenId, f32), ApiError> {
    let is_digits = token.bytes().all(|byte| byte.is_ascii_digit());
    match token.parse() {
        Ok(id) if is_digits => Ok((id, bias.number_in(LOGIT_BIAS)?)),
        _ => Err(whole.invalid(format!("must have token ids as its keys, not \"{}\"", shorten(token)))),
    }
}
