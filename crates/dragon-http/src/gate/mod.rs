//! The asynchronous shell around the admission queue: places that are waited for, permits that are held.

mod ration;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dragon_core::admission::{
    Admission, Arrival, Caller, Denial, Input, Occupancy, Output, PromptSize, Settings, Speeds, Standing,
    Ticket,
};
use dragon_guard::landing::Pressure;
use dragon_ipc::{GenerationId, Ration};
use dragon_supervisor::{EngineState, Tempo, blend};
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use ration::Rationed;

/// Lets requests through to one model's engine.
#[derive(Debug)]
pub(crate) struct Gate {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Rung when those who run have changed, so that the engine is told who is favoured.
    shift: Notify,
}

#[derive(Debug)]
struct State {
    admission: Admission,
    waiters: HashMap<Ticket, oneshot::Sender<Verdict>>,
    /// What the engine knows of those that run.
    running: HashMap<Ticket, Vec<GenerationId>>,
    /// What admission was told last.
    speeds: Speeds,
    /// What the engine was told last.
    said: Rationed,
    next_ticket: u64,
}

type Verdict = Result<(), Denial>;

/// What is known of a request when it comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Newcomer {
    pub(crate) caller: Caller,
    pub(crate) n_slots: u32,
    pub(crate) prompt: PromptSize,
    pub(crate) n_max_tokens: u32,
    pub(crate) deadline_at: Instant,
}

/// A reserved place in the queue. Dropping it gives it back.
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
    stay: Stay,
}

/// Leaves the gate when dropped.
#[derive(Debug)]
struct Stay {
    shared: Arc<Shared>,
    ticket: Ticket,
}

// === impl Gate ===

impl Gate {
    pub(crate) fn new(settings: Settings) -> Self {
        let state = State {
            admission: Admission::new(settings),
            waiters: HashMap::new(),
            running: HashMap::new(),
            speeds: Speeds::default(),
            said: Rationed::default(),
            next_ticket: 0,
        };
        Self { shared: Arc::new(Shared { state: Mutex::new(state), shift: Notify::new() }) }
    }

    /// Reserves a place, atomically and before any expensive work.
    pub(crate) fn arrive(&self, newcomer: Newcomer) -> Result<Place, Denial> {
        let mut state = self.shared.state.lock();
        let ticket = Ticket(state.next_ticket);
        state.next_ticket += 1;
        let (sender, mut receiver) = oneshot::channel();
        state.waiters.insert(ticket, sender);
        state.handle(Input::Arrive(Arrival {
            ticket,
            caller: newcomer.caller,
            n_slots: newcomer.n_slots,
            prompt: newcomer.prompt,
            n_max_tokens: newcomer.n_max_tokens,
            deadline_at: newcomer.deadline_at.into_std(),
        }));
        drop(state);
        let verdict = match receiver.try_recv() {
            Ok(Ok(())) => Awaited::Granted,
            Ok(Err(denial)) => return Err(denial),
            Err(_) => Awaited::Waiting(receiver),
        };
        Ok(Place { stay: Stay { shared: Arc::clone(&self.shared), ticket }, verdict })
    }

    pub(crate) fn engine_is(&self, engine: &EngineState) {
        let input = match engine {
            EngineState::Ready(ready) => Input::EngineUp { n_slots: ready.n_slots },
            EngineState::Starting
            | EngineState::Ending
            | EngineState::Down { .. }
            | EngineState::Broken { .. }
            | EngineState::Stopped => Input::EngineDown,
        };
        let mut state = self.shared.state.lock();
        // A new process knows of no ration.
        state.said = Rationed::default();
        state.handle(input);
    }

    /// How fast the engine is now.
    pub(crate) fn speeds_are(&self, tempo: &Tempo) {
        let mut state = self.shared.state.lock();
        let slowdown = state.said.slowdown();
        let decode_step = tempo.token_gap().map(|gap| gap.saturating_mul(slowdown) / PLANNED.1 * PLANNED.0);
        let speeds = Speeds {
            prefill_per_token: smoothed(state.speeds.prefill_per_token, tempo.prefill_per_token()),
            decode_step: smoothed(state.speeds.decode_step, decode_step),
        };
        state.speeds = speeds;
        state.handle(Input::Speeds(speeds));
    }

