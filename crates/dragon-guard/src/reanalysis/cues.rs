//! The cues, and how they are found word by word.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::language::Language;
use crate::words::{Word, folded_ids};

/// Words of a cue at most.
const MAX_WORDS: usize = 8;

/// A cue of the weaker kind, in halves of a cue ...
const WEAK: u32 = 1;

/// ... and one of the stronger kind.
const STRONG: u32 = 2;

/// Cues of each language: those that tell ill-posed questions from others best, and those that also occur in sound
/// reasoning. All are looked for in every answer, since models often think in another language than they are asked
/// in; so a word that is an ordinary one elsewhere is not among them.
const CUES: [(Language, &str, &str); 7] = [
    (
        Language::English,
        "maybe, perhaps, hmm, hm, unclear, ambiguous, undefined, incomplete, unspecified, insufficient, not specified, \
         not given",
        "wait, alternatively, but, assume, assuming, assumption, suppose, supposed, hold on, on second thought, \
         on the other hand, let me recheck, let me re-read, let me reconsider",
    ),
    (
        Language::Polish,
        "chyba, być może, hmm, niejasne, niejednoznaczne, nie podano, nie wiadomo",
        "czekaj, zaraz, chwila, alternatywnie, ale, może, załóżmy, zakładając, z drugiej strony, albo może, \
         jeszcze raz, treść zadania",
    ),
    (
        Language::German,
        "vielleicht, möglicherweise, womöglich, unklar, mehrdeutig, nicht angegeben",
        "warte, moment, alternativ, aber, angenommen, nehmen wir an, andererseits, noch einmal, nochmal",
    ),
    (
        Language::Spanish,
        "quizás, quizá, tal vez, a lo mejor, ambiguo, ambigua, no se especifica, no está claro",
        "espera, un momento, alternativamente, pero, supongamos, suponiendo, por otro lado, o bien, de nuevo",
    ),
    (
        Language::French,
        "peut-être, ambigu, ambiguë, pas clair, pas précisé, n'est pas précisé",
        "attends, attendez, un instant, alternativement, mais, supposons, en supposant, d'un autre côté, \
         d'autre part, à nouveau",
    ),
    (
        Language::Japanese,
        "もしかして, もしかする, もしかしたら, かもしれ, かも知れ, たぶん, 多分, おそらく, 恐らく, うーん, 曖昧, 不明",
        "待って, 待てよ, ちょっと待, でも、, しかし、, あるいは, または, それとも, 仮に, 一方で, もう一度",
    ),
    (
        Language::Chinese,
        "也许, 或许, 可能, 大概, 说不定, 嗯, 不明确, 不清楚, 没有给出, 歧义",
        "等等, 等一下, 等下, 但是, 不过, 或者, 要么, 假设, 假如, 另一方面, 再想, 重新",
    ),
];

/// Follows words; remembers the last few.
#[derive(Debug, Default)]
pub(super) struct Cues {
    /// The last words, the newest first.
    last: [u32; MAX_WORDS],
}

/// Cues by their last word.
#[derive(Debug)]
struct Table {
    /// A bit for each of the low bits of a word that ends a cue: most words end none, and this says so quickly.
    bits: [u64; 64],
    by_last: HashMap<u32, Vec<Cue>>,
}

#[derive(Debug)]
struct Cue {
    /// Its words, the last first.
    words: Vec<u32>,
    weight: u32,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::new);

// === impl Cues ===

impl Cues {
    /// What the word adds, in halves of a cue: the weight of the longest cue that it ends.
    pub(super) fn weight(&mut self, word: &Word) -> u32 {
        self.last.rotate_right(1);
        self.last[0] = word.folded;
        TABLE.weight(&self.last)
    }
}

// === impl Table ===

