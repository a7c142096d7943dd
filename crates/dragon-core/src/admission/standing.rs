//! Who takes more than its share of the slots, so that others' waiting is its business.

use super::caller::Caller;
use super::{Admission, Ticket};

/// What a running request's caller takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No more than its share of the slots, and it has nothing waiting: nobody waits because of it.
    Within,
    /// More than its share, or requests of its own wait behind this one.
    Over,
}

impl Admission {
    /// How the caller of a running request stands; `None` for one that does not run.
    pub fn standing(&self, ticket: Ticket) -> Option<Standing> {
        let running = self.slots.get(ticket)?;
        Some(self.standing_of(&running.caller))
    }

    /// Those running, each with its caller's standing.
    pub fn standings(&self) -> impl Iterator<Item = (Ticket, Standing)> {
        self.slots.iter_with_tickets().map(|(ticket, running)| (ticket, self.standing_of(&running.caller)))
    }

    fn standing_of(&self, caller: &Caller) -> Standing {
        let has_waiting = self.queue.n_waiting_of_client(caller) > 0;
        let n_held = u64::from(self.slots.n_held_by(caller.who()));
        let share = self.ledger.share(caller);
        // Crosswise instead of divided: integers have no rounding.
        let is_over =
            n_held.saturating_mul(share.of) > u64::from(self.slots.n_slots()).saturating_mul(share.part);
        if has_waiting || is_over { Standing::Over } else { Standing::Within }
    }
}
