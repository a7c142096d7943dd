//! What is in flight between the server and one engine: generations, tokenizations, and orders not yet sent.
//!
//! One table behind one lock, pure and synchronous: handles put orders in, the connection takes them out and
//! delivers what comes back. It does not know sockets or tasks.
//!
//! **A cancel is never lost.** Orders are names only (what they stand for lies in the tables), and a new
//! order is admitted only while orders and generations together stay under [`MAX_ORDERS`]. Dropping a
//! generation turns its place in the table into the place of its cancel, so there is always room for it, and
//! it goes to the front, before prompts that are still to be sent. Cancels of single choices wait in a line of
//! their own, before all orders; there is at most one for each choice of a generation that runs.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use dragon_core::sampling::TokenId;
use dragon_ipc::{Aborted, CallId, Forced, GenerationId, Output, Prefilled, Ration, TokensPiece};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::error::EngineError;
use crate::inflight::{InFlight, Sent, Violation};
use crate::job::{AddSpecial, Event, Force, Job, Limits};

/// Most orders that wait plus generations that run: a start and a cancel for each of the 256 sequences of an
/// engine, and as much again for tokenizations and the late.
pub(crate) const MAX_ORDERS: usize = 1024;

/// A tokenizer makes at most this many tokens out of a byte (normalization can lengthen a text) ...
const MAX_TOKENS_PER_BYTE: usize = 4;

/// ... and adds at most this many of its own. An engine that sends more is corrupt.
const MAX_ADDED_TOKENS: usize = 16;

/// Everything in flight to one engine.
#[derive(Debug)]
pub(crate) struct Traffic {
    gate: Gate,
    generations: HashMap<GenerationId, InFlight>,
    calls: HashMap<CallId, Call>,
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
}

/// Whether the engine takes orders.
#[derive(Debug)]
enum Gate {
    Open(Limits),
    Closed(EngineError),
}

/// The record of one tokenization.
#[derive(Debug)]
struct Call {
    /// `None` once it was taken to be sent.
    text: Option<String>,
    add_special: AddSpecial,
    n_max_tokens: usize,
    tokens: Vec<TokenId>,
    answer: oneshot::Sender<Result<Vec<TokenId>, EngineError>>,
    /// Held until the engine has answered: it works on the text also when nobody waits for it any more.
    _turn: OwnedSemaphorePermit,
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
    /// Send the prompt, then the start of these choices.
    Start(GenerationId, Arc<Job>, Vec<u32>),
    /// Send the text.
    Tokenize(CallId, String, AddSpecial),
    /// Stop it, or one choice of it.
    Cancel(GenerationId, Option<u32>),
    /// Let a choice of it go on from these tokens.
    Force(GenerationId, u32, Force),
    /// Who runs.
    Ration(Ration),
}

/// What became of a message from the engine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It reached whom it is for, or who has left meanwhile.
    Taken,
    /// It is for a name that never was: a bug, but a harmless one.
    NeverAsked,
}

// === impl Traffic ===

impl Traffic {
    /// Nothing in flight, and closed until an engine is ready.
    pub(crate) fn new() -> Self {
        Self {
            gate: Gate::Closed(EngineError::Down),
            generations: HashMap::new(),
            calls: HashMap::new(),
            orders: VecDeque::new(),
            choice_cancels: VecDeque::new(),
            forces: VecDeque::new(),
            ration: None,
            last_id: 0,
            busy_since: None,
        }
    }

    /// An engine is ready to take orders.
    pub(crate) fn open(&mut self, limits: Limits) {
        self.gate = Gate::Open(limits);
    }

    /// The engine is gone: everything in flight ends with `why`, and so does everything asked from now on.
    pub(crate) fn close(&mut self, why: &EngineError) {
        self.gate = Gate::Closed(why.clone());
        self.orders.clear();
        self.choice_cancels.clear();
        self.forces.clear();
        self.ration = None;
        self.busy_since = None;
        for (_, in_flight) in self.generations.drain() {
            in_flight.engine_lost(why);
        }
        for (_, call) in self.calls.drain() {
            // The caller may have given up; then nobody needs to know.
            let _ = call.answer.send(Err(why.clone()));
        }
    }

