//! What is sent, and what has to come back.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};

/// What one worker does once.
#[derive(Debug, Clone)]
pub enum Shot {
    /// A request of correct HTTP, whose answer is judged: shared by who sends it and who judges it.
    Ask(Arc<Ask>),
    /// Something that breaks the protocol, leaves early or dawdles. No answer is owed.
    Hostile(Script),
    /// A signal to the target's engine.
    Kill(Signal),
}

/// A request and what its answer is judged by.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Such as POST.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Besides `host`, `content-length`, the API key and `x-dragon-deadline-ms`, which the client adds.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, empty for none.
    pub body: Bytes,
    /// What has to come back.
    pub expects: Expects,
}

/// What has to come back.
#[derive(Debug, Clone)]
pub enum Expects {
    /// Words of the model, or a refusal in good form.
    Answer(Wanted),
    /// An error of the client's: status 4xx, in the form of OpenAI's errors.
    Rejection,
    /// One of the two: servers may take it or turn it away.
    Either(Wanted),
}

/// An answer that was asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Which form it has.
    pub endpoint: Endpoint,
    /// As a stream or in one piece.
    pub way: Way,
    /// The model that was named.
    pub model: String,
    /// The most tokens that were asked for, where a sensible number was.
    pub max_tokens: Option<u64>,
    /// What has to be in it, where that is known.
    pub check: Option<Check>,
}

/// Which of the two generating endpoints is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the API's own words")]
pub enum Endpoint {
    Chat,
    Completions,
}

/// How an answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// In one piece.
    Whole,
    /// As a stream, with `stream_options.include_usage`.
    StreamedWithUsage,
    /// As a stream without usage.
    Streamed,
}

/// What a right answer has in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// One of these, in any case, as whole words.
    OneOf(Vec<String>),
    /// This text to the letter.
    Echo(String),
    /// A JSON object (alone, or within a code fence) in which this key has this value.
    Json {
        /// The key.
        key: String,
        /// Its value.
        value: serde_json::Value,
    },
}

/// A socket's life step by step.
#[derive(Debug, Clone)]
pub struct Script {
    /// What is done after connecting, in order.
    pub steps: Vec<Step>,
    /// How it is left in the end.
    pub leave: Leave,
}

/// One step of a [`Script`].
#[derive(Debug, Clone)]
pub enum Step {
    /// Sends these bytes at once.
    Send(Bytes),
    /// Sends these bytes in pieces of so many, with a pause after each.
    Drip {
        /// What is sent.
        bytes: Bytes,
        /// Bytes at a time.
        n_at_once: usize,
        /// Pause after each piece.
        pause: Duration,
    },
    /// Does nothing for a while.
    Pause(Duration),
    /// Reads so many bytes at most, and no longer than this.
    Read {
        /// Bytes at most.
        n_bytes: usize,
        /// Time at most.
        within: Duration,
    },
    /// Reads in pieces of so many bytes with a pause after each, until the server ends it, and no longer than this.
    Sip {
        /// Bytes at a time.
        n_at_once: usize,
        /// Pause after each piece.
        pause: Duration,
        /// Time at most.
        within: Duration,
    },
    /// Says that nothing more will be sent.
    HalfClose,
}

/// How a connection is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// As one should.
    Close,
    /// With a reset.
    Reset,
    /// Not before the server closes it, or this has passed.
    Await(Duration),
}

/// A signal to an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the signals' own names")]
pub enum Signal {
    Kill,
    Stop,
}

// === impl Shot ===

impl Shot {
    /// A request whose answer is judged.
    #[must_use]
    pub fn ask(ask: Ask) -> Self {
        Self::Ask(Arc::new(ask))
    }
}

// === impl Endpoint ===

impl Endpoint {
    /// Where requests go.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Completions => "/v1/completions",
        }
    }
}

// === impl Way ===

impl Way {
    /// Whether it comes as a stream.
    #[must_use]
    pub const fn is_streamed(self) -> bool {
        !matches!(self, Self::Whole)
    }
}

// === impl Expects ===

impl Expects {
    /// The answer that was asked for, where one was.
    #[must_use]
    pub const fn wanted(&self) -> Option<&Wanted> {
        match self {
            Self::Answer(wanted) | Self::Either(wanted) => Some(wanted),
            Self::Rejection => None,
        }
    }
}
