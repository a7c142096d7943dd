//! Virtual token counters: who has had how much of what is divided by weight.
//!
//! A counter is the work done for someone, divided by its weight. Whoever has the lowest counter is next. Someone
//! who comes back from idling is lifted to the lowest counter of those with work: time spent idle is no credit.

use std::collections::BTreeMap;

use super::caller::Weight;

/// Work divided by weight. Integers, so that the same inputs give the same decisions everywhere.
pub(super) type Virtual = u64;

/// Units of [`Virtual`] for one token at a weight of one thousandth: a normal weight pays a thousand units for a
/// token, and one that is a thousand times as heavy still pays one.
const UNITS: u64 = 1_000_000;

/// Those without work whose counters are remembered, because they have had more than the poorest of those with
/// work. Beyond this the one that had least is forgotten: it gains the least by it.
pub(super) const MAX_IDLE: usize = 1024;

/// From here on all counters are lowered together. Half of the range: no single charge comes near the other half.
const REBASE_AT: Virtual = u64::MAX / 2;

/// The counters of those who divide something.
#[derive(Debug)]
pub(super) struct Shares<K> {
    /// Of those with work, waiting or running. Bounded by the requests that there can be.
    active: BTreeMap<K, Account>,
    /// Of those without, at most [`MAX_IDLE`], all above the poorest of those with work when they went.
    idle: BTreeMap<K, Virtual>,
}

#[derive(Debug)]
struct Account {
    counter: Virtual,
    weight: Weight,
    /// Requests waiting or running.
    n_present: u32,
}

// === impl Shares ===

impl<K> Default for Shares<K> {
    fn default() -> Self {
        Self { active: BTreeMap::new(), idle: BTreeMap::new() }
    }
}

impl<K: Copy + Ord> Shares<K> {
    /// One more request of `key` is here.
    pub(super) fn enter(&mut self, key: K, weight: Weight) {
        let lifted_to = self.lowest().unwrap_or(0);
        let account = self.active.entry(key).or_insert_with(|| {
            let counter = self.idle.remove(&key).unwrap_or(0).max(lifted_to);
            Account { counter, weight, n_present: 0 }
        });
        account.n_present += 1;
    }

    /// One request of `key` has ended.
    pub(super) fn leave(&mut self, key: K) {
        let Some(account) = self.active.get_mut(&key) else { return };
        account.n_present = account.n_present.saturating_sub(1);
        if account.n_present > 0 {
            return;
        }
        let counter = account.counter;
        self.active.remove(&key);
        match self.lowest() {
            // Nobody has work: the next busy time begins with everyone equal.
            None => self.idle.clear(),
            Some(lowest) if counter > lowest => self.remember(key, counter, lowest),
            // Whoever comes back is lifted to where it is now.
            Some(_) => {}
        }
    }

    /// Adds work of so many tokens' price.
    pub(super) fn charge(&mut self, key: K, n_tokens: u64) {
        let Some(account) = self.active.get_mut(&key) else { return };
        account.counter = account.counter.saturating_add(price(n_tokens, account.weight));
        if account.counter > REBASE_AT {
            self.rebase();
        }
    }

    /// Takes back what was charged and not done.
    pub(super) fn refund(&mut self, key: K, n_tokens: u64) {
        let Some(account) = self.active.get_mut(&key) else { return };
        account.counter = account.counter.saturating_sub(price(n_tokens, account.weight));
    }

    /// The counter of someone with work; `None` for others.
    pub(super) fn counter(&self, key: K) -> Option<Virtual> {
        self.active.get(&key).map(|account| account.counter)
    }

    /// What so many tokens would add to the counter of someone with work.
    pub(super) fn price(&self, key: K, n_tokens: u64) -> Virtual {
        self.active.get(&key).map_or(0, |account| price(n_tokens, account.weight))
    }

    /// Those with work.
    pub(super) fn n_active(&self) -> u64 {
        u64::try_from(self.active.len()).unwrap_or(u64::MAX)
    }

    /// Of all with work, in thousandths.
    pub(super) fn total_weight(&self) -> u64 {
        self.active.values().map(|account| u64::from(account.weight.thousandths().get())).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.active.is_empty()
    }

