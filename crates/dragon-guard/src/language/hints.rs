//! Small words and letters, and what they say about the language.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Language;

/// Words in lower case that nearly every text of a language has, and greetings. A word of several languages stands in
/// each of their lists.
const WORDS: [(Language, &str); 5] = [
    (
        Language::English,
        "the of and is are was were it its this that these those what which who how why when where with \
         for from you your my me we they he she his her i a an in on at to be as by or not no do does did \
         can could would should will has have had if then than but please translate hello hi thanks write \
         give about one so more many",
    ),
    (
        Language::Polish,
        "jest są był była było nie tak czy co kto jak gdzie kiedy dlaczego ile który która które jaki \
         jaka jakie w we z ze na do od po przez dla przed nad pod oraz i a ale lub że żeby się to ten ta \
         te tego tej tym mi mnie mój moja ma mam masz o u za już tylko jako być może proszę przetłumacz \
         cześć dzień dziękuję napisz podaj wyjaśnij jeśli gdy bo też więc",
    ),
    (
        Language::German,
        "der die das den dem des ein eine einen einem einer ist sind war waren und oder nicht kein keine \
         ich du er sie es wir ihr mir mich mein meine was wer wie wo wann warum welche welcher welches \
         mit von vom zu zum zur im in am an auf aus bei für über unter nach vor als wenn dass daß auch \
         noch nur kann hat haben wird werden bitte übersetze hallo danke schreibe gib viele wieviel",
    ),
    (
        Language::Spanish,
        "el la los las un una unos unas de del al y o u en con por para sin sobre es son era está están \
         hay ser que qué quién cuál cómo dónde cuándo cuánto cuántos cuántas porque no sí se su sus mi me \
         te lo le les yo tú él ella como más pero si este esta esto hola gracias favor traduce escribe \
         dame explica tiene",
    ),
    (
        Language::French,
        "le la les un une des du de d l et ou où en à au aux dans sur sous avec pour par sans est sont \
         était c ce cet cette ces il elle ils elles je j tu nous vous on mon ma mes que qu qui quel \
         quelle quels quoi comment combien pourquoi quand ne n pas plus se s son sa ses mais si bonjour \
         merci traduis écris donne explique peux avez",
    ),
];

/// Letters and marks that few languages have.
const LETTERS: [(Language, &str); 5] = [
    (Language::English, ""),
    (Language::Polish, "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"),
    (Language::German, "äöüßÄÖÜẞ"),
    (Language::Spanish, "ñáéíóúÑÁÉÍÓÚ¿¡"),
    (Language::French, "àâçèéêëîïôùûœÀÂÇÈÉÊËÎÏÔÙÛŒ"),
];

/// The longest word in the lists, in bytes: longer ones need not be looked up.
const MAX_WORD_BYTES: usize = 16;

static BY_WORD: LazyLock<HashMap<&str, Ballot>> = LazyLock::new(|| {
    let mut by_word: HashMap<&str, Ballot> = HashMap::new();
    for (place, (_, words)) in WORDS.iter().enumerate() {
        words.split(' ').for_each(|word| by_word.entry(word).or_default().0[place] = 1);
    }
    by_word
});

/// For which of the languages of [`WORDS`] something speaks: 1 or 0 each.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ballot([u32; WORDS.len()]);

/// Votes for each language of [`WORDS`].
#[derive(Debug, Default)]
pub(super) struct Votes([u32; WORDS.len()]);

pub(super) fn word_votes(word: &str) -> Ballot {
    if word.len() > MAX_WORD_BYTES {
        return Ballot::default();
    }
    BY_WORD.get(word.to_lowercase().as_str()).copied().unwrap_or_default()
}

pub(super) fn letter_votes(letter: char) -> Ballot {
    let mut ballot = Ballot::default();
    for (vote, (_, letters)) in ballot.0.iter_mut().zip(LETTERS) {
        *vote = u32::from(letters.contains(letter));
    }
    ballot
}

// === impl Votes ===

impl Votes {
    pub(super) fn add(&mut self, ballot: Ballot, weight: u32) {
        self.0.iter_mut().zip(ballot.0).for_each(|(votes, vote)| *votes += vote * weight);
    }

    /// The language with most votes, at least `n_min`; of equals the first in the list.
    pub(super) fn winner(&self, n_min: u32) -> Option<Language> {
        let languages = WORDS.iter().map(|(language, _)| *language);
        // `max_by_key` takes the last of equals.
        let best = languages.zip(self.0).rev().max_by_key(|(_, n_votes)| *n_votes);
        best.filter(|(_, n_votes)| *n_votes >= n_min).map(|(language, _)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_in_lower_case_short_enough_and_once_in_their_list() {
        for (language, words) in WORDS {
            let words: Vec<&str> = words.split(' ').collect();
            for (index, word) in words.iter().enumerate() {
                assert!(!word.is_empty() && word.to_lowercase() == *word, "{language:?}: {word}");
                assert!(word.len() <= MAX_WORD_BYTES, "{word}");
                assert!(!words[..index].contains(word), "{language:?}: {word}");
            }
        }
    }

    #[test]
    fn both_tables_speak_of_the_same_languages() {
        assert_eq!(WORDS.map(|(language, _)| language), LETTERS.map(|(language, _)| language));
    }
}
