//! How many tokens an answer may have, and what it means when they are used up.

use crate::label::{Ending, Reason};

/// The most tokens of one choice, and where that number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenBudget {
    /// At least 1.
    pub n_max: u32,
    /// Decides how an answer that used them all is labelled.
    pub bound: Bound,
}

/// Where the limit on an answer's tokens comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The client asked for exactly this many.
    Client,
    /// The client asked for none; the model's configuration sets this many.
    ModelDefault,
    /// No more fit into the context.
    Context,
}

/// The prompt leaves no room for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the prompt has {n_prompt} tokens; with at least one token of answer the context of {n_ctx} is too short"
)]
pub struct PromptTooLong {
    /// Tokens of the prompt.
    pub n_prompt: u32,
    /// Tokens that prompt and answer may have together.
    pub n_ctx: u32,
}

// === impl TokenBudget ===

impl TokenBudget {
    /// The budget for a prompt of `n_prompt` tokens in a context of `n_ctx`.
    ///
    /// # Errors
    /// [`PromptTooLong`] when not even one token of answer fits.
    pub fn new(
        asked: Option<u32>,
        model_default: Option<u32>,
        n_prompt: u32,
        n_ctx: u32,
    ) -> Result<Self, PromptTooLong> {
        let room = n_ctx.saturating_sub(n_prompt);
        if room == 0 {
            return Err(PromptTooLong { n_prompt, n_ctx });
        }
        let (wanted, bound) = match (asked, model_default) {
            (Some(n), _) => (n, Bound::Client),
            (None, Some(n)) => (n, Bound::ModelDefault),
            (None, None) => (room, Bound::Context),
        };
        if wanted > room {
            return Ok(Self { n_max: room, bound: Bound::Context });
        }
        Ok(Self { n_max: wanted.max(1), bound })
    }

    /// How an answer is labelled that used the whole budget.
    pub const fn ending_when_used_up(self) -> Ending {
        match self.bound {
            Bound::Client => Ending::REACHED_MAX_TOKENS,
            Bound::ModelDefault => Ending::partial(Reason::Limit),
            Bound::Context => Ending::partial(Reason::Context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_asks_for_is_exact_as_long_as_it_fits() {
        let budget = TokenBudget::new(Some(271), Some(16), 100, 4096).unwrap();
        assert_eq!(budget, TokenBudget { n_max: 271, bound: Bound::Client });
        assert_eq!(budget.ending_when_used_up(), Ending::REACHED_MAX_TOKENS);
    }

    #[test]
    fn more_than_the_context_holds_is_cut_and_labelled_so() {
        let budget = TokenBudget::new(Some(5000), None, 100, 4096).unwrap();
        assert_eq!(budget, TokenBudget { n_max: 3996, bound: Bound::Context });
        assert_eq!(budget.ending_when_used_up(), Ending::partial(Reason::Context));
        let exact = TokenBudget::new(Some(3996), None, 100, 4096).unwrap();
        assert_eq!(exact.ending_when_used_up(), Ending::REACHED_MAX_TOKENS);
    }

    #[test]
    fn without_a_wish_the_models_default_holds_and_else_the_context() {
        let configured = TokenBudget::new(None, Some(300), 100, 4096).unwrap();
        assert_eq!(configured.ending_when_used_up(), Ending::partial(Reason::Limit));
        let open = TokenBudget::new(None, None, 100, 4096).unwrap();
        assert_eq!(open, TokenBudget { n_max: 3996, bound: Bound::Context });
    }

    #[test]
    fn a_prompt_that_fills_the_context_is_refused() {
        assert_eq!(TokenBudget::new(Some(1), None, 64, 64), Err(PromptTooLong { n_prompt: 64, n_ctx: 64 }));
        assert!(TokenBudget::new(Some(1), None, 63, 64).is_ok());
    }
}
