//! What a part of an answer looks like: paragraphs, lines, data or figures.
//!
//! Tables, code, lists and verse repeat themselves by nature, paragraphs do not. Nothing is parsed: what tells them
//! apart is how often a word follows a word, how long lines are, and whether blank lines stand between them. This
//! holds for formats that nobody thought of as well, and for text that begins in the middle.

use crate::words::{Gap, Kind, Word};

/// What a part of a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// Running text: sentences in paragraphs, as a model thinks.
    Paragraphs,
    /// Words in short lines: verse, refrains, plain lists.
    Lines,
    /// Words among many marks: code, tables, JSON, lists of records, logs; and whatever stands in a fence of code.
    Data,
    /// Hardly a word: numbers and marks, as matrices and drawings.
    Figures,
}

/// Words between two places from which on a part can be judged.
const STRIDE: usize = 32;

/// Places kept: 8,192 words. A part that begins earlier is judged from the oldest one.
const N_KEPT: usize = 256;

/// Of all words, those made of letters, in [`Shape::Figures`] at most.
const FIGURES_LETTERS: f64 = 0.10;

/// Of all words, those that follow a word after one space: at least so many in text. In formulas and sentences about
/// them it is little more; in code, tables and JSON without sentences it is less.
const PARAGRAPHS_PAIRS: f64 = 0.15;

/// The same where no blank lines speak for paragraphs. JSON that holds sentences comes close.
const LINES_PAIRS: f64 = 0.30;

/// Of all line ends, those of blank lines, where paragraphs are kept apart by them. A verse of two lines has a third.
const PARAGRAPHS_BLANK: f64 = 0.40;

/// Columns of a line that is a paragraph, on average. Lines of verse have up to 70.
const PARAGRAPHS_WIDTH: f64 = 90.0;

/// Of all words, marks, at most, where only the length of lines speaks for paragraphs. JSON without line ends has half.
const PARAGRAPHS_MARKS: f64 = 0.35;

/// Follows words. Takes 19 KB, however long the text is.
#[derive(Debug)]
pub struct Layout {
    now: Counts,
    last: Option<Kind>,
    /// Whether the line stands in a fence of code.
    is_fenced: bool,
    /// A ring of what had been counted before every [`STRIDE`]th word.
    kept: Box<[Counts]>,
    n_words: usize,
}

/// Words from the start of the text.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    /// Where the next word begins, in characters.
    place: usize,
    letters: usize,
    marks: usize,
    /// Words after a word and one space.
    pairs: usize,
    lines: usize,
    blank_lines: usize,
    columns: usize,
    fenced: usize,
    words: usize,
}

// === impl Layout ===

impl Layout {
    /// At the start of a text.
    pub fn new() -> Self {
        let kept = vec![Counts::default(); N_KEPT].into();
        Self { now: Counts::default(), last: None, is_fenced: false, kept, n_words: 0 }
    }

    /// Adds a word. Whether a fence of code is open counts at line ends, for the line that follows.
    pub fn push(&mut self, word: &Word, is_fenced: bool) {
        if self.n_words.is_multiple_of(STRIDE) {
            self.kept[self.n_words / STRIDE % N_KEPT] = Counts { place: word.start, ..self.now };
        }
        self.n_words += 1;
        let now = &mut self.now;
        now.words += 1;
        now.fenced += usize::from(self.is_fenced);
        now.columns += word.end - word.start + usize::from(word.gap != Gap::None);
        match word.kind {
            Kind::Letters => {
                now.letters += 1;
                now.pairs += usize::from(word.gap == Gap::Space && self.last == Some(Kind::Letters));
            }
            Kind::Ideograph => {
                now.letters += 1;
                // Two columns wide, and no space before the next.
                now.columns += 1;
                now.pairs += usize::from(word.gap == Gap::None && self.last == Some(Kind::Ideograph));
            }
            Kind::Mark(_) => now.marks += 1,
            Kind::Number => {}
            Kind::LineEnd => {
                now.lines += 1;
                now.blank_lines += usize::from(self.last == Some(Kind::LineEnd));
                self.is_fenced = is_fenced;
            }
        }
        self.last = Some(word.kind);
    }

    /// What the text looks like from about this place, in characters, to its end.
    pub fn shape_since(&self, place: usize) -> Shape {
        let n_placed = self.n_words.div_ceil(STRIDE);
        let oldest = n_placed.saturating_sub(N_KEPT);
        let mut places = oldest..n_placed;
        // The last one at or before the place, or the oldest.
        while places.len() > 1 {
            let middle = places.start + places.len() / 2;
            if self.kept[middle % N_KEPT].place <= place {
                places.start = middle;
            } else {
                places.end = middle;
            }
        }
        self.now.since(&self.kept[places.start % N_KEPT]).shape()
    }
}

impl Default for Layout {
    fn default() -> Self {
        Self::new()
    }
}

// === impl Counts ===

impl Counts {
    fn since(&self, earlier: &Self) -> Self {
        Self {
            place: earlier.place,
            letters: self.letters - earlier.letters,
            marks: self.marks - earlier.marks,
            pairs: self.pairs - earlier.pairs,
            lines: self.lines - earlier.lines,
            blank_lines: self.blank_lines - earlier.blank_lines,
            columns: self.columns - earlier.columns,
            fenced: self.fenced - earlier.fenced,
            words: self.words - earlier.words,
        }
    }

    fn shape(&self) -> Shape {
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        let pairs = share(self.pairs, self.words);
        let has_blank_lines = share(self.blank_lines, self.lines) >= PARAGRAPHS_BLANK;
        let has_long_lines = share(self.columns, self.lines - self.blank_lines) >= PARAGRAPHS_WIDTH;
        if share(self.letters, self.words) < FIGURES_LETTERS {
            Shape::Figures
        } else if self.fenced > self.words / 2 {
            Shape::Data
        } else if has_blank_lines && pairs >= PARAGRAPHS_PAIRS {
            Shape::Paragraphs
        } else if pairs < LINES_PAIRS {
            Shape::Data
        } else if has_long_lines && share(self.marks, self.words) <= PARAGRAPHS_MARKS {
            Shape::Paragraphs
        } else {
            Shape::Lines
        }
    }
}

#[cfg(test)]
mod tests;
