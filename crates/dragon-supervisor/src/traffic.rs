//! What is in flight between the server and one engine: generations, tokenizations, and orders not yet sent.
//!
//! One table behind one lock, pure and synchronous: handles put orders in, the connection takes them out and
//! delivers what comes back. It does not know sockets or tasks.
//!
//! **Nothing is lost with an engine.** What was in flight waits, closed in, until the next engine is ready, and is sent to
//! it in its old order ([`Traffic::interrupt`], [`Traffic::open`]). Suspects are sent first and alone ([`Trial`]).
//!
//! **A cancel is never lost.** Orders are names only (what they stand for lies in the tables), and a new
//! order is admitted only while orders and generations together stay under [`MAX_ORDERS`] (those that are sent again to a
//! new engine come on top, one for each generation and call). Dropping a
//! generation turns its place in the table into the place of its cancel, so there is always room for it, and
//! it goes to the front, before prompts that are still to be sent. Cancels of single choices wait in a line of
//! their own, before all orders; there is at most one for each choice of a generation that runs.

mod deliveries;
mod orders;
mod suspects;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Instant;

use dragon_ipc::{CallId, GenerationId, Ration};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::blame::{Blame, Fingerprint};
use crate::calls::{Calls, Tokenized};
use crate::departed::Departed;
use crate::error::EngineError;
use crate::inflight::{Haste, InFlight, Opening, Sent};
use crate::job::{AddSpecial, Event, Force, Job, Limits};
use crate::trial::Trial;

/// Most orders that wait plus generations that run: a start and a cancel for each of the 256 sequences of an
/// engine, and as much again for tokenizations and the late.
pub(crate) const MAX_ORDERS: usize = 1024;

/// Everything in flight to one engine.
#[derive(Debug)]
pub(crate) struct Traffic {
    gate: Gate,
    generations: HashMap<GenerationId, InFlight>,
    calls: Calls,
    orders: VecDeque<Order>,
    /// Choices of generations that run, of which the engine has not been told that nobody wants them.
    choice_cancels: VecDeque<(GenerationId, u32)>,
    /// Choices that are to go on from given tokens, of which the engine has not been told. Each is forced once at most.
    forces: VecDeque<(GenerationId, u32)>,
    /// The latest word on who runs, if the engine does not have it.
    ration: Option<Ration>,
    /// Ids start at 1 and are never used again, also not for another process: so a late message cannot be
    /// taken for another's.
    last_id: u64,
    busy_since: Option<Instant>,
    /// Those who left while the engine worked on them.
    departed: Departed,
    blame: Blame,
    /// The suspect that runs alone now.
    trial: Option<Trial>,
    /// Whether a trial has ended, so that others can be sent, since that was last asked.
    has_released: bool,
}

/// A generation that has just been entered.
#[derive(Debug)]
pub(crate) struct Entered {
    pub(crate) id: GenerationId,
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) n_replays: Arc<AtomicU32>,
}

/// Whether the engine takes orders.
#[derive(Debug)]
enum Gate {
    Open(Limits),
    Closed(EngineError),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Start(GenerationId),
    Tokenize(CallId),
    Cancel(GenerationId),
}

/// An order with what it stands for, ready to be sent.
#[derive(Debug)]
pub(crate) enum Errand {
    /// Send the prompt and what was produced, then the start of these choices.
    Start(GenerationId, Arc<Job>, Vec<Opening>),
    /// Send the text.
    Tokenize(CallId, Arc<str>, AddSpecial),
    /// Stop it, or one choice of it.
    Cancel(GenerationId, Option<u32>),
    /// Let a choice of it go on from these tokens.
    Force(GenerationId, u32, Force),
    /// Who runs.
    Ration(Ration),
}

// === impl Traffic ===

impl Traffic {
    /// Nothing in flight, and closed until an engine is ready.
    pub(crate) fn new() -> Self {
        Self {
            gate: Gate::Closed(EngineError::Down),
            generations: HashMap::new(),
            calls: Calls::default(),
            orders: VecDeque::new(),
            choice_cancels: VecDeque::new(),
            forces: VecDeque::new(),
            ration: None,
            last_id: 0,
            busy_since: None,
            departed: Departed::default(),
            blame: Blame::default(),
            trial: None,
            has_released: false,
        }
    }

