//! What came back, with its times, before anybody judges it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// One request and all that came back. Times are those of the run's clock.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// When it was to be sent. Latency counts from here, so that a stalled server cannot hide behind requests that were
    /// not sent because of it ("coordinated omission").
    pub intended_at: Duration,
    /// When it was sent; connecting counts as well.
    pub sent_at: Duration,
    /// When the last byte was read, or the client gave up.
    pub ended_at: Duration,
    /// What came.
    pub reply: Reply,
}

/// What came back.
#[derive(Debug, Clone)]
pub enum Reply {
    /// No response.
    None(Silence),
    /// A response, perhaps cut.
    Response(Response),
}

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silence {
    /// No connection could be made.
    Unreachable(String),
    /// The connection ended before a response.
    Closed(String),
    /// Nothing had come when the client gave up.
    Hung,
    /// What came is not HTTP.
    NotHttp(String),
}

/// A response.
#[derive(Debug, Clone)]
pub struct Response {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// As much of the body as came (and as is kept, see [`BodyEnd::TooLong`]).
    pub body: Bytes,
    /// When each part of the body came, and where in it that part ends.
    pub arrivals: Vec<Arrival>,
    /// How the body ended.
    pub end: BodyEnd,
}

/// A part of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// When it came.
    pub at: Duration,
    /// The length of the body with it.
    pub body_len: usize,
}

/// How a body ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyEnd {
    /// As HTTP ends a body.
    Whole,
    /// The connection ended in the middle of it.
    Cut(String),
    /// More had not come when the client gave up.
    Hung,
    /// It was longer than any answer to what was asked for.
    TooLong,
}

/// How a hostile connection ended for whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostileEnd {
    /// It left, as it wanted.
    Left,
    /// The server sent a response of this status first.
    Answered(u16),
    /// The server closed the connection first.
    Closed,
    /// It could not even connect.
    Unreachable(String),
}

// === impl Exchange ===

impl Exchange {
    /// From when it was to be sent to its end.
    #[must_use]
    pub fn latency(&self) -> Duration {
        self.ended_at.saturating_sub(self.intended_at)
    }
}
