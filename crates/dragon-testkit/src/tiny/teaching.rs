//! Fits the output matrix to the lessons, with a margin.

use std::sync::{Arc, OnceLock};

use super::{
    forward::{Sequence, dot},
    lessons,
    vocabulary::N_VOCAB,
    weights::{Matrix, TinyModel},
};

/// Seed of the random weights. Of the first sixteen, the one whose answers depend most on every token of
/// their prompts; the tests of this module state what a seed has to fulfil.
const SEED: u64 = 8;
/// The lead, in logits, that a taught token gets over every other token. More than the one logit that tests
/// rely on, so that an engine's rounding cannot eat it.
const MARGIN: f32 = 1.25;
/// Passes over the lessons before giving up. A good seed needs far fewer.
const MAX_PASSES: usize = 2_000;

/// A hidden state and the token that must follow it.
struct Example {
    hidden: Vec<f32>,
    token: usize,
}

/// The tiny model. Made once per process.
///
/// # Panics
/// Where the lessons cannot be learnt: somebody changed them, the shape or the seed. Try other seeds.
#[must_use]
pub fn tiny_model() -> Arc<TinyModel> {
    static MODEL: OnceLock<Arc<TinyModel>> = OnceLock::new();
    Arc::clone(MODEL.get_or_init(|| Arc::new(taught(SEED).expect("the lessons can be learnt"))))
}

/// Random weights from a seed, taught. `None` where the lessons cannot be learnt.
fn taught(seed: u64) -> Option<TinyModel> {
    let mut model = TinyModel::untaught(seed);
    let examples = examples(&model);
    (0..MAX_PASSES).any(|_| n_corrections(&mut model.output, &examples) == 0).then_some(model)
}

/// Hidden states do not depend on the output matrix, so they are computed once.
fn examples(model: &TinyModel) -> Vec<Example> {
    let mut examples = Vec::new();
    for taught in lessons::all() {
        let mut sequence = Sequence::new(model);
        let (last, before) = taught.prompt.split_last().expect("no lesson has an empty prompt");
        for &token in before {
            sequence.push(token);
        }
        let mut hidden = sequence.push(*last);
        for &token in &taught.answer {
            let next = sequence.push(token);
            examples.push(Example { hidden: std::mem::replace(&mut hidden, next), token: token as usize });
        }
    }
    examples
}

/// One pass of the passive-aggressive algorithm (Crammer et al., "Online passive-aggressive algorithms",
/// 2006): each example whose token leads by less than the margin moves its row and the best rival's row by
/// just as much as is missing.
fn n_corrections(output: &mut Matrix, examples: &[Example]) -> usize {
    let mut n_corrections = 0;
    for Example { hidden, token } in examples {
        let (rival, best_other) = best_rival(output, hidden, *token);
        let missing = MARGIN - (dot(output.row(*token), hidden) - best_other);
        // Rounding may leave a hair of the margin missing for ever.
        if missing > 1e-3 {
            let step = missing / (2.0 * dot(hidden, hidden));
            add_scaled(output.row_mut(*token), hidden, step);
            add_scaled(output.row_mut(rival), hidden, -step);
            n_corrections += 1;
        }
    }
    n_corrections
}

fn best_rival(output: &Matrix, hidden: &[f32], token: usize) -> (usize, f32) {
    (0..N_VOCAB)
        .filter(|&other| other != token)
        .map(|other| (other, dot(output.row(other), hidden)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .expect("more than one token")
}

fn add_scaled(row: &mut [f32], x: &[f32], scale: f32) {
    for (weight, x) in row.iter_mut().zip(x) {
        *weight += scale * x;
    }
}

#[cfg(test)]
mod tests;
