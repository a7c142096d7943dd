//! Small words that carry meaning, alike in all languages.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::cues_asian;
use super::cues_european;
use super::words::{Word, WordKind};
use crate::Language;

/// What a word or a few of them say.
///
/// The order is part of the weights of the ambiguity score: whoever changes it has to train them again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Cue {
    /// "half", "a third": a part of something.
    Half,
    /// "up to": a limit instead of an amount.
    UpTo,
    /// "from", before an amount: the least of it.
    StartingAt,
    /// "about": an amount that is not exact.
    About,
    /// "except": leaves something out.
    Except,
    /// "extra", "further": on top of something.
    Extra,
    /// "again": once more.
    Again,
    /// "off", "discount", "sale".
    Discount,
    /// "buy two, get one": an offer that counts pieces.
    Bundle,
    /// "members", "with the card": for some people.
    Condition,
    /// "each", "every".
    Each,
    /// "together", "as a group".
    Together,
    /// "same", "different", "the only": says whether it is one or many.
    SameOrOther,
    /// "per person" and the like.
    PerUnit,
    /// "exactly", "only", "final".
    Exact,
    /// "no further", "cannot be combined".
    NotCombined,
    /// "any", "regardless of", "or not".
    Regardless,
    /// "the first", "full price": begins a list that tells all cases.
    First,
    /// "all", "everyone".
    All,
    /// "not", "no".
    Not,
    /// "only".
    Only,
    /// "and".
    And,
    /// "or".
    Or,
    /// "old", "retired", "new": may cover one noun or two.
    Adjective,
    /// "some", "several": an amount that is not said.
    Vague,
    /// "how much", "how many".
    HowMany,
    /// "who", "whose".
    Who,
    /// "when".
    When,
    /// "where".
    Where,
    /// "next Friday", "this weekend": depends on today.
    RelativeDate,
    /// "next Friday": one of them that two of them may mean.
    NextDay,
    /// "now", "current", "latest": depends on today.
    Nowadays,
    /// "the best", "the most": by some measure.
    Superlative,
    /// "tall", "long", "enough", "soon": by some measure.
    Gradable,
    /// "told", "said that".
    Telling,
    /// "it", "this", "that one": stands for something.
    It,
    /// "I", "my" within what is told.
    Myself,
    /// "sign", "board", "note": something that is read.
    Sign,
    /// "for two", "a couple", "a family": more than one pays or takes part.
    Party,
    /// "with the telescope", "on the roof": may belong to one of two things.
    Attached,
}

/// A cue and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Cued {
    pub(crate) cue: Cue,
    pub(crate) range: Range<usize>,
}

/// The words of one cue in one language, separated by `|`. A `*` at the end stands for any ending.
pub(super) type Entry = (Cue, &'static str);

/// Cues looked at.
const MAX_CUES: usize = 256;

/// Words that a cue has at most.
const MAX_WORDS: usize = 5;

struct Phrase {
    cue: Cue,
    words: Vec<&'static str>,
}

/// Phrases by the first characters of their first word.
type Phrases = HashMap<&'static str, Vec<Phrase>>;

/// Characters that phrases are looked up by; shorter words are looked up whole.
const N_KEY_CHARS: usize = 2;

static BY_LANGUAGE: LazyLock<HashMap<Language, Phrases>> =
    LazyLock::new(|| Language::ALL.into_iter().map(|language| (language, phrases(language))).collect());

const fn entries(language: Language) -> &'static [Entry] {
    match language {
        Language::English => cues_european::ENGLISH,
        Language::Polish => cues_european::POLISH,
        Language::German => cues_european::GERMAN,
        Language::Spanish => cues_european::SPANISH,
        Language::French => cues_european::FRENCH,
        Language::Japanese => cues_asian::JAPANESE,
        Language::Chinese => cues_asian::CHINESE,
    }
}

fn phrases(language: Language) -> Phrases {
    let mut phrases = Phrases::new();
    for (cue, list) in entries(language) {
        for phrase in list.split('|') {
            let words: Vec<&str> = phrase.split(' ').collect();
            let first = words.first().copied().unwrap_or_default().trim_end_matches('*');
            phrases.entry(key(first)).or_default().push(Phrase { cue: *cue, words });
        }
    }
    phrases
}

