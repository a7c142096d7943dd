//! Figures as people read them.

/// With commas: `4,890`.
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of so many; all of nothing is everything.
pub(crate) fn percent(n: u64, of: u64) -> f64 {
    if of == 0 { 100.0 } else { n as f64 / of as f64 * 100.0 }
}

/// Percent with two digits, rounded down: only all of them are 100.
pub(crate) fn floor_percent(n: u64, of: u64) -> String {
    if n >= of {
        return "100".to_owned();
    }
    if n == 0 {
        return "0".to_owned();
    }
    let hundredths = u128::from(n) * 10_000 / u128::from(of);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Three digits that count: `1,234`, `123`, `12.3`, `1.23`, `0.123`.
pub(crate) fn per_second(rate: f64) -> String {
    match rate {
        _ if !rate.is_finite() || rate < 0.0 => "–".to_owned(),
        _ if rate >= 99.95 => thousands(&format!("{rate:.0}")),
        _ if rate >= 9.995 => format!("{rate:.1}"),
        _ if rate >= 0.9995 || rate == 0.0 => format!("{rate:.2}"),
        _ => format!("{rate:.3}"),
    }
}

/// Puts commas into digits.
fn thousands(digits: &str) -> String {
    digits.parse().map_or_else(|_| digits.to_owned(), number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(
            [0, 12, 999, 1000, 4890, 1_234_567].map(number),
            ["0", "12", "999", "1,000", "4,890", "1,234,567"]
        );
        assert_eq!(
            [0.0, 0.1234, 1.234, 12.34, 123.4, 12345.6].map(per_second),
            ["0.00", "0.123", "1.23", "12.3", "123", "12,346"]
        );
        assert_eq!([99.96, 9.996, 0.99951].map(per_second), ["100", "10.0", "1.00"]);
        assert_eq!(per_second(f64::NAN), "–");
    }

    #[test]
    fn almost_all_is_never_shown_as_all() {
        assert_eq!(floor_percent(999_999, 1_000_000), "99.99");
        assert_eq!(floor_percent(1, 3), "33.33");
        assert_eq!(floor_percent(7, 7), "100");
        assert_eq!((floor_percent(0, 0).as_str(), floor_percent(0, 9).as_str()), ("100", "0"));
    }
}
