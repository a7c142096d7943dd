//! The last free slot is kept for a while for whoever was just here.
//!
//! A client that asks one question after the other is away for a moment between two of them. If another one's requests
//! took every slot in that moment, each of its questions would wait for one of theirs to end. So nobody who holds slots
//! takes the last one as long as someone else, who holds none, may be about to come back. Disk schedulers know the same
//! idea as anticipation (Iyer and Druschel 2001).

use std::time::{Duration, Instant};

use super::Admission;
use super::caller::{Caller, ClientId, PayerId};
use super::queue::Waiting;

/// For so long: people read an answer, and agents work with one, for some seconds.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// So much more than the other a client may have had that is served before it because it holds no slot: some short
/// answers, by the prices of the ledger.
pub(super) const LENIENCE: u64 = 512;

/// The two who left last; of any two, one is not the one that wants the slot.
#[derive(Debug, Default)]
pub(super) struct LastSeen {
    latest: Option<Departure>,
    before: Option<Departure>,
}

#[derive(Debug, Clone, Copy)]
struct Departure {
    who: (PayerId, ClientId),
    at: Instant,
}

// === impl LastSeen ===

impl LastSeen {
    /// One of its requests has run and ended.
    pub(super) fn left(&mut self, caller: &Caller, now: Instant) {
        let departure = Departure { who: caller.who(), at: now };
        if self.latest.is_some_and(|latest| latest.who != departure.who) {
            self.before = self.latest;
        }
        self.latest = Some(departure);
    }

    fn others(&self, than: &Caller) -> impl Iterator<Item = Departure> {
        let than = than.who();
        self.latest.into_iter().chain(self.before).filter(move |departure| departure.who != than)
    }
}

impl Admission {
    /// Who starts next. The last free slot goes to someone who holds none and has a right to one, if there is such a
    /// one, before it goes to someone who holds some already, unless it has had clearly more: by its counter alone a client with one request at a time
    /// would wait for another's answers as soon as both have had as much.
    pub(super) fn next(&self) -> Option<&Waiting> {
        let next = self.queue.next(&self.ledger, |_| true)?;
        if !self.takes_the_last(next) || self.slots.n_held_by(next.arrival.caller.who()) == 0 {
            return Some(next);
        }
        let first = next.arrival.caller;
        let has_a_right = |caller: &Caller| {
            let share = self.ledger.share(caller);
            let is_within = share.of <= u64::from(self.slots.n_slots()).saturating_mul(share.part);
            self.slots.n_held_by(caller.who()) == 0 && is_within && self.is_hardly_richer(caller, &first)
        };
        self.queue.next(&self.ledger, has_a_right).or(Some(next))
    }

    /// Whether a request has to leave the last free slot to someone else who may come back.
    pub(super) fn is_kept_from(&self, waiting: &Waiting, now: Instant) -> bool {
        let caller = &waiting.arrival.caller;
        self.takes_the_last(waiting)
            && self.slots.n_held_by(caller.who()) > 0
            && self.queue.are_counted_all_of(caller)
            && self.last_seen.others(caller).any(|departure| {
                now.saturating_duration_since(departure.at) < KEPT_FOR
                    && self.slots.n_held_by(departure.who) == 0
            })
    }

    /// Neither its payer than the other's, nor itself than the poorest client of its payer.
    fn is_hardly_richer(&self, caller: &Caller, than: &Caller) -> bool {
        let ledger = &self.ledger;
        let of_client = ledger.of_client(caller.payer, caller.client);
        let of_poorest = ledger.of_poorest_client(caller.payer);
        ledger.of_payer(caller.payer)
            <= ledger.of_payer(than.payer).saturating_add(ledger.price_for_payer(caller.payer, LENIENCE))
            && of_client
                <= of_poorest.saturating_add(ledger.price_for_client(caller.payer, caller.client, LENIENCE))
    }

    fn takes_the_last(&self, waiting: &Waiting) -> bool {
        self.slots.n_free() <= waiting.arrival.n_slots
    }
}
