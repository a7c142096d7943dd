//! The words that say how an answer was made.

use std::time::Duration;

/// How an answer was made. Ordered from best to worst, so that the worst of several choices is their maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The model ended, a stop string matched, or the `max_tokens` that the client asked for was reached.
    Complete,
    /// The model was made to conclude early.
    Landed,
    /// Text of the model, cut without a conclusion.
    Partial,
    /// No word of it is the model's.
    Fallback,
}

/// Why an answer is not [`Outcome::Complete`]. A closed list: clients match on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The deadline came first.
    Deadline,
    /// The server is too slow for its load, so the end was moved forward.
    Load,
    /// The text repeated itself without end.
    Loop,
    /// The question has no single answer.
    Ambiguous,
    /// The server is stopping.
    Shutdown,
    /// The engine process died and no other could continue in time.
    EngineDown,
    /// This prompt has broken the engine before.
    Quarantined,
    /// The context ended before the tokens asked for were made.
    Context,
    /// The model's configured default limit cut it; the client asked for none.
    Limit,
    /// The queue is full.
    Busy,
}

/// The `finish_reason` of one choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FinishReason {
    /// The model ended by itself or a stop string matched.
    Stop,
    /// Anything else that ended it.
    Length,
}

/// How one choice ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// How the text was made.
    pub outcome: Outcome,
    /// Why it is not complete; `None` exactly when `outcome` is [`Outcome::Complete`].
    pub reason: Option<Reason>,
    /// What clients of the OpenAI API look at.
    pub finish: FinishReason,
}

/// The label on every answer: how it was made and where its time went.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The worst outcome of all choices.
    pub outcome: Outcome,
    /// The reason that belongs to it.
    pub reason: Option<Reason>,
    /// Id of the model that was asked.
    pub model: String,
    /// The deadline that held, counted from the first byte of the request.
    pub deadline: Duration,
    /// From arrival to the start of the prefill.
    pub queued: Duration,
    /// From the start of the prefill to the first token.
    pub prefill: Duration,
    /// From the first token to the last.
    pub decode: Duration,
    /// The seed used, also where the server drew it.
    pub seed: u64,
    /// Whether this answer joined another's generation.
    pub shared: bool,
    /// Engine restarts that this request lived through.
    pub replays: u32,
    /// Request fields that were not known and had no effect.
    pub ignored: Vec<String>,
    /// Each choice's own ending.
    pub choices: Vec<Ending>,
    /// How likely the question has several answers, 0 to 1; `None` where nobody looked.
    pub ambiguity: Option<f32>,
    /// What the guard found in each choice, whether or not it acted; empty where it did not look.
    pub findings: Vec<Findings>,
}

/// What the guard found in one choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Findings {
    /// Characters of the text, or of the thinking, after which it repeats itself without end.
    pub loop_onset_chars: Option<usize>,
    /// Whether the model went back on what it had said far more often than it usually does.
    pub has_reanalysed: bool,
}

// === impl Ending ===

impl Ending {
    /// The model ended by itself or a stop string matched.
    pub const STOPPED: Self = Self { outcome: Outcome::Complete, reason: None, finish: FinishReason::Stop };
    /// The `max_tokens` that the client asked for was reached.
    pub const REACHED_MAX_TOKENS: Self =
        Self { outcome: Outcome::Complete, reason: None, finish: FinishReason::Length };

    /// The model was made to conclude for `reason`.
    pub const fn landed(reason: Reason) -> Self {
        Self { outcome: Outcome::Landed, reason: Some(reason), finish: FinishReason::Length }
    }

    /// Text of the model, cut for `reason`.
    pub const fn partial(reason: Reason) -> Self {
        Self { outcome: Outcome::Partial, reason: Some(reason), finish: FinishReason::Length }
    }

    /// No word is the model's, for `reason`.
    pub const fn fallback(reason: Reason) -> Self {
        Self { outcome: Outcome::Fallback, reason: Some(reason), finish: FinishReason::Length }
    }

    /// Cut for `reason`: honest about whether any text of the model exists.
    pub const fn cut(reason: Reason, has_model_text: bool) -> Self {
        if has_model_text { Self::partial(reason) } else { Self::fallback(reason) }
    }

    /// The worst ending of several; [`Ending::STOPPED`] for none.
    pub fn worst(endings: &[Ending]) -> Ending {
        endings.iter().copied().max_by_key(|ending| ending.outcome).unwrap_or(Self::STOPPED)
    }
}

// === impl Outcome ===

impl Outcome {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Landed => "landed",
            Self::Partial => "partial",
            Self::Fallback => "fallback",
        }
    }
}

// === impl Reason ===

impl Reason {
    /// Every reason, for tests and documentation.
    pub const ALL: [Self; 10] = [
        Self::Deadline,
        Self::Load,
        Self::Loop,
        Self::Ambiguous,
        Self::Shutdown,
        Self::EngineDown,
        Self::Quarantined,
        Self::Context,
        Self::Limit,
        Self::Busy,
    ];

    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Load => "load",
            Self::Loop => "loop",
            Self::Ambiguous => "ambiguous",
            Self::Shutdown => "shutdown",
            Self::EngineDown => "engine_down",
            Self::Quarantined => "quarantined",
            Self::Context => "context",
            Self::Limit => "limit",
            Self::Busy => "busy",
        }
    }

    /// One sentence for a person who gets a fallback instead of the model's text: what happened, what to do.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Deadline => {
                "No answer of the model was ready before the deadline. Ask again, or allow more time."
            }
            Self::Load => "The server is under load and had to end this answer early. Ask again in a moment.",
            Self::Loop => "The model repeated itself without end and was stopped.",
            Self::Ambiguous => "This question has no single answer as it stands. Say which reading you mean.",
            Self::Shutdown => "The server is stopping. Ask again when it is back.",
            Self::EngineDown => {
                "The model's engine stopped before it said anything. It is being restarted; ask again in a moment."
            }
            Self::Quarantined => {
                "This request has broken the model's engine before and is not tried again for a while."
            }
            Self::Context => "The model's context is full.",
            Self::Limit => "The model's configured limit of tokens was reached.",
            Self::Busy => "The server has as many requests waiting as it accepts. Ask again in a moment.",
        }
    }
}

// === impl FinishReason ===

impl FinishReason {
    /// OpenAI's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_ending_is_a_fallback_before_a_partial_before_complete() {
        let endings = [Ending::STOPPED, Ending::partial(Reason::Deadline), Ending::fallback(Reason::Busy)];
        assert_eq!(Ending::worst(&endings), Ending::fallback(Reason::Busy));
        assert_eq!(Ending::worst(&endings[..2]), Ending::partial(Reason::Deadline));
        assert_eq!(Ending::worst(&endings[..1]), Ending::STOPPED);
    }

    #[test]
    fn a_cut_without_text_is_a_fallback() {
        assert_eq!(Ending::cut(Reason::EngineDown, false).outcome, Outcome::Fallback);
        assert_eq!(Ending::cut(Reason::EngineDown, true).outcome, Outcome::Partial);
    }

    #[test]
    fn every_reason_has_a_word_of_its_own() {
        let words: std::collections::HashSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(words.len(), Reason::ALL.len());
    }
}
