//! Figures in words, the same in every form of the report.

use super::model::{Counts, Latency};
use crate::criteria::figures::{floor_percent, number};

/// A time: `0.42 ms`, `4.2 ms`, `412 ms`, `8.80 s`, `12.3 s`, `2.5 min`.
pub(super) fn time(ms: f64) -> String {
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

/// A time on an axis, where round figures need no digits: `10 ms`, `2 s`.
pub(super) fn round_time(ms: f64) -> String {
    let (value, unit) = match ms {
        _ if ms < 999.5 => (ms, "ms"),
        _ if ms < 119_950.0 => (ms / 1e3, "s"),
        _ => (ms / 60e3, "min"),
    };
    format!("{} {unit}", trimmed(value))
}

/// A number on an axis: `1,500`, `0.5`.
pub(super) fn round_number(value: f64) -> String {
    if value >= 1000.0 {
        let digits = format!("{value:.0}");
        return digits.parse().map_or(digits, number);
    }
    trimmed(value)
}

/// At most three digits after the point, and no zeros at the end.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A percentile of a distribution that may be empty.
pub(super) fn percentile(latency: &Latency, percentile: f64) -> String {
    latency.at(percentile).map_or_else(|| NOTHING.to_owned(), time)
}

/// Memory: `812 MiB`, `1.42 GiB`.
pub(super) fn memory(n_bytes: u64) -> String {
    let mib = n_bytes as f64 / 1024.0 / 1024.0;
    match mib {
        _ if mib < 9.95 => format!("{mib:.1} MiB"),
        _ if mib < 1023.5 => format!("{mib:.0} MiB"),
        _ => format!("{:.2} GiB", mib / 1024.0),
    }
}

/// So many of so many in percent, rounded down; nothing of nothing is neither all nor none.
pub(super) fn share(n: u64, of: u64) -> String {
    if of == 0 { NOTHING.to_owned() } else { format!("{} %", floor_percent(n, of)) }
}

/// Requests with a response.
pub(super) fn n_answered(counts: &Counts) -> u64 {
    counts.n.saturating_sub(counts.n_with("unanswered"))
}

/// Requests answered within the deadline.
pub(super) fn n_in_deadline(counts: &Counts) -> u64 {
    counts.n.saturating_sub(counts.n_with("unanswered") + counts.n_with("late"))
}

/// Percentiles that tables show.
pub(super) const PERCENTILES: [f64; 6] = [50.0, 90.0, 95.0, 99.0, 99.9, 100.0];

/// Where there is no figure.
pub(super) const NOTHING: &str = "–";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit_that_fits() {
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
    fn memory_and_shares_read_well() {
        assert_eq!([1 << 20, 851_443_712, 1_524_713_390].map(memory), ["1.0 MiB", "812 MiB", "1.42 GiB"]);
        assert_eq!((share(1, 3).as_str(), share(0, 0).as_str()), ("33.33 %", "–"));
    }
}
