//! Bytes to a JSON object.

use serde_json::{Map, Value};

use super::field::type_name;
use crate::error::{ApiError, BODY};

/// The body as an object. Nesting is bounded by serde_json (128 levels).
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let text =
        std::str::from_utf8(body).map_err(|error| ApiError::InvalidUtf8 { offset: error.valid_up_to() })?;
    let value: Value = serde_json::from_str(text).map_err(|error| invalid_json(&error))?;
    match value {
        Value::Object(object) => Ok(object),
        other => Err(ApiError::InvalidType {
            param: BODY.to_owned(),
            expected: "a JSON object",
            found: type_name(&other),
        }),
    }
}

fn invalid_json(error: &serde_json::Error) -> ApiError {
    // The parser's words end with the position, which we give in our own.
    let words = error.to_string();
    let problem = words.rsplit_once(" at line ").map_or(words.as_str(), |(problem, _)| problem);
    ApiError::InvalidJson { problem: problem.to_owned(), line: error.line(), column: error.column() }
}
