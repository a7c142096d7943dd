//! What a soak has shown about the server and about its attackers.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::flood::Flood;
use crate::hostile::Counts;
use crate::vitals::{Sample, Trend, sixths, trends};

/// A table has about so many rows; the JSON has every sample.
const ROWS: usize = 18;

/// The account of one soak.
#[derive(Debug)]
pub(super) struct Account {
    samples: Vec<Sample>,
    /// During the attack: the second sixth against the last.
    under_attack: Vec<Trend>,
    /// At rest: before against after.
    at_rest: Vec<Trend>,
    /// Whether the server at rest is what is judged.
    judge_rest: bool,
    attacks: BTreeMap<&'static str, Counts>,
    n_flood: u64,
    n_flood_faulty: u64,
}

// === impl Account ===

impl Account {
    pub(super) fn new(
        judge_rest: bool,
        samples: Vec<Sample>,
        before: Vec<Sample>,
        after: Vec<Sample>,
        attacks: BTreeMap<&'static str, Counts>,
        flood: &Flood,
    ) -> Self {
        let (early, late) = sixths(&samples);
        Self {
            under_attack: trends(early, late),
            at_rest: trends(&before, &after),
            samples,
            judge_rest,
            attacks,
            n_flood: flood.n_requests.load(Ordering::Relaxed),
            n_flood_faulty: flood.n_faulty.load(Ordering::Relaxed),
        }
    }

    /// Whether everything stayed flat and every refusal was of the right kind.
    pub(super) fn holds(&self) -> bool {
        self.criteria().iter().all(|(_, holds)| *holds)
    }

    fn criteria(&self) -> Vec<(String, bool)> {
        let mut all: Vec<(String, bool)> = self
            .under_attack
            .iter()
            .map(|trend| (format!("flat under attack: {}", trend.name), trend.is_flat()))
            .collect();
        if self.judge_rest {
            let rest = self.at_rest.iter();
            all.extend(rest.map(|trend| (format!("flat at rest: {}", trend.name), trend.is_flat())));
        }
        let n_wrong: u64 = self.attacks.values().map(|counts| counts.n_wrong).sum();
        all.push(("every refusal is of the right kind".to_owned(), n_wrong == 0));
        all.push(("every request of a flood is answered in good form".to_owned(), self.n_flood_faulty == 0));
        all
    }

    pub(super) fn text(&self) -> String {
        let mut text =
            String::from("\n|    s | resident KiB | descriptors | threads |\n|---:|---:|---:|---:|\n");
        for sample in self.samples.iter().step_by(self.samples.len().div_ceil(ROWS).max(1)) {
            text += &format!(
                "| {:.0} | {} | {} | {} |\n",
                sample.at.as_secs_f64(),
                sample.rss_kib,
                sample.n_descriptors,
                sample.n_threads
            );
        }
        for (what, trends) in
            [("under attack, second and last sixth", &self.under_attack), ("at rest", &self.at_rest)]
        {
            text += &format!("\n{what}:\n");
            for trend in trends {
                text += &format!(
                    "  {}: {:.0} before, {:.0} after ({:+.1} %)\n",
                    trend.name,
                    trend.before,
                    trend.after,
                    trend.growth_percent()
                );
            }
        }
        text += "\n| attack | strikes | answered | closed | wrong status | failed |\n|---|---:|---:|---:|---:|---:|\n";
        for (name, counts) in &self.attacks {
            let last = if counts.n_wrong > 0 { format!(" ({})", counts.last_wrong) } else { String::new() };
            text += &format!(
                "| {name} | {} | {} | {} | {}{last} | {} |\n",
                counts.n, counts.n_answered, counts.n_closed, counts.n_wrong, counts.n_failed
            );
        }
        text += &format!("flood: {} requests, {} faulty\n\n", self.n_flood, self.n_flood_faulty);
        for (criterion, holds) in self.criteria() {
            text += &format!("{} {criterion}\n", if holds { "ok    " } else { "FAILED" });
        }
        text
    }

    pub(super) fn json(&self) -> Value {
        let attacks: BTreeMap<_, _> = self
            .attacks
            .iter()
            .map(|(name, counts)| {
                let counts = json!({
                    "strikes": counts.n, "answered": counts.n_answered, "closed": counts.n_closed,
                    "wrong": counts.n_wrong, "failed": counts.n_failed,
                });
                (*name, counts)
            })
            .collect();
        let criteria: Vec<Value> = self
            .criteria()
            .into_iter()
            .map(|(criterion, holds)| json!({ "criterion": criterion, "holds": holds }))
            .collect();
        json!({
            "samples": self.samples.iter().map(Sample::json).collect::<Vec<_>>(),
            "under_attack": self.under_attack.iter().map(Trend::json).collect::<Vec<_>>(),
            "at_rest": self.at_rest.iter().map(Trend::json).collect::<Vec<_>>(),
            "attacks": attacks,
            "flood": {"requests": self.n_flood, "faulty": self.n_flood_faulty},
            "criteria": criteria,
        })
    }
}
