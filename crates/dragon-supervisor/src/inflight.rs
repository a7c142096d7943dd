//! One generation in flight: what a new engine needs to continue it, and where its tokens go.
//!
//! **Replay.** What an engine has produced is kept here, token by token, before it is handed on. When the engine dies,
//! the next one is given the prompt and these tokens and goes on after them: randomness is a function of (seed, choice,
//! position), so the rest is what the first would have made. What was handed on stays; there is no gap and no repeat.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use dragon_core::sampling::TokenId;
use dragon_ipc::{Choice, Closing, Replay};
use tokio::sync::mpsc;

use crate::blame::Fingerprint;
use crate::error::EngineError;
use crate::job::{Event, Force, Job, Token};
use crate::trial::Conduct;

/// The record of one generation.
#[derive(Debug)]
pub(crate) struct InFlight {
    pub(crate) job: Arc<Job>,
    /// What it asks, to be recognised if engines fail with it.
    pub(crate) fingerprint: Fingerprint,
    pub(crate) sent: Sent,
    /// One per choice.
    choices: Vec<ChoiceRecord>,
    prefill: Prefill,
    replay: Replay,
    /// Tokens that it had when it lost its engine last.
    n_produced_before: usize,
    /// Whether an engine has died before it brought anything new: where engines die as fast as that, there is no time for
    /// feeding tokens one by one, and without new ones from any of them the answer would never end.
    had_barren_life: bool,
    /// Engines that it has outlived.
    n_replays: Arc<AtomicU32>,
    events: mpsc::Sender<Event>,
}

/// Whether the prompt has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefill {
    Awaited,
    /// By this engine. The client knows.
    Done,
    /// By an engine that is gone. The client knows; this engine has not read it yet.
    DoneBefore,
}

/// What there is to choose how a generation is taken up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Haste {
    pub(crate) now: Instant,
    /// From one token to the next, as it was lately.
    pub(crate) token_gap: Duration,
}

/// What was produced, for the start of a generation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Opening {
    pub(crate) choice: Choice,
    pub(crate) produced: Vec<TokenId>,
}

/// Feeding the produced tokens one by one, as they were made, is allowed this part of the time that is left. (Fed in
/// chunks, they took 1/5 to 1/16 of it, and the text that followed differed in up to a quarter of the cases with the
/// default model.)
const STEPS_PART_OF_TIME: u32 = 4;

/// Whether the engine has heard of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    No,
    Yes,
}

#[derive(Debug)]
struct ChoiceRecord {
    produced: Vec<TokenId>,
    state: ChoiceState,
    forcing: Forcing,
    /// Tokens of the answer at most.
    n_max_tokens: u32,
    /// How it is drawn to its end, once that was said.
    closing: Option<Closing>,
    /// Whether its next token is the first since an engine was lost.
    is_resumed: bool,
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
    #[error("a token that is not in the vocabulary")]
    UnknownToken,
    #[error("an answer to what was never asked")]
    NeverAsked,
}

// === impl InFlight ===

impl InFlight {
    /// Nothing sent, nothing produced. The channel must have room for all that the job can bring.
    pub(crate) fn new(
        job: Job,
        fingerprint: Fingerprint,
        n_replays: Arc<AtomicU32>,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let choices = (0..job.n_choices).map(|_| ChoiceRecord::new(job.n_max_tokens)).collect();
        Self {
            job: Arc::new(job),
            fingerprint,
            sent: Sent::No,
            choices,
            prefill: Prefill::Awaited,
            replay: Replay::Steps,
            n_produced_before: 0,
            had_barren_life: false,
            n_replays,
            events,
        }
    }

    /// Whether no choice brings any more tokens.
    pub(crate) fn has_ended(&self) -> bool {
        self.choices.iter().all(|choice| choice.state != ChoiceState::Running)
    }

    /// What the engine needs to know of the choices that are not over.
    pub(crate) fn openings(&self) -> Vec<Opening> {
        let choices = (0..).zip(&self.choices).filter(|(_, record)| record.state == ChoiceState::Running);
        choices.map(|(index, record)| record.opening(index, self.replay)).collect()
    }

    /// How far it has come.
    pub(crate) fn conduct(&self) -> Conduct {
        Conduct { n_produced: self.n_produced(), is_prefilled: self.prefill == Prefill::Done }
    }

    /// Tokens of all choices so far.
    pub(crate) fn n_produced(&self) -> usize {
        self.choices.iter().map(|choice| choice.produced.len()).sum()
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
        record.take_over(force);
        self.bring(Event::Forced { choice: index })
    }

