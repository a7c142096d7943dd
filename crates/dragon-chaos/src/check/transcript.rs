//! What a client saw, byte for byte and with its times, before anybody judges it.

use std::time::Duration;

/// One request and all that came back. Times are those of the run's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// What was sent as `x-request-id`.
    pub request_id: String,
    /// When the request was about to be sent; connecting counts as well.
    pub sent_at: Duration,
    /// When the last byte was read, or the client gave up.
    pub ended_at: Duration,
    /// What came.
    pub reply: Reply,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Nothing that is a response of HTTP, and why.
    None(String),
    /// A response in one piece.
    Whole {
        /// Such as 200.
        status: u16,
        /// Names in lower case.
        headers: Vec<(String, String)>,
        /// The body, chunks joined.
        body: Vec<u8>,
    },
    /// A response that is a stream of events.
    Stream {
        /// Such as 200.
        status: u16,
        /// Names in lower case.
        headers: Vec<(String, String)>,
        /// What came until the end.
        events: Vec<Event>,
        /// How it ended.
        end: StreamEnd,
    },
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When its last byte was read.
    pub at: Duration,
    /// Its lines without their ends.
    pub lines: Vec<String>,
}

/// How the body of a stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEnd {
    /// As HTTP ends a body.
    Closed,
    /// It broke off, or stayed silent for too long.
    Broken(String),
}

// === impl Event ===

impl Event {
    /// The value of its only `data:` line; `None` where it has other lines.
    pub(super) fn data(&self) -> Option<&str> {
        match self.lines.as_slice() {
            [line] => line.strip_prefix("data: "),
            _ => None,
        }
    }
}

// === impl Reply ===

impl Reply {
    /// The first header of a name, which is given in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let headers = match self {
            Self::None(_) => return None,
            Self::Whole { headers, .. } | Self::Stream { headers, .. } => headers,
        };
        headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}
