use proptest::prelude::*;

use super::*;
use crate::words::Words;

/// The first near-loop, and the words after which it was proven.
fn first(text: &str) -> Option<(usize, NearLoop)> {
    let mut words = Words::new();
    let mut near = Near::new(NearRule::DEFAULT);
    let mut n_words = 0;
    let mut found = None;
    words.push(text, |word| {
        n_words += 1;
        let proven = near.push(&word).map(|near| (n_words, near));
        found = found.or(proven);
    });
    found
}

/// A few numbers that look drawn at random, the same for the same seed.
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    let next = |state: &u64| {
        Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    };
    std::iter::successors(next(&(seed + 1)), next).map(|state| state >> 33)
}

/// Different words, each once.
fn unit(n_words: usize) -> Vec<String> {
    (0..n_words).map(|word| format!("word{word}a")).collect()
}

/// Copies with one word in `one_in` changed by `change`.
fn copies(
    unit: &[String],
    n_copies: usize,
    one_in: u64,
    seed: u64,
    change: impl Fn(&str, u64) -> String,
) -> String {
    let mut numbers = numbers(seed);
    let mut draw = || numbers.next().unwrap();
    let words = (0..n_copies).flat_map(|_| unit);
    let words: Vec<String> = words
        .map(|word| if draw().is_multiple_of(one_in) { change(word, draw()) } else { word.clone() })
        .collect();
    words.join(" ")
}

#[test]
fn exact_copies_are_near_ones_too() {
    let text = copies(&unit(120), 5, u64::MAX, 0, |word, _| word.to_owned());
    let (n_words, found) = first(&text).unwrap();
    assert_eq!((found.period, found.onset, found.onset_chars), (120, 0, 0));
    // Five words of the second copy suggest the distance, and count.
    assert_eq!((n_words, found.n_words), (480, 480));
}

#[test]
fn a_distance_is_found_although_the_text_before_it_was_another() {
    let before = unit(1_000).join("b ");
    let text = format!("{before} {}", copies(&unit(300), 5, u64::MAX, 0, |word, _| word.to_owned()));
    let (_, found) = first(&text).unwrap();
    assert_eq!((found.period, found.onset), (300, 1_000));
    assert_eq!(found.onset_chars, before.chars().count() + 1);
}

#[test]
fn numbers_may_be_others() {
    let unit: Vec<String> =
        (0..60).map(|n| if n % 3 == 0 { "17".to_owned() } else { format!("w{n}x") }).collect();
    let is_number = |word: &str| word.chars().all(|c| c.is_ascii_digit());
    let vary = |word: &str, drawn: u64| {
        if is_number(word) { (drawn % 900 + 100).to_string() } else { word.to_owned() }
    };
    let (_, found) = first(&copies(&unit, 8, 1, 3, vary)).unwrap();
    assert_eq!(found.period, 60);
}

#[test]
fn text_of_which_every_third_word_is_another_is_no_copy() {
    let text = copies(&unit(100), 12, 3, 5, |_, drawn| format!("other{drawn}"));
    assert_eq!(first(&text), None);
}

#[test]
fn three_letters_that_are_alike_are_no_loop() {
    assert_eq!(first(&copies(&unit(150), 3, u64::MAX, 0, |word, _| word.to_owned())), None);
}

#[test]
fn short_text_is_no_loop() {
    assert_eq!(first(&copies(&unit(10), 39, u64::MAX, 0, |word, _| word.to_owned())), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Of 100 words 5 are others, missing or followed by one too many, each copy in its own way: found within a few
    /// copies, at a distance that is nearly the period.
    #[test]
    fn changed_missing_and_inserted_words_do_not_hide_a_loop(n_words in 20_usize..700, seed in 0_u64..1_000_000, kind in 0_usize..4) {
        let change = |word: &str, drawn: u64| match (kind, drawn % 3) {
            (0, _) | (3, 0) => format!("other{drawn}"),
            (1, _) | (3, 1) => String::new(),
            _ => format!("{word} more{drawn}"),
        };
        let n_copies = (2_400 / n_words).max(8);
        let text = copies(&unit(n_words), n_copies, 20, seed, change);
        let (proven_after, found) = first(&text).expect("a near-loop");
        // Several copies may lie between a word and the one that it is compared with.
        let n_between = (found.period + n_words / 2) / n_words;
        let drift = found.period.abs_diff(n_between * n_words);
        prop_assert!(n_between >= 1 && drift <= found.period / 8 + 4, "{} for {n_words}", found.period);
        prop_assert!(found.n_words >= 400 && found.n_words <= proven_after);
    }

    /// Words that are drawn again and again from a small vocabulary, as in ordinary text.
    #[test]
    fn chance_is_no_loop(seed in 0_u64..1_000_000, n_different in 2_u64..400) {
        let words: Vec<String> = numbers(seed).take(3_000).map(|drawn| format!("w{}", drawn % n_different)).collect();
        prop_assert_eq!(first(&words.join(" ")), None);
    }

    #[test]
    fn any_text_can_be_followed(text in "([ab1 \n]|猫|é){0,400}") {
        first(&text);
    }
}
