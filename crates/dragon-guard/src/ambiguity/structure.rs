//! What a prompt does, alike in all languages: which cues it has, what its numbers count, what it leaves open.

use super::features::{STRUCTURE_BITS, scaled};
use super::hashing::Hash;
use crate::open_points::OpenPoint;
use crate::prompt::{Cue, Measure, Person, Prompt, Word, WordKind};

/// Kinds of features, so that their hashes differ.
const CUE: u64 = 11;
const AMOUNT: u64 = 12;
const POINT: u64 = 13;
const STATISTIC: u64 = 14;
const PAIR: u64 = 15;
const ASKED: u64 = 16;

/// How much all single things count, and all pairs of them, beside the families of wordings with 1 each.
const SINGLES: f32 = 0.5;
const PAIRS: f32 = 0.5;

/// Things that are paired at most; their number grows with the square.
const MAX_PAIRED: usize = 48;

pub(super) fn structure(prompt: &Prompt, points: &[OpenPoint]) -> Vec<(u32, f32)> {
    let mut seen: Vec<Hash> = Vec::new();
    let question = prompt.question_start();
    let whereabouts = |at: usize| {
        if prompt.is_quoted(at) {
            1
        } else if at >= question && question > 0 {
            2
        } else {
            3
        }
    };
    for cued in &prompt.cues {
        let cue = Hash::of_kind(CUE).with(cued.cue as u64);
        seen.push(cue);
        seen.push(cue.with(whereabouts(cued.range.start)));
    }
    for amount in &prompt.amounts {
        let hash = Hash::of_kind(AMOUNT).with(measure(amount.measure));
        seen.push(hash);
        seen.push(hash.with(whereabouts(amount.number.start)));
    }
    seen.extend(points.iter().map(|point| Hash::of_kind(POINT).with(u64::from(point.kind()))));
    seen.extend(asked(prompt).map(|(name, n)| Hash::of_kind(ASKED).with(name).with(n)));
    seen.extend(statistics(prompt, points).map(|(name, n)| Hash::of_kind(STATISTIC).with(name).with(n)));

    let mut singles: Vec<u32> = seen.into_iter().map(|hash| hash.place(STRUCTURE_BITS)).collect();
    singles.sort_unstable();
    singles.dedup();
    let mut features = scaled(singles.iter().map(|place| (*place, 1.0)).collect(), SINGLES);
    let mut pairs = Vec::new();
    let paired = &singles[..singles.len().min(MAX_PAIRED)];
    for (n, first) in paired.iter().enumerate() {
        for second in &paired[n + 1..] {
            let pair = Hash::of_kind(PAIR).with(u64::from(*first)).with(u64::from(*second));
            pairs.push((pair.place(STRUCTURE_BITS), 1.0));
        }
    }
    features.extend(scaled(pairs, PAIRS));
    features
}

/// Letters by which words are told to be the same in spite of their endings.
const N_STEM: usize = 4;

/// Words after "how many" that are looked at: the thing that is asked for is one of them.
const N_ASKED: usize = 3;

/// How the question hangs together with what is told before it: whether the thing whose number is asked for was
/// mentioned, with a number or without, and whether the people of the question were.
fn asked(prompt: &Prompt) -> impl Iterator<Item = (u64, u64)> {
    let question = prompt.question_start();
    let how_many = prompt.all(Cue::HowMany).find(|cued| cued.range.start >= question);
    let stem = |word: &Word| word.lower.chars().take(N_STEM).collect::<String>();
    let told: Vec<&Word> = prompt.words.iter().take_while(|word| word.range.start < question).collect();
    let things = how_many.iter().flat_map(|asked| {
        let following = prompt.words.iter().filter(|word| word.range.start >= asked.range.end);
        following.filter(|w| w.kind == WordKind::Letters && w.lower.chars().count() >= N_STEM).take(N_ASKED)
    });
    let mentioned = things.map(|thing| {
        let places = told.iter().enumerate().filter(|(_, word)| stem(word) == stem(thing));
        let counted =
            |at: usize| told[at.saturating_sub(3)..at].iter().any(|word| word.kind == WordKind::Number);
        places.map(|(at, _)| if counted(at) { 3 } else { 2 }).max().unwrap_or(1)
    });
    let of_thing = mentioned.max().unwrap_or(0);
    let is_stranger = |person: &&Person| {
        let name = prompt.str(&person.range);
        person.is_name
            && person.range.start >= question
            && !prompt
                .people
                .iter()
                .any(|other| other.range.start < question && prompt.str(&other.range) == name)
    };
    let of_people = if prompt.people.iter().any(|person| is_stranger(&person)) { 1 } else { 0 };
    let is_told = u64::from(question > 0);
    [(0, of_thing), (1, of_people * is_told), (2, is_told), (3, of_thing * 2 + is_told)].into_iter()
}

/// Counts in a few steps, each under a name of its own.
fn statistics(prompt: &Prompt, points: &[OpenPoint]) -> impl Iterator<Item = (u64, u64)> {
    let n_of = |measures: &[Measure]| prompt.amounts.iter().filter(|a| measures.contains(&a.measure)).count();
    let n_said = n_of(&[Measure::Unit, Measure::Money, Measure::Counted, Measure::Percent]);
    let n_marks =
        |mark: &str| prompt.words.iter().filter(|w| w.kind == WordKind::Mark && w.lower == mark).count();
    let n_questions = n_marks("?") + n_marks("？");
    [
        step(prompt.amounts.len()),
        step(n_of(&[Measure::Bare])),
        step(n_said),
        step(prompt.quoted.len()),
        step(points.len()),
        step(prompt.people.len()),
        step(prompt.pronouns.len()),
        step(n_questions),
    ]
    .into_iter()
    .enumerate()
    .map(|(name, n)| (name as u64, n))
}

/// 0, 1, 2, 3 to 4, 5 to 8, more.
const fn step(n: usize) -> u64 {
    match n {
        0 => 0,
        1 => 1,
        2 => 2,
        3..=4 => 3,
        5..=8 => 4,
        _ => 5,
    }
}

const fn measure(measure: Measure) -> u64 {
    measure as u64
}