    /// Since when there is always a generation in flight.
    pub(crate) fn busy_since(&self) -> Option<Instant> {
        self.busy_since
    }

    /// Generations in flight.
    pub(crate) fn n_generations(&self) -> usize {
        self.generations.len()
    }

    /// Enters a generation; its tokens arrive at the receiver.
    ///
    /// The channel holds the most events that the job can ever bring, so that delivering never waits for a
    /// slow client, and memory is bounded by name. It allocates as it fills, not before.
    pub(crate) fn start(
        &mut self,
        job: Job,
        now: Instant,
    ) -> Result<(GenerationId, mpsc::Receiver<Event>), EngineError> {
        let limits = self.limits()?;
        job.check(limits)?;
        self.admit(2)?;
        let (events, receiver) = mpsc::channel(job.n_max_events(limits));
        let id = self.new_id();
        self.generations.insert(id, InFlight::new(job, events));
        self.orders.push_back(Order::Start(id));
        self.busy_since.get_or_insert(now);
        Ok((id, receiver))
    }

    /// Enters a tokenization whose turn has come; its tokens arrive at the receiver.
    #[expect(clippy::type_complexity, reason = "an id and a receiver, named by the function")]
    pub(crate) fn tokenize(
        &mut self,
        text: &str,
        add_special: AddSpecial,
        turn: OwnedSemaphorePermit,
    ) -> Result<(CallId, oneshot::Receiver<Result<Vec<TokenId>, EngineError>>), EngineError> {
        self.limits()?;
        self.admit(1)?;
        let (answer, receiver) = oneshot::channel();
        let n_max_tokens = text.len().saturating_mul(MAX_TOKENS_PER_BYTE).saturating_add(MAX_ADDED_TOKENS);
        let id = self.new_id();
        let text = Some(text.to_owned());
        let call = Call { text, add_special, n_max_tokens, tokens: Vec::new(), answer, _turn: turn };
        self.calls.insert(id, call);
        self.orders.push_back(Order::Tokenize(id));
        Ok((id, receiver))
    }

