//! What the guard of a server finds in a text, of which only the text and its tokens are known.

use dragon_guard::licence::Licence;
use dragon_guard::reanalysis::Density;
use dragon_guard::repetition::Kind;
use dragon_guard::watch::{Expectation, Verdict, Watch};

use super::tokenizer::Token;

/// The first loop, and the number of characters after which it is proven.
pub(super) fn watched(text: &str, tokens: &[Token], licence: Licence) -> Option<(usize, Kind)> {
    // Doubt without end is no loop, so nobody asks for it.
    let threshold = Density::per_thousand(f64::INFINITY);
    let mut watch = Watch::new(Expectation { licence, threshold });
    let (mut n_covered, mut n_given, mut n_chars) = (0, 0, 0);
    for token in tokens {
        n_covered += token.n_bytes;
        // As in an answer: a character that is not whole yet comes with the token that completes it.
        let end = text.floor_char_boundary(n_covered);
        let piece = &text[n_given..end];
        n_given = end;
        n_chars += piece.chars().count();
        match watch.push(token.id, piece) {
            Verdict::Loop(found) => return Some((n_chars, found.kind)),
            Verdict::Clean | Verdict::Reanalysis(_) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token for every byte, as the smallest vocabularies have them.
    fn bytes(text: &str) -> Vec<Token> {
        text.bytes().map(|byte| Token { id: byte.into(), n_bytes: 1 }).collect()
    }

    /// It takes 256 tokens: five copies of 48 bytes and 44 characters, and 16 bytes.
    #[test]
    fn a_loop_is_proven_after_whole_characters() {
        let proven = |unit: &str| {
            assert_eq!((unit.len(), unit.chars().count()), (48, 44), "{unit}");
            let text = unit.repeat(20);
            watched(&text, &bytes(&text), Licence::Unknown)
        };
        let after = |start: &str| Some((5 * 44 + start.chars().count(), Kind::Exact));
        assert_eq!(proven("Może znak mówi o połowie ceny, a może nie?\n\n"), after("Może znak mówi"));
        // The last byte is the first half of a character.
        assert_eq!(proven("znak mówi o połowie ceny, a może nie?\n\nMoże "), after("znak mówi o po"));
    }

    #[test]
    fn tokens_that_cover_nothing_count_as_tokens() {
        let tokens =
            |n_bytes| (0..1_000).map(|place: u32| Token { id: place % 10, n_bytes }).collect::<Vec<_>>();
        let text = "ab cd, ef ".repeat(100);
        assert_eq!(watched(&text, &tokens(1), Licence::Unknown).map(|(_, kind)| kind), Some(Kind::Exact));
        assert_eq!(watched("", &tokens(0), Licence::Unknown), None);
        assert_eq!(watched("", &[], Licence::Unknown), None);
    }

    #[test]
    fn what_was_asked_for_and_what_only_doubts_is_no_loop() {
        let text = "Wait, maybe the sign means half of the price.\n\n".repeat(20);
        assert!(watched(&text, &bytes(&text), Licence::NotAsked).is_some());
        assert_eq!(watched(&text, &bytes(&text), Licence::Unbounded), None);
        let doubt =
            |n: u32| format!("Wait, maybe {} or perhaps {}? Hmm. ", n * 7919 % 1000, n * n * 31 % 997);
        let doubts: String = (0..60).map(doubt).collect();
        assert_eq!(watched(&doubts, &bytes(&doubts), Licence::Unknown), None);
    }
}