impl Table {
    fn new() -> Self {
        let mut table = Self { bits: [0; 64], by_last: HashMap::new() };
        for (_, strong, weak) in CUES {
            for (list, weight) in [(strong, STRONG), (weak, WEAK)] {
                list.split(", ").for_each(|phrase| table.add(phrase, weight));
            }
        }
        // So that the first that fits is the longest.
        table
            .by_last
            .values_mut()
            .for_each(|cues| cues.sort_by_key(|cue| std::cmp::Reverse(cue.words.len())));
        table
    }

    fn add(&mut self, phrase: &str, weight: u32) {
        let words: Vec<u32> = folded_ids(phrase).into_iter().rev().collect();
        let Some(last) = words.first().copied() else { return };
        let (row, bit) = place(last);
        self.bits[row] |= bit;
        self.by_last.entry(last).or_default().push(Cue { words, weight });
    }

    fn weight(&self, last: &[u32; MAX_WORDS]) -> u32 {
        let (row, bit) = place(last[0]);
        if self.bits[row] & bit == 0 {
            return 0;
        }
        let cues = self.by_last.get(&last[0]).map_or(&[][..], Vec::as_slice);
        cues.iter().find(|cue| last.starts_with(&cue.words)).map_or(0, |cue| cue.weight)
    }
}

/// Which of the 4,096 bits is a word's.
fn place(word: u32) -> (usize, u64) {
    ((word >> 6 & 63) as usize, 1 << (word & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Words;

    /// The weights of all words that have one, in halves.
    fn weights(text: &str) -> Vec<u32> {
        let mut words = Words::new();
        let mut found = Vec::new();
        words.push(text, |word| found.push(word));
        found.extend(words.finish());
        let mut cues = Cues::default();
        found.iter().map(|word| cues.weight(word)).filter(|weight| *weight > 0).collect()
    }

    #[test]
    fn cues_are_found_in_every_language_whatever_their_case() {
        assert_eq!(weights("Wait, MAYBE it is half. But perhaps not."), [WEAK, STRONG, WEAK, STRONG]);
        assert_eq!(weights("Czekaj, być może chodzi o dwie osoby. Chyba tak."), [WEAK, STRONG, STRONG]);
        assert_eq!(weights("Moment, vielleicht ist es andererseits so."), [WEAK, STRONG, WEAK]);
        assert_eq!(weights("Espera, tal vez sea la mitad, pero quizás no."), [WEAK, STRONG, WEAK, STRONG]);
        assert_eq!(weights("Attends, c'est peut-être la moitié."), [WEAK, STRONG]);
        assert_eq!(weights("待って、もしかして半額かもしれない。"), [WEAK, STRONG, STRONG]);
        assert_eq!(weights("等等，也许是半价。但是不清楚。"), [WEAK, STRONG, WEAK, STRONG]);
    }

    #[test]
    fn the_longest_cue_counts_and_only_once() {
        assert_eq!(weights("być może"), [STRONG]);
        assert_eq!(weights("może"), [WEAK]);
    }

    #[test]
    fn sound_sentences_have_none() {
        for text in [
            "The second ride costs 6 dollars, so both cost 12 dollars together.",
            "Drugi przejazd kosztuje 6 dolarów, więc razem 12 dolarów.",
            "Die zweite Fahrt kostet 6 Dollar, also kosten beide zusammen 12 Dollar.",
            "二回目は6ドルなので、合計は12ドルです。",
            "第二次是6美元，所以一共是12美元。",
        ] {
            assert_eq!(weights(text), [], "{text}");
        }
    }

    #[test]
    fn every_cue_is_found_and_no_longer_than_what_is_remembered() {
        for (language, strong, weak) in CUES {
            for phrase in strong.split(", ").chain(weak.split(", ")) {
                assert!((1..=MAX_WORDS).contains(&folded_ids(phrase).len()), "{language:?} {phrase}");
                assert_eq!(phrase, phrase.to_lowercase(), "{language:?}");
                assert!(!weights(phrase).is_empty(), "{language:?} {phrase}");
            }
        }
    }
}
