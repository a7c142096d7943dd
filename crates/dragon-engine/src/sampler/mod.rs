//! How the next token is chosen from the logits: pure, without state beyond reused buffers.
//!
//! The order of operations is llama-server's: `logit_bias`, penalties, bans, `top_k`, `top_p`, `min_p`,
//! `temperature`. The token at answer position *i* is a function of the logits, the settings, the tokens
//! before, and (seed, choice, *i*); nothing else that runs has a part in it.

mod adjust;
mod candidates;
mod draw;
mod history;
mod logprobs;
#[cfg(test)]
mod tests;

use dragon_ipc::Sampling;

use crate::llama::TokenId;
use candidates::Candidate;

pub(crate) use draw::Place;
pub(crate) use history::History;
pub(crate) use logprobs::Logprobs;

/// What a generation asks of the sampler.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rules {
    /// The settings of the request.
    pub(crate) sampling: Sampling,
    /// Tokens that are never chosen.
    pub(crate) banned: Vec<TokenId>,
}

/// Tokens that are more likely than the model makes them, because an answer comes to its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lean<'a> {
    pub(crate) to: &'a [TokenId],
    /// Added to their logits.
    pub(crate) bias: f32,
}

/// Why no token can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SampleError {
    /// A logit is NaN or plus infinity: a broken model or build.
    #[error("the logits are not finite")]
    NotFinite,
    /// Every token is ruled out.
    #[error("every token is banned")]
    AllBanned,
}

/// Chooses tokens. Holds buffers of vocabulary size, so that no step allocates them.
#[derive(Debug, Default)]
pub(crate) struct Sampler {
    adjusted: Vec<f32>,
    candidates: Vec<Candidate>,
}

// === impl Sampler ===

impl Sampler {
    /// The next token.
    ///
    /// # Errors
    /// See [`SampleError`].
    pub(crate) fn choose(
        &mut self,
        logits: &[f32],
        rules: &Rules,
        history: &History,
        lean: Option<Lean<'_>>,
        place: Place,
    ) -> Result<TokenId, SampleError> {
        // The model is judged by what it said, not by what the settings make of it.
        let peak = candidates::peak(logits)?;
        let (logits, peak) = match adjust::apply(logits, rules, history, lean, &mut self.adjusted) {
            Some(adjusted) => (adjusted, candidates::peak(adjusted)?),
            None => (logits, peak),
        };
        let sampling = &rules.sampling;
        if sampling.temperature <= 0.0 || sampling.top_k == 1 {
            return Ok(peak.token);
        }
        candidates::keep_top_k(logits, sampling.top_k as usize, &mut self.candidates);
        candidates::keep_nucleus(&mut self.candidates, peak.logit, sampling.top_p, sampling.min_p);
        draw::draw(&self.candidates, sampling.temperature, place).ok_or(SampleError::AllBanned)
    }

    /// The log-probability of `chosen` and of the `n_top` most probable tokens, before bias, penalties and
    /// temperature.
    ///
    /// # Errors
    /// [`SampleError::NotFinite`].
    pub(crate) fn logprobs(
        &mut self,
        logits: &[f32],
        chosen: TokenId,
        n_top: usize,
    ) -> Result<Logprobs, SampleError> {
        logprobs::logprobs(logits, chosen, n_top, &mut self.candidates)
    }
}

/// Whether logits can come from a sound model and build.
///
/// Minus infinity is allowed: some models mask tokens that they never want. Not everywhere, though.
pub(crate) fn are_sound(logits: &[f32]) -> bool {
    candidates::peak(logits).is_ok()
}
