//! The answers that the tiny model was taught.
//!
//! Answers to the equality prompts are random texts, so that no wrong step is right by luck.

use super::{
    grammar::{Role, role_after, role_of},
    vocabulary::{IM_END, THINK_END, piece, tokenize},
};
use crate::rng::SplitMix64;

/// A raw completion prompt whose greedy answer has a gap of at least one logit at every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EqualityPrompt {
    /// The prompt; one token per byte.
    pub prompt: &'static str,
    /// Compare this many tokens, all or fewer. The text of exactly this many is whole characters; a shorter
    /// one may end within a character.
    pub n_tokens: usize,
}

/// Prompts for tests that compare whole texts at temperature 0. The shortest is five tokens long, the
/// longest crosses chunk borders.
pub const EQUALITY_PROMPTS: &[EqualityPrompt] = &[
    EqualityPrompt { prompt: "Hello", n_tokens: 64 },
    EqualityPrompt { prompt: "The dragon opened one eye and", n_tokens: 64 },
    EqualityPrompt { prompt: "Zażółć gęślą jaźń, powiedział smok. 🐉", n_tokens: 64 },
    EqualityPrompt { prompt: "def fibonacci(n):\n    if n < 2:\n        return n\n", n_tokens: 64 },
    EqualityPrompt {
        prompt: "A queue is a promise: whoever comes first is served first, unless the queue is full, and \
                 then the honest thing is to say so at once instead of letting people stand in the rain.\n",
        n_tokens: 64,
    },
    EqualityPrompt {
        prompt: "Once there was a small dragon who lived in a small computer. Every day people came and asked \
                 it questions, and it answered all of them, some well and some badly, but never with silence. \
                 One evening a stranger asked a question that has no answer. The dragon thought about it for \
                 ten seconds, and then it said:",
        n_tokens: 64,
    },
];

/// A chat turn whose greedy answer ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lesson {
    /// What the user says, in a conversation of this one message.
    pub user: &'static str,
    /// What the model thinks first; `None` for the lesson without `enable_thinking`.
    pub thought: Option<&'static str>,
    /// What it then answers, before it ends its turn.
    pub answer: &'static str,
}

/// A chat without thinking that ends by itself.
pub const GREETING: Lesson =
    Lesson { user: "Hello, dragon!", thought: None, answer: "Grüezi! I am the tiny dragon. 🌭" };

/// The same chat with `enable_thinking`.
pub const GREETING_WITH_THOUGHT: Lesson = Lesson {
    user: "Hello, dragon!",
    thought: Some("A greeting. I should be polite.\n"),
    answer: "Good evening.",
};

/// Chat template of the model file: the ChatML layout, and a thinking block opened on request.
pub const CHAT_TEMPLATE: &str = "\
{%- for message in messages -%}\
{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}\
{%- endfor -%}\
{%- if add_generation_prompt -%}\
{{ '<|im_start|>assistant\\n' }}\
{%- if enable_thinking -%}{{ '<think>\\n' }}{%- endif -%}\
{%- endif -%}";

/// Tokens of a prompt and of the answer that the model was taught to give to it.
#[derive(Debug, Clone)]
pub(super) struct Taught {
    pub(super) prompt: Vec<u32>,
    pub(super) answer: Vec<u32>,
}

/// Everything that the model was taught.
pub(super) fn all() -> Vec<Taught> {
    let equality = EQUALITY_PROMPTS.iter().enumerate().map(|(index, prompt)| Taught {
        prompt: tokenize(prompt.prompt),
        answer: random_answer(&mut SplitMix64::new(index as u64), prompt.n_tokens),
    });
    equality.chain([GREETING, GREETING_WITH_THOUGHT].map(|lesson| lesson.taught())).collect()
}

// === impl Lesson ===

impl Lesson {
    /// The prompt as [`CHAT_TEMPLATE`] renders it.
    #[must_use]
    pub fn prompt(&self) -> String {
        let opening = if self.thought.is_some() { "<think>\n" } else { "" };
        format!("<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n{opening}", self.user)
    }

    /// Tokens of the whole answer: the thought, its end mark, the answer, and the end of the turn.
    #[must_use]
    pub fn answer_tokens(&self) -> Vec<u32> {
        let mut tokens = Vec::new();
        if let Some(thought) = self.thought {
            tokens.extend(tokenize(thought));
            tokens.push(THINK_END);
        }
        tokens.extend(tokenize(self.answer));
        tokens.push(IM_END);
        tokens
    }

    fn taught(self) -> Taught {
        Taught { prompt: tokenize(&self.prompt()), answer: self.answer_tokens() }
    }
}

/// A random text of whole characters within the grammar.
fn random_answer(rng: &mut SplitMix64, n_tokens: usize) -> Vec<u32> {
    let bytes: Vec<u32> = (0..256).filter(|&token| role_of(token).is_some()).collect();
    let mut answer: Vec<u32> = Vec::new();
    while answer.len() < n_tokens {
        let role = answer.last().map_or(Role::Begin, |&last| role_after(last));
        let token = bytes[rng.below(bytes.len())];
        if role_of(token) == Some(role) && answer.len() + n_tokens_of_character(token, role) <= n_tokens {
            answer.push(token);
        }
    }
    answer
}

/// How many tokens a character takes that begins with this token. Continuation bytes always fit: their
/// first byte was only taken where the whole character does.
fn n_tokens_of_character(token: u32, role: Role) -> usize {
    match (role, piece(token)[0]) {
        (Role::Begin, 0xF0) => 4,
        (Role::Begin, 0xE2 | 0xE3) => 3,
        (Role::Begin, 0xC3 | 0xC4) => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_whole_characters_and_differ() {
        let lessons = all();
        let texts: Vec<String> = lessons[..EQUALITY_PROMPTS.len()]
            .iter()
            .map(|taught| String::from_utf8(taught.answer.iter().flat_map(|&t| piece(t)).collect()).unwrap())
            .collect();
        for (index, text) in texts.iter().enumerate() {
            assert_eq!(text.len(), EQUALITY_PROMPTS[index].n_tokens);
            assert!(!texts[..index].contains(text));
        }
    }

    #[test]
    fn answers_keep_to_the_grammar() {
        for taught in all() {
            let mut role = Role::Begin;
            for token in taught.answer {
                assert_eq!(role_of(token), Some(role), "token {token:#x}");
                role = role_after(token);
            }
        }
    }
}