    /// Answers everyone who waits; nobody is let in any more.
    pub(crate) fn close(&self) {
        self.shared.state.lock().handle(Input::Close);
    }

    pub(crate) fn occupancy(&self) -> Occupancy {
        self.shared.state.lock().admission.occupancy()
    }

    /// Generations that wait for their turn in the steps.
    pub(crate) fn n_paused(&self) -> usize {
        let state = self.shared.state.lock();
        state.said.n_paused(state.running.len())
    }

    /// Waits until others run than before.
    pub(crate) async fn shift(&self) {
        self.shared.shift.notified().await;
    }

    /// Who is to run in the next steps, where that differs from what was said last.
    pub(crate) fn new_ration(&self) -> Option<Ration> {
        let mut state = self.shared.state.lock();
        let ration = Rationed::of(&state.admission, &state.running);
        if ration == state.said {
            return None;
        }
        tracing::debug!(?ration, "who runs has changed");
        state.said = ration.clone();
        Some(ration.0)
    }
}

/// Who starts is planned with gaps that are so much longer than measured: an answer that starts with just enough time is
/// too short to be of use when anything comes in between, and somebody else had needed that time.
const PLANNED: (u32, u32) = (3, 2);

/// Half of a change is believed after about a second: a burst of arrivals slows the engine for a moment, and whoever is
/// turned away because of that does not come back when it is over.
fn smoothed(before: Option<Duration>, now: Option<Duration>) -> Option<Duration> {
    const NEWEST_WEIGHT: u32 = 6;
    now.map(|now| blend(before, now, NEWEST_WEIGHT)).or(before)
}

// === impl State ===

impl State {
    fn handle(&mut self, input: Input) {
        for output in self.admission.handle(Instant::now().into_std(), input) {
            let (ticket, verdict) = match output {
                Output::Start(ticket) => (ticket, Ok(())),
                Output::Deny(ticket, denial) => {
                    tracing::debug!(ticket = ticket.0, %denial, "denied");
                    (ticket, Err(denial))
                }
            };
            if let Some(waiter) = self.waiters.remove(&ticket) {
                // Nobody may listen any more: the request's deadline passed or its client left. Then its
                // `Stay` is being dropped, which takes it out of the queue.
                let _gone = waiter.send(verdict);
            }
        }
    }

    /// How much those who wait press for shorter answers of this one: not at all where its caller takes no more than
    /// its share.
    fn pressure_on(&self, ticket: Ticket) -> Pressure {
        match self.admission.standing(ticket) {
            Some(Standing::Over) => {
                let occupancy = self.admission.occupancy();
                Pressure::of_queue(occupancy.n_waiting, occupancy.n_busy_slots)
            }
            Some(Standing::Within) | None => Pressure::NONE,
        }
    }
}

// === impl Place ===

impl Place {
    /// Its prompts have been counted.
    pub(crate) fn measured(&self, n_prompt: u32) {
        self.stay.say(Input::Measured { ticket: self.stay.ticket, prompt: PromptSize::Exactly(n_prompt) });
    }

    /// Waits until the request may start, or is denied. No deadline of its own: the caller has one.
    pub(crate) async fn granted(self) -> Result<Permit, Denial> {
        if let Awaited::Waiting(verdict) = self.verdict {
            // The sender lives in the gate until it has spoken, and the gate outlives its places.
            verdict.await.unwrap_or(Err(Denial::Closed))?;
        }
        Ok(Permit { stay: self.stay })
    }
}

// === impl Permit ===

impl Permit {
    /// Its generations are with the engine now.
    pub(crate) fn runs(&self, generations: Vec<GenerationId>) {
        self.stay.shared.state.lock().running.insert(self.stay.ticket, generations);
        self.stay.shared.shift.notify_one();
    }

    /// A prompt of it was read, so much of it from the cache.
    pub(crate) fn prefilled(&self, n_cached: u32) {
        self.stay.say(Input::Prefilled { ticket: self.stay.ticket, n_cached });
    }

    /// It got a token. How much others press for its end.
    pub(crate) fn produced_one(&self) -> Pressure {
        let mut state = self.stay.shared.state.lock();
        state.handle(Input::Produced { ticket: self.stay.ticket, n_tokens: 1 });
        state.pressure_on(self.stay.ticket)
    }

