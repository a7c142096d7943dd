//! The random draw, as a function of where it happens.
//!
//! The draw is the Gumbel-max trick: each candidate gets noise of its own, and the largest sum of scaled logit
//! and noise wins, which chooses each token with exactly its softmax probability (Gumbel 1954; Maddison et al.
//! 2014, "A* Sampling"). The noise belongs to the token, not to its rank: when floating point moves logits by
//! a hair or swaps neighbours, as other batch shapes do, the same token still wins, except in a near tie.
//! A cumulative sum would shift every border instead.

use super::candidates::Candidate;
use crate::llama::TokenId;

/// SplitMix64's increment: the odd integer nearest to 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Where a draw happens. Equal places with equal logits draw equal tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The request's seed.
    pub(crate) seed: u64,
    /// The choice's index in the request.
    pub(crate) choice: u32,
    /// Position in the answer, from 0.
    pub(crate) position: u32,
}

/// One of the candidates, with the probability that the softmax of `logit / temperature` gives it; `None` if
/// there are none.
pub(super) fn draw(candidates: &[Candidate], temperature: f32, place: Place) -> Option<TokenId> {
    let stream = place.stream();
    let mut best: Option<(f64, TokenId)> = None;
    for candidate in candidates {
        let score = f64::from(candidate.logit) / f64::from(temperature) + gumbel(stream, candidate.token);
        let wins =
            best.is_none_or(|(high, token)| score > high || (score == high && candidate.token < token));
        if wins {
            best = Some((score, candidate.token));
        }
    }
    best.map(|(_, token)| token)
}

/// Standard Gumbel noise for one token.
fn gumbel(stream: u64, token: TokenId) -> f64 {
    -(-uniform(split_mix(stream, u64::from(token))).ln()).ln()
}

/// Uniform in the open interval (0, 1), so that neither logarithm sees 0: the middles of 2^52 equal parts. With
/// one bit more, the last middle would be rounded to 1.
fn uniform(bits: u64) -> f64 {
    const PARTS: f64 = 4_503_599_627_370_496.0;
    #[expect(clippy::cast_precision_loss, reason = "52 bits fit an f64's mantissa")]
    let part = (bits >> 12) as f64;
    (part + 0.5) / PARTS
}

/// Output number `index` of the SplitMix64 generator (Steele, Lea, Flood 2014) with state `stream`: it is
/// counter-based, so any output can be computed without those before.
fn split_mix(stream: u64, index: u64) -> u64 {
    let mut z = stream.wrapping_add(GOLDEN.wrapping_mul(index.wrapping_add(1)));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

// === impl Place ===

impl Place {
    /// A stream of its own for every place.
    fn stream(self) -> u64 {
        let choice = split_mix(self.seed, u64::from(self.choice));
        split_mix(choice, u64::from(self.position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_split_mix_64() {
        // First outputs of the reference implementation for seed 1234567.
        let outputs: Vec<u64> = (0..3).map(|index| split_mix(1_234_567, index)).collect();
        assert_eq!(
            outputs,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn noise_is_finite_at_both_ends() {
        for bits in [0, u64::MAX] {
            let uniform = uniform(bits);
            assert!(uniform > 0.0 && uniform < 1.0, "{uniform}");
            assert!((-(-uniform.ln()).ln()).is_finite());
        }
    }

    #[test]
    fn every_part_of_a_place_matters() {
        let place = Place { seed: 1, choice: 2, position: 3 };
        let others = [
            Place { seed: 2, ..place },
            Place { choice: 3, ..place },
            Place { position: 4, ..place },
            Place { seed: 1, choice: 3, position: 2 },
        ];
        assert!(others.iter().all(|other| other.stream() != place.stream()));
    }
}
