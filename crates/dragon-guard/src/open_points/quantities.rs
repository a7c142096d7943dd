//! Numbers without units, days that depend on today, amounts that are not said.

use super::{OpenPoint, around};
use crate::prompt::{Amount, Cue, Cued, Measure, Prompt, WordKind};

/// With more of them a prompt is a table or a calculation, whose numbers need no units.
const MAX_BARE: usize = 6;

pub(super) fn points(prompt: &Prompt) -> Vec<OpenPoint> {
    let mut points = Vec::new();
    points.extend(no_unit(prompt));
    let day = prompt.all(Cue::NextDay).find(|cued| !prompt.is_quoted(cued.range.start));
    points.extend(day.map(|cued| OpenPoint::Day { phrase: cued.range.clone() }));
    points.extend(vague(prompt));
    points
}

fn no_unit(prompt: &Prompt) -> Option<OpenPoint> {
    let bare: Vec<&Amount> = prompt.amounts.iter().filter(|amount| is_bare(prompt, amount)).collect();
    if bare.len() > MAX_BARE {
        return None;
    }
    let quoted =
        bare.iter().find(|amount| prompt.is_quoted(amount.number.start) && !is_offer(prompt, amount));
    let first =
        bare.iter().find(|amount| !prompt.is_quoted(amount.number.start) && !is_elliptic(prompt, amount));
    quoted.or(first).map(|amount| OpenPoint::NoUnit { number: amount.number.clone() })
}

/// Whether the sign around a number is an offer, which counts pieces: "buy two".
fn is_offer(prompt: &Prompt, amount: &Amount) -> bool {
    let stretch = around(prompt, amount.number.start);
    prompt
        .cues
        .iter()
        .any(|cued| matches!(cued.cue, Cue::Bundle | Cue::Discount) && stretch.contains(&cued.range.start))
}

/// Whether a number counts what was named before it: "had 18 marbles and lost 8".
fn is_elliptic(prompt: &Prompt, amount: &Amount) -> bool {
    let names_things = |other: &Amount| {
        matches!(other.measure, Measure::Counted | Measure::Money | Measure::Percent)
            && other.number.start < amount.number.start
    };
    let before = prompt.words.iter().rfind(|word| word.range.end <= amount.number.start);
    prompt.amounts.iter().any(names_things) || before.is_some_and(|word| word.lower == "for")
}

/// Without a unit, and no part of a calculation, a version or a name.
fn is_bare(prompt: &Prompt, amount: &Amount) -> bool {
    let Some(at) = prompt.words.iter().position(|word| word.range == amount.number) else { return false };
    let mark = |at: Option<usize>| {
        let word = at.and_then(|at| prompt.words.get(at)).filter(|word| word.kind == WordKind::Mark);
        word.map_or("", |word| word.lower.as_str())
    };
    let calculates = |mark: &str| {
        matches!(mark, "+" | "=" | "×" | "÷" | "^" | "<" | ">" | "#" | "(" | "[" | "_" | "/" | "№")
    };
    let number = |at: Option<usize>| {
        at.and_then(|at| prompt.words.get(at)).is_some_and(|word| word.kind == WordKind::Number)
    };
    // "17 * 23", "5 - 3".
    let is_operand = number(at.checked_sub(2)) && !mark(at.checked_sub(1)).is_empty()
        || number(Some(at + 2)) && !mark(Some(at + 1)).is_empty();
    let begins_line = at == 0 || mark(at.checked_sub(1)) == "\n";
    let is_list = begins_line && matches!(mark(Some(at + 1)), "." | ")");
    amount.measure == Measure::Bare
        && !is_operand
        && !is_list
        && !calculates(mark(at.checked_sub(1)))
        && !calculates(mark(Some(at + 1)))
}

fn vague(prompt: &Prompt) -> Option<OpenPoint> {
    let is_asked = prompt.has(Cue::HowMany);
    let question = prompt.question_start();
    let is_amount = |vague: &&Cued| {
        let asks = prompt
            .all(Cue::HowMany)
            .any(|asked| asked.range.contains(&vague.range.start) && asked.range.end >= vague.range.end);
        let compares = prompt.str(&(0..vague.range.start)).trim_end().ends_with(" as");
        vague.range.start < question && !asks && !compares
    };
    let vague = prompt.all(Cue::Vague).find(is_amount)?;
    (is_asked && prompt.quoted.is_empty()).then(|| OpenPoint::Vague { word: vague.range.clone() })
}
