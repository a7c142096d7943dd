//! Who waits, who starts, who is turned away: one bounded first-come-first-served queue per model.
//!
//! Driven: [`Admission::handle`] takes the time and an input and returns what must be done. It contains no
//! synchronisation of its own, so every rule can be tested without threads or waiting.
//!
//! A request that needs several slots at once (several choices) waits until all are free, and nobody
//! overtakes it: otherwise a stream of small requests would starve it.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

/// Names one request at the gate; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What happens to the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A request asks for slots.
    Arrive(Arrival),
    /// The request has ended, waiting or running, for whatever reason. Unknown tickets are no error.
    Leave(Ticket),
    /// The engine is ready with so many slots.
    EngineUp {
        /// Sequences that it can run at once.
        n_slots: u32,
    },
    /// The engine is gone; those running leave as they settle, those waiting go on waiting.
    EngineDown,
    /// The server stops: nobody new, nobody waiting.
    Close,
}

/// A request at the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Its name.
    pub ticket: Ticket,
    /// Sequences that it needs at once; at least 1.
    pub n_slots: u32,
    /// After this instant starting it is useless.
    pub deadline_at: Instant,
}

/// What must be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// The request starts now and holds its slots until it leaves.
    Start(Ticket),
    /// The request is answered now, without the model.
    Deny(Ticket, Denial),
}

/// Why a request is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The queue is full.
    #[error("{max} requests are waiting already, which is as many as the queue holds")]
    QueueFull {
        /// The bound.
        max: usize,
    },
    /// Its deadline passed while it waited.
    #[error("the deadline passed before a slot was free")]
    Expired,
    /// The server is stopping.
    #[error("the server is stopping")]
    Closed,
}

/// The queue and the slots of one model.
#[derive(Debug)]
pub struct Admission {
    max_waiting: usize,
    engine: EngineSlots,
    waiting: VecDeque<Arrival>,
    /// Slots held by each request that runs.
    running: BTreeMap<Ticket, u32>,
    is_closed: bool,
}

/// What the engine offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EngineSlots {
    Down,
    Up { n_slots: u32 },
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

// === impl Admission ===

impl Admission {
    /// An empty queue for at most `max_waiting` requests, with the engine down.
    pub fn new(max_waiting: usize) -> Self {
        Self {
            max_waiting,
            engine: EngineSlots::Down,
            waiting: VecDeque::new(),
            running: BTreeMap::new(),
            is_closed: false,
        }
    }

    /// Takes one input at time `now` and says what must be done, in order.
    pub fn handle(&mut self, now: Instant, input: Input) -> Vec<Output> {
        let mut outputs = Vec::new();
        match input {
            Input::Arrive(arrival) => self.arrive(now, arrival, &mut outputs),
            Input::Leave(ticket) => self.leave(ticket),
            Input::EngineUp { n_slots } => self.engine = EngineSlots::Up { n_slots },
            Input::EngineDown => self.engine = EngineSlots::Down,
            Input::Close => self.close(&mut outputs),
        }
        self.start_waiting(now, &mut outputs);
        outputs
    }

    /// Present numbers.
    pub fn occupancy(&self) -> Occupancy {
        Occupancy {
            n_waiting: self.waiting.len(),
            n_running: self.running.len(),
            n_busy_slots: self.running.values().sum(),
        }
    }

    fn arrive(&mut self, now: Instant, arrival: Arrival, outputs: &mut Vec<Output>) {
        if self.is_closed {
            outputs.push(Output::Deny(arrival.ticket, Denial::Closed));
            return;
        }
        if arrival.deadline_at <= now {
            outputs.push(Output::Deny(arrival.ticket, Denial::Expired));
            return;
        }
        // Someone who can start at once takes no place in the queue, so that a bound of 0 means "no waiting"
        // and not "no service".
        let starts_at_once = self.waiting.is_empty() && self.fits(arrival.n_slots);
        if !starts_at_once && self.waiting.len() >= self.max_waiting {
            outputs.push(Output::Deny(arrival.ticket, Denial::QueueFull { max: self.max_waiting }));
            return;
        }
        self.waiting.push_back(arrival);
    }

    fn leave(&mut self, ticket: Ticket) {
        if self.running.remove(&ticket).is_none() {
            self.waiting.retain(|waiting| waiting.ticket != ticket);
        }
    }

    fn close(&mut self, outputs: &mut Vec<Output>) {
        self.is_closed = true;
        outputs.extend(self.waiting.drain(..).map(|waiting| Output::Deny(waiting.ticket, Denial::Closed)));
    }

    fn start_waiting(&mut self, now: Instant, outputs: &mut Vec<Output>) {
        while let Some(next) = self.waiting.front() {
            if next.deadline_at > now && !self.fits(next.n_slots) {
                return;
            }
            let Some(next) = self.waiting.pop_front() else { return };
            if next.deadline_at <= now {
                outputs.push(Output::Deny(next.ticket, Denial::Expired));
            } else {
                self.running.insert(next.ticket, next.n_slots);
                outputs.push(Output::Start(next.ticket));
            }
        }
    }

    fn fits(&self, n_wanted: u32) -> bool {
        let EngineSlots::Up { n_slots } = self.engine else { return false };
        let n_busy: u32 = self.running.values().sum();
        n_busy.saturating_add(n_wanted) <= n_slots
    }
}
