//! Who makes the engine fail: suspects, those who have to run alone, and those who are kept out. Pure.
//!
//! Requests are told apart by a fingerprint of what they ask, not by their ids: whoever sends the same again is the same
//! suspect. A failure makes suspects of all that were in flight. Whoever is suspected a second time runs alone after the
//! restart; if the engine fails then as well, for the third time, there is nobody else to blame. Whoever survives its trial is no suspect any
//! more, and when a culprit is found, it explains the failures of all.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash, RandomState};
use std::time::{Duration, Instant};

/// Failures after which a suspect runs alone.
const N_FAILURES_BEFORE_TRIAL: u32 = 2;

/// A suspicion that is not confirmed within this time is dropped: two failures hours apart have nothing in common.
const SUSPECTED_FOR: Duration = Duration::from_secs(600);

/// How long a culprit is kept out. It costs three restarts to find it again; a mistake costs its client this long.
const QUARANTINED_FOR: Duration = Duration::from_secs(300);

/// Suspects, and culprits, that are remembered at most: some times what an engine has in flight. The oldest are
/// forgotten first.
const MAX_REMEMBERED: usize = 1024;

/// What a request asks, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint(u64);

/// Suspects and culprits.
#[derive(Debug, Default)]
pub(crate) struct Blame {
    /// With random keys, so that nobody can make a request that looks like another's.
    keys: RandomState,
    suspects: HashMap<Fingerprint, Suspicion>,
    /// With the end of their quarantine.
    culprits: HashMap<Fingerprint, Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Suspicion {
    n_failures: u32,
    last_at: Instant,
}

// === impl Blame ===

impl Blame {
    /// The fingerprint of whatever makes a request what it is.
    pub(crate) fn fingerprint(&self, asked: impl Hash) -> Fingerprint {
        Fingerprint(self.keys.hash_one(asked))
    }

    /// The engine failed by its own fault with these in flight. Says who it was, if that is certain now.
    pub(crate) fn failed(&mut self, now: Instant, in_flight: &[Fingerprint]) -> Option<Fingerprint> {
        self.suspects.retain(|_, suspicion| now.saturating_duration_since(suspicion.last_at) < SUSPECTED_FOR);
        let alone = in_flight.first().filter(|first| in_flight.iter().all(|other| other == *first));
        let culprit = alone.filter(|alone| self.must_run_alone(**alone)).copied();
        // Many that ask the same are one.
        for suspect in in_flight.iter().collect::<HashSet<_>>() {
            let suspicion =
                self.suspects.entry(*suspect).or_insert(Suspicion { n_failures: 0, last_at: now });
            *suspicion = Suspicion { n_failures: suspicion.n_failures.saturating_add(1), last_at: now };
        }
        if let Some(culprit) = culprit {
            self.suspects.clear();
            self.culprits.insert(culprit, now + QUARANTINED_FOR);
        }
        forget_oldest(&mut self.suspects, |suspicion| suspicion.last_at);
        forget_oldest(&mut self.culprits, |until| *until);
        culprit
    }

    /// Whether it may only be begun with nobody beside it, because it was there each time that the engine failed.
    pub(crate) fn must_run_alone(&self, who: Fingerprint) -> bool {
        self.n_failures(who) >= N_FAILURES_BEFORE_TRIAL
    }

    /// Failures at which it was there.
    pub(crate) fn n_failures(&self, who: Fingerprint) -> u32 {
        self.suspects.get(&who).map_or(0, |suspicion| suspicion.n_failures)
    }

    /// It ran well.
    pub(crate) fn acquit(&mut self, who: Fingerprint) {
        self.suspects.remove(&who);
    }

    /// Everyone did.
    pub(crate) fn forgive(&mut self) {
        self.suspects.clear();
        self.culprits.clear();
    }

