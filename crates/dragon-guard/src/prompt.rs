//! What stands in a prompt: words, numbers with their units, quotations, and small words that carry meaning.
//!
//! One pass over at most some kilobytes, without any grammar: good enough to see that a number has no unit, that a
//! pronoun has two people to choose from, or that a discount does not say what it is taken from.

mod cues;
mod cues_asian;
mod cues_european;
mod notation;
mod numbers;
mod people;
mod people_words;
mod quoted;
mod units;
mod words;

pub(crate) use cues::{Cue, Cued};
pub(crate) use notation::has_notation;
pub(crate) use numbers::{Amount, Measure};
pub(crate) use people::{Gender, Person, Pronoun};
pub(crate) use units::is_unit;
pub(crate) use words::{Word, WordKind};

use std::ops::Range;

use crate::Language;

/// Bytes looked at from the start of a prompt and as many from its end, where the question stands. Bounds the work
/// whatever is sent.
const LOOKED_AT: usize = 1024;

/// A prompt, taken apart. Positions are bytes of [`Prompt::text`].
#[derive(Debug)]
pub(crate) struct Prompt {
    /// What was looked at: all of a short prompt, both ends of a long one.
    pub(crate) text: String,
    pub(crate) language: Language,
    pub(crate) words: Vec<Word>,
    pub(crate) amounts: Vec<Amount>,
    pub(crate) cues: Vec<Cued>,
    pub(crate) people: Vec<Person>,
    pub(crate) pronouns: Vec<Pronoun>,
    /// Insides of quotations.
    pub(crate) quoted: Vec<Range<usize>>,
}

// === impl Prompt ===

impl Prompt {
    pub(crate) fn of(prompt: &str, language: Language) -> Self {
        let text = both_ends(prompt);
        let words = words::words(&text);
        let quoted = quoted::quoted(&text);
        let amounts = numbers::amounts(&text, &words, language);
        let cues = cues::cues(&text, &words, &quoted, language);
        let people = people::people(&text, &words, language);
        let pronouns = people::pronouns(&text, &words, language);
        Self { text, language, words, amounts, cues, people, pronouns, quoted }
    }

    pub(crate) const fn language_has_spaces(&self) -> bool {
        !matches!(self.language, Language::Japanese | Language::Chinese)
    }

    pub(crate) fn is_quoted(&self, at: usize) -> bool {
        self.quoted.iter().any(|range| range.contains(&at))
    }

    pub(crate) fn has(&self, cue: Cue) -> bool {
        self.cues.iter().any(|cued| cued.cue == cue)
    }

    pub(crate) fn all(&self, cue: Cue) -> impl Iterator<Item = &Cued> {
        self.cues.iter().filter(move |cued| cued.cue == cue)
    }

    /// Where the last sentence begins, which is the question in most prompts that have one.
    pub(crate) fn question_start(&self) -> usize {
        let ends_sentence =
            |word: &&Word| word.kind == WordKind::Mark && is_sentence_end(self.str(&word.range));
        let last = self
            .words
            .iter()
            .rev()
            .skip(1)
            .filter(|word| !self.is_quoted(word.range.start))
            .find(ends_sentence);
        last.map_or(0, |word| word.range.end)
    }

    pub(crate) fn str(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

pub(crate) fn is_sentence_end(mark: &str) -> bool {
    matches!(mark, "." | "!" | "?" | "。" | "！" | "？" | "¿" | "\n" | ":" | "：")
}

/// The start and the end of a text, with a line break between them where something was left out.
fn both_ends(text: &str) -> String {
    if text.len() <= 2 * LOOKED_AT {
        return text.to_owned();
    }
    let head = &text[..text.floor_char_boundary(LOOKED_AT)];
    let tail = &text[text.ceil_char_boundary(text.len() - LOOKED_AT)..];
    [head, "\n", tail].concat()
}
