//! One run: events in virtual time, from the first request to the last one's end.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::{Duration, Instant};

use super::super::kept::LENIENCE;
use super::super::ledger::{ANSWER_PRICE, PROMPT_PRICE};
use super::super::{Admission, Arrival, Input, Output, Settings, Ticket};
use super::engine::{Brought, Engine};
use super::fault::{Fault, Faulty};
use super::referee::{Foul, Referee, foul_unless};
use super::rng::Rng;
use super::scenario::{Client, Kind, Scenario};
use super::service::Service;

/// The engine reports this often, as the real one does.
const REPORT_MS: u64 = 500;

/// Whoever was turned away asks again no sooner.
pub(super) const ASKS_AGAIN_MS: u64 = 300;

/// What a run was like.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) n_started: u64,
    pub(super) denials: BTreeMap<&'static str, u64>,
    /// As a part of the bound.
    pub(super) widest_gap: f64,
    /// Of the first client: its requests, those of them that started, and the longest that one of these waited.
    pub(super) n_first: u64,
    pub(super) n_first_started: u64,
    pub(super) longest_first_wait: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    Ask {
        client: usize,
    },
    Counted(Ticket),
    /// Its client leaves, or its deadline comes.
    Gone(Ticket),
    StepEnds {
        life: u64,
    },
    Report,
    SpeedChanges,
    EngineDies,
    EngineIsBack,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub(super) client: usize,
    pub(super) arrival: Arrival,
    pub(super) n_prompt: u32,
    pub(super) n_answer: u32,
    pub(super) arrived_us: u64,
    pub(super) has_started: bool,
}

pub(super) struct World {
    pub(super) scenario: Scenario,
    pub(super) rng: Rng,
    pub(super) start: Instant,
    pub(super) now_us: u64,
    pub(super) events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    pub(super) n_events: u64,
    pub(super) gate: Faulty,
    pub(super) referee: Referee,
    pub(super) engine: Engine,
    /// Of the engine; a step that a dead one had begun brings nothing.
    pub(super) life: u64,
    /// What the step that is being made will bring.
    pub(super) in_step: Option<Vec<Brought>>,
    pub(super) requests: BTreeMap<Ticket, Request>,
    pub(super) n_tickets: u64,
    pub(super) outcome: Outcome,
}

/// Runs one scenario to its end.
pub(super) fn run(kind: Kind, seed: u64, fault: Fault) -> Result<Outcome, Foul> {
    let mut rng = Rng::new(seed);
    let scenario = Scenario::new(kind, &mut rng);
    let mut world = World::new(scenario, rng, fault, kind == Kind::Backlog);
    world.run()?;
    let mut outcome = world.outcome;
    outcome.n_started = world.referee.n_started;
    outcome.widest_gap = world.referee.service.widest_gap();
    outcome.denials = world.referee.denials;
    Ok(outcome)
}

/// The bound of the specification on the gap between two who wait all the time, before weights: twice what one of
/// them can have had since it was last the poorer one. Everyone's slots may have been given to it by then, each
/// with the longest prompt and the longest answer.
fn max_gap(scenario: &Scenario) -> f64 {
    let longest = |of: fn(&Client) -> u64| scenario.clients.iter().map(of).max().unwrap_or(0);
    let n_prompt = longest(|client| *client.n_prompt.end());
    let n_answer = longest(|client| *client.n_answer.end());
    let n_slots = u64::from(scenario.engine.n_slots);
    let u = PROMPT_PRICE * n_prompt * (n_slots + 1) + ANSWER_PRICE * n_answer * n_slots + LENIENCE;
    f64::from(u32::try_from(2 * u).unwrap())
}

// === impl World ===

impl World {
    fn new(scenario: Scenario, rng: Rng, fault: Fault, compares_shares: bool) -> Self {
        let gap = compares_shares.then(|| max_gap(&scenario));
        let n_slots = scenario.engine.n_slots;
        Self {
            gate: Faulty::new(Admission::new(Settings::new(scenario.max_waiting)), fault),
            referee: Referee::new(scenario.max_waiting, n_slots, Service::new(gap)),
            engine: Engine::new(scenario.engine.clone()),
            scenario,
            rng,
            start: Instant::now(),
            now_us: 0,
            events: BinaryHeap::new(),
            n_events: 0,
            life: 0,
            in_step: None,
            requests: BTreeMap::new(),
            n_tickets: 0,
            outcome: Outcome {
                n_started: 0,
                denials: BTreeMap::new(),
                widest_gap: 0.0,
                n_first: 0,
                n_first_started: 0,
                longest_first_wait: Duration::ZERO,
            },
        }
    }

    fn run(&mut self) -> Result<(), Foul> {
        self.handle(Input::EngineUp { n_slots: self.scenario.engine.n_slots })?;
        for (client, plan) in self.scenario.clients.clone().into_iter().enumerate() {
            for _ in 0..plan.n_open {
                let in_ms = plan.from_ms + self.rng.within(&(0..=50));
                self.later(in_ms * 1000, Event::Ask { client });
            }
        }
        self.later(REPORT_MS * 1000, Event::Report);
        self.later_about(self.scenario.speed_changes_ms, Event::SpeedChanges);
        self.later_about(self.scenario.engine_life_ms, Event::EngineDies);
        while let Some(Reverse((at_us, _, event))) = self.events.pop() {
            self.now_us = at_us;
            self.happen(event)?;
        }
        let left = self.gate.core.occupancy();
        foul_unless(left.n_waiting + left.n_running == 0 && left.n_busy_slots == 0, || {
            format!("everyone is gone and {left:?} are left")
        })?;
        foul_unless(self.gate.core.ledger.is_empty(), || "everyone is gone and accounts are open".to_owned())
    }

