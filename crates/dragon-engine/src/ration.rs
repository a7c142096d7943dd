//! Who runs while somebody has to be quick: the favoured at any time, the others for half as much time as the favoured
//! have had, so that nobody favoured takes more than twice as long as without them, slower calls included.
//!
//! Whom to favour is the server's decision. Others run all together when they may: a call of many costs little more
//! than a call of few, and neighbours in the cache stay neighbours. Pure: durations go in.

use std::time::Duration;

use dragon_ipc::GenerationId;

/// Time that the others can be behind at most: what they did not need is no credit for long interruptions.
const MAX_CREDIT: Duration = Duration::from_millis(50);

/// The favoured have so many parts of the time for one of the others. With equal parts a lone client's step beside
/// others took three times as long as alone, since its own calls are slower as well: others' leave little in the caches.
const FAVOURED_PARTS: u32 = 2;

/// A ration that holds, and what has been had of it.
#[derive(Debug, Default)]
pub(crate) struct Ration {
    favoured: Vec<GenerationId>,
    /// Time of calls that were the favoured's.
    of_favoured: Duration,
    /// Time that calls took because of others.
    of_others: Duration,
    /// A decode call of the favoured alone, latest.
    step: Option<Duration>,
}

/// Who has a part in a decode call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crowd {
    /// Only those who are favoured.
    Favoured,
    /// Others, and perhaps some who are favoured.
    Mixed {
        /// Whether there are such.
        with_favoured: bool,
    },
}

// === impl Ration ===

impl Ration {
    /// Takes the server's word. Nobody favoured: everyone runs.
    pub(crate) fn set(&mut self, favoured: Vec<GenerationId>) {
        if favoured.is_empty() {
            *self = Self::default();
        }
        self.favoured = favoured;
    }

    /// Forgets a generation that has ended: with the last one the ration does.
    pub(crate) fn ended(&mut self, generation: GenerationId) {
        self.favoured.retain(|favoured| *favoured != generation);
        if self.favoured.is_empty() {
            *self = Self::default();
        }
    }

    /// Whether anybody is favoured.
    pub(crate) fn holds(&self) -> bool {
        !self.favoured.is_empty()
    }

    pub(crate) fn is_favoured(&self, generation: GenerationId) -> bool {
        self.favoured.contains(&generation)
    }

    /// Whether others may run now, and have their prompts read.
    pub(crate) fn may_others(&self) -> bool {
        !self.holds() || self.of_others * FAVOURED_PARTS < self.of_favoured
    }

    /// Learns of a decode call.
    pub(crate) fn stepped(&mut self, crowd: Crowd, took: Duration) {
        if !self.holds() {
            return;
        }
        match crowd {
            Crowd::Favoured => {
                self.step = Some(took);
                self.of_favoured += took;
            }
            Crowd::Mixed { with_favoured } => {
                let own =
                    if with_favoured { self.step.unwrap_or(took / 2).min(took) } else { Duration::ZERO };
                self.of_favoured += own;
                self.of_others += took - own;
            }
        }
        self.forget_credit();
    }

    /// Learns of a prefill call.
    pub(crate) fn read(&mut self, generation: GenerationId, took: Duration) {
        if !self.holds() {
            return;
        }
        if self.is_favoured(generation) {
            self.of_favoured += took;
        } else {
            self.of_others += took;
        }
        self.forget_credit();
    }

    fn forget_credit(&mut self) {
        self.of_others = self.of_others.max((self.of_favoured / FAVOURED_PARTS).saturating_sub(MAX_CREDIT));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn ration() -> Ration {
        let mut ration = Ration::default();
        ration.set(vec![7]);
        ration
    }

    proptest! {
        /// Over any stretch: twice as long, and one call more.
        #[test]
        fn the_favoured_take_at_most_twice_as_long(
            alone in 1_u64..20,
            with_others in 1_u64..40,
            prompts in prop::collection::vec(prop::option::of(1_u64..90), 1..300),
        ) {
            let mut ration = ration();
            let (mut took, mut n_steps, mut longest) = (Duration::ZERO, 0, Duration::ZERO);
            for prompt in prompts {
                if let Some(prompt) = prompt.filter(|_| ration.may_others()) {
                    ration.read(1, ms(prompt));
                    took += ms(prompt);
                    longest = longest.max(ms(prompt));
                }
                let (crowd, step) = if ration.may_others() {
                    (Crowd::Mixed { with_favoured: true }, ms(alone + with_others))
                } else {
                    (Crowd::Favoured, ms(alone))
                };
                ration.stepped(crowd, step);
                took += step;
                longest = longest.max(ms(with_others));
                n_steps += 1;
                prop_assert!(took <= ms(alone) * n_steps * 2 + longest, "{took:?} for {n_steps} steps");
            }
        }
    }

    #[test]
    fn others_have_a_third_of_the_time_and_no_less() {
        let mut ration = ration();
        let mut n_mixed = 0;
        for _ in 0..300 {
            let crowd = if ration.may_others() {
                n_mixed += 1;
                Crowd::Mixed { with_favoured: true }
            } else {
                Crowd::Favoured
            };
            ration.stepped(crowd, if crowd == Crowd::Favoured { ms(5) } else { ms(15) });
        }
        assert_eq!(n_mixed, 75, "10 ms of others for 20 ms of the favoured");
    }

    #[test]
    fn time_that_nobody_needed_is_not_saved_up() {
        let mut ration = ration();
        (0..1000).for_each(|_| ration.stepped(Crowd::Favoured, ms(5)));
        assert!(ration.may_others());
        ration.read(1, MAX_CREDIT);
        assert!(!ration.may_others());
    }

    #[test]
    fn what_others_had_before_anybody_was_favoured_is_not_held_against_them() {
        let mut ration = Ration::default();
        ration.stepped(Crowd::Mixed { with_favoured: false }, Duration::from_secs(3600));
        ration.read(1, Duration::from_secs(3600));
        ration.set(vec![7]);
        ration.stepped(Crowd::Favoured, ms(5));
        assert!(ration.may_others());
    }

    #[test]
    fn it_ends_with_the_last_of_the_favoured() {
        let mut ration = ration();
        ration.ended(1);
        assert!(ration.holds() && ration.is_favoured(7) && !ration.may_others());
        ration.ended(7);
        assert!(!ration.holds() && ration.may_others());
    }
}