    /// The client has left. What has ended, or was lost, needs no cancel.
    pub(crate) fn abandon(&mut self, id: GenerationId) {
        let Some(in_flight) = self.remove(id) else {
            return;
        };
        // An engine that has not heard of it need not: its start finds no generation and is skipped.
        if in_flight.sent == Sent::Yes {
            self.orders.push_front(Order::Cancel(id));
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

    /// The server wants a choice to go on from given tokens.
    pub(crate) fn force(&mut self, id: GenerationId, choice: u32, force: Force) -> bool {
        let Some(in_flight) = self.generations.get_mut(&id) else { return false };
        let is_new = in_flight.sent == Sent::Yes && in_flight.force(choice, force);
        if is_new {
            self.forces.push_back((id, choice));
        }
        is_new
    }

    /// Who runs from now on. Only the latest word counts.
    pub(crate) fn ration(&mut self, ration: Ration) {
        if matches!(self.gate, Gate::Open(_)) {
            self.ration = Some(ration);
        }
    }

    /// Nobody waits for this tokenization any more. One that the engine has been told of keeps its turn until it
    /// is answered.
    pub(crate) fn forget_call(&mut self, id: CallId) {
        if self.calls.get(&id).is_some_and(|call| call.text.is_some()) {
            self.calls.remove(&id);
        }
    }

    /// The next thing to send; `None` when all is sent.
    pub(crate) fn take_errand(&mut self) -> Option<Errand> {
        if let Some((id, choice)) = self.choice_cancels.pop_front() {
            return Some(Errand::Cancel(id, Some(choice)));
        }
        while let Some((id, choice)) = self.forces.pop_front() {
            let force = self.generations.get(&id).and_then(|in_flight| in_flight.force_of(choice));
            if let Some(force) = force {
                return Some(Errand::Force(id, choice, force.clone()));
            }
        }
        while let Some(order) = self.orders.pop_front() {
            let errand = match order {
                Order::Cancel(id) => Some(Errand::Cancel(id, None)),
                Order::Start(id) => self.generations.get_mut(&id).map(|in_flight| {
                    in_flight.sent = Sent::Yes;
                    Errand::Start(id, Arc::clone(&in_flight.job), in_flight.running_choices())
                }),
                Order::Tokenize(id) => self.calls.get_mut(&id).and_then(|call| {
                    let text = call.text.take()?;
                    Some(Errand::Tokenize(id, text, call.add_special))
                }),
            };
            // Who was waiting for an order that leads nowhere has left before it was sent.
            if errand.is_some() {
                return errand;
            }
        }
        // After the starts: whoever is named in it has to be known there.
        self.ration.take().map(Errand::Ration)
    }

    /// Tells a generation that a choice of it goes on from forced tokens.
    pub(crate) fn forced(&mut self, forced: Forced) -> Result<Delivery, Violation> {
        let Some(in_flight) = self.generations.get_mut(&forced.generation) else {
            return Ok(self.not_here(forced.generation));
        };
        in_flight.forced(forced.choice)?;
        Ok(Delivery::Taken)
    }

    /// Tells a generation how its prompt came into the cells.
    pub(crate) fn prefilled(&mut self, prefilled: Prefilled) -> Result<Delivery, Violation> {
        let Some(in_flight) = self.generations.get_mut(&prefilled.generation) else {
            return Ok(self.not_here(prefilled.generation));
        };
        in_flight.prefilled(prefilled.n_cached)?;
        Ok(Delivery::Taken)
    }

    /// Hands one token to its generation.
    pub(crate) fn deliver(&mut self, output: Output) -> Result<Delivery, Violation> {
        let id = output.generation;
        let Some(in_flight) = self.generations.get_mut(&id) else {
            return Ok(self.not_here(id));
        };
        in_flight.deliver(output.into())?;
        if in_flight.has_ended() {
            // The engine may still run choices that it has not been told to stop.
            if self.choice_cancels.iter().any(|(generation, _)| *generation == id) {
                self.abandon(id);
            } else {
                self.remove(id);
            }
        }
        Ok(Delivery::Taken)
    }

    /// Ends a generation that the engine gave up.
    pub(crate) fn aborted(&mut self, aborted: Aborted) -> Delivery {
        let Some(in_flight) = self.remove(aborted.generation) else {
            return self.not_here(aborted.generation);
        };
        in_flight.end(EngineError::Aborted { kind: aborted.kind, message: aborted.message });
        Delivery::Taken
    }

    /// Adds tokens to their tokenization.
    pub(crate) fn deliver_tokens(&mut self, piece: TokensPiece) -> Result<Delivery, Violation> {
        let Some(call) = self.calls.get_mut(&piece.call) else {
            return Ok(self.not_here(piece.call));
        };
        if call.tokens.len() + piece.tokens.len() > call.n_max_tokens {
            return Err(Violation::TooLongTokenization);
        }
        if !call.answer.is_closed() {
            call.tokens.extend(piece.tokens);
        }
        if piece.last
            && let Some(call) = self.calls.remove(&piece.call)
        {
            // The caller may have given up; then nobody needs the tokens.
            let _ = call.answer.send(Ok(call.tokens));
        }
        Ok(Delivery::Taken)
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

    fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn not_here(&self, id: u64) -> Delivery {
        if (1..=self.last_id).contains(&id) { Delivery::Taken } else { Delivery::NeverAsked }
    }

    fn remove(&mut self, id: GenerationId) -> Option<InFlight> {
        let removed = self.generations.remove(&id);
        self.choice_cancels.retain(|(generation, _)| *generation != id);
        if self.generations.is_empty() {
            self.busy_since = None;
        }
        removed
    }
}

#[cfg(test)]
mod tests;
