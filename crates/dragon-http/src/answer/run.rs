//! A request whose answer is being made: its generations, its choices, its permit and its clock.

use std::collections::VecDeque;
use std::sync::Arc;

use dragon_api::{ApiError, Usage};
use dragon_core::budget::TokenBudget;
use dragon_core::event::Event as Decision;
use dragon_core::label::{Ending, Label, Outcome, Reason};
use dragon_core::text::Thinking;
use dragon_guard::landing::Pressure;
use dragon_supervisor::{Engine, Event, Generation, Outlived, Token};
use tokio::time::Instant;

use super::Unserved;
use super::ask::Ask;
use super::choice::{Choice, Reaction, Step};
use super::dispatch::why_late;
use super::foresight::Foresight;
use super::generations::Generations;
use super::lookout::{Lookout, Orders};
use super::pilot::{Briefing, Conditions, Pilot};
use crate::app::Model;
use crate::deadline::Closing;
use crate::gate::Permit;
use crate::identity::Identity;
use crate::observe::Observer;

/// One prompt's generation, just started.
pub(super) struct Started {
    pub(super) generation: Generation,
    pub(super) budget: TokenBudget,
    pub(super) thinking: Thinking,
    pub(super) n_prompt_tokens: u32,
    /// For the choices to be brought to their end in time; `None` where the engine cannot.
    pub(super) briefing: Option<Briefing>,
    /// What is expected of the answers; `None` where nobody looks.
    pub(super) foresight: Option<Foresight>,
}

/// Yields what is to be sent, choice by choice, until every choice has ended. It always ends: at the deadline
/// at the latest.
pub(super) struct Run {
    generations: Generations,
    /// That makes them; `None` where none does.
    engine: Option<Engine>,
    /// Engines that were outlived, once the generations are gone.
    n_replays: u32,
    choices: Vec<Choice>,
    n_choices_per_prompt: u32,
    /// For each prompt.
    foresights: Vec<Option<Foresight>>,
    /// Steps that are decided but not yet taken.
    decided: VecDeque<(u32, Step)>,
    n_prompt_tokens: u32,
    /// The same for each prompt.
    n_of_prompt: Vec<u32>,
    /// Of these, tokens that the engine did not have to compute.
    n_cached_tokens: u32,
    times: Times,
    closing: Closing,
    permit: Option<Permit>,
    /// Why no model answers, in a sentence.
    detail: Option<String>,
    /// Pays for the tokens.
    identity: Identity,
    observer: Arc<Observer>,
}

#[derive(Debug, Clone, Copy)]
struct Times {
    dispatched_at: Instant,
    first_token_at: Option<Instant>,
    /// When the last choice ended.
    ended_at: Option<Instant>,
}

// === impl Run ===

impl Run {
    pub(super) fn new(ask: &Ask, model: &Model, permit: Permit, started: Vec<Started>) -> Self {
        let mut run = Self::empty(ask);
        run.engine = Some(model.engine.clone());
        let waited = run.times.dispatched_at.saturating_duration_since(run.closing.deadline.arrived_at);
        run.observer.saw(Decision::Started { waited });
        permit.runs(started.iter().map(|started| started.generation.id()).collect());
        run.permit = Some(permit);
        let orders = ask.orders(model);
        let mut generations = Vec::with_capacity(started.len());
        for started in started {
            run.choices.extend((0..ask.request.n).map(|_| started.choice(ask, &orders)));
            run.n_prompt_tokens = run.n_prompt_tokens.saturating_add(started.n_prompt_tokens);
            run.foresights.push(started.foresight);
            run.n_of_prompt.push(started.n_prompt_tokens);
            generations.push(started.generation);
        }
        run.generations = Generations::new(generations);
        run
    }

    /// A run without any generation: all its choices are fallbacks.
    pub(super) fn unserved(ask: &Ask, unserved: Unserved) -> Self {
        let mut run = Self::empty(ask);
        run.choices.extend((0..ask.n_choices()).map(|_| Choice::unserved(ask.speaker())));
        run.cut_all(unserved.reason);
        run.detail = unserved.detail;
        run
    }