    /// An engine is ready to take orders, first of all those that the last one left.
    pub(crate) fn open(&mut self, limits: Limits, haste: Haste) {
        self.gate = Gate::Open(limits);
        let mut ids: Vec<GenerationId> = self.generations.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let Some(in_flight) = self.generations.get_mut(&id) else { continue };
            match in_flight.job.check(limits) {
                Ok(()) => {
                    in_flight.choose_replay(haste);
                    self.orders.push_back(Order::Start(id));
                }
                // A model that was changed under the server.
                Err(misfit) => self.end(id, misfit),
            }
        }
        let mut calls = self.calls.interrupted();
        calls.sort_unstable();
        self.orders.extend(calls.into_iter().map(Order::Tokenize));
        self.busy_since = (!self.generations.is_empty()).then_some(haste.now);
        self.next_trial();
    }

    /// The engine is gone: what is in flight waits for the next one. Says what the lost one was working on.
    pub(crate) fn interrupt(&mut self) -> Vec<Fingerprint> {
        self.gate = Gate::Closed(EngineError::Down);
        let generations = self.generations.values().filter(|in_flight| in_flight.sent == Sent::Yes);
        let lost = generations.map(|in_flight| in_flight.fingerprint);
        let lost = lost.chain(self.calls.sent()).chain(self.departed.all()).collect();
        self.forget_orders();
        // An event that finds no place would be a second one of its kind, which cannot be.
        self.generations.retain(|_, in_flight| in_flight.interrupted().is_ok());
        self.calls.interrupted();
        lost
    }

    /// Everything in flight ends with `why`, and so does everything asked from now on.
    pub(crate) fn close(&mut self, why: &EngineError) {
        self.gate = Gate::Closed(why.clone());
        self.forget_orders();
        for (_, in_flight) in self.generations.drain() {
            in_flight.end(why.clone());
        }
        self.calls.end(None, why);
    }

    fn forget_orders(&mut self) {
        self.orders.clear();
        self.choice_cancels.clear();
        self.forces.clear();
        self.ration = None;
        self.departed.clear();
        self.busy_since = None;
        self.trial = None;
    }

    /// Since when there is always a generation in flight.
    pub(crate) fn busy_since(&self) -> Option<Instant> {
        self.busy_since
    }

    /// The short text that the engine has been tokenizing for the longest.
    pub(crate) fn oldest_short_text(&self) -> Option<CallId> {
        self.calls.oldest_short()
    }

    /// Generations in flight.
    pub(crate) fn n_generations(&self) -> usize {
        self.generations.len()
    }

    /// Enters a generation; its tokens arrive at the receiver.
    ///
    /// The channel holds the most events that the job can ever bring, so that delivering never waits for a
    /// slow client, and memory is bounded by name. It allocates as it fills, not before.
    pub(crate) fn start(&mut self, job: Job, now: Instant) -> Result<Entered, EngineError> {
        let fingerprint = self.blame.fingerprint(job.identity());
        self.keep_out(fingerprint, now)?;
        let limits = self.limits()?;
        job.check(limits)?;
        self.admit(2)?;
        let (sender, events) = mpsc::channel(job.n_max_events(limits));
        let n_replays = Arc::<AtomicU32>::default();
        let id = self.new_id();
        self.generations.insert(id, InFlight::new(job, fingerprint, Arc::clone(&n_replays), sender));
        self.orders.push_back(Order::Start(id));
        self.busy_since.get_or_insert(now);
        Ok(Entered { id, events, n_replays })
    }

    /// Enters a tokenization whose turn has come; its tokens arrive at the receiver.
    pub(crate) fn tokenize(
        &mut self,
        text: &str,
        add_special: AddSpecial,
        turn: OwnedSemaphorePermit,
        now: Instant,
    ) -> Result<(CallId, oneshot::Receiver<Tokenized>), EngineError> {
        let fingerprint = self.blame.fingerprint((text, add_special));
        self.keep_out(fingerprint, now)?;
        self.limits()?;
        self.admit(1)?;
        let id = self.new_id();
        let answer = self.calls.enter(id, text, add_special, fingerprint, turn);
        self.orders.push_back(Order::Tokenize(id));
        Ok((id, answer))
    }

    /// The client has left. What has ended, or was lost, needs no cancel.
    pub(crate) fn abandon(&mut self, id: GenerationId) {
        let busy_since = self.busy_since;
        let Some(in_flight) = self.remove(id) else {
            return;
        };
        // An engine that has not heard of it need not: its start finds no generation and is skipped.
        if in_flight.sent == Sent::Yes {
            self.orders.push_front(Order::Cancel(id));
            self.departed.push(in_flight.fingerprint);
            self.busy_since = busy_since;
        }
    }

    /// The client wants no more of one choice.
    pub(crate) fn cancel_choice(&mut self, id: GenerationId, choice: u32) {
        let Some(in_flight) = self.generations.get_mut(&id) else { return };
        if !in_flight.cancel_choice(choice) {
            return;
        }
        if in_flight.has_ended() {
            self.abandon(id);
        } else if in_flight.sent == Sent::Yes {
            self.choice_cancels.push_back((id, choice));
        }
        // Otherwise the start will leave it out.
    }

    /// Nobody waits for this tokenization any more.
    pub(crate) fn forget_call(&mut self, id: CallId) {
        self.calls.forget(id);
        self.end_trial_without(id);
    }

    fn end(&mut self, id: GenerationId, why: EngineError) {
        if let Some(in_flight) = self.remove(id) {
            in_flight.end(why);
        }
    }

    fn limits(&self) -> Result<Limits, EngineError> {
        match &self.gate {
            Gate::Open(limits) => Ok(*limits),
            Gate::Closed(why) => Err(why.clone()),
        }
    }

    /// Keeps `orders + generations` within [`MAX_ORDERS`], see the head of this file.
    fn admit(&self, n_places: usize) -> Result<(), EngineError> {
        let n_taken = self.orders.len() + self.generations.len();
        if n_taken + n_places > MAX_ORDERS { Err(EngineError::Busy) } else { Ok(()) }
    }

    pub(crate) fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn remove(&mut self, id: GenerationId) -> Option<InFlight> {
        let removed = self.generations.remove(&id);
        self.choice_cancels.retain(|(generation, _)| *generation != id);
        self.rest_if_idle();
        self.end_trial_without(id);
        removed
    }
}

#[cfg(test)]
mod tests;
