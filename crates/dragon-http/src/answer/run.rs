//! A request whose answer is being made: its generations, its choices, its permit and its clock.

use std::collections::VecDeque;
use std::pin::Pin;

use dragon_api::Usage;
use dragon_core::budget::TokenBudget;
use dragon_core::label::{Ending, Label, Outcome, Reason};
use dragon_core::text::Thinking;
use dragon_supervisor::{Event, Generation, Token};
use tokio::time::{Instant, Sleep, sleep_until};

use super::Unserved;
use super::ask::Ask;
use super::choice::{Choice, Step};
use super::generations::Generations;
use crate::deadline::Deadline;
use crate::gate::Permit;

/// One prompt's generation, just started.
pub(super) struct Started {
    pub(super) generation: Generation,
    pub(super) budget: TokenBudget,
    pub(super) thinking: Thinking,
    pub(super) n_prompt_tokens: u32,
}

/// Yields what is to be sent, choice by choice, until every choice has ended. It always ends: at the deadline
/// at the latest.
pub(super) struct Run {
    generations: Generations,
    choices: Vec<Choice>,
    n_choices_per_prompt: u32,
    /// Steps that are decided but not yet taken.
    decided: VecDeque<(u32, Step)>,
    n_prompt_tokens: u32,
    /// Of these, tokens that the engine did not have to compute.
    n_cached_tokens: u32,
    times: Times,
    deadline: Deadline,
    until_deadline: Pin<Box<Sleep>>,
    permit: Option<Permit>,
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
    pub(super) fn new(ask: &Ask, permit: Permit, started: Vec<Started>) -> Self {
        let mut run = Self::empty(ask);
        run.permit = Some(permit);
        let mut generations = Vec::with_capacity(started.len());
        for started in started {
            let wants_logprobs = ask.request.top_logprobs.is_some();
            run.choices.extend((0..ask.request.n).map(|_| {
                Choice::new(started.thinking, ask.request.stop.clone(), wants_logprobs, started.budget)
            }));
            run.n_prompt_tokens = run.n_prompt_tokens.saturating_add(started.n_prompt_tokens);
            generations.push(started.generation);
        }
        run.generations = Generations::new(generations);
        run
    }

    /// A run without any generation: all its choices are fallbacks.
    pub(super) fn unserved(ask: &Ask, reason: Reason) -> Self {
        let mut run = Self::empty(ask);
        run.choices.extend((0..ask.n_choices()).map(|_| Choice::unserved()));
        run.cut_all(reason);
        run
    }

    fn empty(ask: &Ask) -> Self {
        Self {
            generations: Generations::new(Vec::new()),
            choices: Vec::new(),
            n_choices_per_prompt: ask.request.n,
            decided: VecDeque::new(),
            n_prompt_tokens: 0,
            n_cached_tokens: 0,
            times: Times { dispatched_at: Instant::now(), first_token_at: None, ended_at: None },
            deadline: ask.deadline,
            until_deadline: Box::pin(sleep_until(ask.deadline.at())),
            permit: None,
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
                () = &mut self.until_deadline => self.cut_all(Reason::Deadline),
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
            deadline: self.deadline.allowed,
            queued: times.dispatched_at.saturating_duration_since(self.deadline.arrived_at),
            prefill: first_token_at.saturating_duration_since(times.dispatched_at),
            decode: ended_at.saturating_duration_since(first_token_at),
            seed: ask.sampling.seed,
            shared: false,
            replays: 0,
            ignored: ask.request.ignored.clone(),
            choices: endings,
        }
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
                self.n_cached_tokens = self.n_cached_tokens.saturating_add(n_cached)
            }
            // Nothing here forces an answer.
            Event::Forced { .. } => {}
            Event::Token(token) => self.take_token(prompt, first.saturating_add(token.choice), token),
            Event::Lost(error) => {
                tracing::debug!(%error, "a generation was lost");
                self.cut(first..first.saturating_add(self.n_choices_per_prompt), Unserved::from(&error).0);
            }
        }
        self.release_when_ended();
    }

    fn take_token(&mut self, prompt: usize, index: u32, token: Token) {
        self.times.first_token_at.get_or_insert_with(Instant::now);
        let (choice, engine_goes_on) = (token.choice, token.end.is_none());
        let step = self.choices.get_mut(index as usize).and_then(|choice| choice.token(token));
        if engine_goes_on && step.as_ref().is_some_and(|step| step.ending.is_some()) {
            // A stop string: the engine does not know of those.
            self.generations.cancel_choice(prompt, choice);
        }
        self.decided.extend(step.map(|step| (index, step)));
    }

    fn cut_all(&mut self, reason: Reason) {
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
            self.generations = Generations::new(Vec::new());
            self.permit = None;
        }
    }
}
