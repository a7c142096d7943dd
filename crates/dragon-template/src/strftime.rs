//! Dates for templates that tell the model what day it is.

use std::fmt::Write as _;

use minijinja::{Error, ErrorKind};

const SECONDS_PER_DAY: u64 = 86_400;
/// The year 9999 ends before this many days after 1970; later dates have no common form.
const MAX_DAYS: u64 = 2_932_896;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// The first of January 1970 was a Thursday.
const WEEKDAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

/// A moment, taken apart. UTC.
struct Moment {
    year: u64,
    month: u64,
    day: u64,
    day_of_year: u64,
    weekday: &'static str,
    hour: u64,
    minute: u64,
    second: u64,
}

/// Python's `strftime` for the moment `now_s` (Unix time in seconds), in UTC and English, for the codes that
/// templates use. An unknown code is an error rather than a silent gap in the prompt.
pub(crate) fn strftime(format: &str, now_s: u64) -> Result<String, Error> {
    let now = Moment::from_unix(now_s);
    let mut text = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        let code = characters.next();
        let (code, padding) = if code == Some('-') { (characters.next(), 1) } else { (code, 2) };
        let written = code.and_then(|code| now.write(code, padding, &mut text));
        written.ok_or_else(|| unknown_code(format))?;
    }
    Ok(text)
}

fn unknown_code(format: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("strftime_now does not know a code of {format:?}"))
}

// === impl Moment ===

impl Moment {
    /// The calendar from a count of days: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
    /// (`civil_from_days`). Years there begin in March, so that the leap day is the last of its year.
    fn from_unix(now_s: u64) -> Self {
        let days = (now_s / SECONDS_PER_DAY).min(MAX_DAYS);
        let second_of_day = now_s % SECONDS_PER_DAY;
        let shifted = days + 719_468; // Days since 1 March of the year 0.
        let era = shifted / 146_097; // 400 years each.
        let day_of_era = shifted % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_from_march = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_from_march + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        let is_leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
        Self {
            year,
            month,
            day: day_from_march - (153 * month_from_march + 2) / 5 + 1,
            day_of_year: if month <= 2 {
                day_from_march - 305
            } else {
                day_from_march + 60 + u64::from(is_leap)
            },
            weekday: pick(&WEEKDAYS, days % 7),
            hour: second_of_day / 3600,
            minute: second_of_day / 60 % 60,
            second: second_of_day % 60,
        }
    }

    /// Appends what `code` stands for; `None` where it is not known.
    fn write(&self, code: char, padding: usize, text: &mut String) -> Option<()> {
        let mut number = |value: u64, width: usize| write!(text, "{value:0width$}").ok();
        match code {
            'Y' => number(self.year, 1),
            'y' => number(self.year % 100, padding),
            'm' => number(self.month, padding),
            'd' => number(self.day, padding),
            'j' => number(self.day_of_year, if padding == 1 { 1 } else { 3 }),
            'H' => number(self.hour, padding),
            'I' => number((self.hour + 11) % 12 + 1, padding),
            'M' => number(self.minute, padding),
            'S' => number(self.second, padding),
            _ => {
                text.push_str(self.word(code)?);
                Some(())
            }
        }
    }

    fn word(&self, code: char) -> Option<&'static str> {
        let month = pick(&MONTHS, self.month - 1);
        match code {
            'B' => Some(month),
            'b' | 'h' => month.get(..3),
            'A' => Some(self.weekday),
            'a' => self.weekday.get(..3),
            'p' => Some(if self.hour < 12 { "AM" } else { "PM" }),
            'Z' => Some("UTC"),
            '%' => Some("%"),
            _ => None,
        }
    }
}

fn pick<const N: usize>(names: &'static [&'static str; N], index: u64) -> &'static str {
    usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (now_s, expected) in [
            (0, "1970-01-01 00:00:00 Thursday 001"),
            (951_782_400, "2000-02-29 00:00:00 Tuesday 060"),
            (978_220_800, "2000-12-31 00:00:00 Sunday 366"),
            (1_709_164_800, "2024-02-29 00:00:00 Thursday 060"),
            (1_751_810_645, "2025-07-06 14:04:05 Sunday 187"),
            (4_107_542_399, "2100-02-28 23:59:59 Sunday 059"),
            (4_107_542_400, "2100-03-01 00:00:00 Monday 060"),
        ] {
            assert_eq!(strftime("%Y-%m-%d %H:%M:%S %A %j", now_s).expect("known codes"), expected);
        }
    }

    #[test]
    fn short_forms() {
        let text = strftime("%-d %b %y, %a, %-I:%M %p, 100%%", 1_751_810_645).expect("known codes");
        assert_eq!(text, "6 Jul 25, Sun, 2:04 PM, 100%");
    }

    #[test]
    fn unknown_codes_are_errors() {
        for format in ["%Q", "%", "%-"] {
            assert!(strftime(format, 0).is_err(), "{format}");
        }
    }

    #[test]
    fn a_clock_that_is_wrong_by_ages_does_not_panic() {
        assert!(strftime("%Y %j", u64::MAX).is_ok());
    }
}
