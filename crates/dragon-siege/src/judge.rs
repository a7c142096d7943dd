//! The judge of one exchange. Pure: what was asked and what came back, nothing else.
//!
//! Servers of every maker are judged, so what is demanded is what OpenAI's API demands; unknown fields are fine
//! everywhere. Only where an answer carries the label `dragon` has that to agree with everything else.
//!
//! It is cheap, because it runs beside the load: JSON is read into borrowed fields, a stream is read once, and text is
//! kept only where something has to be in it.

use std::fmt;
use std::time::Duration;

use crate::ask::Ask;
use crate::exchange::{Exchange, Reply, Silence};

mod answer;
mod content;
mod document;
mod error_body;
mod honesty;
pub mod label;
mod response;
mod stream;
mod whole;

#[cfg(test)]
mod tests;

/// The rules of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// From the moment at which a request was to be sent.
    pub deadline: Duration,
    /// How long after the deadline an answer may still end: what clients on a busy machine need to be scheduled.
    pub grace: Duration,
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// In which column it counts.
    pub class: Class,
    /// How it was labelled, where there is a label that can be read.
    pub outcome: Option<Outcome>,
    /// Everything that is wrong with it; empty unless the class is [`Class::Faulty`].
    pub faults: Vec<Fault>,
    /// Tokens of the model: by `usage`, else by the pieces of text that came.
    pub n_tokens: u64,
    /// From when it was to be sent to the first text of the model; for an answer in one piece, to its body.
    pub first_text: Option<Duration>,
    /// Whether its content was compared with what had to be in it.
    pub is_checked: bool,
    /// An answer of the right form without a word, a thought or a call, and without a fault.
    pub is_empty: bool,
    /// A stream without a label that leaves out the usage that was asked for. A target that does so in quiet does not
    /// know that wish; from one that knows it, it is a fault ([`Verdict::demand_usage`]).
    pub lacks_usage: bool,
}

/// The columns of the scoreboard. Each request is in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Words of the model, whole, in time, and honestly labelled.
    Served,
    /// No word of the model, but said so in good form and in time: 429, 503, 504, or a labelled fallback. (A fallback
    /// text without a label cannot be told from the model's own.) An answer without a word counts here as well: whoever
    /// asked has got nothing, whatever the status says.
    Refused,
    /// A wrong request, turned away as it should be.
    Rejected,
    /// Something is wrong with the answer, or there is none.
    Faulty,
}

/// How an answer was made, by its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the label's own words")]
pub enum Outcome {
    Complete,
    Landed,
    Partial,
    Fallback,
}

/// One thing that is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No response at all.
    Unanswered(String),
    /// It was cut: the body, or a stream without finish reason or `[DONE]`.
    Truncated(String),
    /// It is not of the documented form.
    Malformed(String),
    /// An error that says it is none (status 200).
    ErrorAsSuccess(String),
    /// A status that is wrong for what was asked, such as 500 for a correct request or 200 for a wrong one.
    WrongStatus(u16),
    /// It ended after its deadline and the grace together.
    Late {
        /// By so much.
        by: Duration,
    },
    /// Status, finish reason, label, usage and text do not agree.
    Lie(String),
    /// What has to be in it is not.
    WrongContent(String),
}

// === impl Fault ===

impl Fault {
    /// Every kind, in the order of the report.
    pub const KINDS: [&'static str; 8] = [
        "unanswered",
        "truncated",
        "malformed",
        "error as success",
        "wrong status",
        "late",
        "lie",
        "wrong content",
    ];

    /// Its kind in a word or two.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unanswered(_) => "unanswered",
            Self::Truncated(_) => "truncated",
            Self::Malformed(_) => "malformed",
            Self::ErrorAsSuccess(_) => "error as success",
            Self::WrongStatus(_) => "wrong status",
            Self::Late { .. } => "late",
            Self::Lie(_) => "lie",
            Self::WrongContent(_) => "wrong content",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind();
        match self {
            Self::Unanswered(why)
            | Self::Truncated(why)
            | Self::Malformed(why)
            | Self::ErrorAsSuccess(why)
            | Self::Lie(why)
            | Self::WrongContent(why) => write!(f, "{kind}: {why}"),
            Self::WrongStatus(status) => write!(f, "{kind}: {status}"),
            Self::Late { by } => write!(f, "{kind}: by {} ms", by.as_millis()),
        }
    }
}

/// Judges one exchange.
#[must_use]
pub fn judge(ask: &Ask, exchange: &Exchange, rules: Rules) -> Verdict {
    let mut verdict = match &exchange.reply {
        // It is late as well, but that says nothing more.
        Reply::None(silence) => return Verdict::faulty(Fault::Unanswered(silence.to_string())),
        Reply::Response(response) => response::judge(ask, exchange, response, rules),
    };
    let limit = rules.deadline.saturating_add(rules.grace);
    let latency = exchange.latency();
    if latency > limit && !verdict.faults.iter().any(|fault| matches!(fault, Fault::Unanswered(_))) {
        verdict.faults.push(Fault::Late { by: latency - limit });
    }
    if !verdict.faults.is_empty() {
        verdict.class = Class::Faulty;
        (verdict.is_empty, verdict.lacks_usage) = (false, false);
    }
    verdict
}

/// A stream without what `stream_options.include_usage` asks for.
const NO_USAGE: &str = "no usage, although it was asked for";

/// The beginning of what a server sent, for a message.
fn excerpt(text: &str) -> &str {
    /// Longer quotations tell no more.
    const MAX_BYTES: usize = 160;
    let mut end = text.len().min(MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

// === impl Verdict ===

impl Verdict {
    fn of(class: Class) -> Self {
        Self {
            class,
            outcome: None,
            faults: Vec::new(),
            n_tokens: 0,
            first_text: None,
            is_empty: false,
            lacks_usage: false,
            is_checked: false,
        }
    }

    /// Makes a missing usage a fault, for a target that has sent one in quiet.
    pub fn demand_usage(&mut self) {
        if self.lacks_usage {
            self.faults.push(Fault::Malformed(NO_USAGE.to_owned()));
            self.class = Class::Faulty;
        }
    }

    fn faulty(fault: Fault) -> Self {
        Self { faults: vec![fault], ..Self::of(Class::Faulty) }
    }
}

// === impl Silence ===

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "no connection: {why}"),
            Self::Closed(why) => write!(f, "the connection ended before a response: {why}"),
            Self::Hung => write!(f, "nothing had come when the client gave up"),
            Self::NotHttp(why) => write!(f, "what came is not HTTP: {why}"),
        }
    }
}
