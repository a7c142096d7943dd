//! The judge of one exchange. Pure: what was asked and what came back, nothing else.

use std::fmt;
use std::time::Duration;

use crate::ask::Ask;
use crate::exchange::Exchange;

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
    /// From when it was to be sent to the first text.
    pub first_text: Option<Duration>,
}

/// The columns of the scoreboard. Each request is in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Words of the model, whole, in time, and honestly labelled.
    Served,
    /// No word of the model, but said so in good form and in time: 429, 503, 504, or a labelled fallback.
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
pub fn judge(_ask: &Ask, _exchange: &Exchange, _rules: Rules) -> Verdict {
    Verdict { class: Class::Faulty, outcome: None, faults: Vec::new(), n_tokens: 0, first_text: None }
}