    fn empty(ask: &Ask) -> Self {
        Self {
            generations: Generations::new(Vec::new()),
            engine: None,
            n_replays: 0,
            choices: Vec::new(),
            n_choices_per_prompt: ask.request.n,
            foresights: Vec::new(),
            decided: VecDeque::new(),
            n_prompt_tokens: 0,
            n_of_prompt: Vec::new(),
            n_cached_tokens: 0,
            times: Times { dispatched_at: Instant::now(), first_token_at: None, ended_at: None },
            closing: ask.closing.clone(),
            permit: None,
            detail: None,
            identity: ask.identity.clone(),
            observer: Arc::clone(&ask.observer),
        }
    }

    pub(super) fn n_choices(&self) -> u32 {
        u32::try_from(self.choices.len()).unwrap_or(u32::MAX)
    }

    /// The next step with its choice's index; `None` once every choice has ended. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<(u32, Step)> {
        loop {
            if let Some(step) = self.decided.pop_front() {
                return Some(step);
            }
            if self.is_done() {
                return None;
            }
            tokio::select! {
                biased;
                reason = self.closing.reached() => self.cut_all(reason),
                event = self.generations.next() => match event {
                    Some((prompt, event)) => self.take(prompt, event),
                    None => self.cut_all(Reason::EngineDown),
                },
            }
        }
    }

    /// Whether every choice has ended and every step been taken.
    pub(super) fn is_done(&self) -> bool {
        self.decided.is_empty() && self.choices.iter().all(|choice| choice.ending().is_some())
    }

    /// The label of the answer, once it is done.
    pub(super) fn label(&self, ask: &Ask) -> Label {
        let endings: Vec<Ending> = self.choices.iter().filter_map(Choice::ending).collect();
        let worst = Ending::worst(&endings);
        let times = self.times;
        // An answer that is cut before its first token was in prefill all the time.
        let ended_at = times.ended_at.unwrap_or_else(Instant::now);
        let first_token_at = times.first_token_at.unwrap_or(ended_at);
        Label {
            outcome: worst.outcome,
            reason: worst.reason,
            model: ask.head.model.clone(),
            deadline: self.closing.deadline.allowed,
            queued: times.dispatched_at.saturating_duration_since(self.closing.deadline.arrived_at),
            prefill: first_token_at.saturating_duration_since(times.dispatched_at),
            decode: ended_at.saturating_duration_since(first_token_at),
            seed: ask.sampling.seed,
            shared: false,
            replays: self.n_replays.max(self.generations.n_replays()),
            ignored: ask.request.ignored.clone(),
            choices: endings,
            ambiguity: ask.ambiguity(),
            findings: self.choices.iter().filter_map(Choice::findings).collect(),
        }
    }

    /// What its generations have outlived, for those who only look on.
    pub(super) fn outlived(&self) -> Vec<Outlived> {
        self.generations.outlived()
    }

    /// The error that stands for an answer without the model, for a client that prefers one.
    pub(super) fn unanswered(&self, reason: Reason) -> ApiError {
        ApiError::Unanswered { reason, detail: self.detail.clone() }
    }

    /// Token counts; a fallback has none at all.
    pub(super) fn usage(&self) -> Usage {
        let all_fallback = self
            .choices
            .iter()
            .all(|choice| choice.ending().is_some_and(|ending| ending.outcome == Outcome::Fallback));
        if all_fallback {
            return Usage::default();
        }
        let made = self.choices.iter().map(Choice::made);
        let mut usage =
            Usage { n_prompt: self.n_prompt_tokens, n_cached: self.n_cached_tokens, ..Usage::default() };
        for made in made {
            usage.n_completion = usage.n_completion.saturating_add(made.n_tokens);
            usage.n_reasoning = usage.n_reasoning.saturating_add(made.n_reasoning);
        }
        usage
    }

    fn take(&mut self, prompt: usize, event: Event) {
        let first = u32::try_from(prompt).unwrap_or(u32::MAX).saturating_mul(self.n_choices_per_prompt);
        match event {
            Event::Prefilled { n_cached } => {
                self.n_cached_tokens = self.n_cached_tokens.saturating_add(n_cached);
                let n_prompt = self.n_of_prompt.get(prompt).copied().unwrap_or_default();
                self.observer.saw(Decision::Prefilled { n_prompt, n_cached });
                if let Some(permit) = &self.permit {
                    permit.prefilled(n_cached);
                }
            }
            Event::Forced { choice } => {
                let index = first.saturating_add(choice);
                let step = self.choices.get_mut(index as usize).and_then(Choice::forced);
                self.decided.extend(step.map(|step| (index, step)));
            }
            Event::Token(token) => self.take_token(prompt, first.saturating_add(token.choice), token),
            Event::Lost(error) => {
                tracing::debug!(%error, "a generation was lost");
                self.cut(
                    first..first.saturating_add(self.n_choices_per_prompt),
                    Unserved::from(&error).reason,
                );
            }
        }
        self.release_when_ended();
    }

    fn take_token(&mut self, prompt: usize, index: u32, token: Token) {
        self.times.first_token_at.get_or_insert_with(Instant::now);
        let conditions = self.conditions();
        let (number, engine_goes_on) = (token.choice, token.end.is_none());
        let Some(choice) = self.choices.get_mut(index as usize) else { return };
        let step = match choice.token(token, &conditions) {
            Reaction::Step(step) => step,
            Reaction::Concluded(step) => {
                let why = step.ending.and_then(|ending| ending.reason);
                why.into_iter().for_each(|reason| self.observer.saw(Decision::Landing(reason)));
                Some(step)
            }
            Reaction::Force(force) => {
                if self.generations.force(prompt, number, force) {
                    if let (Some(permit), Some((ends_by, reason))) = (&self.permit, choice.lands_by()) {
                        permit.lands(ends_by);
                        self.observer.saw(Decision::Landing(reason));
                    }
                    None
                } else {
                    choice.cannot_land()
                }
            }
        };
        let has_ended = step.as_ref().is_some_and(|step| step.ending.is_some());
        if engine_goes_on && has_ended {
            // A stop string, or the end of a tail: the engine does not know of those.
            self.generations.cancel_choice(prompt, number);
        }
        if has_ended && let Some(permit) = &self.permit {
            permit.released_one();
        }
        self.decided.extend(step.map(|step| (index, step)));
    }

    /// Charges for a token and looks at the clock.
    fn conditions(&self) -> Conditions {
        let (ends_at, by_clock) = self.closing.at();
        Conditions {
            now: Instant::now(),
            ends_at,
            allowed: self.closing.deadline.allowed,
            by_clock,
            pressure: self.permit.as_ref().map_or(Pressure::NONE, Permit::produced_one),
        }
    }

    fn cut_all(&mut self, reason: Reason) {
        let reason = self.engine.as_ref().map_or(reason, |engine| why_late(engine, reason));
        self.cut(0..self.n_choices(), reason);
        self.release_when_ended();
    }

    fn cut(&mut self, indices: std::ops::Range<u32>, reason: Reason) {
        for index in indices {
            let choice = self.choices.get_mut(index as usize);
            self.decided.extend(choice.and_then(|choice| choice.cut(reason)).map(|step| (index, step)));
        }
    }

    /// The slots are free as soon as nothing more is generated, however long the client takes to read.
    fn release_when_ended(&mut self) {
        if self.choices.iter().all(|choice| choice.ending().is_some()) {
            self.times.ended_at.get_or_insert_with(Instant::now);
            self.n_replays = self.n_replays.max(self.generations.n_replays());
            self.generations = Generations::new(Vec::new());
            self.permit = None;
        }
    }
}

impl Drop for Run {
    /// Whoever leaves early has had what was made by then.
    fn drop(&mut self) {
        let n_made = self.choices.iter().map(|choice| choice.made().n_tokens).fold(0, u32::saturating_add);
        self.identity.charge_tokens(self.n_prompt_tokens.saturating_add(n_made));
        let per_prompt = self.choices.chunks(self.n_choices_per_prompt.max(1) as usize);
        for (choices, foresight) in per_prompt.zip(&self.foresights) {
            let Some(foresight) = foresight else { continue };
            choices.iter().for_each(|choice| foresight.saw(choice.n_chosen(), choice.is_ended_by_model()));
        }
    }
}

// === impl Started ===

impl Started {
    fn choice(&self, ask: &Ask, orders: &Orders) -> Choice {
        let wants_logprobs = ask.request.top_logprobs.is_some();
        let choice =
            Choice::new(self.thinking, ask.request.stop.clone(), wants_logprobs, self.budget, ask.speaker());
        let choice = choice.watched(Lookout::new(orders));
        match &self.briefing {
            Some(briefing) => choice.piloted(Pilot::new(briefing.clone())),
            None => choice,
        }
    }
}
