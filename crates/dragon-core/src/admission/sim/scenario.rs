//! Who asks what of which engine. All of it follows from a seed.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use super::super::{Caller, ClientId, PayerId, Weight};
use super::engine::Nature;
use super::rng::Rng;

/// A run.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) duration_ms: u64,
    pub(super) max_waiting: usize,
    pub(super) engine: Nature,
    /// Mean time between changes of the engine's speed.
    pub(super) speed_changes_ms: Option<u64>,
    /// Mean life of the engine.
    pub(super) engine_life_ms: Option<u64>,
    pub(super) clients: Vec<Client>,
}

/// Someone who asks, with several requests open at the same time.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) caller: Caller,
    pub(super) n_open: u64,
    /// From an answer to the next request.
    pub(super) pause_ms: RangeInclusive<u64>,
    /// When it begins to ask.
    pub(super) from_ms: u64,
    pub(super) n_prompt: RangeInclusive<u64>,
    pub(super) n_answer: RangeInclusive<u64>,
    pub(super) n_choices: RangeInclusive<u64>,
    pub(super) deadline_ms: RangeInclusive<u64>,
    /// One request in so many is given up, at any stage.
    pub(super) gives_up_one_in: Option<u64>,
}

/// What a run is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A few clients who always want more than they get, of several weights, so that shares can be compared.
    Backlog,
    /// One polite client beside floods.
    Polite,
    /// Everything at once: bursts, several choices, clients that leave, an engine that stalls and dies.
    Chaos,
}

// === impl Scenario ===

impl Scenario {
    pub(super) fn new(kind: Kind, rng: &mut Rng) -> Self {
        match kind {
            Kind::Backlog => backlog(rng),
            Kind::Polite => polite(rng),
            Kind::Chaos => chaos(rng),
        }
    }
}

// === impl Client ===

impl Client {
    /// A flood that never has enough and never leaves.
    fn flood(caller: Caller, n_open: u64) -> Self {
        Self {
            caller,
            n_open,
            pause_ms: 20..=200,
            from_ms: 0,
            n_prompt: 10..=200,
            n_answer: 5..=60,
            n_choices: 1..=1,
            deadline_ms: 3_000..=6_000,
            gives_up_one_in: None,
        }
    }
}

pub(super) fn caller(payer: u64, client: u64, weight: u32) -> Caller {
    let weight = Weight::from_thousandths(NonZeroU32::new(weight).unwrap());
    Caller { payer: PayerId(payer), client: ClientId(client), weight, max_waiting: None }
}

fn steady_engine(rng: &mut Rng) -> Nature {
    Nature {
        n_slots: u32::try_from(rng.within(&(1..=6))).unwrap(),
        prefill_us_per_token: rng.within(&(100..=400)),
        step_us: rng.within(&(2_000..=6_000)),
        step_percent_per_other: rng.within(&(5..=60)),
        jitter_percent: rng.within(&(0..=30)),
        stall_one_in: None,
    }
}

fn backlog(rng: &mut Rng) -> Scenario {
    let n_payers = rng.within(&(2..=4));
    let mut clients = Vec::new();
    for payer in 0..n_payers {
        let weight = [500, 1000, 1000, 2000][usize::try_from(rng.next() % 4).unwrap()];
        for client in 0..rng.within(&(1..=2)) {
            let n_open = rng.within(&(8..=25));
            let mut flood = Client::flood(caller(payer, client, weight), n_open);
            // Some come when the others have had much already.
            flood.from_ms = if rng.one_in(2) { 0 } else { rng.within(&(0..=10_000)) };
            flood.n_prompt = if rng.one_in(2) { 10..=40 } else { 50..=400 };
            clients.push(flood);
        }
    }
    Scenario {
        duration_ms: 14_000,
        max_waiting: usize::try_from(rng.within(&(20..=60))).unwrap(),
        engine: steady_engine(rng),
        speed_changes_ms: rng.one_in(2).then_some(3_000),
        engine_life_ms: None,
        clients,
    }
}

fn polite(rng: &mut Rng) -> Scenario {
    let mut polite = Client::flood(caller(0, 0, 1000), 1);
    polite.pause_ms = 50..=500;
    polite.n_prompt = 20..=60;
    polite.n_answer = 32..=32;
    polite.deadline_ms = 10_000..=10_000;
    let mut clients = vec![polite];
    // The floods come from the same address under other names, or from others.
    let same_payer = rng.one_in(2);
    for flood in 1..=rng.within(&(1..=4)) {
        let payer = if same_payer { 0 } else { flood };
        clients.push(Client::flood(caller(payer, flood, 1000), rng.within(&(20..=60))));
    }
    Scenario {
        duration_ms: 8_000,
        max_waiting: usize::try_from(rng.within(&(10..=40))).unwrap(),
        engine: steady_engine(rng),
        speed_changes_ms: None,
        engine_life_ms: None,
        clients,
    }
}

fn chaos(rng: &mut Rng) -> Scenario {
    let mut engine = steady_engine(rng);
    engine.stall_one_in = rng.one_in(2).then_some(500);
    let n_slots = u64::from(engine.n_slots);
    let clients = (0..rng.within(&(1..=8))).map(|_| chaotic_client(n_slots, rng)).collect();
    Scenario {
        duration_ms: 6_000,
        max_waiting: usize::try_from(rng.within(&(0..=20))).unwrap(),
        engine,
        speed_changes_ms: rng.one_in(2).then_some(2_000),
        engine_life_ms: rng.one_in(3).then_some(2_500),
        clients,
    }
}

fn chaotic_client(n_slots: u64, rng: &mut Rng) -> Client {
    let payer = rng.within(&(0..=3));
    // A payer has one weight.
    let weight = [1, 300, 1000, 5000][usize::try_from(payer).unwrap()];
    let mut caller = caller(payer, rng.within(&(0..=3)), weight);
    caller.max_waiting = rng.one_in(4).then_some(3);
    Client {
        caller,
        n_open: rng.within(&(1..=20)),
        pause_ms: 0..=rng.within(&(1..=2_000)),
        from_ms: rng.within(&(0..=3_000)),
        n_prompt: 1..=rng.within(&(1..=1_000)),
        n_answer: 1..=rng.within(&(1..=200)),
        n_choices: 1..=rng.within(&(1..=n_slots)),
        deadline_ms: 50..=rng.within(&(50..=10_000)),
        gives_up_one_in: rng.one_in(2).then_some(4),
    }
}
