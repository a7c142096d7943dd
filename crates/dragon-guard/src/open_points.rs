//! What a prompt leaves open: the places at which it can be understood in more than one way.
//!
//! Shallow and typed. Each point holds where it was seen, so that a reading can quote the prompt's own words; none says
//! what is true.

mod offers;
mod people;
mod quantities;
mod scope;

use std::ops::Range;

use crate::prompt::Prompt;

/// One place that can be understood in more than one way. Ranges are bytes of the looked-at text of the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OpenPoint {
    /// A part of a price beside a price: is the price before or after it?
    PartOfPrice { part: Range<usize>, price: Range<usize> },
    /// A price and several people: each or together?
    PriceForWhom { price: Range<usize> },
    /// An asterisk without the note that it refers to.
    Asterisk { marked: Range<usize> },
    /// "Up to" or "from" an amount: how much is it here?
    Limit { amount: Range<usize>, is_upper: bool },
    /// Two discounts: one after the other, or added?
    Stacked { first: Range<usize>, second: Range<usize> },
    /// A part off, without what it is taken from.
    OffWhat { part: Range<usize> },
    /// An exception, and something that may belong to it or to all of the sentence.
    Exception { excepted: Range<usize> },
    /// A pronoun with two candidates.
    Pronoun { pronoun: Range<usize>, candidates: [Range<usize>; 2] },
    /// Somebody told somebody something, and nothing says whom it is about.
    LeftOut { candidates: [Range<usize>; 2] },
    /// Each of several has one: the same or one each?
    SameOrEach { count: Range<usize> },
    /// An adjective before two nouns that are joined.
    Adjective { adjective: Range<usize>, nouns: [Range<usize>; 2] },
    /// "All ... not": none, or not all?
    AllNot { all: Range<usize> },
    /// A number that does not say what it counts.
    NoUnit { number: Range<usize> },
    /// A day that depends on today.
    Day { phrase: Range<usize> },
    /// "Some", where an amount is asked for.
    Vague { word: Range<usize> },
}

/// Points of a prompt at most.
const MAX_POINTS: usize = 16;

/// All open points, in the order in which they matter most to whoever asks.
pub(crate) fn open_points(prompt: &Prompt) -> Vec<OpenPoint> {
    let mut points = Vec::new();
    points.extend(offers::points(prompt));
    points.extend(people::points(prompt));
    points.extend(scope::points(prompt));
    points.extend(quantities::points(prompt));
    points.truncate(MAX_POINTS);
    points
}

// === impl OpenPoint ===

impl OpenPoint {
    /// Which of the kinds, from 0.
    pub(crate) const fn kind(&self) -> u32 {
        match self {
            Self::PartOfPrice { .. } => 0,
            Self::PriceForWhom { .. } => 1,
            Self::Asterisk { .. } => 2,
            Self::Limit { .. } => 3,
            Self::Stacked { .. } => 4,
            Self::OffWhat { .. } => 5,
            Self::Exception { .. } => 6,
            Self::Pronoun { .. } => 7,
            Self::LeftOut { .. } => 8,
            Self::SameOrEach { .. } => 9,
            Self::Adjective { .. } => 10,
            Self::AllNot { .. } => 11,
            Self::NoUnit { .. } => 12,
            Self::Day { .. } => 13,
            Self::Vague { .. } => 14,
        }
    }
}

/// Where the sentence or the quotation around a place begins and ends.
fn around(prompt: &Prompt, at: usize) -> Range<usize> {
    if let Some(quotation) = prompt.quoted.iter().find(|range| range.contains(&at)) {
        return quotation.clone();
    }
    let ends = |word: &&crate::prompt::Word| {
        crate::prompt::is_sentence_end(&word.lower) && !prompt.is_quoted(word.range.start)
    };
    let start =
        prompt.words.iter().rfind(|word| word.range.end <= at && ends(word)).map_or(0, |word| word.range.end);
    let end = prompt.words.iter().find(|word| word.range.start >= at && ends(word));
    start..end.map_or(prompt.text.len(), |word| word.range.start)
}

#[cfg(test)]
mod tests;
