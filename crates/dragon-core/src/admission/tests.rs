use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

struct Gate {
    core: Admission,
    now: Instant,
}

impl Gate {
    fn new(max_waiting: usize, n_slots: u32) -> Self {
        let mut gate = Self { core: Admission::new(max_waiting), now: Instant::now() };
        gate.core.handle(gate.now, Input::EngineUp { n_slots });
        gate
    }

    fn arrive(&mut self, ticket: u64, n_slots: u32) -> Vec<Output> {
        let arrival = Arrival { ticket: Ticket(ticket), n_slots, deadline_at: self.now + 10 * SECOND };
        self.core.handle(self.now, Input::Arrive(arrival))
    }

    fn leave(&mut self, ticket: u64) -> Vec<Output> {
        self.core.handle(self.now, Input::Leave(Ticket(ticket)))
    }
}

#[test]
fn requests_start_while_slots_are_free_and_then_wait_their_turn() {
    let mut gate = Gate::new(10, 2);
    assert_eq!(gate.arrive(1, 1), [Output::Start(Ticket(1))]);
    assert_eq!(gate.arrive(2, 1), [Output::Start(Ticket(2))]);
    assert_eq!(gate.arrive(3, 1), []);
    assert_eq!(gate.arrive(4, 1), []);
    assert_eq!(gate.leave(2), [Output::Start(Ticket(3))]);
    assert_eq!(gate.leave(1), [Output::Start(Ticket(4))]);
}

#[test]
fn a_full_queue_denies_at_once_and_names_its_bound() {
    let mut gate = Gate::new(1, 1);
    gate.arrive(1, 1);
    assert_eq!(gate.arrive(2, 1), []);
    assert_eq!(gate.arrive(3, 1), [Output::Deny(Ticket(3), Denial::QueueFull { max: 1 })]);
}

#[test]
fn a_queue_of_none_still_serves_those_who_need_not_wait() {
    let mut gate = Gate::new(0, 1);
    assert_eq!(gate.arrive(1, 1), [Output::Start(Ticket(1))]);
    assert_eq!(gate.arrive(2, 1), [Output::Deny(Ticket(2), Denial::QueueFull { max: 0 })]);
}

#[test]
fn nobody_overtakes_a_request_that_needs_several_slots() {
    let mut gate = Gate::new(10, 2);
    gate.arrive(1, 1);
    assert_eq!(gate.arrive(2, 2), []);
    assert_eq!(gate.arrive(3, 1), []);
    assert_eq!(gate.leave(1), [Output::Start(Ticket(2))]);
    assert_eq!(gate.leave(2), [Output::Start(Ticket(3))]);
}

#[test]
fn whoever_leaves_the_queue_frees_its_place() {
    let mut gate = Gate::new(1, 1);
    gate.arrive(1, 1);
    gate.arrive(2, 1);
    gate.leave(2);
    assert_eq!(gate.arrive(3, 1), []);
    assert_eq!(gate.leave(1), [Output::Start(Ticket(3))]);
}

#[test]
fn expired_work_is_dropped_before_it_starts() {
    let mut gate = Gate::new(10, 1);
    gate.arrive(1, 1);
    gate.arrive(2, 1);
    gate.now += 11 * SECOND;
    assert_eq!(gate.leave(1), [Output::Deny(Ticket(2), Denial::Expired)]);
}

#[test]
fn those_waiting_outlive_an_engine_and_start_on_the_next() {
    let mut gate = Gate::new(10, 1);
    gate.arrive(1, 1);
    gate.core.handle(gate.now, Input::EngineDown);
    assert_eq!(gate.arrive(2, 1), []);
    assert_eq!(gate.leave(1), []);
    assert_eq!(gate.core.handle(gate.now, Input::EngineUp { n_slots: 1 }), [Output::Start(Ticket(2))]);
}

#[test]
fn closing_answers_everyone_who_waits_and_everyone_who_comes() {
    let mut gate = Gate::new(10, 1);
    gate.arrive(1, 1);
    gate.arrive(2, 1);
    assert_eq!(gate.core.handle(gate.now, Input::Close), [Output::Deny(Ticket(2), Denial::Closed)]);
    assert_eq!(gate.arrive(3, 1), [Output::Deny(Ticket(3), Denial::Closed)]);
    assert_eq!(gate.core.occupancy().n_running, 1);
}

/// One step of a random scenario.
#[derive(Debug, Clone)]
enum Act {
    Arrive { n_slots: u32, patience_ms: u64 },
    Leave { pick: usize },
    EngineUp,
    EngineDown,
    Wait { ms: u64 },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (1_u32..4, 0_u64..200).prop_map(|(n_slots, patience_ms)| Act::Arrive { n_slots, patience_ms }),
        4 => any::<usize>().prop_map(|pick| Act::Leave { pick }),
        1 => Just(Act::EngineUp),
        1 => Just(Act::EngineDown),
        2 => (0_u64..50).prop_map(|ms| Act::Wait { ms }),
    ];
    prop::collection::vec(act, 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever happens: slots are never over-committed, the queue keeps its bound, nobody is decided twice,
    /// nobody starts after its deadline, and in the end everyone has been decided.
    #[test]
    fn every_request_is_decided_once_and_bounds_hold(acts in acts(), max_waiting in 0_usize..6) {
        const N_SLOTS: u32 = 4;
        let mut core = Admission::new(max_waiting);
        let mut now = Instant::now();
        let mut arrived = Vec::new();
        let mut deadlines = BTreeMap::new();
        let mut decided = BTreeSet::new();
        let mut left = BTreeSet::new();
        let mut check = |core: &Admission, now: Instant, outputs: &[Output], deadlines: &BTreeMap<Ticket, Instant>| {
            for output in outputs {
                let (Output::Start(ticket) | Output::Deny(ticket, _)) = output;
                prop_assert!(decided.insert(*ticket), "{ticket:?} was decided twice");
                if matches!(output, Output::Start(_)) {
                    prop_assert!(deadlines[ticket] > now, "{ticket:?} started after its deadline");
                }
            }
            prop_assert!(core.occupancy().n_busy_slots <= N_SLOTS);
            prop_assert!(core.occupancy().n_waiting <= max_waiting);
            Ok(())
        };
        for act in acts {
            let outputs = match act {
                Act::Arrive { n_slots, patience_ms } => {
                    let ticket = Ticket(arrived.len() as u64);
                    let deadline_at = now + Duration::from_millis(patience_ms);
                    arrived.push(ticket);
                    deadlines.insert(ticket, deadline_at);
                    core.handle(now, Input::Arrive(Arrival { ticket, n_slots, deadline_at }))
                }
                Act::Leave { pick } if !arrived.is_empty() => {
                    let ticket = arrived[pick % arrived.len()];
                    left.insert(ticket);
                    core.handle(now, Input::Leave(ticket))
                }
                Act::Leave { .. } => Vec::new(),
                Act::EngineUp => core.handle(now, Input::EngineUp { n_slots: N_SLOTS }),
                Act::EngineDown => core.handle(now, Input::EngineDown),
                Act::Wait { ms } => { now += Duration::from_millis(ms); Vec::new() }
            };
            check(&core, now, &outputs, &deadlines)?;
        }
        let outputs = core.handle(now, Input::Close);
        check(&core, now, &outputs, &deadlines)?;
        for ticket in arrived {
            prop_assert!(decided.contains(&ticket) || left.contains(&ticket), "{ticket:?} was forgotten");
        }
    }
}
