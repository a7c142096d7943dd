//! Numbers, and whether they say what they count.

use std::ops::Range;

use super::units;
use super::words::{Word, WordKind, is_digit, is_unspaced};
use crate::Language;

/// A number of the prompt.
#[derive(Debug, Clone)]
pub(crate) struct Amount {
    pub(crate) measure: Measure,
    /// The number alone.
    pub(crate) number: Range<usize>,
    /// The number with its unit, as it is written.
    pub(crate) whole: Range<usize>,
}

/// What a number says about itself. As with cues, the order is part of the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Measure {
    /// A price or another sum.
    Money,
    Percent,
    /// A fraction such as 1/2.
    Fraction,
    /// It has a unit of measure or of people.
    Unit,
    /// A noun follows: "3 loaves".
    Counted,
    /// A time of the day, or a span of such times.
    Clock,
    /// "2nd", "2.".
    Ordinal,
    /// Four digits that look like a year.
    Year,
    /// Nothing says what it counts.
    Bare,
}

/// Numbers looked at.
const MAX_AMOUNTS: usize = 64;

pub(super) fn amounts(text: &str, words: &[Word], language: Language) -> Vec<Amount> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match word.kind {
            WordKind::Number => found.push(amount(text, words, at, word, language)),
            WordKind::Letters if units::is_number_word(&word.lower, language) => {
                found.push(amount(text, words, at, word, language));
            }
            WordKind::Ideographs => found.extend(numerals(text, word)),
            _ => {}
        }
    }
    found.truncate(MAX_AMOUNTS);
    found
}

/// Numbers above one that are written in ideographs, each with its counter.
fn numerals(text: &str, run: &Word) -> Vec<Amount> {
    let mut found: Vec<Amount> = Vec::new();
    for (n, _) in text[run.range.clone()].char_indices() {
        let start = run.range.start + n;
        if found.last().is_some_and(|last| start < last.whole.end) {
            continue;
        }
        let Some(n_bytes) = units::numeral_bytes(&text[start..run.range.end]) else { continue };
        let end = start + n_bytes;
        let counter_bytes = text[end..].chars().next().map_or(0, char::len_utf8);
        found.push(Amount { measure: Measure::Unit, number: start..end, whole: start..end + counter_bytes });
    }
    found
}

fn amount(text: &str, words: &[Word], at: usize, word: &Word, language: Language) -> Amount {
    let near = Near { text, words, at, language };
    let is_word = word.kind == WordKind::Letters;
    let measure = near.measure(word, is_word);
    let mut whole = word.range.clone();
    match measure {
        Measure::Money => {
            if near.before(1).is_some_and(|w| units::is_money(&w.lower)) {
                whole.start = near.before(1).map_or(whole.start, |w| w.range.start);
            } else {
                whole.end = near.after(1).map_or(whole.end, |w| near.unit_end(w));
            }
        }
        Measure::Percent | Measure::Unit => whole.end = near.after(1).map_or(whole.end, |w| near.unit_end(w)),
        _ => {}
    }
    Amount { measure, number: word.range.clone(), whole }
}

/// The surroundings of one number.
struct Near<'a> {
    text: &'a str,
    words: &'a [Word],
    at: usize,
    language: Language,
}

// === impl Near ===

