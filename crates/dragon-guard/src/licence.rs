//! Whether a prompt asks for repetition: then a text that repeats itself is what was asked for.

use crate::language::ends;
use crate::words::{Kind, Word, Words, folded_id};

mod phrases;

/// What is known about repetition being wanted.
/// Ordered by how much it grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Licence {
    /// The prompt is not known.
    Unknown,
    /// The prompt asks for nothing like that.
    NotAsked,
    /// It asks for so many repetitions.
    Times(u32),
    /// It asks for repetition without an end. Also for answers whose format is checked elsewhere, such as those that
    /// follow a schema.
    Unbounded,
}

/// How far after a verb its number of times may stand, in words, or before it.
const REACH: usize = 40;

/// What "repeat" and "for each of" grant where they do not say how often: mostly once, or a few times.
const UNSAID_TIMES: u32 = 20;

// === impl Licence ===

impl Licence {
    /// The licence that a prompt gives. Looks at its two ends, where instructions stand: takes some microseconds
    /// however long it is.
    pub fn of(prompt: &str) -> Self {
        let (head, tail) = ends(prompt);
        match (Self::of_part(head), Self::of_part(tail)) {
            (Self::Unbounded, _) | (_, Self::Unbounded) => Self::Unbounded,
            (Self::Times(one), Self::Times(other)) => Self::Times(one.max(other)),
            (Self::Times(times), _) | (_, Self::Times(times)) => Self::Times(times),
            _ => Self::NotAsked,
        }
    }

    fn of_part(text: &str) -> Self {
        let words = read(text);
        let verbs = places(&words, &phrases::VERBS);
        let repeats = places(&words, &phrases::REPEAT);
        let each = places(&words, &phrases::EACH);
        let endless = places(&words, &phrases::ENDLESS);
        let is_near =
            |places: &[usize], place: usize| places.iter().any(|verb| verb.abs_diff(place) <= REACH);
        let times = (0..words.len()).filter(|place| is_near(&verbs, *place) || is_near(&repeats, *place));
        let times = times.filter_map(|place| times_at(&words, place)).max();
        if endless.iter().any(|place| is_near(&verbs, *place) || is_near(&repeats, *place)) {
            Self::Unbounded
        } else if let Some(times) = times {
            Self::Times(times)
        } else if !each.is_empty() || repeats.iter().any(|place| opens_a_sentence(&words, *place)) {
            Self::Times(UNSAID_TIMES)
        } else {
            Self::NotAsked
        }
    }
}

/// A word of the prompt, with its text where it is a number, or a number and a word in one as in `50x`.
#[derive(Debug)]
struct Read {
    word: Word,
    number: Option<u32>,
    /// What follows the digits.
    unit: Option<u32>,
}

fn read(text: &str) -> Vec<Read> {
    let mut words = Words::new();
    let mut found = Vec::new();
    words.push(text, |word| found.push(word));
    found.extend(words.finish());
    let mut chars = text.chars();
    let mut place = 0;
    let with_text = found.into_iter().map(|word| {
        let written: String = chars.by_ref().skip(word.start - place).take(word.end - word.start).collect();
        place = word.end;
        let digits = written.len() - written.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = written.split_at(digits);
        let unit = (digits > 0 && !unit.is_empty()).then(|| folded_id(unit));
        Read { word, number: number.parse().ok().or_else(|| phrases::number(word.folded)), unit }
    });
    with_text.collect()
}

/// Where one of the phrases begins.
fn places(words: &[Read], phrases: &[Vec<u32>]) -> Vec<usize> {
    let begins = |place: &usize| {
        let rest = &words[*place..];
        phrases.iter().any(|phrase| {
            rest.len() >= phrase.len() && phrase.iter().zip(rest).all(|(id, read)| *id == read.word.folded)
        })
    };
    (0..words.len()).filter(begins).collect()
}

/// A number of times that is written at this place, such as `50 times`, `50x`, `50-mal`, `50 回`.
fn times_at(words: &[Read], place: usize) -> Option<u32> {
    let read = words.get(place)?;
    let number = read.number?;
    let is_times = |id: u32| phrases::is_times(id);
    let next = words.get(place + 1);
    let after_dash = next.filter(|next| next.word.kind == Kind::Mark(b'-')).and(words.get(place + 2));
    let is_counted = read.unit.is_some_and(is_times)
        || next.is_some_and(|next| is_times(next.word.folded))
        || after_dash.is_some_and(|next| is_times(next.word.folded));
    is_counted.then_some(number)
}

/// Whether nothing but a greeting stands before the word in its sentence: then it tells somebody to do it.
fn opens_a_sentence(words: &[Read], place: usize) -> bool {
    let before = words.get(place.wrapping_sub(1));
    before.is_none_or(|before| {
        matches!(before.word.kind, Kind::Mark(_) | Kind::LineEnd) || phrases::is_polite(before.word.folded)
    })
}

#[cfg(test)]
mod tests;
