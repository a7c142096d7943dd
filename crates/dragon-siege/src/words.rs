//! Figures as people read them.

use std::time::Duration;

/// Where there is no figure.
pub const NOTHING: &str = "–";

/// With a comma between thousands: `1,677`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let n_digits = digits.len();
    let mut text = String::with_capacity(n_digits + n_digits / 3);
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (n_digits - idx).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 client`, `490 clients`.
#[must_use]
pub fn counted(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}

/// To two figures or so: `350 ms`, `1.5 s`, `12 min`, `1 h 5 min`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        1..=9 if duration.subsec_millis() > 0 => format!("{seconds:.1} s"),
        1..=119 => format!("{seconds:.0} s"),
        whole @ 120..=3599 if whole % 60 == 0 || whole >= 600 => format!("{:.0} min", seconds / 60.0),
        whole @ 120..=3599 => format!("{} min {} s", whole / 60, whole % 60),
        whole => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}

/// Milliseconds in three digits: `0.42 ms`, `4.2 ms`, `412 ms`, `8.80 s`, `12.3 s`, `2.5 min`.
#[must_use]
pub fn time(ms: f64) -> String {
    match ms {
        _ if !ms.is_finite() || ms < 0.0 => NOTHING.to_owned(),
        _ if ms < 0.995 => format!("{ms:.2} ms"),
        _ if ms < 9.95 => format!("{ms:.1} ms"),
        _ if ms < 999.5 => format!("{ms:.0} ms"),
        _ if ms < 9_995.0 => format!("{:.2} s", ms / 1e3),
        _ if ms < 119_950.0 => format!("{:.1} s", ms / 1e3),
        _ => format!("{:.1} min", ms / 60e3),
    }
}

/// Milliseconds on an axis, where round figures need no digits: `10 ms`, `2 s`.
#[must_use]
pub fn round_time(ms: f64) -> String {
    let (value, unit) = match ms {
        _ if ms < 999.5 => (ms, "ms"),
        _ if ms < 119_950.0 => (ms / 1e3, "s"),
        _ => (ms / 60e3, "min"),
    };
    format!("{} {unit}", trimmed(value))
}

/// A number on an axis: `1,500`, `0.5`.
#[must_use]
pub fn round_number(value: f64) -> String {
    if value >= 1000.0 { thousands(&format!("{value:.0}")) } else { trimmed(value) }
}

/// At most three digits after the point, and no zeros at the end.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Three digits that count: `1,234`, `123`, `12.3`, `1.23`, `0.123`.
#[must_use]
pub fn per_second(rate: f64) -> String {
    match rate {
        _ if !rate.is_finite() || rate < 0.0 => NOTHING.to_owned(),
        _ if rate >= 99.95 => thousands(&format!("{rate:.0}")),
        _ if rate >= 9.995 => format!("{rate:.1}"),
        _ if rate >= 0.9995 || rate == 0.0 => format!("{rate:.2}"),
        _ => format!("{rate:.3}"),
    }
}

/// Puts commas into digits.
fn thousands(digits: &str) -> String {
    digits.parse().map_or_else(|_| digits.to_owned(), grouped)
}

/// In seven characters at most: `123,456`, `12.3 M`.
#[must_use]
pub fn compact(number: u64) -> String {
    const MILLION: u64 = 1_000_000;
    match number {
        0..MILLION => grouped(number),
        _ if number < 100 * MILLION => {
            format!("{}.{} M", number / MILLION, number % MILLION / (MILLION / 10))
        }
        _ => format!("{} M", number / MILLION),
    }
}

/// Memory in three digits and binary units: `412 MiB`, `1.42 GiB`.
#[must_use]
pub fn bytes(n_bytes: u64) -> String {
    let mut value = n_bytes as f64;
    let mut units = ["B", "KiB", "MiB", "GiB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    // What would be rounded to 1024 belongs to the next unit.
    while value >= 1023.5
        && let Some(next) = units.next()
    {
        (value, unit) = (value / 1024.0, next);
    }
    match value {
        _ if unit == "B" => format!("{n_bytes} B"),
        _ if value < 9.995 && unit == "GiB" => format!("{value:.2} {unit}"),
        _ if value < 9.95 => format!("{value:.1} {unit}"),
        _ => format!("{} {unit}", thousands(&format!("{value:.0}"))),
    }
}

/// So many of so many in percent; all of nothing is everything.
#[must_use]
pub fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 100.0 } else { part as f64 / whole as f64 * 100.0 }
}

/// Percent with two digits, rounded down. Only all of it is `100`, and only nothing of it `0`: whoever reads 100 shall
/// not find a fault among the rest.
#[must_use]
pub fn floor_percent(part: u64, whole: u64) -> String {
    if part >= whole {
        return "100".to_owned();
    }
    match u128::from(part) * 10_000 / u128::from(whole) {
        0 if part == 0 => "0".to_owned(),
        0 => "<0.01".to_owned(),
        hundredths => format!("{}.{:02}", hundredths / 100, hundredths % 100),
    }
}

/// The same with its sign; nothing of nothing is neither all nor none.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 { NOTHING.to_owned() } else { format!("{} %", floor_percent(part, whole)) }
}

/// Text from elsewhere, as it can be shown on a terminal: whatever steers one, or turns the direction of writing, is
/// written as its code.
#[must_use]
pub fn harmless(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        let texts = [0, 999, 1000, 1_677, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "1,677", "1,234,567"]);
        assert_eq!(
            [999_999, 1_000_000, 12_345_678, 1_234_567_890].map(compact),
            ["999,999", "1.0 M", "12.3 M", "1234 M"]
        );
        assert_eq!([1, 2, 490].map(|n| counted(n, "client")), ["1 client", "2 clients", "490 clients"]);
    }

    #[test]
    fn times_are_short() {
        let texts = [0, 350, 1_500, 10_000, 119_400, 120_000, 185_000, 1_230_000, 3_900_000]
            .map(|ms| duration(Duration::from_millis(ms)));
        assert_eq!(
            texts,
            ["0 ms", "350 ms", "1.5 s", "10 s", "119 s", "2 min", "3 min 5 s", "20 min", "1 h 5 min"]
        );
        let shown = [0.0, 0.42, 4.21, 9.96, 412.4, 999.6, 8804.0, 9996.0, 12_300.0, 150_000.0].map(time);
        let right = [
            "0.00 ms", "0.42 ms", "4.2 ms", "10 ms", "412 ms", "1.00 s", "8.80 s", "10.0 s", "12.3 s",
            "2.5 min",
        ];
        assert_eq!(shown, right);
        assert_eq!(time(f64::NAN), "–");
    }

    #[test]
    fn axes_have_no_digits_that_say_nothing() {
        assert_eq!(
            [0.1, 1.0, 20.0, 500.0, 1000.0, 2500.0, 180_000.0].map(round_time),
            ["0.1 ms", "1 ms", "20 ms", "500 ms", "1 s", "2.5 s", "3 min"]
        );
        assert_eq!([0.0, 0.5, 250.0, 1500.0].map(round_number), ["0", "0.5", "250", "1,500"]);
    }

    #[test]
    fn rates_have_three_digits() {
        assert_eq!(
            [0.0, 0.1234, 1.234, 12.34, 123.4, 12345.6].map(per_second),
            ["0.00", "0.123", "1.23", "12.3", "123", "12,346"]
        );
        assert_eq!([99.96, 9.996, 0.99951].map(per_second), ["100", "10.0", "1.00"]);
        assert_eq!(per_second(f64::NAN), "–");
    }

    #[test]
    fn memory_is_in_binary_units() {
        let texts = [0, 1023, 1536, 1 << 20, 851_443_712, 1_524_713_390, 12_345 << 30].map(bytes);
        assert_eq!(texts, ["0 B", "1023 B", "1.5 KiB", "1.0 MiB", "812 MiB", "1.42 GiB", "12,345 GiB"]);
    }

    #[test]
    fn text_from_elsewhere_does_not_steer_the_terminal() {
        assert_eq!(harmless("żółw: \"a\\b\" 🐉"), "żółw: \"a\\b\" 🐉");
        assert_eq!(harmless("\x1b[2J\r\n\u{202e}"), r"\u{1b}[2J\r\n\u{202e}");
    }

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        let shares = [(1, 1), (999_999, 1_000_000), (1, 1_000_000), (0, 5), (1, 3), (995, 1000), (0, 0)];
        assert_eq!(
            shares.map(|(part, whole)| share(part, whole)),
            ["100 %", "99.99 %", "<0.01 %", "0 %", "33.33 %", "99.50 %", "–"]
        );
        assert_eq!(floor_percent(0, 0), "100");
    }
}
