//! Why a response did not come, or not to its end, in words.

use std::error::Error;

use crate::exchange::Silence;

/// What it means for a request whose response has not begun.
pub(super) fn before_response(error: &hyper::Error) -> Silence {
    if error.is_parse() { Silence::NotHttp(in_words(error)) } else { Silence::Closed(in_words(error)) }
}

/// The error with its cause; hyper tells the two apart.
pub(super) fn in_words(error: &hyper::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
