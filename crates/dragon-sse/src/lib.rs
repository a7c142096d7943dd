//! Reads a stream of server-sent events as it arrives, in pieces of any size, after WHATWG HTML, section
//! 9.2.6 ("Interpreting an event stream").
//!
//! What a server sends is never trusted: lines and events have a longest length, beyond which the stream is
//! given up, so a hostile server can make a reader hold that much and no more. `id` and `retry` are passed
//! over, because nobody here reconnects.
//!
//! It knows no I/O, no JSON and no HTTP. [`Decoder::push`] is the way in.

mod decoder;

pub use decoder::{Decoder, Event, Limits, TooLong};

/// The data that ends a stream of an OpenAI-compatible server.
pub const DONE: &str = "[DONE]";

// === impl Event ===

impl Event {
    /// Whether this is `[DONE]`.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.data == DONE
    }
}

#[cfg(test)]
mod tests;
