//! What a watch finds in a text, of which only the text is known.

use dragon_guard::licence::Licence;
use dragon_guard::reanalysis::Density;
use dragon_guard::repetition::Repetition;
use dragon_guard::watch::{Expectation, Verdict, Watch};

use super::tokens::{Token, tokens};

/// The first loop, and after how many characters it is proven.
pub(super) fn watched(text: &str, licence: Licence) -> Option<(usize, Repetition)> {
    let mut watch = Watch::new(Expectation { licence, threshold: Density::per_thousand(f64::INFINITY) });
    let mut n_chars = 0;
    tokens(text).iter().find_map(|Token { id, piece }| {
        n_chars += piece.chars().count();
        match watch.push(*id, piece) {
            Verdict::Loop(found) => Some((n_chars, found)),
            Verdict::Clean | Verdict::Reanalysis(_) => None,
        }
    })
}
