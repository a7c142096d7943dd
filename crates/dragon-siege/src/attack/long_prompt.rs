//! Prompts from some pages to far beyond any context.

use super::wish::{Wish, any_endpoint, any_way, one_of, post};
use super::{Attack, Context, Criterion};
use crate::ask::{Expects, Shot};

/// Bytes of a prompt, about a quarter as many tokens.
const SIZES: [usize; 7] = [2 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 128 << 10, 512 << 10];

const WORDS: [&str; 16] = [
    "tower", "river", "without", "seven", "gate", "morning", "under", "stone", "carried", "bread", "slowly",
    "winter", "copper", "letter", "between", "horses",
];

/// Prompts beyond what is sensible.
#[derive(Debug)]
pub(super) struct LongPrompt;

impl Attack for LongPrompt {
    fn name(&self) -> &'static str {
        "long-prompt"
    }

    fn description(&self) -> &'static str {
        "prompts of 2 KiB to 512 KiB, each different: what is beyond the context may be turned away"
    }

    fn criterion(&self) -> Criterion {
        Criterion::OwnThroughput
    }

    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        let n_bytes = one_of(&SIZES, dice);
        let mut text = String::with_capacity(n_bytes + 16);
        // Different from the first word on, so that no cache of prompts helps.
        while text.len() < n_bytes {
            text.push_str(one_of(&WORDS, dice));
            text.push(' ');
        }
        let wish = Wish {
            endpoint: any_endpoint(dice),
            way: any_way(dice),
            model: context.model,
            text: &text,
            max_tokens: 16,
            temperature: None,
        };
        Shot::ask(post(wish.endpoint.path(), wish.body(), Expects::Either(wish.wanted())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::asks;
    use super::*;

    #[test]
    fn prompts_are_as_long_as_they_say() {
        let lengths: Vec<usize> = asks(&LongPrompt, 100).iter().map(|ask| ask.body.len()).collect();
        for size in SIZES {
            assert!(lengths.iter().any(|length| (size..size + 400).contains(length)), "{size} {lengths:?}");
        }
    }
}
