//! Who has really had how much, and whether that is fair.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use super::super::ledger::{ANSWER_PRICE, PROMPT_PRICE};
use super::super::{Caller, ClientId, PayerId};
use super::referee::{Foul, foul_unless};

/// Work that the engine really did for payers and for the clients of each, and the widest gaps.
#[derive(Debug)]
pub(super) struct Service {
    payers: Level<PayerId>,
    clients: Level<(PayerId, ClientId)>,
}

/// Those who divide something.
#[derive(Debug)]
struct Level<K> {
    /// The stated bound on the gap of two who wait all the time, before weights; `None`: not compared.
    max_gap: Option<f64>,
    had: BTreeMap<K, Had>,
    /// What each of two had when both began to wait; while both do.
    pairs: BTreeMap<(K, K), (f64, f64)>,
    /// The widest gap seen, as a part of its bound.
    widest: f64,
}

#[derive(Debug, Clone, Copy)]
struct Had {
    /// Tokens by their prices, divided by the weight.
    weighted: f64,
    weight: f64,
}

// === impl Service ===

impl Service {
    pub(super) fn new(max_gap: Option<f64>) -> Self {
        Self { payers: Level::new(max_gap), clients: Level::new(max_gap) }
    }

    pub(super) fn read(&mut self, caller: &Caller, n_tokens: u32) {
        self.add(caller, f64::from(n_tokens) * to_f64(PROMPT_PRICE));
    }

    pub(super) fn made(&mut self, caller: &Caller, n_tokens: u32) {
        self.add(caller, f64::from(n_tokens) * to_f64(ANSWER_PRICE));
    }

    pub(super) fn widest_gap(&self) -> f64 {
        self.payers.widest.max(self.clients.widest)
    }

    /// Looks at those who wait now.
    pub(super) fn look(&mut self, waiting: impl Iterator<Item = Caller>) -> Result<(), Foul> {
        if self.payers.max_gap.is_none() {
            return Ok(());
        }
        let waiting: BTreeSet<_> = waiting.map(|caller| (caller.payer, caller.client)).collect();
        self.clients.look(&waiting, |one, other| one.0 == other.0)?;
        let payers: BTreeSet<PayerId> = waiting.into_iter().map(|(payer, _)| payer).collect();
        self.payers.look(&payers, |_, _| true)
    }

    fn add(&mut self, caller: &Caller, work: f64) {
        let weight = f64::from(caller.weight.thousandths().get()) / 1000.0;
        self.payers.add(caller.payer, work, weight);
        self.clients.add((caller.payer, caller.client), work, 1.0);
    }
}

// === impl Level ===

impl<K: Copy + Ord + Debug> Level<K> {
    fn new(max_gap: Option<f64>) -> Self {
        Self { max_gap, had: BTreeMap::new(), pairs: BTreeMap::new(), widest: 0.0 }
    }

    fn add(&mut self, key: K, work: f64, weight: f64) {
        let had = self.had.entry(key).or_insert(Had { weighted: 0.0, weight });
        had.weighted += work / weight;
    }

    fn look(&mut self, waiting: &BTreeSet<K>, are_compared: impl Fn(&K, &K) -> bool) -> Result<(), Foul> {
        let Some(max_gap) = self.max_gap else { return Ok(()) };
        self.pairs.retain(|(one, other), _| waiting.contains(one) && waiting.contains(other));
        for one in waiting {
            for other in waiting.range(one..).filter(|other| *other != one && are_compared(one, other)) {
                let now = (self.had(*one), self.had(*other));
                let (of_one, of_other) =
                    self.pairs.entry((*one, *other)).or_insert((now.0.weighted, now.1.weighted));
                let gap = ((now.0.weighted - *of_one) - (now.1.weighted - *of_other)).abs();
                let bound = max_gap / now.0.weight.min(now.1.weight);
                self.widest = self.widest.max(gap / bound);
                foul_unless(gap <= bound, || format!("{one:?} and {other:?} are {gap} apart, over {bound}"))?;
            }
        }
        Ok(())
    }

    fn had(&self, key: K) -> Had {
        self.had.get(&key).copied().unwrap_or(Had { weighted: 0.0, weight: 1.0 })
    }
}

fn to_f64(price: u64) -> f64 {
    f64::from(u32::try_from(price).unwrap())
}
