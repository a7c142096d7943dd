//! Near-loops made from real loops and from parts of other traces, and how many of them are found.

use std::io::Write;

use anyhow::Result;
use dragon_guard::layout::{Layout, Shape};
use dragon_guard::licence::Licence;
use dragon_guard::scan::scan;

use super::corpus::{Trace, TraceKind, traces};
use super::random::Random;
use super::statistics::{quantile, share};
use super::tokens::{pieces, words};
use super::{EvalArgs, table};

/// How a copy differs from what it is a copy of: probabilities for each word.
#[derive(Debug, Clone, Copy)]
struct Change {
    name: &'static str,
    replaced: f64,
    inserted: f64,
    removed: f64,
    /// For each number.
    renumbered: f64,
    /// What a copy is made from.
    from: From,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    /// Always the first copy.
    First,
    /// The copy before, so that the text drifts away.
    Last,
}

/// What is repeated, and what stands before it.
#[derive(Debug)]
struct Unit {
    before: String,
    text: String,
}

const NONE: Change =
    Change { name: "none", replaced: 0.0, inserted: 0.0, removed: 0.0, renumbered: 0.0, from: From::First };

const CHANGES: [Change; 11] = [
    NONE,
    Change { name: "all numbers", renumbered: 1.0, ..NONE },
    Change { name: "1 % of words replaced", replaced: 0.01, ..NONE },
    Change { name: "3 % replaced", replaced: 0.03, ..NONE },
    Change { name: "5 % replaced", replaced: 0.05, ..NONE },
    Change { name: "5 % replaced, all numbers", replaced: 0.05, renumbered: 1.0, ..NONE },
    Change { name: "5 % inserted or removed", inserted: 0.025, removed: 0.025, ..NONE },
    Change { name: "5 % of all three kinds", replaced: 0.02, inserted: 0.015, removed: 0.015, ..NONE },
    Change {
        name: "the same, all numbers",
        replaced: 0.02,
        inserted: 0.015,
        removed: 0.015,
        renumbered: 1.0,
        ..NONE
    },
    Change {
        name: "the same, each copy from the last",
        replaced: 0.02,
        inserted: 0.015,
        removed: 0.015,
        renumbered: 1.0,
        from: From::Last,
    },
    Change { name: "10 % replaced", replaced: 0.10, ..NONE },
];

/// Near-loops made from each real loop for each kind of change.
const N_FROM_LOOP: usize = 6;

/// Parts of other traces that are repeated.
const N_PARTS: usize = 240;

/// Copies of a unit ...
const N_COPIES: usize = 12;

/// ... and characters of all copies, at least.
const MIN_CHARS: usize = 12_000;

/// Words that may take the place of others, beside those of the unit.
const OTHER_WORDS: &str = "perhaps given value number question answer time other see result part side total next maybe \
                           simple point case called about under small again large";

pub(super) fn print(args: &EvalArgs, out: &mut dyn Write) -> Result<()> {
    let traces = traces(&args.data)?;
    let mut random = Random::new(args.seed);
    let loops: Vec<Unit> = traces.iter().filter_map(looped).collect();
    let parts = parts(&traces, &mut random);
    let (paragraphs, others): (Vec<Unit>, Vec<Unit>) =
        parts.into_iter().partition(|unit| shape(unit) == Shape::Paragraphs);
    writeln!(out, "### Near-loops\n\nSeed {}.\n", args.seed)?;
    let head = ["changed in each copy", "made of real loops", "copies until proven, median / 90 %"];
    let more = ["of parts of other traces: paragraphs", "copies", "other shapes"];
    let mut rows = vec![table::row(&[&head[..], &more[..]].concat())];
    for change in CHANGES {
        let from_loops: Vec<&Unit> = loops.iter().flat_map(|unit| [unit; N_FROM_LOOP]).collect();
        let real = found(&from_loops, change, &mut random);
        let part = found(&paragraphs.iter().collect::<Vec<_>>(), change, &mut random);
        let other = found(&others.iter().collect::<Vec<_>>(), change, &mut random);
        rows.push(vec![
            change.name.to_owned(),
            share(real.len(), from_loops.len()),
            copies(&real),
            share(part.len(), paragraphs.len()),
            copies(&part),
            share(other.len(), others.len()),
        ]);
    }
    table::print(out, &rows)
}

