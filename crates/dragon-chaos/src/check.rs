//! The judge of one answer: is it whole, in time, well-formed, honestly labelled, and is its text the one that
//! nobody disturbed?
//!
//! Pure: it gets what was asked, what the undisturbed answer was, what came back and when, and which engines died
//! meanwhile. It knows the formats from their documentation only and shares no code with the server, so that a
//! mistake there is not repeated here.

mod fault;
mod history;
mod label;
mod shape;
mod text;
mod transcript;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use dragon_siege::ask::{Endpoint, Way};
pub use fault::{Difference, Fault};
pub use history::{History, HistoryFault};
pub use label::{Label, Outcome};
pub use shape::{Answer, Choice, Usage};
pub use transcript::{Event, Reply, StreamEnd, Transcript};

/// What of a request its answer is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Where it went.
    pub endpoint: Endpoint,
    /// How the answer was to come.
    pub way: Way,
    /// Id of the model.
    pub model: String,
    /// Most tokens for each choice.
    pub max_tokens: u64,
    /// Choices.
    pub n: usize,
    /// The stop string, where there is one.
    pub stop: Option<String>,
    /// The seed, where one was sent.
    pub seed: Option<u64>,
    /// Whether log-probabilities, and so the tokens themselves, were asked for.
    pub logprobs: bool,
    /// The deadline that holds for it.
    pub deadline: Duration,
}

/// The undisturbed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its choices in the order of their indices.
    pub choices: Vec<Choice>,
    /// Its token counts.
    pub usage: Usage,
}

/// What differing from the reference means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exactness {
    /// A fault: the model gives the same text every time.
    Exact,
    /// Counted only: floating point depends on the batch, so another text may be right.
    Measured,
}

/// The death of an engine on the clock of the transcripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Death {
    /// When it was killed, or stopped so that the server had to kill it.
    pub at: Duration,
    /// When another engine was seen ready; `None`: not yet.
    pub ready_at: Option<Duration>,
}

/// The rules of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whether the text has to be the reference's.
    pub exactness: Exactness,
    /// How long after the deadline an answer may still end: what is promised, and what the client itself needs to
    /// be scheduled on a busy machine.
    pub grace: Duration,
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// How it was labelled, where it had a label that can be read.
    pub label: Option<Label>,
    /// Whether all texts are those of the reference.
    pub is_reference: bool,
    /// Everything that is wrong with it.
    pub faults: Vec<Fault>,
    /// From sending to the end.
    pub took: Duration,
    /// The longest silence between two pieces of text.
    pub worst_gap: Option<(Duration, Duration)>,
}

/// Judges one answer.
#[must_use]
pub fn check(
    asked: &Asked,
    reference: &Reference,
    transcript: &Transcript,
    deaths: &[Death],
    rules: Rules,
) -> Verdict {
    let mut faults = Vec::new();
    let took = transcript.ended_at.saturating_sub(transcript.sent_at);
    let limit = asked.deadline + rules.grace;
    if took > limit {
        faults.push(Fault::Late { by: took - limit });
    }
    let answer = shape::read(asked, transcript, &mut faults);
    let mut verdict = Verdict { label: None, is_reference: false, faults, took, worst_gap: None };
    if let Some(answer) = answer {
        let faults = &mut verdict.faults;
        verdict.worst_gap = answer.worst_gap();
        verdict.is_reference = text::is_reference(&answer, reference);
        if let Some(label) = &answer.label {
            label::check(asked, &answer, label, took, faults);
            label::check_replays(label, &answer.texts_at, transcript, deaths, faults);
            text::check(asked, reference, &answer, label, rules.exactness, faults);
        }
        verdict.label = answer.label;
    }
    verdict
}

/// Reads an answer for its own sake: the one that others are compared with.
///
/// # Errors
/// Everything that is wrong with its form.
pub fn read(asked: &Asked, transcript: &Transcript) -> Result<Answer, Vec<Fault>> {
    let mut faults = Vec::new();
    match shape::read(asked, transcript, &mut faults) {
        Some(answer) if faults.is_empty() => Ok(answer),
        _ => Err(faults),
    }
}

// === impl Verdict ===

impl Verdict {
    /// Whether nothing came that a client could take for an answer.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        self.faults.iter().any(Fault::is_unanswered)
    }

    /// Whether it is the model's whole answer, the undisturbed one, with nothing wrong about it.
    #[must_use]
    pub fn is_as_if_nothing_had_happened(&self) -> bool {
        self.faults.is_empty() && self.is_reference && self.outcome() == Some(Outcome::Complete)
    }

    /// Whether an engine died while its text was made: that of the generation that it joined, where it shares one.
    #[must_use]
    pub fn may_be_resumed(&self) -> bool {
        self.label.as_ref().is_some_and(|label| label.replays > 0 || label.shared)
    }

    /// How it was labelled.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.label.as_ref().map(|label| label.outcome)
    }
}
