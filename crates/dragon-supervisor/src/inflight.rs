//! One generation in flight: what a new engine would need to continue it, and where its tokens go.

use std::sync::Arc;

use dragon_core::sampling::TokenId;
use tokio::sync::mpsc;

use crate::error::EngineError;
use crate::job::{Event, Force, Job, Token};

/// The record of one generation.
#[derive(Debug)]
pub(crate) struct InFlight {
    pub(crate) job: Arc<Job>,
    pub(crate) sent: Sent,
    /// One per choice.
    choices: Vec<ChoiceRecord>,
    is_prefilled: bool,
    events: mpsc::Sender<Event>,
}

/// Whether the engine has heard of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    No,
    Yes,
}

#[derive(Debug, Default)]
struct ChoiceRecord {
    produced: Vec<TokenId>,
    state: ChoiceState,
    forcing: Forcing,
}

/// Whether a choice goes on from the server's tokens.
#[derive(Debug, Default)]
enum Forcing {
    #[default]
    No,
    /// The server wants it to; the engine has not said yet that it does.
    Asked(Force),
    Done,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum ChoiceState {
    #[default]
    Running,
    /// It has its last token.
    Ended,
    /// The client wants no more of it. The engine may not know yet.
    Cancelled,
}

/// What an engine in its right mind does not send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    #[error("a token for a choice that does not exist or has ended")]
    NoSuchChoice,
    #[error("the end of a prefill that had ended")]
    PrefilledTwice,
    #[error("more tokens from its cache than the prompt has")]
    TooManyCached,
    #[error("the news that a choice goes on from tokens that were not sent")]
    NotForced,
    #[error("more tokens than were asked for")]
    TooManyTokens,
    #[error("more tokens than the text can have")]
    TooLongTokenization,
}

// === impl InFlight ===

impl InFlight {
    /// Nothing sent, nothing produced. The channel must have room for all that the job can bring.
    pub(crate) fn new(job: Job, events: mpsc::Sender<Event>) -> Self {
        let choices = (0..job.n_choices).map(|_| ChoiceRecord::default()).collect();
        Self { job: Arc::new(job), sent: Sent::No, choices, is_prefilled: false, events }
    }

    /// Whether no choice brings any more tokens.
    pub(crate) fn has_ended(&self) -> bool {
        self.choices.iter().all(|choice| choice.state != ChoiceState::Running)
    }

    /// Indexes of the choices that are not over.
    pub(crate) fn running_choices(&self) -> Vec<u32> {
        (0..)
            .zip(&self.choices)
            .filter(|(_, record)| record.state == ChoiceState::Running)
            .map(|(n, _)| n)
            .collect()
    }

    /// The client wants no more of this choice. Whether there was more to come.
    pub(crate) fn cancel_choice(&mut self, index: u32) -> bool {
        let record = self.choices.get_mut(index as usize);
        let Some(record) = record.filter(|choice| choice.state == ChoiceState::Running) else { return false };
        record.state = ChoiceState::Cancelled;
        true
    }

    /// The server wants this choice to go on from these tokens. Whether it can: it runs, and has never been forced.
    pub(crate) fn force(&mut self, index: u32, force: Force) -> bool {
        let record = self.choices.get_mut(index as usize);
        let is_new =
            |it: &ChoiceRecord| matches!((it.state, &it.forcing), (ChoiceState::Running, Forcing::No));
        let Some(record) = record.filter(|it| is_new(it)) else { return false };
        record.forcing = Forcing::Asked(force);
        true
    }

    /// What to send for a choice that is to be forced.
    pub(crate) fn force_of(&self, index: u32) -> Option<&Force> {
        match &self.choices.get(index as usize)?.forcing {
            Forcing::Asked(force) => Some(force),
            Forcing::No | Forcing::Done => None,
        }
    }

    /// Takes the report that a choice goes on from the tokens that were sent.
    pub(crate) fn forced(&mut self, index: u32) -> Result<(), Violation> {
        let record = self.choices.get_mut(index as usize).ok_or(Violation::NoSuchChoice)?;
        if record.state == ChoiceState::Cancelled {
            return Ok(());
        }
        let Forcing::Asked(force) = std::mem::replace(&mut record.forcing, Forcing::Done) else {
            return Err(Violation::NotForced);
        };
        record.produced.truncate(force.n_kept as usize);
        record.produced.extend(force.tokens);
        self.bring(Event::Forced { choice: index })
    }

    /// Takes the report that the prompt is in the cells. Once per generation, and before its tokens.
    pub(crate) fn prefilled(&mut self, n_cached: u32) -> Result<(), Violation> {
        if self.is_prefilled {
            return Err(Violation::PrefilledTwice);
        }
        if n_cached as usize > self.job.prompt.len() {
            return Err(Violation::TooManyCached);
        }
        self.is_prefilled = true;
        self.bring(Event::Prefilled { n_cached })
    }

    /// Takes one token from the engine.
    pub(crate) fn deliver(&mut self, token: Token) -> Result<(), Violation> {
        let record = self.choices.get_mut(token.choice as usize).ok_or(Violation::NoSuchChoice)?;
        match record.state {
            ChoiceState::Running => {}
            // It was on the way when the cancel was.
            ChoiceState::Cancelled => return Ok(()),
            ChoiceState::Ended => return Err(Violation::NoSuchChoice),
        }
        if record.produced.len() >= self.job.n_max_tokens as usize {
            return Err(Violation::TooManyTokens);
        }
        record.produced.push(token.id);
        if token.end.is_some() {
            record.state = ChoiceState::Ended;
        }
        self.bring(Event::Token(token))
    }

    fn bring(&self, event: Event) -> Result<(), Violation> {
        match self.events.try_send(event) {
            // The receiver has been dropped, and its owner is about to say so.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Violation::TooManyTokens),
        }
    }

    /// What becomes of this generation now that its engine is gone: the one place where that is decided.
    /// `job` and `choices` say all that a new engine would need to continue it; today it ends.
    pub(crate) fn engine_lost(self, why: &EngineError) {
        self.end(why.clone());
    }

    /// Tells the client that nothing more comes, and why.
    pub(crate) fn end(self, why: EngineError) {
        // The channel has a place for this event, see `Job::n_max_events`; or nobody listens any more.
        let _ = self.events.try_send(Event::Lost(why));
    }
}
