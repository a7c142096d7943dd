//! Those who wait: for each client in the order of arrival.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::caller::{Caller, ClientId, PayerId};
use super::input::{Arrival, PromptSize, Ticket};
use super::ledger::Ledger;
use super::shares::Virtual;

/// A request that waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    /// Grows with every arrival.
    pub(super) number: u64,
    pub(super) arrival: Arrival,
    /// From its arrival to its deadline.
    pub(super) allowed: Duration,
}

/// All who wait. Its length is bounded by whoever pushes.
#[derive(Debug, Default)]
pub(super) struct Queue {
    payers: BTreeMap<PayerId, Payer>,
    callers: BTreeMap<Ticket, Caller>,
}

#[derive(Debug, Default)]
struct Payer {
    clients: BTreeMap<ClientId, VecDeque<Waiting>>,
    n_waiting: usize,
}

/// A place in the order of starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// The counter at its start, if nobody else had any work meanwhile.
    counter: Virtual,
    /// Ties are broken by arrival.
    number: u64,
}

// === impl Waiting ===

impl Waiting {
    pub(super) fn ticket(&self) -> Ticket {
        self.arrival.ticket
    }

    pub(super) fn left(&self, now: Instant) -> Duration {
        self.arrival.deadline_at.saturating_duration_since(now)
    }

    /// Only a request whose prompt was counted can start.
    pub(super) fn is_counted(&self) -> bool {
        matches!(self.arrival.prompt, PromptSize::Exactly(_))
    }
}

// === impl Queue ===

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.callers.len()
    }

    pub(super) fn push(&mut self, waiting: Waiting) {
        let caller = waiting.arrival.caller;
        self.callers.insert(waiting.ticket(), caller);
        let payer = self.payers.entry(caller.payer).or_default();
        payer.clients.entry(caller.client).or_default().push_back(waiting);
        payer.n_waiting += 1;
    }

    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Waiting> {
        let caller = self.callers.remove(&ticket)?;
        let payer = self.payers.get_mut(&caller.payer)?;
        let line = payer.clients.get_mut(&caller.client)?;
        let removed =
            line.iter().position(|waiting| waiting.ticket() == ticket).and_then(|at| line.remove(at));
        payer.n_waiting -= usize::from(removed.is_some());
        if line.is_empty() {
            payer.clients.remove(&caller.client);
        }
        if payer.clients.is_empty() {
            self.payers.remove(&caller.payer);
        }
        removed
    }

    pub(super) fn get_mut(&mut self, ticket: Ticket) -> Option<&mut Waiting> {
        let caller = self.callers.get(&ticket)?;
        let line = self.payers.get_mut(&caller.payer)?.clients.get_mut(&caller.client)?;
        line.iter_mut().find(|waiting| waiting.ticket() == ticket)
    }

    /// In no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.payers.values().flat_map(|payer| payer.clients.values().flatten())
    }

    pub(super) fn n_waiting_of(&self, payer: PayerId) -> usize {
        self.payers.get(&payer).map_or(0, |payer| payer.n_waiting)
    }

    /// Whether nobody but this client has a request that could start.
    pub(super) fn are_counted_all_of(&self, caller: &Caller) -> bool {
        let mut counted = self.iter().filter(|waiting| waiting.is_counted());
        counted.all(|waiting| waiting.arrival.caller.who() == caller.who())
    }

    pub(super) fn n_waiting_of_client(&self, caller: &Caller) -> usize {
        let payer = self.payers.get(&caller.payer);
        payer.and_then(|payer| payer.clients.get(&caller.client)).map_or(0, VecDeque::len)
    }

    /// Who starts next: of the poorest payer the poorest client's oldest request, among those that can start and whose
    /// caller is one of those asked for.
    pub(super) fn next(&self, ledger: &Ledger, is_one: impl Fn(&Caller) -> bool) -> Option<&Waiting> {
        let of_payer = |(id, payer): (&PayerId, &'_ Payer)| -> Option<(Rank, Ticket)> {
            let next = payer.next(*id, ledger, &is_one)?;
            Some((Rank { counter: ledger.of_payer(*id), number: next.number }, next.ticket()))
        };
        let (_, ticket) = self.payers.iter().filter_map(of_payer).min()?;
        let caller = self.callers.get(&ticket)?;
        self.payers.get(&caller.payer)?.next(caller.payer, ledger, &is_one)
    }

    /// Everyone in the order in which they would start if each cost what `price_of` says, in tokens.
    pub(super) fn in_order(&self, ledger: &Ledger, price_of: impl Fn(&Waiting) -> u64) -> Vec<&Waiting> {
        let mut all = Vec::with_capacity(self.len());
        for (id, payer) in &self.payers {
            let mut counter = ledger.of_payer(*id);
            for waiting in payer.in_order(*id, ledger, &price_of) {
                all.push((Rank { counter, number: waiting.number }, waiting));
                counter = counter.saturating_add(ledger.price_for_payer(*id, price_of(waiting)));
            }
        }
        all.sort_by_key(|(rank, _)| *rank);
        all.into_iter().map(|(_, waiting)| waiting).collect()
    }

    /// The newest request of whoever has the most waiting, where that one still has as much as `caller` after the
    /// place changed hands. Payers are compared by weight; where the caller's payer has no claim on another, the
    /// clients within it are compared.
    pub(super) fn make_room(&self, caller: &Caller, ledger: &Ledger) -> Option<Ticket> {
        let part = |payer: PayerId, n_waiting: usize| ledger.price_for_payer(payer, count(n_waiting));
        let left = |(id, payer): &(&PayerId, &Payer)| part(**id, payer.n_waiting - 1);
        let others = self.payers.iter().filter(|(id, _)| **id != caller.payer);
        let own = part(caller.payer, self.n_waiting_of(caller.payer) + 1);
        if let Some(largest) = others.max_by_key(left).filter(|largest| own <= left(largest)) {
            return largest.1.newest_of_the_largest().map(Waiting::ticket);
        }
        let payer = self.payers.get(&caller.payer)?;
        let n_own = payer.clients.get(&caller.client).map_or(0, VecDeque::len);
        let newest = payer.newest_of_the_largest()?;
        let n_largest = payer.clients.get(&newest.arrival.caller.client).map_or(0, VecDeque::len);
        (n_own + 1 < n_largest).then(|| newest.ticket())
    }
}

