//! Prompts that have arrived, in pieces, for generations that have not started.

use std::collections::HashMap;

use dragon_ipc::{GenerationId, PromptPiece};

use crate::llama::TokenId;

/// Prompts that may wait for their start at once: the server starts each right after its last piece, so more
/// is a bug there, and memory is bounded here.
const MAX_WAITING: usize = 1024;

/// Prompts by generation. Tokens beyond the context are counted, not kept.
#[derive(Debug)]
pub(crate) struct Prompts {
    waiting: HashMap<GenerationId, Prompt>,
    n_tokens_kept: usize,
}

/// A prompt as it arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// The first tokens, up to the context.
    pub(crate) tokens: Vec<TokenId>,
    /// All tokens that arrived.
    pub(crate) n_tokens: usize,
}

/// More prompts wait than can be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MAX_WAITING} prompts wait for their start")]
pub(crate) struct TooManyPrompts;

// === impl Prompts ===

impl Prompts {
    /// Keeps at most `n_tokens_kept` tokens of each prompt: one more than fits says enough.
    pub(crate) fn new(n_tokens_kept: usize) -> Self {
        Self { waiting: HashMap::new(), n_tokens_kept }
    }

    /// Appends a piece.
    ///
    /// # Errors
    /// [`TooManyPrompts`].
    pub(crate) fn push(&mut self, piece: PromptPiece) -> Result<(), TooManyPrompts> {
        if self.waiting.len() >= MAX_WAITING && !self.waiting.contains_key(&piece.generation) {
            return Err(TooManyPrompts);
        }
        let prompt = self.waiting.entry(piece.generation).or_default();
        prompt.n_tokens = prompt.n_tokens.saturating_add(piece.tokens.len());
        let room = self.n_tokens_kept.saturating_sub(prompt.tokens.len());
        prompt.tokens.extend(piece.tokens.into_iter().take(room));
        Ok(())
    }

    /// Hands a prompt out, or forgets it.
    pub(crate) fn take(&mut self, generation: GenerationId) -> Option<Prompt> {
        self.waiting.remove(&generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(generation: GenerationId, tokens: &[TokenId]) -> PromptPiece {
        PromptPiece { generation, tokens: tokens.to_vec() }
    }

    #[test]
    fn pieces_are_joined_per_generation() {
        let mut prompts = Prompts::new(10);
        for (generation, tokens) in [(1, [1, 2]), (2, [9, 9]), (1, [3, 4])] {
            prompts.push(piece(generation, &tokens)).unwrap();
        }
        assert_eq!(prompts.take(1), Some(Prompt { tokens: vec![1, 2, 3, 4], n_tokens: 4 }));
        assert_eq!(prompts.take(1), None);
    }

    #[test]
    fn an_endless_prompt_takes_no_memory_but_keeps_its_count() {
        let mut prompts = Prompts::new(3);
        for _ in 0..100 {
            prompts.push(piece(1, &[5; 50])).unwrap();
        }
        assert_eq!(prompts.take(1), Some(Prompt { tokens: vec![5; 3], n_tokens: 5000 }));
    }

    #[test]
    fn prompts_without_end_are_an_error() {
        let mut prompts = Prompts::new(3);
        for generation in 0..MAX_WAITING as u64 {
            prompts.push(piece(generation, &[1])).unwrap();
        }
        assert_eq!(prompts.push(piece(u64::MAX, &[1])), Err(TooManyPrompts));
        assert_eq!(prompts.push(piece(0, &[1])), Ok(()));
    }
}
