//! Random inputs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::*;
use super::{Gate, caller};

/// One step of a random scenario.
#[derive(Debug, Clone)]
enum Act {
    Arrive { client: u64, n_slots: u32, patience_ms: u64 },
    Leave { pick: usize },
    Produce { pick: usize },
    EngineUp,
    EngineDown,
    Wait { ms: u64 },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let arrive = (0_u64..3, 1_u32..4, 0_u64..200);
    let act = prop_oneof![
        4 => arrive.prop_map(|(client, n_slots, patience_ms)| Act::Arrive { client, n_slots, patience_ms }),
        4 => any::<usize>().prop_map(|pick| Act::Leave { pick }),
        1 => any::<usize>().prop_map(|pick| Act::Produce { pick }),
        1 => Just(Act::EngineUp),
        1 => Just(Act::EngineDown),
        2 => (0_u64..50).prop_map(|ms| Act::Wait { ms }),
    ];
    prop::collection::vec(act, 0..200)
}

/// What has been decided, and that it may be.
#[derive(Default)]
struct Decisions {
    deadlines: BTreeMap<Ticket, Instant>,
    decided: BTreeSet<Ticket>,
    left: BTreeSet<Ticket>,
}

const N_SLOTS: u32 = 4;

impl Decisions {
    fn check(&mut self, gate: &Gate, outputs: &[Output]) -> Result<(), TestCaseError> {
        for output in outputs {
            let (Output::Start(ticket) | Output::Deny(ticket, _)) = output;
            prop_assert!(self.decided.insert(*ticket), "{ticket:?} was decided twice");
            if matches!(output, Output::Start(_)) {
                prop_assert!(self.deadlines[ticket] > gate.now, "{ticket:?} started after its deadline");
            }
        }
        prop_assert!(gate.core.occupancy().n_busy_slots <= N_SLOTS);
        let max_waiting = gate.core.settings.max_waiting;
        prop_assert!(gate.core.occupancy().n_waiting <= max_waiting);
        Ok(())
    }

    fn act(&mut self, gate: &mut Gate, act: &Act) -> Vec<Output> {
        let pick = |pick: usize| Ticket(u64::try_from(pick % self.deadlines.len().max(1)).unwrap());
        match *act {
            Act::Arrive { client, n_slots, patience_ms } => {
                let ticket = Ticket(u64::try_from(self.deadlines.len()).unwrap());
                let deadline_at = gate.now + Duration::from_millis(patience_ms);
                self.deadlines.insert(ticket, deadline_at);
                let arrival = gate.arrival(ticket.0);
                gate.say(Input::Arrive(Arrival { caller: caller(client), n_slots, deadline_at, ..arrival }))
            }
            Act::Leave { pick: any } => {
                let ticket = pick(any);
                self.left.insert(ticket);
                gate.say(Input::Leave(ticket))
            }
            Act::Produce { pick: any } => gate.say(Input::Produced { ticket: pick(any), n_tokens: 3 }),
            Act::EngineUp => gate.say(Input::EngineUp { n_slots: N_SLOTS }),
            Act::EngineDown => gate.say(Input::EngineDown),
            Act::Wait { ms } => {
                gate.now += Duration::from_millis(ms);
                Vec::new()
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever happens: slots are never over-committed, the queue keeps its bound, nobody is decided twice,
    /// nobody starts after its deadline, and in the end everyone has been decided.
    #[test]
    fn every_request_is_decided_once_and_bounds_hold(acts in acts(), max_waiting in 0_usize..6) {
        let mut gate = Gate::new(max_waiting, N_SLOTS);
        let mut decisions = Decisions::default();
        for act in acts {
            let outputs = decisions.act(&mut gate, &act);
            decisions.check(&gate, &outputs)?;
        }
        let outputs = gate.say(Input::Close);
        decisions.check(&gate, &outputs)?;
        for ticket in decisions.deadlines.keys() {
            let is_decided = decisions.decided.contains(ticket) || decisions.left.contains(ticket);
            prop_assert!(is_decided, "{ticket:?} was forgotten");
        }
    }
}
