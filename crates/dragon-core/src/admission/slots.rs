//! Those who run, and the slots that they hold.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::caller::{Caller, ClientId, PayerId};
use super::input::Ticket;
use super::queue::Waiting;

/// A request that runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Running {
    pub(super) caller: Caller,
    /// Held now.
    pub(super) n_slots: u32,
    /// Held at its start: its choices.
    pub(super) n_choices: u32,
    pub(super) n_prompt: u32,
    pub(super) n_max_tokens: u32,
    pub(super) stage: Stage,
    /// Tokens over all choices.
    pub(super) n_produced: u64,
    /// The latest instant at which it ends: its deadline, or what was planned.
    pub(super) ends_by: Instant,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its prompt is being read, or waits for that in the engine.
    Prefill { started_at: Instant },
    /// Its answer is being made.
    Decode,
}

/// The slots of the engine and who holds them.
#[derive(Debug, Default)]
pub(super) struct Slots {
    engine: Engine,
    running: BTreeMap<Ticket, Running>,
    n_busy: u32,
}

/// What the engine offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Engine {
    #[default]
    Down,
    Up {
        n_slots: u32,
    },
}

// === impl Running ===

impl Running {
    pub(super) fn starting(waiting: &Waiting, now: Instant) -> Self {
        let arrival = &waiting.arrival;
        Self {
            caller: arrival.caller,
            n_slots: arrival.n_slots,
            n_choices: arrival.n_slots,
            n_prompt: arrival.prompt.least(),
            n_max_tokens: arrival.n_max_tokens,
            stage: Stage::Prefill { started_at: now },
            n_produced: 0,
            ends_by: arrival.deadline_at,
        }
    }

    /// Tokens of each choice so far, on average.
    pub(super) fn n_produced_each(&self) -> u32 {
        u32::try_from(self.n_produced / u64::from(self.n_choices.max(1))).unwrap_or(u32::MAX)
    }

    pub(super) fn left(&self, now: Instant) -> Duration {
        self.ends_by.saturating_duration_since(now)
    }
}

// === impl Slots ===

impl Slots {
    pub(super) fn engine_is(&mut self, engine: Engine) {
        self.engine = engine;
    }

    pub(super) fn is_up(&self) -> bool {
        self.engine != Engine::Down
    }

    pub(super) fn n_free(&self) -> u32 {
        self.n_slots().saturating_sub(self.n_busy)
    }

    /// Slots of the engine; 0 while it is down.
    pub(super) fn n_slots(&self) -> u32 {
        match self.engine {
            Engine::Down => 0,
            Engine::Up { n_slots } => n_slots,
        }
    }

    /// Slots that a client holds.
    pub(super) fn n_held_by(&self, who: (PayerId, ClientId)) -> u32 {
        self.running.values().filter(|it| it.caller.who() == who).map(|running| running.n_slots).sum()
    }

    pub(super) fn n_busy(&self) -> u32 {
        self.n_busy
    }

    pub(super) fn n_running(&self) -> usize {
        self.running.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Running> {
        self.running.values()
    }

    pub(super) fn start(&mut self, ticket: Ticket, running: Running) {
        self.n_busy = self.n_busy.saturating_add(running.n_slots);
        self.running.insert(ticket, running);
    }

    pub(super) fn iter_with_tickets(&self) -> impl Iterator<Item = (Ticket, &Running)> {
        self.running.iter().map(|(ticket, running)| (*ticket, running))
    }

    pub(super) fn get(&self, ticket: Ticket) -> Option<&Running> {
        self.running.get(&ticket)
    }

    pub(super) fn get_mut(&mut self, ticket: Ticket) -> Option<&mut Running> {
        self.running.get_mut(&ticket)
    }

    /// Gives back some of a request's slots.
    pub(super) fn release(&mut self, ticket: Ticket, n_slots: u32) {
        let Some(running) = self.running.get_mut(&ticket) else { return };
        let n_released = n_slots.min(running.n_slots);
        running.n_slots -= n_released;
        self.n_busy = self.n_busy.saturating_sub(n_released);
    }

    pub(super) fn end(&mut self, ticket: Ticket) -> Option<Running> {
        let running = self.running.remove(&ticket)?;
        self.n_busy = self.n_busy.saturating_sub(running.n_slots);
        Some(running)
    }
}