    /// How much longer it is kept out; `None` if it is not.
    pub(crate) fn quarantined_for(&mut self, now: Instant, who: Fingerprint) -> Option<Duration> {
        let left = self.culprits.get(&who)?.saturating_duration_since(now);
        if left.is_zero() {
            self.culprits.remove(&who);
            return None;
        }
        Some(left)
    }
}

fn forget_oldest<V>(remembered: &mut HashMap<Fingerprint, V>, at: impl Fn(&V) -> Instant) {
    while remembered.len() > MAX_REMEMBERED {
        let oldest = remembered.iter().min_by_key(|(_, value)| at(value)).map(|(who, _)| *who);
        oldest.map(|oldest| remembered.remove(&oldest));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn prints<const N: usize>(blame: &Blame, names: [&str; N]) -> [Fingerprint; N] {
        names.map(|name| blame.fingerprint(name))
    }

    #[test]
    fn the_culprit_is_found_in_three_failures_and_nobody_else_is_hurt() {
        let (mut blame, now) = (Blame::default(), Instant::now());
        let [poison, bread, salt] = prints(&blame, ["poison", "bread", "salt"]);
        assert_eq!(blame.failed(now, &[bread, poison]), None);
        assert!(!blame.must_run_alone(poison) && !blame.must_run_alone(bread));
        assert_eq!(blame.failed(now, &[poison, bread, salt]), None);
        assert!(blame.must_run_alone(poison) && blame.must_run_alone(bread) && !blame.must_run_alone(salt));
        blame.acquit(bread);
        assert_eq!(blame.failed(now, &[poison]), Some(poison));
        assert_eq!(blame.quarantined_for(now, poison), Some(QUARANTINED_FOR));
        assert_eq!(blame.quarantined_for(now, bread), None);
        assert!(!blame.must_run_alone(salt));
        assert_eq!(blame.quarantined_for(now + QUARANTINED_FOR, poison), None);
    }

    #[test]
    fn who_was_alone_by_chance_is_tried_like_all_others() {
        let (mut blame, now) = (Blame::default(), Instant::now());
        let [lone] = prints(&blame, ["lone"]);
        assert_eq!(blame.failed(now, &[lone]), None);
        assert_eq!(blame.failed(now, &[lone]), None, "it was alone by chance: its trial comes now");
        assert_eq!(blame.failed(now + SUSPECTED_FOR, &[lone]), None, "too long ago");
        assert_eq!(blame.failed(now + SUSPECTED_FOR, &[lone]), None);
        assert_eq!(blame.failed(now + SUSPECTED_FOR, &[lone]), Some(lone));
    }

    #[test]
    fn many_of_the_same_are_one() {
        let (mut blame, now) = (Blame::default(), Instant::now());
        let [same] = prints(&blame, ["same"]);
        blame.failed(now, &[same; 2]);
        blame.failed(now, &[same; 3]);
        assert_eq!(blame.failed(now, &[same; 2]), Some(same));
    }

    #[test]
    fn a_failure_with_nobody_in_flight_is_nobodys() {
        let mut blame = Blame::default();
        assert_eq!(blame.failed(Instant::now(), &[]), None);
    }

    proptest! {
        /// A poison among random company: whoever has to run alone does so, and everyone survives but the poison.
        #[test]
        fn whoever_is_blamed_is_the_poison(companies in prop::collection::vec(prop::collection::vec(0_u8..20, 1..8), 1..200)) {
            let (mut blame, now) = (Blame::default(), Instant::now());
            let poison = blame.fingerprint(255_u8);
            let mut blamed = Vec::new();
            for company in companies {
                let mut all: Vec<_> = company.iter().map(|name| blame.fingerprint(name)).collect();
                all.push(poison);
                if blame.quarantined_for(now, poison).is_some() {
                    break;
                }
                blamed.extend(blame.failed(now, &all));
                let trials: Vec<_> = all.iter().copied().filter(|who| blame.must_run_alone(*who)).collect();
                for who in trials {
                    if who == poison {
                        blamed.extend(blame.failed(now, &[who]));
                    } else {
                        blame.acquit(who);
                    }
                }
            }
            prop_assert!(blamed.iter().all(|who| *who == poison));
            prop_assert!(blamed.len() <= 1);
        }

        #[test]
        fn memory_is_bounded(n in 1_usize..5000) {
            let (mut blame, now) = (Blame::default(), Instant::now());
            let all: Vec<_> = (0..n).map(|name| blame.fingerprint(name)).collect();
            blame.failed(now, &all);
            prop_assert!(blame.suspects.len() <= MAX_REMEMBERED);
        }
    }
}
