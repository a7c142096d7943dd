//! Whether what has to be in an answer is in it.

use std::borrow::Cow;
use std::iter;

use serde_json::Value;

use super::answer::{Answer, Finish};
use super::excerpt;
use super::label::Outcome;
use crate::ask::Check;

/// Servers that do not part thinking from text leave it in the text, and end it with this.
const END_OF_THINKING: &str = "</think>";

/// Around code, and so around JSON, in most models' answers.
const FENCE: &str = "```";

/// Whether an answer has to be right: not where it says that it is no whole answer of the model.
pub(super) fn is_due(answer: &Answer<'_>) -> bool {
    let is_whole = answer.label.as_ref().is_none_or(|label| label.outcome == Outcome::Complete);
    is_whole && matches!(answer.finish(), Some(Finish::Stop | Finish::Length))
}

/// Whether what has to be in a text is in it.
pub(super) fn check(check: &Check, text: &str) -> Result<(), String> {
    let text = text.rsplit_once(END_OF_THINKING).map_or(text, |(_, after)| after);
    let is_right = match check {
        Check::OneOf(words) => {
            let text = lower_case(text);
            words.iter().any(|word| has_word(&text, &lower_case(word)))
        }
        Check::Echo(echo) => text.contains(echo.as_str()),
        Check::Json { key, value } => {
            objects(text).any(|object| object.get(key).is_some_and(|found| is_same(found, value)))
        }
    };
    if is_right { Ok(()) } else { Err(format!("{:?} instead of {}", excerpt(text.trim()), wanted(check))) }
}

fn wanted(check: &Check) -> String {
    match check {
        Check::OneOf(words) => words.join(" or "),
        Check::Echo(echo) => format!("{:?}", excerpt(echo)),
        Check::Json { key, value } => format!("{{{key:?}: {value}}}"),
    }
}

fn lower_case(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_uppercase) { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
}

/// Whether a word stands in a text, not as a part of a longer word or number.
fn has_word(text: &str, word: &str) -> bool {
    let is_number = word.starts_with(|c: char| c.is_ascii_digit());
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let within_word = before.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
        let within_number = is_number && (continues_before(before) || continues_after(after));
        !within_word && !within_number
    })
}

/// Whether a number began earlier: 42 is none in -42, 3.42 or 1,042.
fn continues_before(before: &str) -> bool {
    let ends_in_digit = |text: &str| text.ends_with(|c: char| c.is_ascii_digit());
    if let Some(rest) = before.strip_suffix(['-', '\u{2212}']) {
        return !rest.ends_with(char::is_alphanumeric);
    }
    before.strip_suffix(['.', ',']).is_some_and(ends_in_digit)
}

/// Whether a number goes on: 42 is none in 42.5 or 42,000.
fn continues_after(after: &str) -> bool {
    after.strip_prefix(['.', ',']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The JSON values that a text is, or has within code fences.
fn objects(text: &str) -> impl Iterator<Item = Value> + '_ {
    let fenced = text.split(FENCE).skip(1).step_by(2).map(|code| match code.split_once('\n') {
        // The language stands on the first line.
        Some((first, rest)) if first.trim().chars().all(char::is_alphanumeric) => rest,
        _ => code,
    });
    iter::once(text).chain(fenced).filter_map(|code| serde_json::from_str(code.trim()).ok())
}

/// Equal, and 5.0 is 5.
fn is_same(found: &Value, value: &Value) -> bool {
    match (found.as_f64(), value.as_f64()) {
        (Some(found), Some(value)) => (found - value).abs() <= f64::EPSILON * value.abs(),
        _ => found == value,
    }
}
