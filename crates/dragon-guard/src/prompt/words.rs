//! Words, numbers and marks.

use std::ops::Range;

use crate::language::is_ideographic;

/// One word, number or mark.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) kind: WordKind,
    /// In lower case.
    pub(crate) lower: String,
    pub(crate) range: Range<usize>,
    pub(crate) is_capitalised: bool,
}

/// What a word is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordKind {
    /// Letters.
    Letters,
    /// Digits, with separators and fractions: "1,200.50", "1/2", "½".
    Number,
    /// A run of characters of a script that writes no spaces.
    Ideographs,
    /// A single other character.
    Mark,
}

/// All words of `text` in order. Spaces are left out, line breaks are marks.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let (kind, n_bytes) = next(rest, first);
        if let Some(kind) = kind {
            let found = &rest[..n_bytes];
            let is_capitalised = first.is_uppercase();
            words.push(Word { kind, lower: found.to_lowercase(), range: at..at + n_bytes, is_capitalised });
        }
        rest = &rest[n_bytes..];
    }
    words
}

fn next(rest: &str, first: char) -> (Option<WordKind>, usize) {
    if is_digit(first) || is_vulgar_fraction(first) {
        return (Some(WordKind::Number), number_bytes(rest));
    }
    if is_unspaced(first) {
        let is_same = |c: char| is_unspaced(c) && !is_digit(c);
        return (Some(WordKind::Ideographs), bytes_while(rest, is_same).max(first.len_utf8()));
    }
    if first.is_alphabetic() {
        let is_letter = |c: char| (c.is_alphabetic() || is_combining(c)) && !is_unspaced(c);
        return (Some(WordKind::Letters), letters_bytes(rest, is_letter));
    }
    let kind = (!first.is_whitespace() || first == '\n').then_some(WordKind::Mark);
    (kind, first.len_utf8())
}

/// Letters, with apostrophes between them. After one or two letters an apostrophe ends the word: "l'une", "I'm".
fn letters_bytes(rest: &str, is_letter: impl Fn(char) -> bool) -> usize {
    let mut n_bytes = 0;
    let mut characters = rest.char_indices().enumerate().peekable();
    while let Some((n_letters, (at, c))) = characters.next() {
        let is_joined = characters.peek().is_some_and(|(_, (_, next))| is_letter(*next));
        let is_inside = matches!(c, '\'' | '’') && n_letters > 2 && is_joined;
        if !is_letter(c) && !is_inside {
            break;
        }
        n_bytes = at + c.len_utf8();
    }
    n_bytes
}

/// Digits, with one separator between groups of them.
fn number_bytes(rest: &str) -> usize {
    let mut n_bytes = 0;
    let mut characters = rest.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let is_inside =
            matches!(c, '.' | ',' | '/' | '⁄') && characters.peek().is_some_and(|(_, next)| is_digit(*next));
        if !is_digit(c) && !is_vulgar_fraction(c) && !is_inside {
            break;
        }
        n_bytes = at + c.len_utf8();
    }
    n_bytes.max(rest.chars().next().map_or(0, char::len_utf8))
}

fn bytes_while(rest: &str, is_same: impl Fn(char) -> bool) -> usize {
    rest.char_indices().find(|(_, c)| !is_same(*c)).map_or(rest.len(), |(at, _)| at)
}

/// Letters of scripts without spaces; the long vowel mark of Japanese is one.
pub(super) fn is_unspaced(c: char) -> bool {
    c == 'ー' || is_ideographic(c) && c.is_alphanumeric()
}

/// ASCII digits and the wide ones of Japanese and Chinese texts.
pub(super) const fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '０'..='９')
}

const fn is_vulgar_fraction(c: char) -> bool {
    matches!(c, '½' | '⅓' | '⅔' | '¼' | '¾' | '⅕' | '⅛')
}

/// Marks that are written over the letter before them.
const fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.lower).collect()
    }

    #[test]
    fn numbers_keep_their_separators_and_fractions() {
        assert_eq!(
            split("1/2 Price, $6.00*, 1,200.50 and ½."),
            ["1/2", "price", ",", "$", "6.00", "*", ",", "1,200.50", "and", "½", "."]
        );
        assert_eq!(split("It's 15:30, 8-16."), ["it", "'", "s", "15", ":", "30", ",", "8", "-", "16", "."]);
    }

    #[test]
    fn scripts_without_spaces_are_runs() {
        assert_eq!(split("3点で20%引き、会員"), ["3", "点で", "20", "%", "引き", "、", "会員"]);
    }

    #[test]
    fn words_lie_where_they_say() {
        let text = "Ile zapłacę sam\n za 2 przejazdy?";
        for word in words(text) {
            assert_eq!(text[word.range.clone()].to_lowercase(), word.lower);
        }
    }
}
