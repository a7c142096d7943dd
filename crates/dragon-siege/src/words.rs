//! Figures as people read them.

use std::time::Duration;

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

/// Milliseconds of a percentile: `0.42 ms`, `38 ms`, `1.25 s`.
#[must_use]
pub fn milliseconds(ms: f64) -> String {
    match ms {
        _ if !ms.is_finite() => "-".to_owned(),
        _ if ms < 10.0 => format!("{ms:.2} ms"),
        _ if ms < 1000.0 => format!("{ms:.0} ms"),
        _ if ms < 10_000.0 => format!("{:.2} s", ms / 1000.0),
        _ => format!("{:.1} s", ms / 1000.0),
    }
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

/// Binary units: `412 MiB`, `1.5 GiB`.
#[must_use]
pub fn bytes(n_bytes: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;
    /// One figure behind the point, where there are few before it.
    fn in_units(n_bytes: u64, unit_bytes: u64, unit: &str) -> String {
        let tenths = n_bytes / (unit_bytes / 10).max(1);
        match tenths {
            0..100 => format!("{}.{} {unit}", tenths / 10, tenths % 10),
            _ => format!("{} {unit}", grouped(n_bytes / unit_bytes)),
        }
    }
    match n_bytes {
        0..KIB => format!("{n_bytes} B"),
        KIB..MIB => in_units(n_bytes, KIB, "KiB"),
        MIB..GIB => in_units(n_bytes, MIB, "MiB"),
        _ => in_units(n_bytes, GIB, "GiB"),
    }
}

/// A share in percent. Only all of it is `100 %`, and only nothing of it `0 %`: whoever reads 100 shall not find a
/// fault among the rest. `-` where there is nothing to share.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    // Hundredths of a percent, cut.
    let hundredths = u128::from(part) * 10_000 / u128::from(whole);
    match hundredths {
        10_000.. => "100 %".to_owned(),
        0 if part > 0 => "<0.01 %".to_owned(),
        0 => "0 %".to_owned(),
        9_900.. => format!("{}.{:02} %", hundredths / 100, hundredths % 100),
        _ => format!("{}.{} %", hundredths / 100, hundredths % 100 / 10),
    }
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
        let texts = [0.421, 38.2, 1250.0, 20_000.0, f64::NAN].map(milliseconds);
        assert_eq!(texts, ["0.42 ms", "38 ms", "1.25 s", "20.0 s", "-"]);
    }

    #[test]
    fn memory_is_in_binary_units() {
        let texts = [0, 1023, 1536, 432 << 20, 3 << 29, 12_345 << 30].map(bytes);
        assert_eq!(texts, ["0 B", "1023 B", "1.5 KiB", "432 MiB", "1.5 GiB", "12,345 GiB"]);
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
            shares.map(|(part, whole)| percent(part, whole)),
            ["100 %", "99.99 %", "<0.01 %", "0 %", "33.3 %", "99.50 %", "-"]
        );
    }
}
