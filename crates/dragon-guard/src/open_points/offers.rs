//! Prices, discounts and the small print of signs.

use std::ops::Range;

use super::{OpenPoint, around};
use crate::prompt::{Amount, Cue, Measure, Prompt};

pub(super) fn points(prompt: &Prompt) -> Vec<OpenPoint> {
    let mut points = Vec::new();
    let part_of_price = part_of_price(prompt);
    points.extend(price_for_whom(prompt, part_of_price.as_ref()));
    points.splice(0..0, part_of_price);
    points.extend(asterisk(prompt));
    points.extend(stacked(prompt));
    points.extend(limit(prompt));
    if points.is_empty() {
        points.extend(off_what(prompt));
    }
    points.extend(exception(prompt));
    points
}

fn measured(prompt: &Prompt, measure: Measure) -> impl Iterator<Item = &Amount> {
    prompt.amounts.iter().filter(move |amount| amount.measure == measure)
}

/// Fractions, percentages and words such as "half".
fn parts(prompt: &Prompt) -> Vec<Range<usize>> {
    let numbers = prompt.amounts.iter().filter(|a| matches!(a.measure, Measure::Fraction | Measure::Percent));
    let mut parts: Vec<Range<usize>> = numbers.map(|amount| amount.whole.clone()).collect();
    let is_covered = |parts: &[Range<usize>], at: usize| parts.iter().any(|part| part.contains(&at));
    let words: Vec<Range<usize>> = prompt
        .all(Cue::Half)
        .map(|cued| cued.range.clone())
        .filter(|range| !is_covered(&parts, range.start))
        .collect();
    parts.extend(words);
    parts.sort_by_key(|part| part.start);
    parts
}

/// Whether a stretch of the prompt lists its cases: the first costs this, each further that.
fn is_listed(prompt: &Prompt, stretch: &Range<usize>) -> bool {
    let has = |cue: Cue| prompt.all(cue).any(|cued| stretch.contains(&cued.range.start));
    has(Cue::First)
        && measured(prompt, Measure::Money).filter(|a| stretch.contains(&a.number.start)).count() >= 2
}

fn part_of_price(prompt: &Prompt) -> Option<OpenPoint> {
    parts(prompt).into_iter().find_map(|part| {
        let stretch = around(prompt, part.start);
        let mut prices =
            measured(prompt, Measure::Money).filter(|price| stretch.contains(&price.number.start));
        let price = prices.next().filter(|_| !is_listed(prompt, &stretch))?;
        // A sign that gives both prices has said what the part is taken from.
        prices
            .next()
            .is_none()
            .then(|| OpenPoint::PartOfPrice { part: part.clone(), price: price.whole.clone() })
    })
}

fn price_for_whom(prompt: &Prompt, part_of_price: Option<&OpenPoint>) -> Option<OpenPoint> {
    let price = match part_of_price {
        Some(OpenPoint::PartOfPrice { price, .. }) => price.clone(),
        _ => measured(prompt, Measure::Money).next()?.whole.clone(),
    };
    let is_said = prompt.has(Cue::PerUnit) || prompt.has(Cue::Together);
    (prompt.has(Cue::Party) && !is_said).then_some(OpenPoint::PriceForWhom { price })
}

/// A single asterisk behind a word or a number. Two of them may be emphasis, and a note below explains it.
fn asterisk(prompt: &Prompt) -> Option<OpenPoint> {
    let mut marks =
        prompt.words.iter().enumerate().filter(|(_, word)| matches!(word.lower.as_str(), "*" | "†" | "＊"));
    let (at, mark) = marks.next()?;
    let marked = prompt.words.get(at.checked_sub(1)?)?;
    let is_attached = marked.range.end == mark.range.start;
    let price = prompt.amounts.iter().find(|amount| amount.whole.end == mark.range.start);
    let marked = price.map_or(&marked.range, |amount| &amount.whole);
    (is_attached && marks.next().is_none()).then(|| OpenPoint::Asterisk { marked: marked.clone() })
}