fn key(word: &str) -> &str {
    let end = word.char_indices().nth(N_KEY_CHARS).map_or(word.len(), |(at, _)| at);
    &word[..end]
}

/// All cues of `language`, and within quotations those of English, in which signs are often written.
pub(super) fn cues(text: &str, words: &[Word], quoted: &[Range<usize>], language: Language) -> Vec<Cued> {
    let mut found = match language {
        Language::Japanese | Language::Chinese => in_runs(text, words, language),
        _ => in_words(words, language),
    };
    if language != Language::English {
        let is_quoted = |cued: &Cued| quoted.iter().any(|range| range.contains(&cued.range.start));
        found.extend(in_words(words, Language::English).into_iter().filter(is_quoted));
    }
    found.truncate(MAX_CUES);
    found
}

fn in_words(words: &[Word], language: Language) -> Vec<Cued> {
    let Some(phrases) = BY_LANGUAGE.get(&language) else { return Vec::new() };
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let following = &words[at..words.len().min(at + MAX_WORDS)];
        let mut keys = vec![key(&word.lower)];
        // A stem may be shorter than the key.
        keys.extend(
            word.lower.char_indices().nth(1).map(|(end, _)| &word.lower[..end]).filter(|k| *k != keys[0]),
        );
        for phrase in keys.into_iter().filter_map(|key| phrases.get(key)).flatten() {
            if phrase.words.len() <= following.len() && phrase.matches(following) {
                let end = following[phrase.words.len() - 1].range.end;
                found.push(Cued { cue: phrase.cue, range: word.range.start..end });
            }
        }
    }
    found
}

/// Where no spaces are written, a cue may begin at any character.
fn in_runs(text: &str, words: &[Word], language: Language) -> Vec<Cued> {
    let Some(phrases) = BY_LANGUAGE.get(&language) else { return Vec::new() };
    let mut found = Vec::new();
    let runs = words.iter().filter(|word| word.kind == WordKind::Ideographs || word.kind == WordKind::Number);
    for run in runs {
        for (n, _) in text[run.range.clone()].char_indices() {
            let start = run.range.start + n;
            let rest = &text[start..];
            let one = &rest[..rest.chars().next().map_or(0, char::len_utf8)];
            let candidates = [key(rest), one].into_iter().filter_map(|key| phrases.get(key)).flatten();
            for phrase in candidates {
                let Some(written) = phrase.words.first().filter(|written| rest.starts_with(**written)) else {
                    continue;
                };
                found.push(Cued { cue: phrase.cue, range: start..start + written.len() });
            }
        }
    }
    found
}

// === impl Phrase ===

impl Phrase {
    fn matches(&self, words: &[Word]) -> bool {
        self.words.iter().zip(words).all(|(pattern, word)| match pattern.strip_suffix('*') {
            Some(stem) => word.lower.starts_with(stem),
            None => word.lower == *pattern,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Prompt;

    #[test]
    fn phrases_are_in_lower_case_and_short() {
        for language in Language::ALL {
            for (cue, list) in entries(language) {
                for phrase in list.split('|') {
                    assert!(
                        !phrase.is_empty() && phrase.to_lowercase() == phrase,
                        "{language:?} {cue:?}: {phrase:?}"
                    );
                    assert!(phrase.split(' ').count() <= MAX_WORDS, "{phrase}");
                }
            }
        }
    }

    #[test]
    fn cues_are_found_in_several_languages() {
        let has = |text: &str, cue: Cue| Prompt::of(text, Language::of(text)).has(cue);
        assert!(has("Każdy z pięciu przewodników oprowadzał grupę. Ile grup było?", Cue::Each));
        assert!(has("Jaki napis: \"Half price re-rides\" jest tam?", Cue::Half));
        assert!(has("Wie viele Anträge gab es, wenn jeder einen hat?", Cue::HowMany));
        assert!(has("五人の審査員がそれぞれ絵を選んだ。", Cue::Each));
        assert!(has("¿Cuánto me cobran por el segundo?", Cue::HowMany));
    }
}
