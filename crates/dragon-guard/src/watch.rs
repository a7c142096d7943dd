//! All detectors of one answer, token by token.

use crate::layout::Layout;
use crate::licence::Licence;
use crate::loops::{ExactLoop, LoopRule, Loops};
use crate::near::{Near, NearLoop, NearRule};
use crate::places::Places;
use crate::reader::Reader;
use crate::reanalysis::{Density, Reanalysis};
use crate::repetition::{Form, Kind, Repetition, needed_words};
use crate::words::Word;

/// What an answer is known by before its first token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expectation {
    /// Whether repetition was asked for.
    pub licence: Licence,
    /// The density of cues above which it is re-analysis.
    pub threshold: Density,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// Nothing.
    Clean,
    /// It doubts and restarts more than this model's answers do: a reason to conclude sooner. Said once for every
    /// stretch of it, at the token that proves it.
    Reanalysis(Density),
    /// It repeats itself for ever. Said with every token from the one that proves it.
    Loop(Repetition),
}

/// Follows one answer. Takes 112 KB, however long the answer is, and allocates nothing after its making.
#[derive(Debug)]
pub struct Watch {
    expectation: Expectation,
    reader: Reader,
    loops: Loops,
    /// An exact loop that is not long enough for what it looks like.
    pending: Option<Pending>,
    places: Places,
    text: Text,
    found: Option<Repetition>,
    is_alarmed: bool,
}

/// What follows words.
#[derive(Debug)]
struct Text {
    near: Near,
    layout: Layout,
    reanalysis: Reanalysis,
}

#[derive(Debug, Clone, Copy)]
struct Pending {
    found: ExactLoop,
    onset_chars: usize,
}

/// Model tokens for one word, in tenths.
const TENTH_TOKENS_PER_WORD: usize = 13;

/// A loop that is not long enough yet is looked at again after so many tokens.
const RECONSIDERED_EVERY: usize = 16;

// === impl Watch ===

impl Watch {
    /// Before the first token.
    pub fn new(expectation: Expectation) -> Self {
        Self {
            expectation,
            reader: Reader::new(),
            loops: Loops::new(LoopRule::MODEL_TOKENS),
            pending: None,
            places: Places::new(),
            text: Text {
                near: Near::new(NearRule::DEFAULT),
                layout: Layout::new(),
                reanalysis: Reanalysis::new(),
            },
            found: None,
            is_alarmed: false,
        }
    }

    /// Adds a token and the text that came with it, which may be empty, or end within a word.
    pub fn push(&mut self, token: u32, piece: &str) -> Verdict {
        if let Some(found) = self.found {
            return Verdict::Loop(found);
        }
        self.places.push(self.reader.n_chars());
        let words = self.push_text(piece);
        self.found = self.push_token(token).or_else(|| words.near.map(|near| self.as_repetition(near)));
        match (self.found, words.density) {
            (Some(found), _) => Verdict::Loop(found),
            (None, Some(density)) => self.judge(density),
            (None, None) => Verdict::Clean,
        }
    }

    /// The highest density of cues so far, which is to be learnt when the answer ends.
    pub fn peak(&self) -> Option<Density> {
        self.text.reanalysis.peak()
    }

    fn push_text(&mut self, piece: &str) -> Words {
        let Self { reader, text, expectation, .. } = self;
        let mut words = Words::default();
        reader.push(piece, |word, is_fenced| {
            words.near = words.near.or_else(|| text.push(&word, is_fenced, expectation.licence));
            words.density = text.reanalysis.push(&word).or(words.density);
        });
        words
    }

    fn push_token(&mut self, token: u32) -> Option<Repetition> {
        if !self.loops.push(token) {
            self.pending = None;
            return None;
        }
        let n_tokens = self.loops.n_tokens();
        let pending = match self.pending {
            Some(pending) if self.loops.run(pending.found.period) > 0 => {
                if !n_tokens.is_multiple_of(RECONSIDERED_EVERY) {
                    return None;
                }
                pending
            }
            _ => {
                let found = self.loops.proven()?;
                Pending { found, onset_chars: self.places.of(found.onset) }
            }
        };
        self.pending = Some(pending);
        let Pending { found: ExactLoop { period, onset, .. }, onset_chars } = pending;
        let shape = self.text.layout.shape_since(onset_chars);
        let needed = needed_words(Form::Exact, shape, self.expectation.licence)?;
        let is_loop = (n_tokens - onset) * 10 >= needed.saturating_mul(TENTH_TOKENS_PER_WORD);
        is_loop.then_some(Repetition { kind: Kind::Exact, period, onset_tokens: onset, onset_chars })
    }

    fn as_repetition(&self, near: NearLoop) -> Repetition {
        let NearLoop { period, onset_chars, .. } = near;
        Repetition { kind: Kind::Near, period, onset_tokens: self.places.at(onset_chars), onset_chars }
    }

    fn judge(&mut self, density: Density) -> Verdict {
        let was_alarmed = std::mem::replace(&mut self.is_alarmed, density > self.expectation.threshold);
        if self.is_alarmed && !was_alarmed { Verdict::Reanalysis(density) } else { Verdict::Clean }
    }
}

/// What the words of a token brought.
#[derive(Debug, Default)]
struct Words {
    near: Option<NearLoop>,
    density: Option<Density>,
}

// === impl Text ===

impl Text {
    /// Adds a word; the near-loop that it proves.
    fn push(&mut self, word: &Word, is_fenced: bool, licence: Licence) -> Option<NearLoop> {
        self.layout.push(word, is_fenced);
        let near = self.near.push(word)?;
        let shape = self.layout.shape_since(near.onset_chars);
        needed_words(near.form(), shape, licence).filter(|needed| near.n_words >= *needed).map(|_| near)
    }
}

#[cfg(test)]
mod tests;