    /// A choice of it has ended.
    pub(crate) fn released_one(&self) {
        self.stay.say(Input::Released { ticket: self.stay.ticket, n_slots: 1 });
    }

    /// It is being brought to its end, which comes by this instant.
    pub(crate) fn lands(&self, ends_by: Instant) {
        self.stay.say(Input::EndsBy { ticket: self.stay.ticket, at: ends_by.into_std() });
    }
}

// === impl Stay ===

impl Stay {
    fn say(&self, input: Input) {
        self.shared.state.lock().handle(input);
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        state.waiters.remove(&self.ticket);
        state.running.remove(&self.ticket);
        state.handle(Input::Leave(self.ticket));
        drop(state);
        self.shared.shift.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use dragon_core::admission::{ClientId, PayerId, Weight};

    use super::*;

    fn gate(max_waiting: usize, n_slots: u32) -> Gate {
        let gate = Gate::new(Settings::new(max_waiting));
        gate.shared.state.lock().handle(Input::EngineUp { n_slots });
        gate
    }

    fn newcomer(client: u64) -> Newcomer {
        Newcomer {
            caller: Caller {
                payer: PayerId(0),
                client: ClientId(client),
                weight: Weight::NORMAL,
                max_waiting: None,
            },
            n_slots: 1,
            prompt: PromptSize::Exactly(10),
            n_max_tokens: 100,
            deadline_at: Instant::now() + Duration::from_secs(10),
        }
    }

    fn arrive(gate: &Gate) -> Result<Place, Denial> {
        gate.arrive(newcomer(0))
    }

    async fn run(gate: &Gate, client: u64, id: GenerationId) -> Permit {
        let permit = gate.arrive(newcomer(client)).unwrap().granted().await.unwrap();
        permit.runs(vec![id]);
        permit
    }

    #[tokio::test]
    async fn a_dropped_permit_lets_the_next_one_in() {
        let gate = gate(10, 1);
        let first = arrive(&gate).unwrap().granted().await.unwrap();
        let second = arrive(&gate).unwrap();
        assert_eq!(gate.occupancy().n_waiting, 1);
        drop(first);
        let _second = second.granted().await.unwrap();
        assert_eq!((gate.occupancy().n_waiting, gate.occupancy().n_busy_slots), (0, 1));
    }

    #[tokio::test]
    async fn a_place_given_up_while_waiting_is_free_again() {
        let gate = gate(1, 1);
        let _running = arrive(&gate).unwrap().granted().await.unwrap();
        drop(arrive(&gate).unwrap());
        assert!(arrive(&gate).is_ok());
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once_and_closing_answers_those_who_wait() {
        let gate = gate(1, 1);
        let _running = arrive(&gate).unwrap().granted().await.unwrap();
        let waiting = arrive(&gate).unwrap();
        assert_eq!(arrive(&gate).unwrap_err(), Denial::QueueFull { max: 1 });
        gate.close();
        assert_eq!(waiting.granted().await.unwrap_err(), Denial::Closed);
    }

    #[tokio::test]
    async fn a_prompt_starts_when_it_has_been_counted() {
        let gate = gate(1, 1);
        let place = gate.arrive(Newcomer { prompt: PromptSize::AtLeast(3), ..newcomer(0) }).unwrap();
        assert_eq!(gate.occupancy().n_busy_slots, 0);
        place.measured(7);
        let _permit = place.granted().await.unwrap();
        assert_eq!(gate.occupancy().n_busy_slots, 1);
    }

    #[tokio::test]
    async fn whoever_takes_no_more_than_its_share_is_not_pressed_and_favoured_beside_those_who_do() {
        let gate = gate(10, 4);
        let _flood = (run(&gate, 0, 1).await, run(&gate, 0, 2).await, run(&gate, 0, 3).await);
        assert_eq!(gate.new_ration(), None, "alone it is nobody's burden");
        let polite = run(&gate, 1, 9).await;
        assert_eq!(gate.new_ration().unwrap().favoured, [9]);
        let _waiting = arrive(&gate).unwrap();
        assert_eq!(polite.produced_one(), Pressure::NONE);
        assert!(_flood.0.produced_one() > Pressure::NONE);
        drop(polite);
        assert_eq!(gate.new_ration(), Some(Rationed::default().0));
    }
}
