//! Looks at every input and every decision from outside and knows what must never happen.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::super::{Arrival, Denial, Input, N_USEFUL_TOKENS, Occupancy, Output, PromptSize, Speeds, Ticket};
use super::service::Service;

/// A rule was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Foul(pub(super) String);

#[derive(Debug)]
pub(super) struct Referee {
    max_waiting: usize,
    n_slots: u32,
    is_up: bool,
    speeds: Speeds,
    pub(super) requests: BTreeMap<Ticket, Request>,
    pub(super) service: Service,
    pub(super) n_started: u64,
    pub(super) denials: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub(super) arrival: Arrival,
    arrived_at: Instant,
    pub(super) state: State,
    /// Slots that it holds.
    n_slots: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Running,
    Denied,
}

// === impl Referee ===

impl Referee {
    pub(super) fn new(max_waiting: usize, n_slots: u32, service: Service) -> Self {
        Self {
            max_waiting,
            n_slots,
            is_up: false,
            speeds: Speeds::default(),
            requests: BTreeMap::new(),
            service,
            n_started: 0,
            denials: BTreeMap::new(),
        }
    }

    /// What was said to admission at `now`, and what it decided.
    pub(super) fn saw(
        &mut self,
        now: Instant,
        input: Input,
        outputs: &[Output],
        occupancy: Occupancy,
    ) -> Result<(), Foul> {
        self.take(now, input);
        for output in outputs {
            match *output {
                Output::Start(ticket) => self.start(now, ticket)?,
                Output::Deny(ticket, denial) => self.deny(ticket, denial)?,
            }
        }
        if matches!(input, Input::Produced { .. } | Input::Prefilled { .. }) {
            return Ok(());
        }
        self.check_bounds(occupancy)?;
        self.check_work_goes_on()?;
        if matches!(input, Input::Speeds(_)) && self.is_up {
            self.check_no_vain_hopes(now)?;
        }
        let ready = |request: &&Request| request.state == State::Waiting && request.is_counted();
        self.service.look(self.requests.values().filter(ready).map(|request| request.arrival.caller))
    }

    pub(super) fn is_over(&self, ticket: Ticket) -> bool {
        self.requests.get(&ticket).is_none_or(|request| request.state == State::Denied)
    }

    fn take(&mut self, now: Instant, input: Input) {
        match input {
            Input::Arrive(arrival) => {
                let (state, n_slots) = (State::Waiting, arrival.n_slots);
                let request = Request { arrival, arrived_at: now, state, n_slots };
                self.requests.insert(arrival.ticket, request);
            }
            Input::Measured { ticket, prompt } => {
                if let Some(request) = self.requests.get_mut(&ticket) {
                    request.arrival.prompt = prompt;
                }
            }
            Input::Released { ticket, n_slots } => {
                if let Some(request) = self.requests.get_mut(&ticket) {
                    request.n_slots -= n_slots;
                }
            }
            Input::Leave(ticket) => {
                self.requests.remove(&ticket);
            }
            Input::Speeds(speeds) => self.speeds = speeds,
            Input::EngineUp { .. } => self.is_up = true,
            Input::EngineDown => self.is_up = false,
            Input::Prefilled { .. } | Input::Produced { .. } | Input::EndsBy { .. } | Input::Close => {}
        }
    }

    fn start(&mut self, now: Instant, ticket: Ticket) -> Result<(), Foul> {
        let needed = self.requests.get(&ticket).map(|request| request.needed(&self.speeds));
        let request = self.verdict(ticket)?;
        request.state = State::Running;
        let left = request.arrival.deadline_at.saturating_duration_since(now);
        foul_unless(request.is_counted(), || format!("{ticket:?} starts before its prompt is counted"))?;
        foul_unless(needed.is_some_and(|needed| needed <= left) && !left.is_zero(), || {
            format!("{ticket:?} starts with {left:?} left and needs {needed:?}")
        })?;
        self.n_started += 1;
        Ok(())
    }

    fn deny(&mut self, ticket: Ticket, denial: Denial) -> Result<(), Foul> {
        let request = self.verdict(ticket)?;
        request.state = State::Denied;
        let arrival = request.arrival;
        let name = match denial {
            Denial::QueueFull { .. } => {
                self.check_nobody_had_to_make_room(&arrival)?;
                "queue full"
            }
            Denial::OwnQueueFull { max } => {
                let n_own = self.n_waiting(|other| other.caller.payer == arrival.caller.payer);
                foul_unless(n_own >= max, || format!("{ticket:?} is one too many, with {n_own} of {max}"))?;
                "own queue full"
            }
            Denial::Displaced => {
                self.check_displacement(&arrival)?;
                "displaced"
            }
            Denial::WillNotStart { .. } => "will not start",
            Denial::WillNotFit { .. } => "will not fit",
            Denial::Expired => "expired",
            Denial::Closed => "closed",
        };
        let is_guess = self.speeds == Speeds::default() && name.starts_with("will");
        foul_unless(!is_guess, || format!("{ticket:?} denied on a guess: {denial}"))?;
        *self.denials.entry(name).or_default() += 1;
        Ok(())
    }

