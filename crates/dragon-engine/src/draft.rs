//! Guessing the next tokens from what is there already: an answer that copies from its prompt, or repeats itself,
//! goes on as it went on before.
//!
//! A guess is checked by the model in one call for all its tokens, which on a CPU costs two or three calls of one
//! token; so guesses are made only as long as enough of them are right. Prompt lookup decoding, after Saxena (2023);
//! the check is that of speculative decoding (Leviathan et al., 2023), and exact here also for sampled answers, since
//! a token is a function of logits, seed and position. Pure.

use crate::llama::TokenId;

/// Tokens at the end that must have occurred before: with fewer, chance agrees too often.
const N_MATCHED: usize = 3;

/// How far back is looked, in tokens: bounds the work to some microseconds a step.
const MAX_LOOKED_AT: usize = 4096;

/// Below this share of right tokens a guess costs more than it saves.
const MIN_SHARE: f64 = 0.35;

/// Weight of the newest guess in the moving share.
const NEWEST: f64 = 0.3;

/// Steps without a guess after too many wrong ones.
const N_PAUSED: u32 = 24;

/// Guesses for one sequence.
#[derive(Debug)]
pub(crate) struct Drafter {
    /// Moving average of the share of guessed tokens that were right.
    share: f64,
    /// Steps to go without a guess.
    n_paused: u32,
}

// === impl Drafter ===

impl Default for Drafter {
    /// Begins with good hope.
    fn default() -> Self {
        Self { share: 1.0, n_paused: 0 }
    }
}

impl Drafter {
    /// At most `n_max` tokens that may follow `tokens`; most often none.
    pub(crate) fn guess(&mut self, tokens: &[TokenId], n_max: usize) -> Vec<TokenId> {
        if self.n_paused > 0 {
            self.n_paused -= 1;
            return Vec::new();
        }
        continuation(tokens).map_or_else(Vec::new, |known| known.iter().copied().take(n_max).collect())
    }

    /// Learns how many of the guessed tokens were right.
    pub(crate) fn learn(&mut self, n_guessed: usize, n_right: usize) {
        if n_guessed == 0 {
            return;
        }
        let right = n_right as f64 / n_guessed as f64;
        self.share = self.share * (1.0 - NEWEST) + right * NEWEST;
        if self.share < MIN_SHARE {
            // After the pause, one good guess is enough to go on.
            self.n_paused = N_PAUSED;
            self.share = MIN_SHARE;
        }
    }
}

/// What followed the latest earlier occurrence of the last tokens.
fn continuation(tokens: &[TokenId]) -> Option<&[TokenId]> {
    let tokens = &tokens[tokens.len().saturating_sub(MAX_LOOKED_AT)..];
    let end = tokens.len().checked_sub(N_MATCHED)?;
    let pattern = &tokens[end..];
    let start = (0..end).rev().find(|start| tokens[*start..].starts_with(pattern))?;
    tokens.get(start + N_MATCHED..).filter(|known| !known.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_copy_goes_on_as_the_original_did() {
        let tokens = [1, 2, 3, 4, 5, 6, 9, 2, 3, 4];
        assert_eq!(Drafter::default().guess(&tokens, 2), [5, 6]);
        assert_eq!(Drafter::default().guess(&tokens, 0), [0; 0]);
    }

    #[test]
    fn the_latest_occurrence_counts_and_a_repetition_continues_itself() {
        assert_eq!(Drafter::default().guess(&[1, 2, 3, 7, 1, 2, 3, 8, 1, 2, 3], 1), [8]);
        assert_eq!(Drafter::default().guess(&[5; 6], 4), [5]);
    }

    #[test]
    fn nothing_is_guessed_from_nothing() {
        for tokens in [&[][..], &[1, 2], &[1, 2, 3], &[1, 2, 3, 4, 5, 6]] {
            assert!(Drafter::default().guess(tokens, 8).is_empty(), "{tokens:?}");
        }
    }

    #[test]
    fn wrong_guesses_pause_and_right_ones_go_on() {
        let tokens = [1, 2, 3, 4, 1, 2, 3];
        let mut drafter = Drafter::default();
        let mut n_guesses = 0;
        for _ in 0..100 {
            let guess = drafter.guess(&tokens, 8);
            n_guesses += usize::from(!guess.is_empty());
            drafter.learn(guess.len(), 0);
        }
        assert!((4..12).contains(&n_guesses), "{n_guesses}");
        let mut drafter = Drafter::default();
        for _ in 0..100 {
            let guess = drafter.guess(&tokens, 8);
            assert!(!guess.is_empty());
            drafter.learn(guess.len(), guess.len());
        }
    }

    proptest! {
        #[test]
        fn guesses_are_bounded_and_come_from_the_tokens(tokens in prop::collection::vec(0_u32..4, 0..60), n_max in 0_usize..9) {
            let guess = Drafter::default().guess(&tokens, n_max);
            prop_assert!(guess.len() <= n_max);
            if !guess.is_empty() {
                let known = [&tokens[tokens.len() - N_MATCHED..], &guess].concat();
                prop_assert!(tokens.windows(known.len()).any(|window| window == known));
            }
        }
    }
}