    fn happen(&mut self, event: Event) -> Result<(), Foul> {
        match event {
            Event::Ask { client } => self.ask(client),
            Event::Counted(ticket) => self.count(ticket),
            Event::Gone(ticket) => self.leave(ticket),
            Event::StepEnds { life } if life == self.life => self.end_step(),
            Event::StepEnds { .. } => Ok(()),
            Event::Report => self.report(),
            Event::SpeedChanges => {
                self.engine.slowness = self.rng.within(&(50..=400));
                self.later_about(self.scenario.speed_changes_ms, Event::SpeedChanges);
                Ok(())
            }
            Event::EngineDies => self.engine_dies(),
            Event::EngineIsBack => {
                self.later_about(self.scenario.engine_life_ms, Event::EngineDies);
                self.handle(Input::EngineUp { n_slots: self.scenario.engine.n_slots })
            }
        }
    }

    fn end_step(&mut self) -> Result<(), Foul> {
        for brought in self.in_step.take().unwrap_or_default() {
            self.bring(brought)?;
        }
        self.begin_step();
        Ok(())
    }

    fn bring(&mut self, brought: Brought) -> Result<(), Foul> {
        let caller_of = |world: &Self, ticket| world.requests.get(&ticket).map(|it| it.arrival.caller);
        match brought {
            Brought::Read(ticket, n_tokens) => {
                if let Some(caller) = caller_of(self, ticket) {
                    self.referee.service.read(&caller, n_tokens);
                }
                Ok(())
            }
            Brought::Prefilled(ticket) => self.handle(Input::Prefilled { ticket, n_cached: 0 }),
            Brought::Tokens(ticket, n_tokens) => {
                if let Some(caller) = caller_of(self, ticket) {
                    self.referee.service.made(&caller, n_tokens);
                }
                self.handle(Input::Produced { ticket, n_tokens })
            }
            Brought::Ended(ticket) => self.end(ticket),
        }
    }

    fn report(&mut self) -> Result<(), Foul> {
        if !self.is_over() || !self.requests.is_empty() {
            self.later(REPORT_MS * 1000, Event::Report);
        }
        let speeds = self.engine.speeds();
        self.handle(Input::Speeds(speeds))
    }

    fn engine_dies(&mut self) -> Result<(), Foul> {
        if self.is_over() {
            return Ok(());
        }
        self.life += 1;
        self.in_step = None;
        let lost = self.engine.die();
        self.handle(Input::EngineDown)?;
        for ticket in lost {
            self.leave(ticket)?;
        }
        let back_in_us = self.rng.within(&(10_000..=1_500_000));
        self.later(back_in_us, Event::EngineIsBack);
        Ok(())
    }

    pub(super) fn handle(&mut self, input: Input) -> Result<(), Foul> {
        let now = self.now();
        let outputs = self.gate.handle(now, input);
        self.referee.saw(now, input, &outputs, self.gate.core.occupancy())?;
        for output in outputs {
            match output {
                Output::Start(ticket) => self.start_in_engine(ticket),
                // The answer goes out, and then the request is over.
                Output::Deny(ticket, _) => self.later(500, Event::Gone(ticket)),
            }
        }
        Ok(())
    }

    fn start_in_engine(&mut self, ticket: Ticket) {
        let Some(request) = self.requests.get_mut(&ticket) else { return };
        request.has_started = true;
        if request.client == 0 {
            let waited = Duration::from_micros(self.now_us - request.arrived_us);
            self.outcome.n_first_started += 1;
            self.outcome.longest_first_wait = self.outcome.longest_first_wait.max(waited);
        }
        self.engine.start(ticket, request.arrival.n_slots, request.n_prompt, request.n_answer);
        self.begin_step();
    }

    fn begin_step(&mut self) {
        if self.in_step.is_none() && self.engine.has_work() {
            let (takes_us, brings) = self.engine.step(&mut self.rng);
            self.in_step = Some(brings);
            self.later(takes_us, Event::StepEnds { life: self.life });
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.now_us >= self.scenario.duration_ms * 1000
    }

    pub(super) fn now(&self) -> Instant {
        self.start + Duration::from_micros(self.now_us)
    }

    pub(super) fn later(&mut self, in_us: u64, event: Event) {
        self.n_events += 1;
        self.events.push(Reverse((self.now_us + in_us, self.n_events, event)));
    }

    fn later_about(&mut self, mean_ms: Option<u64>, event: Event) {
        if let Some(mean_ms) = mean_ms
            && !self.is_over()
        {
            let in_ms = self.rng.within(&(1..=2 * mean_ms));
            self.later(in_ms * 1000, event);
        }
    }
}
