//! Characters, words and patterns of words of an English prompt.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::features::{WORDING_BITS, scaled, summed};
use super::hashing::Hash;
use crate::prompt::{Prompt, Word, WordKind};

/// Kinds of features, so that their hashes differ.
const CHARACTERS: u64 = 1;
const WORDS: u64 = 2;
const PATTERN: u64 = 3;

/// Longest run of characters.
const MAX_CHARACTERS: usize = 5;
/// Longest run of words.
const MAX_WORDS: usize = 2;
/// Longest run of classes.
const MAX_CLASSES: usize = 4;

/// What stands before the first word and behind the last.
const EDGE: u64 = 0xed9e;

/// Words that are kept as they are in patterns. All others are told apart by what they look like.
static KEPT: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("kept_words.txt").split_whitespace().collect());

pub(super) fn wording(prompt: &Prompt) -> Vec<(u32, f32)> {
    let mut features = scaled(summed(characters(&prompt.text), sublinear), 1.0);
    features.extend(scaled(summed(words(&prompt.words), sublinear), 1.0));
    features.extend(scaled(summed(patterns(prompt), sublinear), 1.0));
    features
}

/// The tenth time says little more than the third.
fn sublinear(n: f32) -> f32 {
    1.0 + n.ln()
}

/// All runs of two to five characters, capitals kept apart from small letters.
fn characters(text: &str) -> Vec<u32> {
    let text: Vec<u64> =
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().map(u64::from).collect();
    let mut places = Vec::with_capacity(text.len() * (MAX_CHARACTERS - 1));
    for start in 0..text.len() {
        let mut hash = Hash::of_kind(CHARACTERS);
        for (n, c) in text[start..].iter().take(MAX_CHARACTERS).enumerate() {
            hash = hash.with(*c);
            if n > 0 {
                places.push(hash.with(0xff).place(WORDING_BITS));
            }
        }
    }
    places
}

fn words(words: &[Word]) -> Vec<u32> {
    let words: Vec<u64> = words.iter().map(|word| named(&word.lower)).collect();
    runs(WORDS, MAX_WORDS, &words)
}

fn patterns(prompt: &Prompt) -> Vec<u32> {
    let classes = prompt.words.iter().map(|word| class(prompt, word));
    let classes: Vec<u64> = [EDGE].into_iter().chain(classes).chain([EDGE]).collect();
    runs(PATTERN, MAX_CLASSES, &classes)
}

fn named(word: &str) -> u64 {
    u64::from(Hash::of_kind(0).with_text(word).place(32))
}

fn runs(kind: u64, max: usize, pieces: &[u64]) -> Vec<u32> {
    let mut places = Vec::with_capacity(pieces.len() * max);
    for start in 0..pieces.len() {
        let mut hash = Hash::of_kind(kind);
        for piece in pieces[start..].iter().take(max) {
            hash = hash.with(*piece);
            places.push(hash.with(0xff).place(WORDING_BITS));
        }
    }
    places
}

/// Small words as they are; numbers by their length; all others by a capital or an ending.
fn class(prompt: &Prompt, word: &Word) -> u64 {
    const ENDINGS: [&str; 8] = ["ing", "ed", "est", "er", "ly", "tion", "ies", "s"];
    let shape = match word.kind {
        WordKind::Number => ["#1", "#2", "#3", "#4", "#5"][prompt.str(&word.range).len().clamp(1, 5) - 1],
        _ if KEPT.contains(word.lower.as_str()) => word.lower.as_str(),
        WordKind::Mark => word.lower.as_str(),
        _ if word.is_capitalised => "Capital",
        _ => ENDINGS.into_iter().find(|ending| word.lower.ends_with(ending)).unwrap_or("word"),
    };
    named(shape)
}
