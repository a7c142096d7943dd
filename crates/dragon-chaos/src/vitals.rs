//! What a server's process holds: memory, descriptors, threads, as Linux tells it under /proc.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// Where more than this of a hundred has been added, it is not flat.
const GROWTH_MAX_PERCENT: f64 = 20.0;

/// One look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    /// Since the attack began.
    pub(crate) at: Duration,
    /// Resident memory in KiB.
    pub(crate) rss_kib: u64,
    pub(crate) n_descriptors: u64,
    pub(crate) n_threads: u64,
}

/// One quantity early and late.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trend {
    pub(crate) name: &'static str,
    pub(crate) before: f64,
    pub(crate) after: f64,
}

/// A quantity of a sample and what it is called.
type Quantity = (&'static str, fn(&Sample) -> u64);

/// Looks at a process.
pub(crate) fn look(pid: u32, at: Duration) -> Result<Sample> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the server is gone")?;
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    };
    let n_descriptors = fs::read_dir(format!("/proc/{pid}/fd")).context("the server is gone")?.count() as u64;
    let (rss_kib, n_threads) = field("VmRSS:").zip(field("Threads:")).context("/proc tells no memory")?;
    Ok(Sample { at, rss_kib, n_descriptors, n_threads })
}

/// Means of two groups of samples. Not medians: what is open swings between two states, with a flood and without, and the
/// median of some samples jumps from one to the other.
pub(crate) fn trends(before: &[Sample], after: &[Sample]) -> Vec<Trend> {
    let quantities: [Quantity; 3] = [
        ("resident memory, KiB", |sample| sample.rss_kib),
        ("descriptors", |sample| sample.n_descriptors),
        ("threads", |sample| sample.n_threads),
    ];
    let trend = |(name, of): Quantity| Trend {
        name,
        before: mean(before.iter().map(of)),
        after: mean(after.iter().map(of)),
    };
    quantities.map(trend).to_vec()
}

/// The second and the last sixth: the first is for warming up.
pub(crate) fn sixths(samples: &[Sample]) -> (&[Sample], &[Sample]) {
    let sixth = (samples.len() / 6).max(1);
    let second = samples.get(sixth..sixth * 2).unwrap_or(samples);
    (second, &samples[samples.len().saturating_sub(sixth)..])
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn mean(values: impl ExactSizeIterator<Item = u64>) -> f64 {
    let n = values.len().max(1) as f64;
    values.sum::<u64>() as f64 / n
}

// === impl Trend ===

impl Trend {
    /// Growth in percent.
    pub(crate) fn growth_percent(&self) -> f64 {
        if self.before > 0.0 { (self.after / self.before - 1.0) * 100.0 } else { 0.0 }
    }

    /// Whether it did not grow. What shrinks does not leak.
    pub(crate) fn is_flat(&self) -> bool {
        self.before > 0.0 && self.growth_percent() <= GROWTH_MAX_PERCENT
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "name": self.name, "before": self.before, "after": self.after,
            "growth_percent": self.growth_percent(), "flat": self.is_flat(),
        })
    }
}

impl Sample {
    pub(crate) fn json(&self) -> Value {
        json!({
            "at_s": self.at.as_secs_f64(), "rss_kib": self.rss_kib, "descriptors": self.n_descriptors,
            "threads": self.n_threads,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: u64, rss_kib: u64) -> Sample {
        Sample { at: Duration::from_secs(at), rss_kib, n_descriptors: 10, n_threads: 4 }
    }

    #[test]
    fn this_very_process_is_alive() {
        let sample = look(std::process::id(), Duration::ZERO).unwrap();
        assert!(sample.rss_kib > 100 && sample.n_descriptors >= 3 && sample.n_threads >= 1, "{sample:?}");
        assert!(look(u32::MAX, Duration::ZERO).is_err());
    }

    #[test]
    fn a_leak_is_found_and_warming_up_is_none() {
        // Warms up to 100 and stays there.
        let flat: Vec<Sample> = (0..60).map(|at| sample(at, 100.min(20 + at * 20))).collect();
        let (before, after) = sixths(&flat);
        assert!(trends(before, after).iter().all(Trend::is_flat));
        // Grows by one in a hundred with every sample.
        let leak: Vec<Sample> = (0..60).map(|at| sample(at, 100 + at)).collect();
        let (before, after) = sixths(&leak);
        let trends = trends(before, after);
        assert!(!trends[0].is_flat() && trends[1].is_flat(), "{trends:?}");
    }

    /// Floods come and go: what is open swings, and does not grow.
    #[test]
    fn a_swing_is_no_growth() {
        let swing = |at: u64| Sample {
            n_descriptors: if at % 12 < 5 + at / 40 { 105 } else { 65 },
            ..sample(at, 100)
        };
        let swinging: Vec<Sample> = (0..60).map(swing).collect();
        let (before, after) = sixths(&swinging);
        assert!(trends(before, after).iter().all(Trend::is_flat), "{:?}", trends(before, after));
    }

    #[test]
    fn means_are_what_they_are() {
        assert_eq!(mean([3, 1, 2].into_iter()), 2.0);
        assert_eq!(mean([4, 1].into_iter()), 2.5);
        assert_eq!(mean([].into_iter()), 0.0);
    }
}
