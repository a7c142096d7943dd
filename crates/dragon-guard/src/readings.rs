//! What an ambiguous prompt may mean, by templates in its language.
//!
//! Each reading quotes the prompt's own words and numbers and computes nothing, so that none can be wrong: they are
//! possible meanings, not facts. Where the prompt leaves nothing open that the templates know, there are none.

mod compose;
mod named;
mod templates;

pub use named::says_so;

use crate::open_points::open_points;
use crate::prompt::{Prompt, has_notation};
use crate::{Language, fallback};

/// Readings that are named at most; [`fallback::ambiguous`] shows as many.
pub const MAX_READINGS: usize = 4;

/// A longer prompt, in bytes, is no question but a text with a question in it: what the templates find open there is
/// hardly ever what is asked.
const MAX_QUESTION: usize = 1024;

/// A shorter prompt, in characters, leaves nearly everything open and is hardly ever a puzzle: "Count to 10". A Chinese or
/// Japanese character says as much as two or three letters.
const MIN_QUESTION: usize = 30;
const MIN_QUESTION_IDEOGRAPHIC: usize = 12;

/// What a prompt may mean: nothing known, or at least two readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readings {
    language: Language,
    readings: Vec<String>,
    asks: Vec<&'static str>,
}

/// What `prompt` may mean, in `language`. Of formulas, of code, of a few words and of long texts
/// nothing is known.
pub fn readings(prompt: &str, language: Language) -> Readings {
    let mut found = Readings { language, readings: Vec::new(), asks: Vec::new() };
    let min_chars = match language {
        Language::Japanese | Language::Chinese => MIN_QUESTION_IDEOGRAPHIC,
        _ => MIN_QUESTION,
    };
    let is_question = prompt.len() <= MAX_QUESTION && prompt.trim().chars().count() >= min_chars;
    if !is_question || has_notation(prompt) {
        return found;
    }
    let prompt = Prompt::of(prompt, language);
    for point in open_points(&prompt) {
        let group = compose::group(&prompt, &point, found.readings.is_empty());
        if found.readings.len() + group.readings.len() <= MAX_READINGS {
            found.readings.extend(group.readings);
            found.asks.push(group.ask);
        }
    }
    // A single reading is no choice.
    if found.readings.len() < 2 {
        Readings { language, readings: Vec::new(), asks: Vec::new() }
    } else {
        found
    }
}

// === impl Readings ===

impl Readings {
    /// None, or two to [`MAX_READINGS`].
    pub fn as_slice(&self) -> &[String] {
        &self.readings
    }

    /// Whether nothing is known.
    pub const fn is_empty(&self) -> bool {
        self.readings.is_empty()
    }

    /// What is said where no model says anything: that it is ambiguous, what it may mean, and what to add to get an
    /// answer.
    pub fn fallback(&self) -> String {
        let mut said = fallback::ambiguous(self.language, &self.readings);
        if !self.asks.is_empty() {
            let templates = templates::of(self.language);
            said.push('\n');
            said.push_str(&templates.to_answer.replace("{asks}", &self.asks.join(templates.between_asks)));
        }
        said
    }

    /// One sentence for an answer that lands: that it can be read in several ways, and the first two of them.
    pub fn in_short(&self) -> Option<String> {
        let [first, second, ..] = self.readings.as_slice() else { return None };
        let template = templates::of(self.language).in_short;
        Some(template.replace("{first}", first).replace("{second}", second))
    }
}

#[cfg(test)]
mod tests;
