//! Which of a few languages a prompt is in, in microseconds.
//!
//! Only good enough to choose the language of a sentence of ours: scripts tell Japanese and Chinese, small words and
//! letters tell the others. What is quoted, and code, says less about who asks than the words around it: it counts
//! only where there is nothing else.

mod hints;
pub(crate) mod quotes;

use hints::{Votes, letter_votes, word_votes};

/// A language that we can answer in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Language {
    English,
    Polish,
    German,
    Spanish,
    French,
    Japanese,
    Chinese,
}

/// Bytes looked at from the start of a prompt and as many from its end, where instructions stand. Bounds the work to
/// some tens of microseconds whatever is sent.
const LOOKED_AT: usize = 1024;

/// A small word says this much; a letter that few languages have says 1.
const WORD_WEIGHT: u32 = 2;

/// Below this a guess would rest on a single letter, as in the name of a town.
const MIN_VOTES: u32 = 2;

/// Japanese has at least one kana among this many characters; Chinese has none.
const IDEOGRAPHS_PER_KANA: usize = 12;

// === impl Language ===

impl Language {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::English,
        Self::Polish,
        Self::German,
        Self::Spanish,
        Self::French,
        Self::Japanese,
        Self::Chinese,
    ];

    /// The language of `text`; English where nothing says otherwise.
    pub fn of(text: &str) -> Self {
        let (head, tail) = ends(text);
        let words = [head, tail].map(quotes::without_quoted).concat();
        Self::judge(&words).or_else(|| Self::judge(&[head, tail].concat())).unwrap_or(Self::English)
    }

    /// `None` where there is nothing to go by.
    fn judge(text: &str) -> Option<Self> {
        Self::of_script(text).or_else(|| {
            let mut votes = Votes::default();
            for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
                votes.add(word_votes(word), WORD_WEIGHT);
            }
            text.chars().filter(|c| !c.is_ascii()).for_each(|c| votes.add(letter_votes(c), 1));
            votes.winner(MIN_VOTES)
        })
    }

    /// Where the script says it: more characters of Chinese or Japanese than words in letters.
    fn of_script(text: &str) -> Option<Self> {
        let n_kana = text.chars().filter(|c| is_kana(*c)).count();
        let n_ideographs = n_kana + text.chars().filter(|c| is_han(*c)).count();
        let is_letter = |c: char| c.is_alphabetic() && !is_ideographic(c);
        let n_words = text.split(|c| !is_letter(c)).filter(|word| !word.is_empty()).count();
        if n_ideographs == 0 || n_ideographs < n_words {
            return None;
        }
        Some(if n_kana * IDEOGRAPHS_PER_KANA >= n_ideographs { Self::Japanese } else { Self::Chinese })
    }
}

/// Whether words are written without spaces around this character, so that a cut beside it cuts no word.
pub fn is_ideographic(c: char) -> bool {
    is_kana(c) || is_han(c) || matches!(c, '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff65}')
}

fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{ff66}'..='\u{ff9d}')
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// The start and the end of a text, without looking at what lies between.
pub(crate) fn ends(text: &str) -> (&str, &str) {
    if text.len() <= 2 * LOOKED_AT {
        return (text, "");
    }
    let head = &text[..text.floor_char_boundary(LOOKED_AT)];
    let tail = &text[text.ceil_char_boundary(text.len() - LOOKED_AT)..];
    (head, tail)
}

#[cfg(test)]
mod tests;
