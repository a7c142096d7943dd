//! A prompt as numbers.

use super::{structure, wording};
use crate::Language;
use crate::open_points::open_points;
use crate::prompt::Prompt;

/// Bits of a place in the table of wordings.
pub(super) const WORDING_BITS: u32 = 18;

/// Bits of a place in the table of structures.
pub(super) const STRUCTURE_BITS: u32 = 14;

/// Rows of the table of wordings.
pub const N_WORDING: usize = 1 << WORDING_BITS;

/// Rows of the table of structures.
pub const N_STRUCTURE: usize = 1 << STRUCTURE_BITS;

/// What a prompt is made of: places in the tables of weights, with how much each counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Features {
    /// Characters, words and patterns of words; empty where the prompt is not in English.
    pub wording: Vec<(u32, f32)>,
    /// Prices, units, people, scope, alike in every language; never empty.
    pub structure: Vec<(u32, f32)>,
}

/// The features of a prompt. Of a long one only both ends are looked at, which bounds the work.
pub fn features(prompt: &str) -> Features {
    let language = Language::of(prompt);
    let prompt = Prompt::of(prompt, language);
    let points = open_points(&prompt);
    let wording = if language == Language::English { wording::wording(&prompt) } else { Vec::new() };
    Features { wording, structure: structure::structure(&prompt, &points) }
}

/// Adds up what stands for the same place, in order.
pub(super) fn summed(mut places: Vec<u32>, mut count: impl FnMut(f32) -> f32) -> Vec<(u32, f32)> {
    places.sort_unstable();
    let mut summed: Vec<(u32, f32)> = Vec::with_capacity(places.len());
    for place in places {
        match summed.last_mut() {
            Some((last, n)) if *last == place => *n += 1.0,
            _ => summed.push((place, 1.0)),
        }
    }
    for (_, n) in &mut summed {
        *n = count(*n);
    }
    summed
}

/// Scales to length `length`.
pub(super) fn scaled(mut features: Vec<(u32, f32)>, length: f32) -> Vec<(u32, f32)> {
    let norm = features.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
    if norm > 0.0 {
        features.iter_mut().for_each(|(_, value)| *value *= length / norm);
    }
    features
}