    /// The request of a verdict, of which there is only one.
    fn verdict(&mut self, ticket: Ticket) -> Result<&mut Request, Foul> {
        match self.requests.get_mut(&ticket) {
            Some(request) if request.state == State::Waiting => Ok(request),
            Some(request) => {
                Err(Foul(format!("a second verdict on {ticket:?}, which is {:?}", request.state)))
            }
            None => Err(Foul(format!("a verdict on {ticket:?}, which is not here"))),
        }
    }

    fn check_bounds(&self, occupancy: Occupancy) -> Result<(), Foul> {
        let n_busy = self.n_busy();
        foul_unless(n_busy <= self.n_slots, || format!("{n_busy} slots are held of {}", self.n_slots))?;
        foul_unless(n_busy == occupancy.n_busy_slots, || {
            format!("{n_busy} slots are held and {} are counted", occupancy.n_busy_slots)
        })?;
        let n_waiting = self.n_waiting(|_| true);
        foul_unless(n_waiting == occupancy.n_waiting, || {
            format!("{n_waiting} requests wait and {} are counted", occupancy.n_waiting)
        })?;
        let max = self.max_waiting + usize::try_from(self.n_slots).unwrap();
        foul_unless(n_waiting <= max, || format!("{n_waiting} requests wait where {max} may"))
    }

    /// The engine is never idle while someone could run; and no slot is empty while someone waits, unless slots
    /// are being kept for someone who needs several, or the last one for someone else than the only one who waits.
    fn check_work_goes_on(&self) -> Result<(), Foul> {
        if !self.is_up {
            return Ok(());
        }
        let ready = || self.requests.values().filter(|it| it.state == State::Waiting && it.is_counted());
        let all_need_one = ready().all(|request| request.n_slots == 1);
        let (n_ready, n_busy) = (ready().count(), self.n_busy());
        foul_unless(n_ready == 0 || n_busy > 0, || format!("the engine is idle and {n_ready} could run"))?;
        let is_kept = n_busy + 1 == self.n_slots && self.is_one_client_waiting_beside_its_own();
        foul_unless(n_ready == 0 || !all_need_one || n_busy == self.n_slots || is_kept, || {
            format!("{n_busy} of {} slots are busy and {n_ready} could run", self.n_slots)
        })
    }

    /// Whether all who wait are one client, which has slots already.
    fn is_one_client_waiting_beside_its_own(&self) -> bool {
        let of = |state| {
            let those = self.requests.values().filter(move |it| it.state == state && it.is_counted());
            those.map(|request| (request.arrival.caller.payer, request.arrival.caller.client))
        };
        let waiting: BTreeSet<_> = of(State::Waiting).collect();
        waiting.len() == 1 && of(State::Running).any(|who| waiting.contains(&who))
    }

    fn check_no_vain_hopes(&self, now: Instant) -> Result<(), Foul> {
        for (ticket, request) in self.requests.iter().filter(|(_, request)| request.state == State::Waiting) {
            let left = request.arrival.deadline_at.saturating_duration_since(now);
            let needed = request.needed(&self.speeds);
            foul_unless(needed <= left, || {
                format!("{ticket:?} waits on with {left:?} and needs {needed:?}")
            })?;
        }
        Ok(())
    }

    fn n_busy(&self) -> u32 {
        let running = self.requests.values().filter(|request| request.state == State::Running);
        running.map(|request| request.n_slots).sum()
    }

    pub(super) fn n_waiting(&self, of: impl Fn(&Arrival) -> bool) -> usize {
        self.requests.values().filter(|it| it.state == State::Waiting && of(&it.arrival)).count()
    }
}

// === impl Request ===

impl Request {
    fn is_counted(&self) -> bool {
        matches!(self.arrival.prompt, PromptSize::Exactly(_))
    }

    /// The least time that makes starting worth it: see `Estimate::needed`.
    fn needed(&self, speeds: &Speeds) -> Duration {
        let allowed = self.arrival.deadline_at.saturating_duration_since(self.arrived_at);
        let prefill = speeds.prefill_per_token.unwrap_or_default() * self.arrival.prompt.least();
        let step = speeds.decode_step.unwrap_or_default();
        let useful = step * N_USEFUL_TOKENS.min(self.arrival.n_max_tokens);
        prefill + useful.min((allowed.saturating_sub(prefill) / 2).max(step))
    }
}

pub(super) fn foul_unless(holds: bool, what: impl FnOnce() -> String) -> Result<(), Foul> {
    if holds { Ok(()) } else { Err(Foul(what())) }
}