fn stacked(prompt: &Prompt) -> Option<OpenPoint> {
    if prompt.has(Cue::NotCombined) {
        return None;
    }
    let extra = prompt.all(Cue::Extra).find_map(|extra| {
        let stretch = around(prompt, extra.range.start);
        let amounts: Vec<&Amount> = prompt
            .amounts
            .iter()
            .filter(|a| stretch.contains(&a.number.start) && a.measure != Measure::Clock)
            .collect();
        // "A further 10 %", or "10 % extra".
        let mut off = amounts.iter().filter(|a| matches!(a.measure, Measure::Percent | Measure::Money));
        let before = off.clone().rfind(|a| a.whole.end <= extra.range.start);
        let second = off.find(|a| a.number.start > extra.range.start).or(before)?;
        let first = amounts.iter().find(|a| a.whole.end <= second.number.start)?;
        let is_offer =
            first.measure == Measure::Percent || prompt.has(Cue::Bundle) || prompt.has(Cue::Discount);
        is_offer.then(|| OpenPoint::Stacked { first: first.whole.clone(), second: second.whole.clone() })
    });
    extra.filter(|_| measured(prompt, Measure::Percent).next().is_some())
}

/// "Up to 70 %", "from 29 €".
fn limit(prompt: &Prompt) -> Option<OpenPoint> {
    const NEAR_BYTES: usize = 12;
    let limits = prompt.cues.iter().filter(|cued| matches!(cued.cue, Cue::UpTo | Cue::StartingAt));
    limits.into_iter().find_map(|cued| {
        let is_near = |amount: &&Amount| {
            let overlaps = amount.number.start < cued.range.end && amount.whole.end > cued.range.start;
            let follows = amount.number.start >= cued.range.end
                && amount.number.start - cued.range.end <= NEAR_BYTES
                && (prompt.language_has_spaces() || cued.cue == Cue::UpTo);
            // In Japanese and Chinese these words follow the amount.
            let precedes = !prompt.language_has_spaces()
                && amount.whole.end <= cued.range.start
                && cued.range.start - amount.whole.end <= 3;
            (overlaps || follows || precedes) && matches!(amount.measure, Measure::Money | Measure::Percent)
        };
        let stretch = around(prompt, cued.range.start);
        if prompt.all(Cue::Exact).any(|exact| stretch.contains(&exact.range.start)) {
            return None;
        }
        let amount = prompt.amounts.iter().find(is_near)?;
        let is_upper = cued.cue == Cue::UpTo;
        Some(OpenPoint::Limit { amount: amount.whole.clone(), is_upper })
    })
}

/// "20 % off", and not of what.
fn off_what(prompt: &Prompt) -> Option<OpenPoint> {
    let has_price = measured(prompt, Measure::Money).next().is_some();
    if has_price || !prompt.has(Cue::Discount) {
        return None;
    }
    parts(prompt).into_iter().next().map(|part| OpenPoint::OffWhat { part })
}

fn exception(prompt: &Prompt) -> Option<OpenPoint> {
    prompt.all(Cue::Except).find_map(|except| {
        let stretch = around(prompt, except.range.start);
        let is_quoted = prompt.is_quoted(except.range.start);
        let following =
            prompt.words.iter().filter(|w| w.range.start >= except.range.end && w.range.end <= stretch.end);
        let n_following = following.count();
        let joins = |cue: Cue| {
            prompt.all(cue).any(|c| c.range.start >= except.range.end && c.range.end <= stretch.end)
        };
        let has_two_parts = joins(Cue::And) || joins(Cue::Condition) || joins(Cue::Or) || n_following >= 3;
        let excepted = except.range.start..stretch.end;
        (is_quoted && (has_two_parts || !prompt.language_has_spaces()))
            .then_some(OpenPoint::Exception { excepted })
    })
}
