//! How dense is too dense: learnt for each language from a model's own answers.

use std::collections::VecDeque;

use super::Density;
use crate::Language;

/// Answers remembered for each language: enough for the rank below, few enough to follow a change of the model's use.
const N_KEPT: usize = 512;

/// Answers from which on they say more than what was known before.
const MIN_KEPT: usize = 128;

/// Of the answers remembered, one in so many may have been as dense as the threshold or denser.
const ONE_IN: usize = 100;

/// The threshold before enough is known. The most doubting model that was measured exceeds it in one answer of a
/// hundred to sound questions, others hardly ever.
const PRIOR: f64 = 50.0;

/// Below this nobody doubts too much: a model that never does would give an alarm for its first "maybe".
const MIN: f64 = 20.0;

/// Above this everybody does: a flood of puzzles must not teach that doubting without end is usual.
const MAX: f64 = 75.0;

/// The thresholds of one model, learnt as its answers end. Holds at most 30 KB.
#[derive(Debug, Clone, Default)]
pub struct Calibration {
    by_language: [Peaks; Language::ALL.len()],
}

/// The highest densities of the latest answers.
#[derive(Debug, Clone, Default)]
struct Peaks {
    latest: VecDeque<f64>,
    threshold: Option<Density>,
}

// === impl Calibration ===

impl Calibration {
    /// Nothing learnt yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The density above which an answer to a prompt in this language does nothing but doubt.
    pub fn threshold(&self, language: Language) -> Density {
        self.peaks(language).and_then(|peaks| peaks.threshold).unwrap_or(Density(PRIOR))
    }

    /// Learns from an answer that has ended, however it did: the highest density that it had.
    ///
    /// Answers that were too short to have one say nothing about those that are not, and are not to be given.
    pub fn learn(&mut self, language: Language, peak: Density) {
        if let Some(place) = place(language)
            && let Some(peaks) = self.by_language.get_mut(place)
        {
            peaks.learn(peak);
        }
    }

    fn peaks(&self, language: Language) -> Option<&Peaks> {
        self.by_language.get(place(language)?)
    }
}

fn place(language: Language) -> Option<usize> {
    Language::ALL.iter().position(|one| *one == language)
}

// === impl Peaks ===

impl Peaks {
    fn learn(&mut self, peak: Density) {
        if self.latest.len() == N_KEPT {
            self.latest.pop_front();
        }
        self.latest.push_back(peak.0);
        if self.latest.len() >= MIN_KEPT {
            let mut sorted: Vec<f64> = self.latest.iter().copied().collect();
            sorted.sort_by(f64::total_cmp);
            let n_denser = (sorted.len() / ONE_IN).max(1);
            let rank = sorted.len() - n_denser;
            self.threshold = sorted.get(rank).map(|peak| Density(peak.clamp(MIN, MAX)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn learnt(peaks: impl IntoIterator<Item = f64>) -> Calibration {
        let mut calibration = Calibration::new();
        peaks.into_iter().for_each(|peak| calibration.learn(Language::English, Density(peak)));
        calibration
    }

    #[test]
    fn what_was_known_before_holds_until_enough_answers_were_seen() {
        assert_eq!(learnt([25.0; MIN_KEPT - 1]).threshold(Language::English), Density(PRIOR));
        let calibration = learnt([25.0; MIN_KEPT]);
        assert_eq!(calibration.threshold(Language::English), Density(25.0));
        assert_eq!(calibration.threshold(Language::Polish), Density(PRIOR));
    }

    #[test]
    fn one_in_a_hundred_may_be_as_dense() {
        let peaks = (0..N_KEPT).map(|n| 25.0 + n as f64 / 100.0);
        let Density(threshold) = learnt(peaks).threshold(Language::English);
        assert!((threshold - 30.07).abs() < 1e-9, "{threshold}");
    }

    #[test]
    fn neither_silence_nor_a_flood_of_puzzles_moves_it_out_of_its_range() {
        assert_eq!(learnt([0.0; N_KEPT]).threshold(Language::English), Density(MIN));
        assert_eq!(learnt([500.0; N_KEPT]).threshold(Language::English), Density(MAX));
    }

    proptest! {
        #[test]
        fn is_bounded_and_forgets(peaks in prop::collection::vec(0.0_f64..300.0, 0..1_500)) {
            let mut calibration = learnt(peaks);
            let Density(threshold) = calibration.threshold(Language::English);
            prop_assert!((MIN..=MAX).contains(&threshold));
            (0..N_KEPT).for_each(|_| calibration.learn(Language::English, Density(33.0)));
            prop_assert_eq!(calibration.threshold(Language::English), Density(33.0));
            prop_assert!(calibration.by_language.iter().all(|peaks| peaks.latest.len() <= N_KEPT));
        }
    }
}
