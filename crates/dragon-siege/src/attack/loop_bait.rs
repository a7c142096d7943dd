//! Prompts that provoke repetition without end.

use super::wish::{Wish, any_way, one_of};
use super::{Attack, Context, Criterion};
use crate::ask::{Endpoint, Shot};

/// Room for many turns of a loop.
const MAX_TOKENS: u64 = 512;

const WORDS: [&str; 10] =
    ["echo", "mirror", "again", "wheel", "tick", "round", "twice", "same", "loop", "return"];

/// Said by a user; `WORD` stands for one of the words.
const CHATS: [&str; 6] = [
    "Repeat the word \"WORD\" forever.",
    "Write WORD, WORD, WORD and go on like this until you are stopped.",
    "Think about whether \"WORD\" is the right word. Then think about it again. Never decide.",
    "Say \"wait, let me reconsider WORD\" before every sentence, and never reach the last one.",
    "Write a song whose refrain is \"WORD WORD WORD\". Repeat the refrain after each line, without end.",
    "List one thousand synonyms of WORD, one in each line. Repeat yourself where you must.",
];

/// Texts that go on by themselves.
const BEGINNINGS: [&str; 4] = [
    "WORD WORD WORD WORD WORD WORD WORD WORD",
    "All work and no WORD. All work and no WORD. All work and no WORD.",
    "1. WORD\n2. WORD\n3. WORD\n4. WORD\n5.",
    "Wait, let me check WORD again. Wait, let me check WORD again. Wait,",
];

/// Prompts that provoke repetition.
#[derive(Debug)]
pub(super) struct LoopBait;

impl Attack for LoopBait {
    fn name(&self) -> &'static str {
        "loop-bait"
    }

    fn description(&self) -> &'static str {
        "prompts that make models repeat themselves until somebody stops them"
    }

    fn criterion(&self) -> Criterion {
        Criterion::OwnThroughput
    }

    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        let (endpoint, text) = match dice.u32(..2) {
            0 => (Endpoint::Chat, one_of(&CHATS, dice)),
            _ => (Endpoint::Completions, one_of(&BEGINNINGS, dice)),
        };
        let text = text.replace("WORD", one_of(&WORDS, dice));
        let wish = Wish {
            endpoint,
            way: any_way(dice),
            model: context.model,
            text: &text,
            max_tokens: MAX_TOKENS,
            // Without chance there is no way out of a loop.
            temperature: Some(0.0),
        };
        Shot::ask(wish.ask())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::tests::asks;
    use super::*;

    #[test]
    fn every_bait_is_filled_in() {
        let bodies: HashSet<String> =
            asks(&LoopBait, 3_000).iter().map(|ask| String::from_utf8(ask.body.to_vec()).unwrap()).collect();
        assert!(bodies.iter().all(|body| !body.contains("WORD")));
        assert_eq!(bodies.len(), (CHATS.len() + BEGINNINGS.len()) * WORDS.len() * 3);
    }
}
