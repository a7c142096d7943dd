//! Prompts that have arrived, in pieces, for generations that have not started; and what an earlier engine produced for
//! them.

use std::collections::HashMap;

use dragon_ipc::{GenerationId, MAX_SEQUENCES, ProducedPiece, PromptPiece};

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
    /// What an earlier engine produced, by the choice's index, up to the context and one token more.
    pub(crate) produced: HashMap<u32, Vec<TokenId>>,
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
        let n_kept = self.n_tokens_kept;
        let prompt = self.entry(piece.generation)?;
        prompt.n_tokens = prompt.n_tokens.saturating_add(piece.tokens.len());
        let room = n_kept.saturating_sub(prompt.tokens.len());
        prompt.tokens.extend(piece.tokens.into_iter().take(room));
        Ok(())
    }

    /// Appends a piece of what an earlier engine produced.
    ///
    /// # Errors
    /// [`TooManyPrompts`], also for more choices than an engine has sequences.
    pub(crate) fn push_produced(&mut self, piece: ProducedPiece) -> Result<(), TooManyPrompts> {
        let n_kept = self.n_tokens_kept.saturating_add(1);
        let produced = &mut self.entry(piece.generation)?.produced;
        if produced.len() >= MAX_SEQUENCES as usize && !produced.contains_key(&piece.choice) {
            return Err(TooManyPrompts);
        }
        let tokens = produced.entry(piece.choice).or_default();
        let room = n_kept.saturating_sub(tokens.len());
        tokens.extend(piece.tokens.into_iter().take(room));
        Ok(())
    }

    fn entry(&mut self, generation: GenerationId) -> Result<&mut Prompt, TooManyPrompts> {
        if self.waiting.len() >= MAX_WAITING && !self.waiting.contains_key(&generation) {
            return Err(TooManyPrompts);
        }
        Ok(self.waiting.entry(generation).or_default())
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
        assert_eq!(
            prompts.take(1),
            Some(Prompt { tokens: vec![1, 2, 3, 4], n_tokens: 4, ..Prompt::default() })
        );
        assert_eq!(prompts.take(1), None);
    }

    #[test]
    fn an_endless_prompt_takes_no_memory_but_keeps_its_count() {
        let mut prompts = Prompts::new(3);
        for _ in 0..100 {
            prompts.push(piece(1, &[5; 50])).unwrap();
        }
        assert_eq!(prompts.take(1), Some(Prompt { tokens: vec![5; 3], n_tokens: 5000, ..Prompt::default() }));
    }

    #[test]
    fn what_was_produced_is_kept_per_choice_and_bounded() {
        let mut prompts = Prompts::new(3);
        let produced =
            |choice, tokens: &[TokenId]| ProducedPiece { generation: 1, choice, tokens: tokens.to_vec() };
        for (choice, tokens) in [(0, [1, 2]), (4, [7, 7]), (0, [3, 4]), (0, [5, 6])] {
            prompts.push_produced(produced(choice, &tokens)).unwrap();
        }
        let prompt = prompts.take(1).unwrap();
        assert_eq!(prompt.produced, HashMap::from([(0, vec![1, 2, 3, 4]), (4, vec![7, 7])]));
        let too_many =
            (0..=MAX_SEQUENCES).try_for_each(|choice| prompts.push_produced(produced(choice, &[1])));
        assert_eq!(too_many, Err(TooManyPrompts));
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
