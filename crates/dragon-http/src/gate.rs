//! The asynchronous shell around the admission queue: places that are waited for, permits that are held.

use std::collections::HashMap;
use std::sync::Arc;

use dragon_core::admission::{
    Admission, Arrival, Caller, ClientId, Denial, Input, Occupancy, Output, PayerId, PromptSize, Settings,
    Ticket, Weight,
};
use dragon_supervisor::EngineState;
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Lets requests through to one model's engine.
#[derive(Debug)]
pub(crate) struct Gate {
    shared: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    admission: Admission,
    waiters: HashMap<Ticket, oneshot::Sender<Verdict>>,
    next_ticket: u64,
}

type Verdict = Result<(), Denial>;

/// Nobody is told apart yet.
const EVERYONE: Caller =
    Caller { payer: PayerId(0), client: ClientId(0), weight: Weight::NORMAL, max_waiting: None };

/// A reserved place in the queue, or the slots already. Dropping it gives them back.
#[derive(Debug)]
pub(crate) struct Place {
    stay: Stay,
    verdict: Awaited,
}

#[derive(Debug)]
enum Awaited {
    Granted,
    Waiting(oneshot::Receiver<Verdict>),
}

/// The right to use slots. Dropping it gives them back, so it lives as long as the answer is being made:
/// never only until the response's head.
#[derive(Debug)]
pub(crate) struct Permit {
    _stay: Stay,
}

/// Leaves the gate when dropped.
#[derive(Debug)]
struct Stay {
    shared: Arc<Mutex<State>>,
    ticket: Ticket,
}

// === impl Gate ===

impl Gate {
    pub(crate) fn new(max_waiting: usize) -> Self {
        let state = State {
            admission: Admission::new(Settings::new(max_waiting)),
            waiters: HashMap::new(),
            next_ticket: 0,
        };
        Self { shared: Arc::new(Mutex::new(state)) }
    }

    /// Reserves a place, atomically and before any expensive work.
    pub(crate) fn arrive(&self, n_slots: u32, deadline_at: Instant) -> Result<Place, Denial> {
        let mut state = self.shared.lock();
        let ticket = Ticket(state.next_ticket);
        state.next_ticket += 1;
        let (sender, receiver) = oneshot::channel();
        state.waiters.insert(ticket, sender);
        state.handle(Input::Arrive(Arrival {
            ticket,
            caller: EVERYONE,
            n_slots,
            prompt: PromptSize::Exactly(0),
            n_max_tokens: u32::MAX,
            deadline_at: deadline_at.into_std(),
        }));
        let verdict = Awaited::after_arrival(receiver)?;
        Ok(Place { stay: Stay { shared: Arc::clone(&self.shared), ticket }, verdict })
    }

    pub(crate) fn engine_is(&self, engine: &EngineState) {
        let input = match engine {
            EngineState::Ready(ready) => Input::EngineUp { n_slots: ready.n_slots },
            EngineState::Starting | EngineState::Ending | EngineState::Down { .. } | EngineState::Stopped => {
                Input::EngineDown
            }
        };
        self.shared.lock().handle(input);
    }

    /// Answers everyone who waits; nobody is let in any more.
    pub(crate) fn close(&self) {
        self.shared.lock().handle(Input::Close);
    }

    pub(crate) fn occupancy(&self) -> Occupancy {
        self.shared.lock().admission.occupancy()
    }
}

// === impl State ===

impl State {
    fn handle(&mut self, input: Input) {
        for output in self.admission.handle(Instant::now().into_std(), input) {
            let (ticket, verdict) = match output {
                Output::Start(ticket) => (ticket, Ok(())),
                Output::Deny(ticket, denial) => (ticket, Err(denial)),
            };
            if let Some(waiter) = self.waiters.remove(&ticket) {
                // Nobody may listen any more: the request's deadline passed or its client left. Then its
                // `Stay` is being dropped, which takes it out of the queue.
                let _gone = waiter.send(verdict);
            }
        }
    }
}

// === impl Awaited ===

impl Awaited {
    /// Most verdicts fall at once, and a denial must not look like a place.
    fn after_arrival(mut receiver: oneshot::Receiver<Verdict>) -> Result<Self, Denial> {
        match receiver.try_recv() {
            Ok(Ok(())) => Ok(Self::Granted),
            Ok(Err(denial)) => Err(denial),
            Err(_) => Ok(Self::Waiting(receiver)),
        }
    }
}

// === impl Place ===

impl Place {
    /// Waits until the request may start, or is denied. No deadline of its own: the caller has one.
    pub(crate) async fn granted(self) -> Result<Permit, Denial> {
        if let Awaited::Waiting(verdict) = self.verdict {
            // The sender lives in the gate until it has spoken, and the gate outlives its places.
            verdict.await.unwrap_or(Err(Denial::Closed))?;
        }
        Ok(Permit { _stay: self.stay })
    }
}

// === impl Stay ===

impl Drop for Stay {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.waiters.remove(&self.ticket);
        state.handle(Input::Leave(self.ticket));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn gate(max_waiting: usize, n_slots: u32) -> Gate {
        let gate = Gate::new(max_waiting);
        gate.shared.lock().handle(Input::EngineUp { n_slots });
        gate
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[tokio::test]
    async fn a_dropped_permit_lets_the_next_one_in() {
        let gate = gate(10, 1);
        let first = gate.arrive(1, soon()).unwrap().granted().await.unwrap();
        let second = gate.arrive(1, soon()).unwrap();
        assert_eq!(gate.occupancy().n_waiting, 1);
        drop(first);
        let _second = second.granted().await.unwrap();
        assert_eq!((gate.occupancy().n_waiting, gate.occupancy().n_busy_slots), (0, 1));
    }

    #[tokio::test]
    async fn a_place_given_up_while_waiting_is_free_again() {
        let gate = gate(1, 1);
        let _running = gate.arrive(1, soon()).unwrap().granted().await.unwrap();
        drop(gate.arrive(1, soon()).unwrap());
        assert!(gate.arrive(1, soon()).is_ok());
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once_and_closing_answers_those_who_wait() {
        let gate = gate(1, 1);
        let _running = gate.arrive(1, soon()).unwrap().granted().await.unwrap();
        let waiting = gate.arrive(1, soon()).unwrap();
        assert_eq!(gate.arrive(1, soon()).unwrap_err(), Denial::QueueFull { max: 1 });
        gate.close();
        assert_eq!(waiting.granted().await.unwrap_err(), Denial::Closed);
    }
}
