//! Who waits, who starts, who is turned away: fair shares of one model, in a bounded queue, without vain hopes.
//!
//! - **Fair.** Of those who can start, the poorest payer's poorest client's oldest request starts (`shares`,
//!   `ledger`, `queue`). Payers pay for prompt tokens that the engine reads and, twice as much, for tokens that it
//!   makes, divided by their weights; tokens from the cache are free. Nobody overtakes a request that needs several
//!   slots: slots are left empty for it, for as long as those who run need at most, and never all of them.
//! - **Bounded.** A place is taken before any work is done. Where the queue is full, whoever has fewer waiting than
//!   another takes the place of that other's newest.
//! - **No vain hopes.** Whoever would start too late for a useful answer at the measured speed is told at once
//!   (`estimate`, `forecast`), and nothing starts that no longer fits before its deadline. What is not known yet
//!   counts as no time at all.
//!
//! Driven: [`Admission::handle`] takes the time and an input and returns what must be done. It contains no
//! synchronisation of its own, so every rule can be tested without threads or waiting.

mod caller;
mod denial;
mod estimate;
mod forecast;
mod hopes;
mod input;
mod kept;
mod ledger;
mod queue;
mod shares;
#[cfg(test)]
mod sim;
mod slots;
mod standing;
#[cfg(test)]
mod tests;

use std::time::Instant;

use estimate::Estimate;
use kept::LastSeen;
use ledger::{ANSWER_PRICE, Ledger, PROMPT_PRICE};
use queue::{Queue, Waiting};
use slots::{Engine, Running, Slots, Stage};

pub use caller::{Caller, ClientId, PayerId, Weight};
pub use denial::Denial;
pub use input::{Arrival, Input, Output, PromptSize, Speeds, Ticket};
pub use standing::Standing;

/// Tokens of an answer that is worth a slot: a sentence or two.
pub const N_USEFUL_TOKENS: u32 = 32;

/// Limits of the queue of one model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Requests that may wait, besides those for whom slots are free and whose prompts are only being counted.
    pub max_waiting: usize,
    /// Tokens of an answer that is worth a slot.
    pub n_useful_tokens: u32,
}

/// The queue and the slots of one model.
#[derive(Debug)]
pub struct Admission {
    settings: Settings,
    ledger: Ledger,
    queue: Queue,
    slots: Slots,
    estimate: Estimate,
    last_seen: LastSeen,
    n_arrivals: u64,
    is_closed: bool,
}

/// Present numbers, for reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occupancy {
    /// Requests waiting.
    pub n_waiting: usize,
    /// Requests running.
    pub n_running: usize,
    /// Slots held by those running.
    pub n_busy_slots: u32,
}

// === impl Settings ===

impl Settings {
    /// A queue for so many, and the usual idea of what is useful.
    pub fn new(max_waiting: usize) -> Self {
        Self { max_waiting, n_useful_tokens: N_USEFUL_TOKENS }
    }
}

// === impl Admission ===

