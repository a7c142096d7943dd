//! What goes to the engine.

use std::sync::Arc;

use dragon_ipc::{GenerationId, Ration};

use super::{Errand, Gate, Order, Traffic};
use crate::inflight::Sent;
use crate::job::Force;

// === impl Traffic ===

impl Traffic {
    /// The server wants a choice to go on from given tokens.
    pub(crate) fn force(&mut self, id: GenerationId, choice: u32, force: Force) -> bool {
        let Some(in_flight) = self.generations.get_mut(&id) else { return false };
        if !in_flight.force(choice, force) {
            return false;
        }
        match in_flight.sent {
            Sent::Yes => self.forces.push_back((id, choice)),
            // No engine has it now, and the next one need not know that it was different once.
            Sent::No => return in_flight.forced(choice).is_ok(),
        }
        true
    }

    /// Who runs from now on. Only the latest word counts.
    pub(crate) fn ration(&mut self, ration: Ration) {
        if matches!(self.gate, Gate::Open(_)) {
            self.ration = Some(ration);
        }
    }

    /// The next thing to send; `None` when all is sent.
    pub(crate) fn take_errand(&mut self) -> Option<Errand> {
        if let Some((id, choice)) = self.choice_cancels.pop_front() {
            return Some(Errand::Cancel(id, Some(choice)));
        }
        while let Some((id, choice)) = self.forces.pop_front() {
            let force = self.generations.get(&id).and_then(|in_flight| in_flight.force_of(choice));
            if let Some(force) = force {
                return Some(Errand::Force(id, choice, force.clone()));
            }
        }
        while let Some(order) = self.next_order() {
            let errand = match order {
                Order::Cancel(id) => Some(Errand::Cancel(id, None)),
                Order::Start(id) => self.generations.get_mut(&id).map(|in_flight| {
                    in_flight.sent = Sent::Yes;
                    Errand::Start(id, Arc::clone(&in_flight.job), in_flight.openings())
                }),
                Order::Tokenize(id) => {
                    self.calls.send(id).map(|(text, add_special)| Errand::Tokenize(id, text, add_special))
                }
            };
            // Who was waiting for an order that leads nowhere has left before it was sent.
            if errand.is_some() {
                return errand;
            }
        }
        // After the starts: whoever is named in it has to be known there.
        self.ration.take().map(Errand::Ration)
    }

    /// While a suspect runs alone, nothing new is begun but it.
    fn next_order(&mut self) -> Option<Order> {
        let Some(trial) = &self.trial else { return self.orders.pop_front() };
        let may_go = |order: &Order| match *order {
            Order::Cancel(_) => true,
            Order::Start(id) | Order::Tokenize(id) => id == trial.id(),
        };
        let place = self.orders.iter().position(may_go)?;
        self.orders.remove(place)
    }
}