fn looped(trace: &Trace) -> Option<Unit> {
    let (onset, period) = trace.loop_chars?;
    let before = trace.text.chars().take(onset).collect();
    let text = trace.text.chars().skip(onset).take(period).collect();
    Some(Unit { before, text })
}

/// Parts of traces that do not loop, of 8 to 800 words, half of them short.
fn parts(traces: &[Trace], random: &mut Random) -> Vec<Unit> {
    let sources: Vec<&Trace> = traces.iter().filter(|trace| trace.kind != TraceKind::Loop).collect();
    let mut units = Vec::new();
    while units.len() < N_PARTS {
        let Some(trace) = random.choose(&sources) else { break };
        let pieces = pieces(&trace.text);
        let longest = if random.happens(0.5) { 60 } else { 800 };
        let n_words = 8 + random.below(longest);
        if pieces.len() > n_words + 100 {
            let start = 100 + random.below(pieces.len() - n_words - 100);
            let text = pieces[start..start + n_words].concat();
            units.push(Unit { before: pieces[..start].concat(), text });
        }
    }
    units
}

fn shape(unit: &Unit) -> Shape {
    let mut layout = Layout::new();
    words(&unit.text.repeat(N_COPIES)).iter().for_each(|word| layout.push(word, false));
    layout.shape_since(0)
}

/// Of the loops that were found, how many copies there had been.
fn found(units: &[&Unit], change: Change, random: &mut Random) -> Vec<f64> {
    let found = units.iter().filter_map(|unit| {
        let text = unit.before.clone() + &copied(unit, change, random);
        let flag = scan(&text, Licence::Unknown)?;
        let n_chars = flag.at_chars.saturating_sub(unit.before.chars().count());
        Some(n_chars as f64 / unit.text.chars().count() as f64)
    });
    found.collect()
}

fn copies(found: &[f64]) -> String {
    let at = |share| quantile(found, share).map_or("-".to_owned(), |n_copies| format!("{n_copies:.1}"));
    format!("{} / {}", at(0.5), at(0.9))
}

fn copied(unit: &Unit, change: Change, random: &mut Random) -> String {
    let first = pieces(&unit.text);
    let is_word = |word: &str| word.starts_with(char::is_alphabetic);
    let own = first.iter().map(|piece| piece.trim()).filter(|word| is_word(word));
    let vocabulary: Vec<String> = own.chain(OTHER_WORDS.split_whitespace()).map(str::to_owned).collect();
    let mut copies = first.concat();
    let mut last = first.clone();
    let mut n_copies = 1;
    while n_copies < N_COPIES || copies.chars().count() < MIN_CHARS {
        last = changed(if change.from == From::First { &first } else { &last }, &vocabulary, change, random);
        if last.is_empty() {
            last.clone_from(&first);
        }
        copies.push_str(&last.concat());
        n_copies += 1;
    }
    copies
}

fn changed(unit: &[String], vocabulary: &[String], change: Change, random: &mut Random) -> Vec<String> {
    let mut copy = Vec::with_capacity(unit.len());
    for piece in unit {
        let word = piece.trim_end();
        let space = &piece[word.len()..];
        let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && random.happens(change.renumbered) {
            copy.push(renumbered(word, random) + space);
            continue;
        }
        if !word.starts_with(char::is_alphabetic) {
            copy.push(piece.clone());
            continue;
        }
        if random.happens(change.removed) {
            continue;
        }
        if random.happens(change.replaced) {
            copy.extend(random.choose(vocabulary).map(|other| other.clone() + space));
        } else {
            copy.push(piece.clone());
        }
        if random.happens(change.inserted) {
            copy.extend(random.choose(vocabulary).map(|other| other.clone() + " "));
        }
    }
    copy
}

/// Another number with as many digits.
fn renumbered(number: &str, random: &mut Random) -> String {
    number
        .bytes()
        .map(|_| random.choose(&['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']).copied().unwrap_or('0'))
        .collect()
}
