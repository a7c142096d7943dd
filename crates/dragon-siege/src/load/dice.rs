//! Dice that depend on the seed and on what they are thrown for, and on nothing else: a seed repeats a siege.

use crate::observation::Stage;

/// What separates neighbouring numbers (2^64 divided by the golden ratio).
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The dice of one stage.
#[derive(Debug, Clone, Copy)]
pub struct Dice(u64);

// === impl Dice ===

impl Dice {
    /// Other dice for each stage of a run.
    #[must_use]
    pub fn of(seed: u64, stage: Stage) -> Self {
        let stage = match stage {
            Stage::Calibration => 0,
            Stage::Quiet(phase) => 1 + 2 * phase as u64,
            Stage::Phase(phase) => 2 + 2 * phase as u64,
        };
        Self(mixed(mixed(seed).wrapping_add(stage.wrapping_mul(STEP))))
    }

    /// For when shots are fired.
    #[must_use]
    pub fn seed(self) -> u64 {
        self.0
    }

    /// For the shot of this number.
    #[must_use]
    pub fn of_shot(self, number: u64) -> fastrand::Rng {
        fastrand::Rng::with_seed(mixed(self.0.wrapping_add(number.wrapping_mul(STEP))))
    }
}

/// Stafford's mix 13, the last part of SplitMix64: neighbours have nothing in common afterwards.
fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_throw_gives_the_same() {
        let throw = |seed, stage, number| Dice::of(seed, stage).of_shot(number).u64(..);
        assert_eq!(throw(7, Stage::Phase(3), 11), throw(7, Stage::Phase(3), 11));
    }

    #[test]
    fn seeds_stages_and_shots_all_make_a_difference() {
        let stages = [Stage::Calibration, Stage::Quiet(0), Stage::Phase(0), Stage::Quiet(1), Stage::Phase(1)];
        let mut seen = HashSet::new();
        for seed in 0..10 {
            for stage in stages {
                for number in 0..100 {
                    seen.insert(Dice::of(seed, stage).of_shot(number).u64(..));
                }
            }
        }
        assert_eq!(seen.len(), 10 * 5 * 100);
    }

    #[test]
    fn first_throws_of_neighbours_are_spread_evenly() {
        let dice = Dice::of(0, Stage::Phase(0));
        let n_low = (0..10_000).filter(|number| dice.of_shot(*number).u32(..10) < 3).count();
        assert!((2_800..3_200).contains(&n_low), "{n_low}");
    }
}