// === impl Payer ===

impl Payer {
    fn next(&self, id: PayerId, ledger: &Ledger, is_one: impl Fn(&Caller) -> bool) -> Option<&Waiting> {
        let of_client = |(client, line): (&ClientId, &'_ VecDeque<Waiting>)| {
            line.front().filter(|waiting| is_one(&waiting.arrival.caller))?;
            let (place, first) = line.iter().enumerate().find(|(_, waiting)| waiting.is_counted())?;
            Some((Rank { counter: ledger.of_client(id, *client), number: first.number }, *client, place))
        };
        let (_, client, place) = self.clients.iter().filter_map(of_client).min()?;
        self.clients.get(&client)?.get(place)
    }

    fn in_order(&self, id: PayerId, ledger: &Ledger, price_of: impl Fn(&Waiting) -> u64) -> Vec<&Waiting> {
        let mut all = Vec::with_capacity(self.n_waiting);
        for (client, line) in &self.clients {
            let mut counter = ledger.of_client(id, *client);
            for waiting in line {
                all.push((Rank { counter, number: waiting.number }, waiting));
                counter = counter.saturating_add(ledger.price_for_client(id, *client, price_of(waiting)));
            }
        }
        all.sort_by_key(|(rank, _)| *rank);
        all.into_iter().map(|(_, waiting)| waiting).collect()
    }

    /// Of several who have as many, the one whose newest request came last.
    fn newest_of_the_largest(&self) -> Option<&Waiting> {
        let newest = |line: &VecDeque<Waiting>| line.back().map(|waiting| (line.len(), waiting.number));
        self.clients.values().max_by_key(|line| newest(line)).and_then(VecDeque::back)
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