    /// The lowest counter of those with work.
    pub(super) fn lowest(&self) -> Option<Virtual> {
        self.active.values().map(|account| account.counter).min()
    }

    fn remember(&mut self, key: K, counter: Virtual, lowest: Virtual) {
        self.idle.insert(key, counter);
        if self.idle.len() <= MAX_IDLE {
            return;
        }
        self.idle.retain(|_, counter| *counter > lowest);
        if self.idle.len() > MAX_IDLE
            && let Some(least) = self.idle.iter().min_by_key(|(_, counter)| **counter).map(|(key, _)| *key)
        {
            self.idle.remove(&least);
        }
    }

    /// Only differences count.
    fn rebase(&mut self) {
        let lowest = self.lowest().unwrap_or(0);
        let counters = self.active.values_mut().map(|account| &mut account.counter);
        for counter in counters.chain(self.idle.values_mut()) {
            *counter = counter.saturating_sub(lowest);
        }
    }
}

/// For the simulator.
#[cfg(test)]
impl<K: Copy + Ord> Shares<K> {
    pub(super) fn set(&mut self, key: K, counter: Virtual) {
        if let Some(account) = self.active.get_mut(&key) {
            account.counter = counter;
        }
    }

    pub(super) fn keys(&self) -> Vec<K> {
        self.active.keys().copied().collect()
    }
}

fn price(n_tokens: u64, weight: Weight) -> Virtual {
    n_tokens.saturating_mul(UNITS) / u64::from(weight.thousandths().get())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const NORMAL: Weight = Weight::NORMAL;

    fn weight(thousandths: u32) -> Weight {
        Weight::from_thousandths(NonZeroU32::new(thousandths).unwrap())
    }

    #[test]
    fn whoever_weighs_twice_as_much_pays_half() {
        let mut shares = Shares::default();
        shares.enter('a', NORMAL);
        shares.enter('b', weight(2000));
        shares.charge('a', 10);
        shares.charge('b', 20);
        assert_eq!(shares.counter('a'), shares.counter('b'));
        shares.refund('b', 20);
        assert_eq!(shares.counter('b'), Some(0));
    }

    #[test]
    fn whoever_comes_back_is_lifted_to_the_poorest_and_keeps_its_debts() {
        let mut shares = Shares::default();
        shares.enter('a', NORMAL);
        shares.charge('a', 100);
        shares.enter('b', NORMAL);
        assert_eq!(shares.counter('b'), shares.counter('a'), "idling is no credit");
        shares.charge('b', 50);
        let owed = shares.counter('b');
        shares.leave('b');
        shares.enter('b', NORMAL);
        assert_eq!(shares.counter('b'), owed, "coming back is no discount");
    }

    #[test]
    fn when_nobody_has_work_all_are_equal_again() {
        let mut shares = Shares::default();
        for key in ['a', 'b'] {
            shares.enter(key, NORMAL);
        }
        shares.charge('a', 100);
        shares.leave('a');
        shares.leave('b');
        assert!(shares.is_empty() && shares.idle.is_empty());
        shares.enter('a', NORMAL);
        assert_eq!(shares.counter('a'), Some(0));
    }

    #[test]
    fn those_who_left_are_remembered_up_to_a_bound_and_the_largest_debts_longest() {
        let mut shares = Shares::default();
        shares.enter(0, NORMAL);
        for key in 1..=2_000 {
            shares.enter(key, NORMAL);
            shares.charge(key, key);
            shares.leave(key);
        }
        assert_eq!(shares.idle.len(), MAX_IDLE);
        assert!(shares.idle.contains_key(&2_000) && !shares.idle.contains_key(&1));
    }

    #[test]
    fn counters_are_lowered_before_they_overflow_and_differences_stay() {
        let mut shares = Shares::default();
        shares.enter('a', weight(1));
        shares.enter('b', weight(1));
        let n_near_the_end = REBASE_AT / UNITS;
        for key in ['a', 'b'] {
            shares.charge(key, n_near_the_end);
        }
        shares.charge('a', 7);
        shares.charge('b', 9);
        let (a, b) = (shares.counter('a').unwrap(), shares.counter('b').unwrap());
        assert!(b < REBASE_AT, "{b}");
        assert_eq!(b - a, 2 * UNITS);
    }
}