impl Admission {
    /// An empty queue, with the engine down.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            ledger: Ledger::default(),
            queue: Queue::default(),
            slots: Slots::default(),
            estimate: Estimate::unknown(settings.n_useful_tokens),
            last_seen: LastSeen::default(),
            n_arrivals: 0,
            is_closed: false,
        }
    }

    /// Takes one input at time `now` and says what must be done, in order.
    pub fn handle(&mut self, now: Instant, input: Input) -> Vec<Output> {
        let mut outputs = Vec::new();
        match input {
            Input::Arrive(arrival) => self.arrive(now, arrival, &mut outputs),
            Input::Measured { ticket, prompt } => self.measured(now, ticket, prompt, &mut outputs),
            Input::Prefilled { ticket, n_cached } => return self.prefilled(ticket, n_cached),
            Input::Produced { ticket, n_tokens } => return self.produced(ticket, n_tokens),
            Input::EndsBy { ticket, at } => return self.ends_by(ticket, at),
            Input::Released { ticket, n_slots } => self.release(now, ticket, n_slots),
            Input::Leave(ticket) => self.leave(now, ticket),
            Input::Speeds(speeds) => {
                self.estimate.speeds = speeds;
                self.drop_hopeless(now, &mut outputs);
            }
            Input::EngineUp { n_slots } => self.slots.engine_is(Engine::Up { n_slots }),
            Input::EngineDown => self.slots.engine_is(Engine::Down),
            Input::Close => self.close(&mut outputs),
        }
        self.start_waiting(now, &mut outputs);
        outputs
    }

    /// Present numbers.
    pub fn occupancy(&self) -> Occupancy {
        Occupancy {
            n_waiting: self.queue.len(),
            n_running: self.slots.n_running(),
            n_busy_slots: self.slots.n_busy(),
        }
    }

    fn arrive(&mut self, now: Instant, arrival: Arrival, outputs: &mut Vec<Output>) {
        let number = self.n_arrivals;
        self.n_arrivals += 1;
        let allowed = arrival.deadline_at.saturating_duration_since(now);
        let waiting = Waiting { number, arrival, allowed };
        self.ledger.enter(&arrival.caller);
        match self.admit(now, waiting) {
            Ok(displaced) => {
                if let Some(ticket) = displaced {
                    self.deny(ticket, Denial::Displaced, outputs);
                }
            }
            Err(denial) => {
                self.queue.remove(arrival.ticket);
                self.ledger.leave(&arrival.caller);
                outputs.push(Output::Deny(arrival.ticket, denial));
            }
        }
    }

    /// Puts an arrival into the queue; tells who has to make room for it. On a denial it may be in the queue.
    fn admit(&mut self, now: Instant, waiting: Waiting) -> Result<Option<Ticket>, Denial> {
        let arrival = &waiting.arrival;
        if self.is_closed {
            return Err(Denial::Closed);
        }
        if waiting.allowed.is_zero() {
            return Err(Denial::Expired);
        }
        let n_own = self.queue.n_waiting_of(arrival.caller.payer);
        if let Some(max) = arrival.caller.max_waiting.filter(|max| n_own >= *max) {
            return Err(Denial::OwnQueueFull { max });
        }
        let displaced = if self.is_full_for(&waiting, now) {
            let max = self.settings.max_waiting;
            Some(self.queue.make_room(&arrival.caller, &self.ledger).ok_or(Denial::QueueFull { max })?)
        } else {
            None
        };
        self.queue.push(waiting);
        self.check_hopes(now, arrival.ticket)?;
        Ok(displaced)
    }

    fn measured(&mut self, now: Instant, ticket: Ticket, prompt: PromptSize, outputs: &mut Vec<Output>) {
        let Some(waiting) = self.queue.get_mut(ticket) else { return };
        waiting.arrival.prompt = prompt;
        if let Err(denial) = self.check_hopes(now, ticket) {
            self.deny(ticket, denial, outputs);
        }
    }

    fn prefilled(&mut self, ticket: Ticket, n_cached: u32) -> Vec<Output> {
        if let Some(running) = self.slots.get_mut(ticket) {
            running.stage = Stage::Decode;
            self.ledger.refund(&running.caller, u64::from(n_cached.min(running.n_prompt)) * PROMPT_PRICE);
            self.estimate.prompt_read(running.n_prompt, n_cached);
        }
        Vec::new()
    }

    fn produced(&mut self, ticket: Ticket, n_tokens: u32) -> Vec<Output> {
        if let Some(running) = self.slots.get_mut(ticket) {
            running.n_produced = running.n_produced.saturating_add(u64::from(n_tokens));
            self.ledger.charge(&running.caller, u64::from(n_tokens) * ANSWER_PRICE);
        }
        Vec::new()
    }

    fn ends_by(&mut self, ticket: Ticket, at: Instant) -> Vec<Output> {
        if let Some(running) = self.slots.get_mut(ticket) {
            running.ends_by = running.ends_by.min(at);
        }
        Vec::new()
    }

    fn release(&mut self, now: Instant, ticket: Ticket, n_slots: u32) {
        if let Some(running) = self.slots.get(ticket) {
            self.last_seen.left(&running.caller, now);
        }
        self.slots.release(ticket, n_slots);
    }

    fn leave(&mut self, now: Instant, ticket: Ticket) {
        if let Some(waiting) = self.queue.remove(ticket) {
            self.ledger.leave(&waiting.arrival.caller);
        } else if let Some(running) = self.slots.end(ticket) {
            self.last_seen.left(&running.caller, now);
            let n_unread = self.n_surely_unread(&running, now);
            self.ledger.refund(&running.caller, n_unread * PROMPT_PRICE);
            self.ledger.leave(&running.caller);
            if running.n_produced > 0 {
                self.estimate.answer_ended(running.n_produced_each());
            }
        }
    }

    fn close(&mut self, outputs: &mut Vec<Output>) {
        self.is_closed = true;
        let all: Vec<Ticket> = self.queue.iter().map(Waiting::ticket).collect();
        for ticket in all {
            self.deny(ticket, Denial::Closed, outputs);
        }
    }

    fn deny(&mut self, ticket: Ticket, denial: Denial, outputs: &mut Vec<Output>) {
        if let Some(waiting) = self.queue.remove(ticket) {
            self.ledger.leave(&waiting.arrival.caller);
            outputs.push(Output::Deny(ticket, denial));
        }
    }

    fn start_waiting(&mut self, now: Instant, outputs: &mut Vec<Output>) {
        while self.slots.n_free() > 0 {
            let Some(next) = self.next().copied() else { return };
            if let Err(denial) = self.check_still_fits(now, &next) {
                self.deny(next.ticket(), denial, outputs);
                continue;
            }
            if next.arrival.n_slots > self.slots.n_free() || self.is_kept_from(&next, now) {
                return;
            }
            self.queue.remove(next.ticket());
            self.ledger.charge(&next.arrival.caller, u64::from(next.arrival.prompt.least()) * PROMPT_PRICE);
            self.slots.start(next.ticket(), Running::starting(&next, now));
            outputs.push(Output::Start(next.ticket()));
        }
    }

    /// Answers those whose time has run out while they waited. Not while the engine is down: nobody knows how
    /// fast the next one begins, and the reason would be the wrong one.
    fn drop_hopeless(&mut self, now: Instant, outputs: &mut Vec<Output>) {
        if !self.slots.is_up() {
            return;
        }
        let hopeless = self.hopeless(now);
        for (ticket, denial) in hopeless {
            self.deny(ticket, denial, outputs);
        }
    }

    /// Whether an arrival would have to wait and no place for that is left. Whoever waits only for its prompt to be
    /// counted, with a free slot before it, takes no place; so a bound of 0 means "no waiting" and not "no service".
    /// Where counted ones wait, free slots are being kept for one of them.
    fn is_full_for(&self, newcomer: &Waiting, now: Instant) -> bool {
        let n_kept_free = if self.queue.iter().any(Waiting::is_counted) {
            0
        } else {
            self.slots.n_free().saturating_sub(u32::from(self.is_kept_from(newcomer, now)))
        };
        let wanted = self.queue.iter().chain([newcomer]).map(|waiting| waiting.arrival.n_slots);
        let n_starting = wanted.scan(n_kept_free, |n_free, n_slots| {
            *n_free = n_free.checked_sub(n_slots)?;
            Some(())
        });
        let n_behind = self.queue.len() + 1 - n_starting.count();
        n_behind > self.settings.max_waiting
    }
}
