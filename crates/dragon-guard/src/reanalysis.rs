//! Re-analysis: a model that doubts, restarts and guesses again instead of concluding.
//!
//! What counts is how often it says so: cues such as "wait", "maybe" or "alternatively" among 1,000 words, over a
//! window that moves with the text. How much is too much differs by model and language, and is learnt from their own
//! answers ([`Calibration`]). An alarm is a reason to conclude sooner, never to stop.

mod calibration;
mod cues;

pub use calibration::Calibration;

use crate::words::{Kind, Word};
use cues::Cues;

/// Cues among 1,000 words. One of the weaker kind counts half.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Density(f64);

/// Words of a step of the window. Only at its ends is anything judged.
const STEP: usize = 50;

/// Steps of the window: 1,000 words.
const N_STEPS: usize = 20;

/// Steps before there is anything to judge. In 300 words chance still is large, in fewer it is everything.
const MIN_STEPS: usize = 6;

/// Follows an answer. Takes 200 bytes.
#[derive(Debug)]
pub struct Reanalysis {
    cues: Cues,
    /// A ring of the cues of past steps, in halves.
    steps: [u32; N_STEPS],
    n_steps: usize,
    /// Of the step that is going on: cues in halves, ...
    weight: u32,
    /// ... and words in halves: a character of a script without spaces is half a word.
    n_halves: usize,
    peak: Option<Density>,
}

// === impl Density ===

impl Density {
    /// So many cues among 1,000 words.
    pub const fn per_thousand(n_cues: f64) -> Self {
        Self(n_cues)
    }

    /// Cues among 1,000 words.
    pub fn as_per_thousand(self) -> f64 {
        self.0
    }
}

// === impl Reanalysis ===

impl Reanalysis {
    /// At the start of an answer.
    pub fn new() -> Self {
        Self { cues: Cues::default(), steps: [0; N_STEPS], n_steps: 0, weight: 0, n_halves: 0, peak: None }
    }

    /// Adds a word; the density of the last 1,000 words wherever there is a new one: every 50 words, from 300 on.
    pub fn push(&mut self, word: &Word) -> Option<Density> {
        self.weight += self.cues.weight(word);
        self.n_halves += if word.kind == Kind::Ideograph { 1 } else { 2 };
        if self.n_halves < 2 * STEP {
            return None;
        }
        self.n_halves -= 2 * STEP;
        self.steps[self.n_steps % N_STEPS] = std::mem::take(&mut self.weight);
        self.n_steps += 1;
        let n_steps = self.n_steps.min(N_STEPS);
        if n_steps < MIN_STEPS {
            return None;
        }
        let halves = f64::from(self.steps.iter().sum::<u32>());
        let density = Density(halves / 2.0 * 1_000.0 / (n_steps * STEP) as f64);
        if self.peak.is_none_or(|peak| peak < density) {
            self.peak = Some(density);
        }
        Some(density)
    }

    /// The highest density so far; `None` for an answer that is too short to have one. What [`Calibration`] learns.
    pub fn peak(&self) -> Option<Density> {
        self.peak
    }
}

impl Default for Reanalysis {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
