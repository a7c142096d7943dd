//! What can be wrong with an answer.

use std::fmt;
use std::time::Duration;

/// One thing that is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No response at all, or one that cannot be read as HTTP.
    Unanswered(String),
    /// It was cut: the body, or a stream before its `[DONE]`.
    Truncated(String),
    /// Not the status 200 that a correct request gets.
    Status(u16),
    /// It ended after its deadline and the grace together.
    Late {
        /// By so much.
        by: Duration,
    },
    /// It is not of the documented form.
    Malformed(String),
    /// Something came after the end, or it ended twice.
    AfterTheEnd(String),
    /// There is no label where one belongs.
    NoLabel,
    /// The label does not agree with the rest of the answer, or with the request.
    Lie(String),
    /// The text is not what it would have been undisturbed.
    WrongText {
        /// Which choice.
        choice: usize,
        /// So many bytes are right.
        n_right: usize,
        /// In which way the rest is wrong.
        difference: Difference,
    },
    /// The tokens are not those of the undisturbed answer although the texts agree, or do not make up the text.
    WrongTokens(String),
    /// The tokens are counted wrongly.
    WrongCount(String),
    /// More or fewer restarts than there can have been.
    WrongReplays(String),
}

/// How a text goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// A piece is missing, and then it goes on rightly.
    Gap,
    /// A piece comes a second time.
    Repeat,
    /// It ends too early.
    Short,
    /// It goes on after its end.
    Long,
    /// Other words.
    Other,
}

// === impl Difference ===

impl Difference {
    /// In a word or two, for reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Repeat => "repetition",
            Self::Short => "too short",
            Self::Long => "too long",
            Self::Other => "other words",
        }
    }
}

// === impl Fault ===

impl Fault {
    /// Every kind, in the order of the report.
    pub const KINDS: [&'static str; 12] = [
        "unanswered",
        "truncated",
        "status",
        "late",
        "malformed",
        "after the end",
        "no label",
        "lie",
        "wrong text",
        "wrong tokens",
        "wrong count",
        "wrong replays",
    ];

    /// Its kind in a word or two.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unanswered(_) => "unanswered",
            Self::Truncated(_) => "truncated",
            Self::Status(_) => "status",
            Self::Late { .. } => "late",
            Self::Malformed(_) => "malformed",
            Self::AfterTheEnd(_) => "after the end",
            Self::NoLabel => "no label",
            Self::Lie(_) => "lie",
            Self::WrongText { .. } => "wrong text",
            Self::WrongTokens(_) => "wrong tokens",
            Self::WrongCount(_) => "wrong count",
            Self::WrongReplays(_) => "wrong replays",
        }
    }

    /// Whether a client would have to say that no answer came: nothing, or only a part without an end.
    #[must_use]
    pub const fn is_unanswered(&self) -> bool {
        matches!(self, Self::Unanswered(_) | Self::Truncated(_))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind())?;
        match self {
            Self::Unanswered(what)
            | Self::Truncated(what)
            | Self::Malformed(what)
            | Self::AfterTheEnd(what)
            | Self::Lie(what)
            | Self::WrongTokens(what)
            | Self::WrongCount(what)
            | Self::WrongReplays(what) => write!(f, ": {what}"),
            Self::Status(status) => write!(f, ": {status}"),
            Self::Late { by } => write!(f, ": by {} ms", by.as_millis()),
            Self::NoLabel => Ok(()),
            Self::WrongText { choice, n_right, difference } => {
                write!(f, ": choice {choice} after {n_right} bytes: {}", difference.as_str())
            }
        }
    }
}
