//! Log-probabilities for the client.

use super::SampleError;
use super::candidates::{self, Candidate};
use crate::llama::TokenId;

/// Log-probabilities at one position.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Logprobs {
    /// Of the chosen token.
    pub(crate) chosen: f32,
    /// The most probable tokens, best first.
    pub(crate) top: Vec<(TokenId, f32)>,
}

/// Log-softmax of the raw logits, summed in f64: with a vocabulary of 100,000 an f32 sum loses digits.
pub(super) fn logprobs(
    logits: &[f32],
    chosen: TokenId,
    n_top: usize,
    buffer: &mut Vec<Candidate>,
) -> Result<Logprobs, SampleError> {
    let peak = candidates::peak(logits)?.logit;
    let sum: f64 = logits.iter().map(|logit| candidates::weight(*logit, peak)).sum();
    let log_total = f64::from(peak) + sum.ln();
    // An f32 is what the frames carry, and more than the logits are worth.
    #[expect(clippy::cast_possible_truncation, reason = "see above")]
    let logprob = |logit: f32| (f64::from(logit) - log_total) as f32;
    buffer.clear();
    if n_top > 0 {
        candidates::keep_top_k(logits, n_top, buffer);
        buffer.sort_unstable_by(candidates::by_rank);
    }
    let chosen = logits.get(chosen as usize).copied().unwrap_or(f32::NEG_INFINITY);
    Ok(Logprobs {
        chosen: logprob(chosen),
        top: buffer.iter().map(|candidate| (candidate.token, logprob(candidate.logit))).collect(),
    })
}
