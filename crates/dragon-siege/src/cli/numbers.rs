//! Numbers of the command line, each with its range.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Mistake;

/// A whole number within a range.
pub(super) fn whole(flag: &'static str, text: &str, range: RangeInclusive<u64>) -> Result<u64, Mistake> {
    let parsed = text.trim().parse().ok().filter(|number| range.contains(number));
    parsed.ok_or_else(|| {
        let (min, max) = range.into_inner();
        let range = match (min, max) {
            (0, u64::MAX) => "a whole number".to_owned(),
            _ => format!("a whole number from {min} to {max}"),
        };
        Mistake::Number { flag, text: text.to_owned(), range }
    })
}

/// A number that may have a fraction, within a range.
pub(super) fn number(flag: &'static str, text: &str, range: RangeInclusive<f64>) -> Result<f64, Mistake> {
    let parsed = text.trim().parse().ok().filter(|number| range.contains(number));
    parsed.ok_or_else(|| {
        let range = format!("a number from {} to {}", range.start(), range.end());
        Mistake::Number { flag, text: text.to_owned(), range }
    })
}

/// Seconds, perhaps with a fraction, within a range.
pub(super) fn seconds(
    flag: &'static str,
    text: &str,
    range: RangeInclusive<f64>,
) -> Result<Duration, Mistake> {
    let in_words = format!("seconds from {} to {}", range.start(), range.end());
    let parsed = number(flag, text, range).map(Duration::from_secs_f64);
    parsed.map_err(|_| Mistake::Number { flag, text: text.to_owned(), range: in_words })
}

/// Whole milliseconds within a range.
pub(super) fn milliseconds(
    flag: &'static str,
    text: &str,
    range: RangeInclusive<u64>,
) -> Result<Duration, Mistake> {
    let in_words = format!("milliseconds from {} to {}", range.start(), range.end());
    let parsed = whole(flag, text, range).map(Duration::from_millis);
    parsed.map_err(|_| Mistake::Number { flag, text: text.to_owned(), range: in_words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_their_range_are_mistakes_and_so_is_what_is_none() {
        for text in ["0", "101", "-1", "1.5", "", "ten", "1e2", "99999999999999999999999"] {
            let mistake = whole("--connections", text, 1..=100).unwrap_err();
            let expected = format!("--connections {text:?}: give a whole number from 1 to 100");
            assert_eq!(mistake.to_string(), expected);
        }
        assert_eq!(whole("--connections", " 100 ", 1..=100), Ok(100));
    }

    #[test]
    fn seconds_have_fractions_and_are_never_endless() {
        assert_eq!(seconds("--ramp", "1.5", 0.0..=10.0), Ok(Duration::from_millis(1500)));
        for text in ["NaN", "inf", "-0.1", "10.1", "5s"] {
            let mistake = seconds("--ramp", text, 0.0..=10.0).unwrap_err();
            assert_eq!(mistake.to_string(), format!("--ramp {text:?}: give seconds from 0 to 10"));
        }
    }
}