    /// Takes the report that the prompt is in the cells. Once per generation, and before its tokens.
    pub(crate) fn prefilled(&mut self, n_cached: u32) -> Result<(), Violation> {
        if n_cached as usize > self.job.prompt.len() {
            return Err(Violation::TooManyCached);
        }
        match std::mem::replace(&mut self.prefill, Prefill::Done) {
            Prefill::Done => Err(Violation::PrefilledTwice),
            Prefill::Awaited => self.bring(Event::Prefilled { n_cached }),
            Prefill::DoneBefore => Ok(()),
        }
    }

    /// Takes one token from the engine.
    pub(crate) fn deliver(&mut self, mut token: Token) -> Result<(), Violation> {
        let record = self.choices.get_mut(token.choice as usize).ok_or(Violation::NoSuchChoice)?;
        match record.state {
            ChoiceState::Running => {}
            // It was on the way when the cancel was.
            ChoiceState::Cancelled => return Ok(()),
            ChoiceState::Ended => return Err(Violation::NoSuchChoice),
        }
        if record.produced.len() >= record.n_max_tokens as usize {
            return Err(Violation::TooManyTokens);
        }
        record.produced.push(token.id);
        token.is_resumed = std::mem::take(&mut record.is_resumed);
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

    /// Its engine is gone, and it will be taken up by the next one.
    ///
    /// A choice that was to be forced is forced now: what the lost engine made beyond that is void in any case.
    pub(crate) fn interrupted(&mut self) -> Result<(), Violation> {
        if self.sent == Sent::Yes {
            self.n_replays.fetch_add(1, Ordering::Relaxed);
            let n_produced = self.n_produced();
            let was_replay = self.n_replays.load(Ordering::Relaxed) > 1;
            self.had_barren_life |= was_replay && n_produced == self.n_produced_before;
            self.n_produced_before = n_produced;
        }
        self.sent = Sent::No;
        self.choices.iter_mut().for_each(|choice| choice.is_resumed = true);
        if self.prefill == Prefill::Done {
            self.prefill = Prefill::DoneBefore;
        }
        let asked = (0..).zip(&self.choices).filter(|(_, record)| record.is_to_be_forced());
        let asked: Vec<u32> = asked.map(|(index, _)| index).collect();
        asked.into_iter().try_for_each(|index| self.forced(index))
    }

    /// Decides how the produced tokens come into the next engine's cells: one by one where there is time for it, since
    /// then the numbers are nearly those of an undisturbed engine (who is taken up first is alone for some steps, and
    /// a call of one row is rounded differently); else like a prompt.
    ///
    /// Where an engine has died before anything new had come, there is no time either.
    pub(crate) fn choose_replay(&mut self, haste: Haste) {
        let running = self.choices.iter().filter(|choice| choice.state == ChoiceState::Running);
        let n_longest = running.clone().map(|choice| choice.produced.len()).max().unwrap_or(0);
        let n_whole = running.map(|choice| choice.n_max_tokens).max().unwrap_or(0);
        let time_of = |n: u32| haste.token_gap.saturating_mul(n);
        let n_longest = u32::try_from(n_longest).unwrap_or(u32::MAX);
        let left = self.job.answer_by.saturating_duration_since(haste.now);
        let has_time = time_of(n_longest) <= left / STEPS_PART_OF_TIME
            // Also if all of it can be made again.
            || time_of(n_whole) <= left / STEPS_PART_OF_TIME * (STEPS_PART_OF_TIME - 1);
        self.replay = if has_time && !self.had_barren_life { Replay::Steps } else { Replay::Chunks };
    }

    /// Tells the client that nothing more comes, and why.
    pub(crate) fn end(self, why: EngineError) {
        // The channel has a place for this event, see `Job::n_max_events`; or nobody listens any more.
        let _ = self.events.try_send(Event::Lost(why));
    }
}

// === impl ChoiceRecord ===

impl ChoiceRecord {
    fn new(n_max_tokens: u32) -> Self {
        Self {
            produced: Vec::new(),
            state: ChoiceState::default(),
            forcing: Forcing::default(),
            n_max_tokens,
            closing: None,
            is_resumed: false,
        }
    }

    fn is_to_be_forced(&self) -> bool {
        matches!((self.state, &self.forcing), (ChoiceState::Running, Forcing::Asked(_)))
    }

    fn opening(&self, index: u32, replay: Replay) -> Opening {
        let choice = Choice { index, replay, n_max_tokens: self.n_max_tokens, closing: self.closing.clone() };
        Opening { choice, produced: self.produced.clone() }
    }

    /// It goes on from the server's words.
    fn take_over(&mut self, force: Force) {
        self.produced.truncate(force.n_kept as usize);
        self.produced.extend(force.tokens);
        self.n_max_tokens = force.n_max_tokens;
        self.closing = Some(force.closing);
    }
}
