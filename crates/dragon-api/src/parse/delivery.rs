//! How the client wants the answer: stop strings, stream or whole.

use super::field::{Field, Fields};
use super::ignored::Ignored;
use crate::error::ApiError;
use crate::limits::{MAX_STOP_BYTES, MAX_STOP_STRINGS};
use crate::request::Delivery;

/// `stop`: a string or a list of strings.
pub(super) fn stop(fields: &Fields<'_>) -> Result<Vec<String>, ApiError> {
    let Some(field) = fields.get("stop") else {
        return Ok(Vec::new());
    };
    let Some(strings) = field.list() else {
        let string =
            field.value().as_str().ok_or_else(|| field.wrong_type("a string or a list of strings"))?;
        return Ok(vec![stop_string(&field, string)?]);
    };
    if strings.len() > MAX_STOP_STRINGS {
        return Err(
            field.invalid(format!("has {} strings; at most {MAX_STOP_STRINGS} are allowed", strings.len()))
        );
    }
    strings.iter().map(|string| stop_string(string, string.string()?)).collect()
}

fn stop_string(field: &Field<'_>, string: &str) -> Result<String, ApiError> {
    if string.is_empty() || string.len() > MAX_STOP_BYTES {
        return Err(field.invalid(format!("must have 1 to {MAX_STOP_BYTES} bytes, not {}", string.len())));
    }
    Ok(string.to_owned())
}

/// `stream` and `stream_options`.
pub(super) fn delivery(fields: &Fields<'_>, ignored: &mut Ignored) -> Result<Delivery, ApiError> {
    let is_stream = fields.get("stream").map(|field| field.boolean()).transpose()?.unwrap_or(false);
    let options = fields.get("stream_options");
    match (is_stream, options) {
        (false, None) => Ok(Delivery::Whole),
        (false, Some(options)) => Err(options.invalid("is only allowed when stream is true")),
        (true, None) => Ok(Delivery::Stream { include_usage: false }),
        (true, Some(options)) => stream(&options.object()?, ignored),
    }
}

fn stream(options: &Fields<'_>, ignored: &mut Ignored) -> Result<Delivery, ApiError> {
    let include_usage = options.get("include_usage").map(|field| field.boolean()).transpose()?;
    options
        .iter()
        .filter(|(name, _)| *name != "include_usage")
        .for_each(|(_, field)| ignored.add(field.path()));
    Ok(Delivery::Stream { include_usage: include_usage.unwrap_or(false) })
}
