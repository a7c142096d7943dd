//! Whether a text by itself holds a loop, in words, for those who have neither its tokens nor its prompt.

use crate::layout::Layout;
use crate::licence::Licence;
use crate::loops::{ExactLoop, LoopRule, Loops};
use crate::near::{Near, NearLoop, NearRule};
use crate::places::Places;
use crate::reader::Reader;
use crate::repetition::{Form, Kind, Repetition, needed_words};
use crate::words::Word;

/// Where a loop is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// Characters of the text after which it is proven.
    pub at_chars: usize,
    /// What was found; its tokens are words.
    pub found: Repetition,
}

/// Reads a text in pieces, wherever it is cut. Takes 105 KB.
#[derive(Debug)]
pub struct Scan {
    reader: Reader,
    judge: Judge,
    flag: Option<Flag>,
}

#[derive(Debug)]
struct Judge {
    loops: Loops,
    near: Near,
    places: Places,
    layout: Layout,
    licence: Licence,
}

/// The first loop of a text.
pub fn scan(text: &str, licence: Licence) -> Option<Flag> {
    let mut scan = Scan::new(licence);
    scan.push(text);
    scan.finish()
}

// === impl Scan ===

impl Scan {
    /// At the start of a text.
    pub fn new(licence: Licence) -> Self {
        let judge = Judge {
            loops: Loops::new(LoopRule::WORDS),
            near: Near::new(NearRule::DEFAULT),
            places: Places::new(),
            layout: Layout::new(),
            licence,
        };
        Self { reader: Reader::new(), judge, flag: None }
    }

    /// Adds text; the first loop of all text so far.
    pub fn push(&mut self, text: &str) -> Option<Flag> {
        if self.flag.is_none() {
            let Self { reader, judge, flag } = self;
            reader.push(text, |word, is_fenced| *flag = flag.or_else(|| judge.push(&word, is_fenced)));
        }
        self.flag
    }

    /// Says that nothing follows.
    pub fn finish(mut self) -> Option<Flag> {
        let last = self.reader.finish();
        self.flag.or_else(|| last.and_then(|word| self.judge.push(&word, false)))
    }
}

// === impl Judge ===

impl Judge {
    fn push(&mut self, word: &Word, is_fenced: bool) -> Option<Flag> {
        self.places.push(word.start);
        self.layout.push(word, is_fenced);
        let exact = self.loops.push(word.id).then(|| self.loops.proven()).flatten();
        let near = self.near.push(word);
        let exact = exact.map(|ExactLoop { period, onset, n_tokens }| {
            let onset_chars = self.places.of(onset);
            let found = Repetition { kind: Kind::Exact, period, onset_tokens: onset, onset_chars };
            (Form::Exact, found, n_tokens)
        });
        let near = near.map(|near| {
            let NearLoop { period, onset, onset_chars, n_words, .. } = near;
            (near.form(), Repetition { kind: Kind::Near, period, onset_tokens: onset, onset_chars }, n_words)
        });
        let mut loops = [exact, near].into_iter().flatten();
        let (_, found, _) = loops.find(|(form, found, n_words)| self.is_loop(*form, found, *n_words))?;
        Some(Flag { at_chars: word.end, found })
    }

    fn is_loop(&self, form: Form, found: &Repetition, n_words: usize) -> bool {
        let shape = self.layout.shape_since(found.onset_chars);
        needed_words(form, shape, self.licence).is_some_and(|needed| n_words >= needed)
    }
}

#[cfg(test)]
mod tests;
