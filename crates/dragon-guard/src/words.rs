//! Words of a text that arrives in pieces, for judgements that have no tokenizer.
//!
//! A word is a run of letters, digits and underscores, any other mark that is no white space, or the end of a line:
//! the matches of `\w+|[^\w\s]|\n`. Where no spaces are written, each character is a word of its own. A model needs
//! about 1.3 times as many tokens.

use crate::language::is_ideographic;

/// One word. Where it lies is counted in characters from the start of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The same for equal words, and different for others but for one pair in four thousand million.
    pub id: u32,
    /// The same for words that differ only in upper and lower case.
    pub folded: u32,
    /// What it is made of.
    pub kind: Kind,
    /// The value of a number of up to nine digits; else nothing of meaning.
    pub number: u32,
    /// How it stands beside the word before it.
    pub gap: Gap,
    /// Its first character's place.
    pub start: usize,
    /// The place after its last character.
    pub end: usize,
}

/// What a word is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Letters, perhaps with digits among them.
    Letters,
    /// Digits only.
    Number,
    /// One character of a script without spaces.
    Ideograph,
    /// A mark; which one, where it is one of ASCII's, else 0.
    Mark(u8),
    /// The end of a line.
    LineEnd,
}

/// What stands between a word and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// Nothing.
    None,
    /// One space.
    Space,
    /// More than one space, or a tab.
    Wide,
}

/// Finds words in pieces of a text, wherever it was cut. Keeps one word, of which it knows only the hash.
#[derive(Debug, Clone)]
pub struct Words {
    n_chars: usize,
    /// The word that may go on.
    open: Option<Word>,
    gap: Gap,
}

/// The hash of nothing.
const EMPTY: u32 = 0x811c_9dc5;

// === impl Words ===

impl Words {
    /// At the start of a text.
    pub fn new() -> Self {
        Self { n_chars: 0, open: None, gap: Gap::None }
    }

    /// Characters seen.
    pub fn n_chars(&self) -> usize {
        self.n_chars
    }

    /// Adds text; `each` is called with every word that is known to be over.
    pub fn push(&mut self, text: &str, mut each: impl FnMut(Word)) {
        for c in text.chars() {
            self.push_char(c, &mut each);
        }
    }

    /// Says that nothing follows: the last word is over.
    pub fn finish(&mut self) -> Option<Word> {
        self.open.take()
    }

    /// Adds one character.
    pub fn push_char(&mut self, c: char, each: &mut impl FnMut(Word)) {
        let start = self.n_chars;
        self.n_chars += 1;
        let kind = match c {
            'a'..='z' | 'A'..='Z' | '_' => Kind::Letters,
            '0'..='9' => Kind::Number,
            '\n' => Kind::LineEnd,
            ' ' => return self.space(Gap::Space, each),
            '!'..='~' => Kind::Mark(u8::try_from(c).unwrap_or(0)),
            c if c.is_whitespace() => return self.space(Gap::Wide, each),
            c if c.is_alphanumeric() && is_ideographic(c) => Kind::Ideograph,
            c if c.is_numeric() => Kind::Number,
            c if c.is_alphanumeric() => Kind::Letters,
            _ => Kind::Mark(0),
        };
        if let (Kind::Letters | Kind::Number, Some(word)) = (kind, &mut self.open) {
            word.extend(c, kind, start + 1);
            return;
        }
        if let Some(word) = self.open.take() {
            each(word);
        }
        let mut word = Word { id: EMPTY, folded: EMPTY, kind, number: 0, gap: self.gap, start, end: start };
        word.extend(c, kind, start + 1);
        self.gap = Gap::None;
        match kind {
            Kind::Letters | Kind::Number => self.open = Some(word),
            Kind::Ideograph | Kind::Mark(_) | Kind::LineEnd => each(word),
        }
    }

    fn space(&mut self, gap: Gap, each: &mut impl FnMut(Word)) {
        if let Some(word) = self.open.take() {
            each(word);
        }
        self.gap = if self.gap == Gap::None { gap } else { Gap::Wide };
    }
}

impl Default for Words {
    fn default() -> Self {
        Self::new()
    }
}

// === impl Word ===

impl Word {
    fn extend(&mut self, c: char, kind: Kind, end: usize) {
        self.id = mixed(self.id, c);
        self.folded = if c.is_ascii() {
            mixed(self.folded, c.to_ascii_lowercase())
        } else {
            c.to_lowercase().fold(self.folded, mixed)
        };
        if kind == Kind::Letters {
            self.kind = Kind::Letters;
        }
        self.number = self.number.wrapping_mul(10).wrapping_add(c.to_digit(10).unwrap_or(0));
        self.end = end;
    }
}

/// The `folded` of a word that is known beforehand.
pub(crate) fn folded_id(word: &str) -> u32 {
    word.chars().flat_map(char::to_lowercase).fold(EMPTY, mixed)
}

/// The same for a phrase, word by word.
pub(crate) fn folded_ids(phrase: &str) -> Vec<u32> {
    let mut words = Words::new();
    let mut ids = Vec::new();
    words.push(phrase, |word| ids.push(word.folded));
    ids.extend(words.finish().map(|word| word.folded));
    ids
}

/// One step of a multiplicative hash with its high bits folded in, so that short words differ in all bits.
fn mixed(hash: u32, c: char) -> u32 {
    let product = u64::from(hash ^ u32::from(c)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let high = (product >> 32) as u32;
    high ^ hash.rotate_left(7)
}

#[cfg(test)]
mod tests;