impl<'a> Near<'a> {
    fn before(&self, n: usize) -> Option<&'a Word> {
        self.at.checked_sub(n).and_then(|at| self.words.get(at))
    }

    fn after(&self, n: usize) -> Option<&'a Word> {
        self.words.get(self.at + n)
    }

    fn measure(&self, word: &Word, is_word: bool) -> Measure {
        let next = self.after(1).map_or("", |word| word.lower.as_str());
        let previous = self.before(1).map_or("", |word| word.lower.as_str());
        let rest = self.text.get(word.range.end..).unwrap_or_default().trim_start();
        if units::is_money(previous)
            || units::is_money(next)
            || starts_with_any(rest, &["円", "元", "块", "ドル", "ユーロ", "欧元"])
        {
            return Measure::Money;
        }
        if matches!(next, "%" | "％" | "percent" | "procent" | "prozent" | "pct")
            || rest.starts_with("割")
            || rest.starts_with('折')
        {
            return Measure::Percent;
        }
        if !is_word && is_fraction(&word.lower) {
            return Measure::Fraction;
        }
        if units::has_counter(rest) || units::is_unit(next) || next == "°" || rest.starts_with('℃') {
            return Measure::Unit;
        }
        if !is_word && self.is_clock(previous, next) {
            return Measure::Clock;
        }
        if is_word && units::is_before_clock(previous, self.language) && !self.names_what_is_counted() {
            return Measure::Clock;
        }
        if !is_word && self.is_ordinal(word, next) {
            return Measure::Ordinal;
        }
        if !is_word && is_year(&word.lower) {
            return Measure::Year;
        }
        if self.names_what_is_counted() {
            return Measure::Counted;
        }
        // "3x" and "2-person" count something or name something.
        let glued = self.text.get(word.range.end..).unwrap_or_default();
        let glued = glued.strip_prefix('-').unwrap_or(glued);
        let is_glued = glued.starts_with(|c: char| c.is_alphabetic() && !is_unspaced(c));
        if is_glued { Measure::Counted } else { Measure::Bare }
    }

    /// Whether a word follows that is not a small one.
    fn names_what_is_counted(&self) -> bool {
        self.after(1).is_some_and(|word| {
            word.kind == WordKind::Letters && !units::is_small_word(&word.lower, self.language)
        })
    }

    /// "15:30", "8-16" and the like, "o 10", "at 5", "5 pm", "17 Uhr".
    fn is_clock(&self, previous: &str, next: &str) -> bool {
        let beside = |mark: &str, other: Option<&Word>| {
            (mark == ":" || units::is_span_word(mark))
                && other.is_some_and(|word| word.kind == WordKind::Number)
        };
        // "14 de mayo": a day of a month.
        let is_day = matches!(next, "de" | "of") && self.after(2).is_some_and(|word| is_month(&word.lower));
        is_day
            || beside(next, self.after(2))
            || beside(previous, self.before(2))
            || matches!(next, "uhr" | "am" | "pm" | "a.m" | "p.m" | "o'clock")
            || units::is_before_clock(previous, self.language)
                && !matches!(previous, "od" | "do" | "po" | "by" | "bis" | "ab" | "nach" | "la" | "à")
    }

    fn is_ordinal(&self, word: &Word, next: &str) -> bool {
        let glued = self.after(1).is_some_and(|w| w.range.start == word.range.end);
        glued && matches!(next, "st" | "nd" | "rd" | "th" | "er" | "ème" | "e" | "º" | "ª")
            || self.language == Language::German
                && next == "."
                && self.after(2).is_some_and(|w| w.kind == WordKind::Letters)
            || self.before(1).is_some_and(|w| w.lower.ends_with('第'))
    }

    /// Of a run of ideographs only the counter belongs to the number.
    fn unit_end(&self, unit: &Word) -> usize {
        if unit.kind == WordKind::Ideographs {
            let first = self.text.get(unit.range.clone()).and_then(|run| run.chars().next());
            return unit.range.start + first.map_or(0, char::len_utf8);
        }
        unit.range.end
    }
}

fn starts_with_any(rest: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| rest.starts_with(start))
}

/// "1/2", "½".
fn is_fraction(number: &str) -> bool {
    let is_small = |part: &str| !part.is_empty() && part.len() <= 2 && part.chars().all(is_digit);
    number.split_once(['/', '⁄']).is_some_and(|(over, under)| is_small(over) && is_small(under))
        || number.chars().any(|c| !is_digit(c) && !c.is_ascii_punctuation() && c != '⁄')
}

fn is_month(lower: &str) -> bool {
    const MONTHS: &str = "january february march april may june july august september october november december \
                          enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre";
    MONTHS.split_whitespace().any(|month| month == lower)
}

fn is_year(number: &str) -> bool {
    number.len() == 4
        && number.chars().all(is_digit)
        && (number.starts_with("19") || number.starts_with("20"))
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    #[track_caller]
    fn assert_amounts(language: Language, text: &str, expected: &[(&str, Measure)]) {
        let found = amounts(text, &words(text), language);
        let found: Vec<_> = found.iter().map(|a| (&text[a.whole.clone()], a.measure)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn prices_fractions_and_percentages() {
        use Measure::{Fraction, Money, Percent};
        assert_amounts(
            Language::English,
            "1/2 Price - again for $6.00*",
            &[("1/2", Fraction), ("$6.00", Money)],
        );
        assert_amounts(
            Language::Polish,
            "-50% - jeszcze raz za 15 zł*",
            &[("50%", Percent), ("15 zł", Money)],
        );
        assert_amounts(Language::Japanese, "半額500円、20%引き", &[("500円", Money), ("20%", Percent)]);
    }

    #[test]
    fn a_number_without_anything_that_it_counts_is_bare() {
        use Measure::{Bare, Clock, Counted, Unit};
        assert_amounts(
            Language::Polish,
            "Strzałka: \"Schronisko 2\". Jest 15:30.",
            &[("2", Bare), ("15", Clock), ("30", Clock)],
        );
        assert_amounts(Language::Polish, "rano 5, wiatr 20 m/s", &[("5", Bare), ("20 m", Unit)]);
        assert_amounts(
            Language::English,
            "twenty from the church, three loaves",
            &[("twenty", Bare), ("three", Counted)],
        );
        assert_amounts(Language::Japanese, "山頂まであと3」とある", &[("3", Bare)]);
        assert_amounts(Language::Japanese, "山頂まで3時間", &[("3時", Unit)]);
    }
}
