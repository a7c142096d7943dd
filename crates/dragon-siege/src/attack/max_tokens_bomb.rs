//! As many tokens as numbers can say.

use super::wish::{Wish, any_endpoint, any_way, one_of, post};
use super::{Attack, Context, Criterion};
use crate::ask::{Expects, Shot};

/// Where types of other languages end: 32 bits with and without a sign, a double's whole numbers, 64 bits likewise.
const BOMBS: [u64; 8] =
    [100_000, 1_000_000, i32::MAX as u64, 1 << 31, 1 << 32, (1 << 53) + 1, i64::MAX as u64, u64::MAX];

const TEXTS: [&str; 4] = [
    "Count upwards from 1 and never stop.",
    "Write a novel of a thousand chapters. Begin with the first.",
    "List every whole number, one in each line.",
    "Tell me everything that you know, in full.",
];

/// As many tokens as numbers can say.
#[derive(Debug)]
pub(super) struct MaxTokensBomb;

impl Attack for MaxTokensBomb {
    fn name(&self) -> &'static str {
        "max-tokens-bomb"
    }

    fn description(&self) -> &'static str {
        "requests for up to 2^64 tokens: taken or turned away, they have to be over by their deadline"
    }

    fn criterion(&self) -> Criterion {
        Criterion::OwnThroughput
    }

    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        let text = format!("{} ({})", one_of(&TEXTS, dice), dice.u32(..));
        let wish = Wish {
            endpoint: any_endpoint(dice),
            way: any_way(dice),
            model: context.model,
            text: &text,
            max_tokens: one_of(&BOMBS, dice),
            temperature: None,
        };
        Shot::ask(post(wish.endpoint.path(), wish.body(), Expects::Either(wish.wanted())))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::super::tests::asks;
    use super::*;

    #[test]
    fn all_bombs_are_sent_as_they_stand() {
        let bomb = |body: &[u8]| -> u64 {
            let document: Value = serde_json::from_slice(body).unwrap();
            document.get("max_tokens").and_then(Value::as_u64).unwrap()
        };
        let sent: HashSet<u64> = asks(&MaxTokensBomb, 500).iter().map(|ask| bomb(&ask.body)).collect();
        assert_eq!(sent, HashSet::from(BOMBS));
    }
}
