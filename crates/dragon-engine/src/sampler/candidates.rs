//! Which tokens are in the draw: `top_k`, `top_p`, `min_p`, without ever sorting the whole vocabulary.

use std::cmp::Ordering;

use super::SampleError;
use crate::llama::TokenId;

/// Candidates sorted at first in search of the nucleus: most nuclei are smaller.
const FIRST_RUN: usize = 128;

/// Logits looked at together: large enough to keep vector units busy, small enough to be searched again.
const BLOCK: usize = 1024;

/// Numbers that a vector register holds on the widest CPUs.
const LANES: usize = 16;

/// A token that may be chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub(super) token: TokenId,
    pub(super) logit: f32,
}

/// The most probable token; of equals, the lowest id.
///
/// One pass, a block at a time: the highest logit of a block is found in lanes that the compiler turns into vector
/// instructions, and only a block that raises the peak is searched for the place.
pub(super) fn peak(logits: &[f32]) -> Result<Candidate, SampleError> {
    let mut peak = Candidate { token: 0, logit: f32::NEG_INFINITY };
    let mut any_nan = false;
    for (start, block) in (0..).step_by(BLOCK).zip(logits.chunks(BLOCK)) {
        let (highest, has_nan) = highest(block);
        any_nan |= has_nan;
        if highest > peak.logit
            && let Some((token, logit)) = (start..).zip(block).find(|(_, logit)| **logit == highest)
        {
            peak = Candidate { token, logit: *logit };
        }
    }
    if any_nan || peak.logit == f32::INFINITY {
        return Err(SampleError::NotFinite);
    }
    if peak.logit == f32::NEG_INFINITY {
        return Err(SampleError::AllBanned);
    }
    Ok(peak)
}

/// The highest of a block, and whether any is not a number.
fn highest(block: &[f32]) -> (f32, bool) {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    // As wide as the logits, so that both fill vectors of the same length.
    let mut nans = [0_u32; LANES];
    let whole = block.chunks_exact(LANES);
    for (index, logit) in whole.remainder().iter().enumerate() {
        lanes[index] = *logit;
        nans[index] = u32::from(logit.is_nan());
    }
    for row in whole {
        for index in 0..LANES {
            let logit = row[index];
            nans[index] |= u32::from(logit.is_nan());
            lanes[index] = if logit > lanes[index] { logit } else { lanes[index] };
        }
    }
    (lanes.into_iter().fold(f32::NEG_INFINITY, f32::max), nans.iter().any(|is_nan| *is_nan != 0))
}

/// Fills `kept` with the `k` most probable tokens (0: all), in no order; banned tokens are never among them.
///
/// One pass over the vocabulary: a buffer of up to 2k is cut to its best k whenever it is full, and from then
/// on only what beats the worst of those is looked at. Of equals, the lower id is kept.
pub(super) fn keep_top_k(logits: &[f32], k: usize, kept: &mut Vec<Candidate>) {
    kept.clear();
    let k = if k == 0 { logits.len() } else { k.min(logits.len()) };
    let mut floor = f32::NEG_INFINITY;
    for (token, logit) in (0..).zip(logits.iter().copied()) {
        // Ids grow, so an equal of the worst that is kept loses to it.
        if logit <= floor {
            continue;
        }
        kept.push(Candidate { token, logit });
        if kept.len() == k * 2 {
            floor = cut(kept, k);
        }
    }
    if kept.len() > k {
        cut(kept, k);
    }
}

/// Keeps what both `top_p` and `min_p` keep, at least one, in no order.
///
/// Each keeps a prefix of the candidates from the most probable down, so what both keep is the shorter prefix:
/// `min_p` may come first, as long as `top_p`'s total still counts every candidate.
pub(super) fn keep_nucleus(candidates: &mut Vec<Candidate>, peak: f32, top_p: f32, min_p: f32) {
    let mass = if top_p < 1.0 { Some(f64::from(top_p) * total(candidates, peak)) } else { None };
    if min_p > 0.0 {
        let floor = peak + min_p.min(1.0).ln();
        candidates.retain(|candidate| candidate.logit >= floor);
    }
    if let Some(mass) = mass {
        let n_kept = prefix_reaching(candidates, peak, mass);
        candidates.truncate(n_kept);
    }
}

/// Sorts as much of the front as it takes for its weights to reach `mass`, and says how many that are.
fn prefix_reaching(candidates: &mut [Candidate], peak: f32, mass: f64) -> usize {
    let mut sum = 0.0;
    let mut n_sorted = 0;
    let mut run = FIRST_RUN;
    while n_sorted < candidates.len() {
        let rest = &mut candidates[n_sorted..];
        let n_run = run.min(rest.len());
        if n_run < rest.len() {
            rest.select_nth_unstable_by(n_run, by_rank);
        }
        rest[..n_run].sort_unstable_by(by_rank);
        for candidate in &rest[..n_run] {
            sum += weight(candidate.logit, peak);
            n_sorted += 1;
            if sum >= mass {
                return n_sorted;
            }
        }
        run *= 4;
    }
    n_sorted
}

/// Sum of all weights, in the order of token ids.
fn total(candidates: &[Candidate], peak: f32) -> f64 {
    candidates.iter().map(|candidate| weight(candidate.logit, peak)).sum()
}

/// Unnormalised probability: 1 for the most probable token.
pub(super) fn weight(logit: f32, peak: f32) -> f64 {
    f64::from((logit - peak).exp())
}

/// Cuts to the best `k` and returns the worst logit among them.
fn cut(kept: &mut Vec<Candidate>, k: usize) -> f32 {
    kept.select_nth_unstable_by(k - 1, by_rank);
    kept.truncate(k);
    kept[k - 1].logit
}

/// Most probable first; of equals, the lower id. A total order, so every selection is unique.
pub(super) fn by_rank(a: &Candidate, b: &Candidate) -> Ordering {
    b.logit.total_cmp(&a.logit).then(a.token.cmp(&b.token))
}
