//! What can be wrong with a server.

use std::time::Duration;

/// What a server does. Each but the first has one fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Everything right.
    Correct,

    // --- answers that do not come, or not whole
    /// A request is read, and nothing comes.
    Hang,
    /// The connection is reset instead of an answer.
    Reset,
    /// The right answer, so much later.
    Late(Duration),
    /// The connection ends in the middle of the answer.
    TruncatedBody,
    /// The stream ends in the middle of the answer as HTTP ends a body.
    TruncatedStream,
    /// The stream stops in the middle of the answer and stays open.
    StuckStream,
    /// A stream without its `[DONE]`.
    MissingDone,
    /// A stream without a finish reason.
    MissingFinish,
    /// A stream that ends with an error in the middle of the answer.
    ErrorInStream,

    // --- answers of a wrong form
    /// An error with the status 200.
    ErrorAsSuccess,
    /// The status 200 and nothing else.
    EmptyBody,
    /// The status 200 and a page.
    HtmlAsSuccess,
    /// The right text as plain text.
    PlainText,
    /// Documents without `id`.
    MissingField,
    /// Another chunk after `[DONE]`.
    DataAfterDone,
    /// In each stream a chunk of another answer.
    MixedStreams,

    // --- wrong statuses, and errors of a wrong form
    /// The status 500 instead of an answer.
    InternalErrors,
    /// The status 404 instead of an answer.
    NotFound,
    /// The status 503 instead of an answer, in good form: faultless, and of no use.
    RefusesEverybody,
    /// The same as a page.
    RefusesInHtml,
    /// Errors are pages.
    HtmlErrors,
    /// Errors have no body.
    EmptyErrors,
    /// Wrong requests are answered.
    AcceptsWrong,
    /// Wrong requests get the status 500.
    FailsOnWrong,

    // --- lies
    /// A whole answer with the status 503.
    LyingStatus,
    /// The finish reason `length`, where the answer ended by itself.
    LyingFinish,
    /// A label of another ending than the finish reason's.
    LyingLabel,
    /// Headers of another label than the body's.
    LyingHeaders,
    /// The tokens of prompt and answer are not the total.
    LyingUsage,
    /// A text of no tokens.
    NoTokens,

    // --- wrong words
    /// The answer to another client's question.
    WrongContent,
}

/// When the fault is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// From the first request on.
    Always,
    /// For a request that comes while more than so many others are on their way.
    Beside(usize),
    /// From the request after so many others on.
    After(u64),
}

// === impl Behaviour ===

impl Behaviour {
    /// Each with its name, which is also the word for it on a command line.
    pub const ALL: [(&'static str, Self); 32] = [
        ("correct", Self::Correct),
        ("hang", Self::Hang),
        ("reset", Self::Reset),
        ("late", Self::Late(Duration::from_secs(12))),
        ("truncated-body", Self::TruncatedBody),
        ("truncated-stream", Self::TruncatedStream),
        ("stuck-stream", Self::StuckStream),
        ("missing-done", Self::MissingDone),
        ("missing-finish", Self::MissingFinish),
        ("error-in-stream", Self::ErrorInStream),
        ("error-as-success", Self::ErrorAsSuccess),
        ("empty-body", Self::EmptyBody),
        ("html-as-success", Self::HtmlAsSuccess),
        ("plain-text", Self::PlainText),
        ("missing-field", Self::MissingField),
        ("data-after-done", Self::DataAfterDone),
        ("mixed-streams", Self::MixedStreams),
        ("internal-errors", Self::InternalErrors),
        ("not-found", Self::NotFound),
        ("refuses-everybody", Self::RefusesEverybody),
        ("refuses-in-html", Self::RefusesInHtml),
        ("html-errors", Self::HtmlErrors),
        ("empty-errors", Self::EmptyErrors),
        ("accepts-wrong", Self::AcceptsWrong),
        ("fails-on-wrong", Self::FailsOnWrong),
        ("lying-status", Self::LyingStatus),
        ("lying-finish", Self::LyingFinish),
        ("lying-label", Self::LyingLabel),
        ("lying-headers", Self::LyingHeaders),
        ("lying-usage", Self::LyingUsage),
        ("no-tokens", Self::NoTokens),
        ("wrong-content", Self::WrongContent),
    ];

    /// The behaviour of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(other, _)| *other == name).map(|(_, behaviour)| behaviour)
    }

    /// Whether it can only be seen in labels.
    #[must_use]
    pub const fn needs_labels(self) -> bool {
        matches!(self, Self::LyingLabel | Self::LyingHeaders)
    }
}
