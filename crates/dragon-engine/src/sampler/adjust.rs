//! Bans, biases and penalties: what changes single logits.

use dragon_ipc::Sampling;

use super::{History, Lean, Rules};

/// The logits after `logit_bias`, penalties, leaning and bans, in `adjusted`; `None` where nothing changes them.
pub(super) fn apply<'a>(
    logits: &[f32],
    rules: &Rules,
    history: &History,
    lean: Option<Lean<'_>>,
    adjusted: &'a mut Vec<f32>,
) -> Option<&'a [f32]> {
    let sampling = &rules.sampling;
    if lean.is_none() && rules.banned.is_empty() && sampling.logit_bias.is_empty() && !has_penalties(sampling)
    {
        return None;
    }
    adjusted.clear();
    adjusted.extend_from_slice(logits);
    for (token, bias) in &sampling.logit_bias {
        change(adjusted, *token, |logit| logit + bias);
    }
    if has_penalties(sampling) {
        for (token, count) in history.counts() {
            change(adjusted, token, |logit| penalized(logit, count, sampling));
        }
    }
    if let Some(lean) = lean {
        for token in lean.to {
            change(adjusted, *token, |logit| logit + lean.bias);
        }
    }
    for token in &rules.banned {
        if let Some(logit) = adjusted.get_mut(*token as usize) {
            *logit = f32::NEG_INFINITY;
        }
    }
    Some(adjusted)
}

fn has_penalties(sampling: &Sampling) -> bool {
    sampling.presence_penalty != 0.0 || sampling.frequency_penalty != 0.0 || sampling.repeat_penalty != 1.0
}

/// As llama.cpp: the repeat penalty (Keskar et al. 2019, CTRL, with the sign mended for negative logits) comes
/// before OpenAI's two.
fn penalized(logit: f32, count: u32, sampling: &Sampling) -> f32 {
    let repeated =
        if logit <= 0.0 { logit * sampling.repeat_penalty } else { logit / sampling.repeat_penalty };
    // Exact below 2^24 repetitions, more than any context holds.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    let count = count as f32;
    repeated.clamp(f32::MIN, f32::MAX) - count * sampling.frequency_penalty - sampling.presence_penalty
}

/// Changes a logit. Extreme settings take it to the end of what is finite and no further: infinity is for what the
/// model itself rules out, which stays as it is, and NaN is for nothing.
fn change(logits: &mut [f32], token: u32, change: impl FnOnce(f32) -> f32) {
    if let Some(logit) = logits.get_mut(token as usize)
        && *logit != f32::NEG_INFINITY
    {
        *logit = change(*logit).clamp(f32::MIN, f32::MAX);
    }
}
