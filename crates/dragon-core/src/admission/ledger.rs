//! What each caller has had: one level of shares for payers, one within each payer.

use std::collections::BTreeMap;

use super::caller::{Caller, ClientId, PayerId, Weight};
use super::shares::{Shares, Virtual};

/// Price of a token that the engine reads.
pub(super) const PROMPT_PRICE: u64 = 1;

/// Price of a token that the engine makes: a step of its own, which costs more than a place in a prompt.
pub(super) const ANSWER_PRICE: u64 = 2;

/// A client's share of the whole: `part / of`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) part: u64,
    pub(super) of: u64,
}

/// The accounts of all callers with work, and the debts of some without.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    payers: Shares<PayerId>,
    /// Of payers with work only. Bounded by the requests that there can be.
    clients: BTreeMap<PayerId, Shares<ClientId>>,
}

// === impl Ledger ===

impl Ledger {
    pub(super) fn enter(&mut self, caller: &Caller) {
        self.payers.enter(caller.payer, caller.weight);
        self.clients.entry(caller.payer).or_default().enter(caller.client, Weight::NORMAL);
    }

    pub(super) fn leave(&mut self, caller: &Caller) {
        self.payers.leave(caller.payer);
        let Some(clients) = self.clients.get_mut(&caller.payer) else { return };
        clients.leave(caller.client);
        if clients.is_empty() {
            self.clients.remove(&caller.payer);
        }
    }

    pub(super) fn charge(&mut self, caller: &Caller, n_tokens: u64) {
        self.payers.charge(caller.payer, n_tokens);
        if let Some(clients) = self.clients.get_mut(&caller.payer) {
            clients.charge(caller.client, n_tokens);
        }
    }

    pub(super) fn refund(&mut self, caller: &Caller, n_tokens: u64) {
        self.payers.refund(caller.payer, n_tokens);
        if let Some(clients) = self.clients.get_mut(&caller.payer) {
            clients.refund(caller.client, n_tokens);
        }
    }

    /// What a client with work may have of the whole, beside all others with work.
    pub(super) fn share(&self, caller: &Caller) -> Share {
        let n_clients = self.clients.get(&caller.payer).map_or(1, Shares::n_active);
        Share {
            part: u64::from(caller.weight.thousandths().get()),
            of: self.payers.total_weight().saturating_mul(n_clients),
        }
    }

    /// The counter of a payer with work.
    pub(super) fn of_payer(&self, payer: PayerId) -> Virtual {
        self.payers.counter(payer).unwrap_or(0)
    }

    /// The counter of a client with work, among those of its payer.
    pub(super) fn of_client(&self, payer: PayerId, client: ClientId) -> Virtual {
        self.clients.get(&payer).and_then(|clients| clients.counter(client)).unwrap_or(0)
    }

    /// The lowest counter of a payer's clients with work.
    pub(super) fn of_poorest_client(&self, payer: PayerId) -> Virtual {
        self.clients.get(&payer).and_then(Shares::lowest).unwrap_or(0)
    }

    /// What so many tokens add to a payer's counter.
    pub(super) fn price_for_payer(&self, payer: PayerId, n_tokens: u64) -> Virtual {
        self.payers.price(payer, n_tokens)
    }

    /// What so many tokens add to a client's counter among those of its payer.
    pub(super) fn price_for_client(&self, payer: PayerId, client: ClientId, n_tokens: u64) -> Virtual {
        self.clients.get(&payer).map_or(0, |clients| clients.price(client, n_tokens))
    }
}

/// For the simulator: to look, and to plant mistakes.
#[cfg(test)]
impl Ledger {
    pub(super) fn is_empty(&self) -> bool {
        self.payers.is_empty() && self.clients.is_empty()
    }

    pub(super) fn is_active(&self, payer: PayerId, client: ClientId) -> bool {
        self.clients.get(&payer).is_some_and(|clients| clients.counter(client).is_some())
    }

    pub(super) fn set(&mut self, payer: PayerId, client: ClientId, of_payer: Virtual, of_client: Virtual) {
        self.payers.set(payer, of_payer);
        if let Some(clients) = self.clients.get_mut(&payer) {
            clients.set(client, of_client);
        }
    }

    pub(super) fn counters(&self) -> Vec<((PayerId, ClientId), (Virtual, Virtual))> {
        let of = |(payer, clients): (&PayerId, &Shares<ClientId>)| {
            let (payer, of_payer) = (*payer, self.of_payer(*payer));
            let of_client = |client| ((payer, client), (of_payer, self.of_client(payer, client)));
            clients.keys().into_iter().map(of_client).collect::<Vec<_>>()
        };
        self.clients.iter().flat_map(of).collect()
    }
}
