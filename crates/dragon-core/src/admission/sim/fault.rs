//! Mistakes that admission could make, planted from outside. The referee has to catch every one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::super::shares::Virtual;
use super::super::{Admission, Arrival, Caller, ClientId, Denial, Input, Output, PayerId, Ticket};

/// A planted mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// Whoever comes back finds its old counter: idling is credit.
    NoLift,
    /// At a full queue nobody makes room.
    NoDisplacement,
    /// Some who end keep their slots.
    LeakedPermit,
    /// Deadlines are believed to be later than they are.
    LateStart,
    /// Some verdicts are given twice.
    DoubleVerdict,
    /// Answers cost nothing.
    FreeAnswers,
    /// Some prompts are never known to be counted.
    LostCount,
    /// One slot too many is given away.
    OneSlotTooMany,
    /// The bound of the queue is not kept.
    EndlessQueue,
}

/// Admission with a mistake.
#[derive(Debug)]
pub(super) struct Faulty {
    pub(super) core: Admission,
    fault: Fault,
    max_waiting: usize,
    n_inputs: u64,
    running: BTreeSet<Ticket>,
    /// Counters of those who went, for [`Fault::NoLift`].
    gone: BTreeMap<(PayerId, ClientId), (Virtual, Virtual)>,
}

// === impl Fault ===

impl Fault {
    /// Every mistake with words of the foul that it must be caught by.
    pub(super) const ALL: [(Self, &'static str); 9] = [
        (Self::NoLift, "apart, over"),
        (Self::FreeAnswers, "apart, over"),
        (Self::NoDisplacement, "is turned away beside"),
        (Self::LeakedPermit, "slots are held and"),
        (Self::LateStart, "starts with"),
        (Self::DoubleVerdict, "a second verdict"),
        (Self::LostCount, "could run"),
        (Self::OneSlotTooMany, "slots are held of"),
        (Self::EndlessQueue, "requests wait where"),
    ];
}

// === impl Faulty ===

impl Faulty {
    pub(super) fn new(mut core: Admission, fault: Fault) -> Self {
        let max_waiting = core.settings.max_waiting;
        if fault == Fault::EndlessQueue {
            core.settings.max_waiting += 7;
        }
        Self { core, fault, max_waiting, n_inputs: 0, running: BTreeSet::new(), gone: BTreeMap::new() }
    }

    pub(super) fn handle(&mut self, now: Instant, input: Input) -> Vec<Output> {
        self.n_inputs += 1;
        let mut outputs = self.handle_with_fault(now, input);
        if self.fault == Fault::DoubleVerdict && self.n_inputs.is_multiple_of(50) {
            outputs.extend(outputs.clone());
        }
        self.running.extend(outputs.iter().filter_map(|output| match output {
            Output::Start(ticket) => Some(*ticket),
            Output::Deny(..) => None,
        }));
        outputs
    }

    fn handle_with_fault(&mut self, now: Instant, input: Input) -> Vec<Output> {
        match (self.fault, input) {
            (Fault::NoLift, Input::Arrive(arrival)) => self.arrive_unlifted(now, arrival),
            (Fault::NoLift, Input::Leave(ticket)) => self.leave_remembered(now, ticket),
            (Fault::NoDisplacement, Input::Arrive(arrival))
                if self.core.occupancy().n_waiting >= self.max_waiting && self.core.slots.n_free() == 0 =>
            {
                vec![Output::Deny(arrival.ticket, Denial::QueueFull { max: self.max_waiting })]
            }
            (Fault::LeakedPermit, Input::Leave(ticket))
                if self.n_inputs.is_multiple_of(10) && self.running.contains(&ticket) =>
            {
                Vec::new()
            }
            (Fault::LateStart, Input::Arrive(arrival)) => {
                let deadline_at = arrival.deadline_at + Duration::from_secs(5);
                self.core.handle(now, Input::Arrive(Arrival { deadline_at, ..arrival }))
            }
            (Fault::FreeAnswers, Input::Produced { .. }) => Vec::new(),
            (Fault::LostCount, Input::Measured { .. }) if self.n_inputs.is_multiple_of(3) => Vec::new(),
            (Fault::OneSlotTooMany, Input::EngineUp { n_slots }) => {
                self.core.handle(now, Input::EngineUp { n_slots: n_slots + 1 })
            }
            (_, input) => self.core.handle(now, input),
        }
    }

    fn arrive_unlifted(&mut self, now: Instant, arrival: Arrival) -> Vec<Output> {
        let Caller { payer, client, .. } = arrival.caller;
        let was_gone = !self.core.ledger.is_active(payer, client);
        let outputs = self.core.handle(now, Input::Arrive(arrival));
        if was_gone {
            let (of_payer, of_client) = self.gone.get(&(payer, client)).copied().unwrap_or_default();
            self.core.ledger.set(payer, client, of_payer, of_client);
        }
        outputs
    }

    fn leave_remembered(&mut self, now: Instant, ticket: Ticket) -> Vec<Output> {
        let before = self.core.ledger.counters();
        let outputs = self.core.handle(now, Input::Leave(ticket));
        self.gone.extend(before);
        outputs
    }
}
