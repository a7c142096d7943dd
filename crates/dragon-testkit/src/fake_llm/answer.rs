//! Answers before they become documents.

use std::iter;

use serde_json::{Value, json};

use super::question::Question;
use super::{MODEL, knowledge};

/// What is said to prompts that are no known question, over and over.
const FILLER: [&str; 8] = ["Well, ", "that ", "is ", "a ", "question ", "for ", "a ", "dragon. "];

/// An answer of a fake server: right, until a fault changes it.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) question: Question,
    pub(super) id: String,
    /// Words, each a token.
    pub(super) tokens: Vec<String>,
    pub(super) finish: &'static str,
    pub(super) n_prompt: u64,
    pub(super) n_completion: u64,
    pub(super) n_total: u64,
    /// Null: none.
    pub(super) label: Value,
}

// === impl Answer ===

impl Answer {
    /// The right answer. `n_filler` words are said where it is not known.
    pub(super) fn to(question: Question, id: u64, n_filler: usize, has_label: bool) -> Self {
        let text = knowledge::answer(&question.prompt);
        Self::of_text(question, text, id, n_filler, has_label)
    }

    /// The right answer to another question.
    pub(super) fn replaced_by_that_to(mut self, prompt: &str, n_filler: usize) -> Self {
        let text = knowledge::answer(prompt).unwrap_or_else(|| "I would rather not say.".to_owned());
        let has_label = !self.label.is_null();
        let id = std::mem::take(&mut self.id);
        Self { id, ..Self::of_text(self.question, Some(text), 0, n_filler, has_label) }
    }

    fn of_text(question: Question, text: Option<String>, id: u64, n_filler: usize, has_label: bool) -> Self {
        let mut tokens: Vec<String> = match text {
            Some(text) => text.split_inclusive(' ').map(str::to_owned).collect(),
            None => FILLER.iter().cycle().take(n_filler).map(|word| (*word).to_owned()).collect(),
        };
        let max_tokens = question.max_tokens.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
        let finish = if tokens.len() > max_tokens { "length" } else { "stop" };
        tokens.truncate(max_tokens);
        let n_prompt = question.prompt.split_whitespace().count() as u64 + 3;
        let n_completion = tokens.len() as u64;
        let label = json!({
            "outcome": "complete", "reason": null, "model": MODEL, "deadline_ms": question.deadline_ms,
            "queue_ms": 0, "prefill_ms": 0, "decode_ms": 0, "seed": id, "shared": false, "replays": 0, "ignored": [],
        });
        Self {
            id: format!("fake-{id}"),
            tokens,
            finish,
            n_prompt,
            n_completion,
            n_total: n_prompt + n_completion,
            label: if has_label { label } else { Value::Null },
            question,
        }
    }

    pub(super) fn text(&self) -> String {
        self.tokens.concat()
    }

    /// The half of its tokens, at least one.
    pub(super) fn half(mut self) -> Self {
        self.tokens.truncate(self.tokens.len().div_ceil(2));
        self
    }

    /// With so many tokens at least, so that there is a middle.
    pub(super) fn at_least(mut self, n_tokens: usize) -> Self {
        let n_missing = n_tokens.saturating_sub(self.tokens.len());
        self.tokens.extend(iter::repeat_n(" indeed".to_owned(), n_missing));
        self
    }
}
