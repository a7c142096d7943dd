//! Where a text may be cut.

use super::fence::{Fence, FenceTracker};
use crate::language::is_ideographic;

/// What lies between the text so far and a next character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Boundary {
    /// The inside of a word, a number or a fence's marks.
    None,
    /// The end of a word.
    Word,
    /// The end of a sentence or of a line.
    Sentence,
}

/// Follows a text character by character; remembers little more than its last word.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tracker {
    fence: FenceTracker,
    last: Option<char>,
    /// Line ends at the end of the text, with nothing but white space between them; counted to 2.
    n_newlines: u8,
    sentence: Sentence,
    word: Word,
}

/// Where the text is in a sentence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Sentence {
    /// Within one, or before the first.
    #[default]
    Within,
    /// After a mark that ends one, if white space follows.
    AfterMark,
    /// After its end.
    Over,
}

/// The word that the text ends with.
#[derive(Debug, Clone, Copy, Default)]
struct Word {
    n_chars: usize,
    has_letters: bool,
    /// Whether another word stands before it in its line.
    has_predecessor: bool,
}

// === impl Tracker ===

impl Tracker {
    /// Adds text.
    pub fn push(&mut self, text: &str) {
        text.chars().for_each(|c| self.push_char(c));
    }

    /// Adds one character.
    pub fn push_char(&mut self, c: char) {
        self.fence.push(c);
        self.sentence = self.sentence.with(c, self.word);
        self.word = self.word.with(c);
        self.last = Some(c);
        self.n_newlines = match c {
            '\n' => (self.n_newlines + 1).min(2),
            c if c.is_whitespace() => self.n_newlines,
            _ => 0,
        };
    }

    /// What lies between the text and `next`.
    pub fn before(&self, next: char) -> Boundary {
        let Some(last) = self.last else { return Boundary::Sentence };
        let is_at_space = last.is_whitespace() || next.is_whitespace();
        if last == '\n' || next == '\n' {
            return Boundary::Sentence;
        }
        if self.fence.is_in_marks() {
            return Boundary::None;
        }
        if self.fence.open().is_some() {
            return if is_at_space { Boundary::Word } else { Boundary::None };
        }
        let is_between_ideographs = is_ideographic(last) && is_ideographic(next) && !is_mark(next);
        match self.sentence {
            Sentence::Over if !is_mark(next) => Boundary::Sentence,
            Sentence::AfterMark if next.is_whitespace() => Boundary::Sentence,
            _ if is_at_space || is_between_ideographs => Boundary::Word,
            _ => Boundary::None,
        }
    }

    /// Whether the text, if nothing follows, ends with a sentence or a line.
    pub fn is_at_sentence_end(&self) -> bool {
        self.before(' ') == Boundary::Sentence
    }

    /// The same text where whoever wrote it has ended it: nothing is broken off.
    #[must_use]
    pub const fn ended(self) -> Self {
        Self { sentence: Sentence::Over, ..self }
    }

    /// The fence of code that the end of the text is in.
    pub fn fence(&self) -> Option<Fence> {
        self.fence.open()
    }

    /// Whether the last line is the fence that closes a block of code: nothing may follow in it.
    pub fn is_closing_fence(&self) -> bool {
        self.fence.is_in_marks() && self.fence.open().is_none()
    }

    /// Line ends at the end of the text: 2 where a new paragraph has begun, or nothing was written.
    pub fn n_newlines(&self) -> u8 {
        if self.last.is_none() { 2 } else { self.n_newlines }
    }
}

// === impl Sentence ===

impl Sentence {
    fn with(self, c: char, word: Word) -> Self {
        match (self, c) {
            (_, '\n' | '。' | '！' | '？') => Self::Over,
            (_, '!' | '?' | '…') => Self::AfterMark,
            (_, '.') if !word.is_abbreviated() => Self::AfterMark,
            (Self::AfterMark, c) if c.is_whitespace() => Self::Over,
            // Quotation marks, brackets and emphasis belong to the sentence that they close.
            (Self::AfterMark, c) if is_mark(c) => Self::AfterMark,
            (Self::Over, c) if c.is_whitespace() || is_ideographic(c) && is_mark(c) => Self::Over,
            _ => Self::Within,
        }
    }
}

// === impl Word ===

impl Word {
    fn with(self, c: char) -> Self {
        match c {
            '\n' => Self::default(),
            c if c.is_alphanumeric() => {
                let has_letters = self.has_letters || c.is_alphabetic();
                Self { n_chars: self.n_chars.saturating_add(1), has_letters, ..self }
            }
            _ => Self { has_predecessor: self.has_predecessor || self.n_chars > 0, ..Self::default() },
        }
    }

    /// Whether a dot after it ends no sentence: a letter alone, or the number of a list item.
    fn is_abbreviated(self) -> bool {
        match self {
            Self { n_chars, has_letters: true, .. } => n_chars == 1,
            Self { n_chars, has_predecessor, .. } => n_chars > 0 && !has_predecessor,
        }
    }
}

/// Whether a character cannot begin a sentence or a word: it closes what stands before it.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '”'
            | '’'
            | '»'
            | ')'
            | ']'
            | '*'
            | '_'
            | '。'
            | '、'
            | '，'
            | '．'
            | '！'
            | '？'
            | '：'
            | '；'
            | '」'
            | '』'
            | '）'
            | '】'
            | '》'
            | ','
            | '.'
            | '!'
            | '?'
            | ':'
            | ';'
            | '…'
    )
}

#[cfg(test)]
mod tests;
