//! Request headers that are ours.

use std::time::Duration;

use crate::error::ApiError;
use crate::quote::quote;

/// `x-dragon-fallback`: what a client gets where no text of the model can be had in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FallbackMode {
    /// A labelled answer with status 200.
    #[default]
    Answer,
    /// An error with a status that says why.
    Error,
}

/// `x-dragon-guard`: what the detection of loops and ambiguity may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardMode {
    /// Detect and act.
    On,
    /// Detect and report only.
    Alarm,
    /// Do not look.
    Off,
}

/// `x-dragon-deadline-ms`: whole milliseconds, at least 1.
///
/// A number too large for any integer is still a number: it saturates, and the server's maximum clamps it.
///
/// # Errors
/// [`ApiError::InvalidValue`] for anything that is not digits, and for 0.
pub fn parse_deadline_header(value: &str) -> Result<Duration, ApiError> {
    let digits = value.trim();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let millis = digits.parse().unwrap_or(u64::MAX);
    if !is_number || millis == 0 {
        return Err(ApiError::invalid(
            "x-dragon-deadline-ms",
            format!("must be a whole number of milliseconds, 1 or more, not {}", quote(value)),
        ));
    }
    Ok(Duration::from_millis(millis))
}

/// `x-dragon-fallback: answer | error`.
///
/// # Errors
/// [`ApiError::InvalidValue`] for any other word.
pub fn parse_fallback_header(value: &str) -> Result<FallbackMode, ApiError> {
    match value.trim() {
        "answer" => Ok(FallbackMode::Answer),
        "error" => Ok(FallbackMode::Error),
        _ => Err(unknown_word("x-dragon-fallback", "answer or error", value)),
    }
}

/// `x-dragon-guard: on | alarm | off`.
///
/// # Errors
/// [`ApiError::InvalidValue`] for any other word.
pub fn parse_guard_header(value: &str) -> Result<GuardMode, ApiError> {
    match value.trim() {
        "on" => Ok(GuardMode::On),
        "alarm" => Ok(GuardMode::Alarm),
        "off" => Ok(GuardMode::Off),
        _ => Err(unknown_word("x-dragon-guard", "on, alarm or off", value)),
    }
}

fn unknown_word(header: &str, allowed: &str, value: &str) -> ApiError {
    ApiError::invalid(header, format!("must be {allowed}, not {}", quote(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_whole_milliseconds_above_zero() {
        assert_eq!(parse_deadline_header(" 2500 "), Ok(Duration::from_millis(2500)));
        assert_eq!(parse_deadline_header(&"9".repeat(40)), Ok(Duration::from_millis(u64::MAX)));
        for wrong in ["0", "000", "-5", "+5", "1.5", "", "soon", "1e3", "٣"] {
            let error = parse_deadline_header(wrong).expect_err(wrong);
            assert_eq!((error.status(), error.param()), (400, Some("x-dragon-deadline-ms")), "{wrong}");
        }
    }

    #[test]
    fn words_are_exact() {
        assert_eq!(parse_fallback_header("error"), Ok(FallbackMode::Error));
        assert_eq!(parse_fallback_header("answer"), Ok(FallbackMode::Answer));
        assert_eq!(parse_guard_header("alarm"), Ok(GuardMode::Alarm));
        assert_eq!(parse_fallback_header("none").map_err(|e| e.status()), Err(400));
        assert_eq!(parse_guard_header("ON").map_err(|e| e.status()), Err(400));
    }
}
