//! The machine that the figures belong to, what the tool itself cost there, and the time of day.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use super::model::{Latency, Machine, ToolCost};

/// What the system tells; what it does not tell is `unknown` or 0.
pub(super) fn read() -> Machine {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    Machine {
        cpu: field(&cpuinfo, "model name").unwrap_or("unknown").to_owned(),
        n_cores: std::thread::available_parallelism().map_or(0, usize::from),
        memory_bytes: kib(&meminfo, "MemTotal").unwrap_or(0),
    }
}

/// What this process has cost since it began, of which the siege took most.
pub(super) fn cost(lasted: Duration, send_lag: Latency, n_resent: u64, longest_wait: Duration) -> ToolCost {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let cores = if lasted.is_zero() { 0.0 } else { processor_time().as_secs_f64() / lasted.as_secs_f64() };
    ToolCost {
        cores: (cores * 1000.0).round() / 1000.0,
        send_lag,
        peak_memory_bytes: kib(&status, "VmHWM").unwrap_or(0),
        n_resent,
        longest_wait_ms: (longest_wait.as_secs_f64() * 1e6).round() / 1e3,
    }
}

/// As RFC 3339 has it, in UTC: `2026-10-07T15:04:05Z`.
pub(super) fn rfc3339(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The date of a day since 1970, by counting in years that begin in March, so that the leap day is the last.
const fn date(n_days: u64) -> (u64, u64, u64) {
    let n_days = n_days + 719_468;
    let (era, day_of_era) = (n_days / 146_097, n_days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim())
}

/// A number of KiB, in bytes.
fn kib(text: &str, name: &str) -> Option<u64> {
    let kib: u64 = field(text, name)?.strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn the_cost_is_that_of_this_process() {
        let began = std::time::Instant::now();
        let mut sum = 0_u64;
        while processor_time() < Duration::from_millis(30) {
            sum = sum.wrapping_mul(31).wrapping_add(1);
            assert!(began.elapsed() < Duration::from_secs(20), "no processor time passes: {sum}");
        }
        let cost = cost(Duration::from_millis(60), Latency::default(), 0, Duration::ZERO);
        assert!(cost.cores >= 0.5, "{cost:?}");
        assert!(cost.peak_memory_bytes > 100_000, "{cost:?}");
    }

    #[test]
    fn a_system_that_tells_nothing_is_no_error() {
        assert_eq!(field("", "model name"), None);
        assert_eq!(kib("MemTotal: many kB", "MemTotal"), None);
        assert_eq!(kib("MemTotal:  2 kB\n", "MemTotal"), Some(2048));
    }
}
