use proptest::prelude::*;

use super::*;
use crate::words::Words;

/// All densities of a text.
fn densities(text: &str) -> (Vec<f64>, Option<Density>) {
    let mut words = Words::new();
    let mut reanalysis = Reanalysis::new();
    let mut found = Vec::new();
    words.push(text, |word| found.extend(reanalysis.push(&word).map(Density::as_per_thousand)));
    found.extend(words.finish().and_then(|word| reanalysis.push(&word)).map(Density::as_per_thousand));
    (found, reanalysis.peak())
}

/// Nine words and a cue.
const DOUBT: &str = "maybe the sign means half of the first price , ";

/// Ten words and no cue.
const SOUND: &str = "the second ride costs six dollars for both of us ";

#[test]
fn nothing_is_judged_before_300_words_and_then_every_50() {
    assert_eq!(densities(&SOUND.repeat(29)), (vec![], None));
    assert_eq!(densities(&SOUND.repeat(30)).0, [0.0]);
    assert_eq!(densities(&SOUND.repeat(45)).0, [0.0; 4]);
}

#[test]
fn a_cue_in_ten_words_is_a_hundred_in_a_thousand() {
    let (found, peak) = densities(&DOUBT.repeat(100));
    assert_eq!(found, [100.0; 15]);
    assert_eq!(peak, Some(Density(100.0)));
}

#[test]
fn the_window_forgets_and_the_peak_does_not() {
    let (found, peak) = densities(&[DOUBT.repeat(100), SOUND.repeat(100)].concat());
    assert_eq!(found.last(), Some(&0.0));
    assert_eq!(peak, Some(Density(100.0)));
}

#[test]
fn two_characters_without_spaces_are_one_word() {
    // 20 characters and marks with one cue: the marks are whole words.
    let (found, _) = densities(&"也许第二次的价格是第一次的一半哦吧，".repeat(60));
    assert!(!found.is_empty());
    assert!(found.iter().all(|density| (90.0..=125.0).contains(density)), "{found:?}");
}

proptest! {
    #[test]
    fn stays_within_its_range(text in "(wait |maybe |six |也许|\\. ){0,2000}") {
        let (found, peak) = densities(&text);
        prop_assert!(found.iter().all(|density| (0.0..=1_000.0).contains(density)));
        let highest = found.iter().copied().reduce(f64::max);
        prop_assert_eq!(peak.map(Density::as_per_thousand), highest);
    }
}
