//! The headline figures, and one row for each attack.

use serde::Serialize;

use super::anchor;
use crate::criteria::{self, Key};
use crate::report::columns::{n_answered, n_in_deadline, percentile};
use crate::report::model::{AttackReport, Counts, CriterionReport, Latency, PhaseReport, Report, Serving};
use crate::report::svg::share_bar;
use crate::words::{self, NOTHING, grouped, per_second, share};

/// One headline figure.
#[derive(Debug, Serialize)]
pub(super) struct Tile {
    label: &'static str,
    value: String,
    note: String,
    is_bad: bool,
}

/// One attack of the scoreboard.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// What belongs to the phase is told in its first row only.
    phase: Option<RowOfPhase>,
    attack: String,
    n: String,
    bar: String,
    answered: String,
    in_deadline: String,
    served: String,
    refused: String,
    rejected: String,
    faulty: String,
    has_faults: bool,
    p95: String,
    per_s: String,
    quiet_per_s: String,
}

#[derive(Debug, Serialize)]
struct RowOfPhase {
    n_rows: usize,
    anchor: String,
    number: usize,
    holds: bool,
    bystander_served: String,
    bystander_p95: String,
}

pub(super) fn tiles(report: &Report) -> Vec<Tile> {
    let all = report
        .phases
        .iter()
        .map(criteria::everybody)
        .fold(Counts::default(), |sum, counts| sum.plus(&counts));
    let is_bad = |key: Key| {
        let is_broken =
            |criterion: &CriterionReport| criterion.key == key.word() && criterion.holds == Some(false);
        report.phases.iter().any(|phase| phase.criteria.iter().any(is_broken))
    };
    let of = |n: u64, of: u64| format!("{} of {}", grouped(n), grouped(of));
    let bystander = &report.bystander;
    let tile = |label, value, note, is_bad| Tile { label, value, note, is_bad };
    vec![
        tile(
            "Answered",
            share(n_answered(&all), all.n),
            format!("{} requests", of(n_answered(&all), all.n)),
            is_bad(Key::Answered),
        ),
        tile(
            "In deadline",
            share(n_in_deadline(&all), all.n),
            format!("within {}", words::time(report.rules.deadline_ms as f64)),
            is_bad(Key::InDeadline),
        ),
        tile(
            "Served",
            share(all.served, all.wanted),
            format!("{} refused in good form", share(all.refused, all.wanted)),
            is_bad(Key::Served) || is_bad(Key::Throughput),
        ),
        tile("Faulty", grouped(all.faulty), faults_in_words(&all), all.faulty > 0),
        tile(
            "Bystander served",
            share(bystander.counts.served, bystander.counts.n),
            format!(
                "{}; {} refused, {} faulty",
                of(bystander.counts.served, bystander.counts.n),
                grouped(bystander.counts.refused),
                grouped(bystander.counts.faulty)
            ),
            is_bad(Key::Bystander),
        ),
        tile(
            "Bystander p95",
            percentile(&bystander.latency, 95.0),
            compared(&bystander.latency, &report.calibration.bystander.latency),
            false,
        ),
    ]
}

fn faults_in_words(counts: &Counts) -> String {
    if counts.faulty == 0 {
        return "no answer has a fault".to_owned();
    }
    let mut most_first: Vec<&(String, u64)> = counts.faults.iter().collect();
    most_first.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let named: Vec<String> =
        most_first.iter().take(2).map(|(kind, n)| format!("{} {kind}", grouped(*n))).collect();
    match most_first.len().saturating_sub(named.len()) {
        0 => named.join(", "),
        n_others => format!("{} and {n_others} other kinds", named.join(", ")),
    }
}

/// How much longer than in quiet.
fn compared(latency: &Latency, quiet: &Latency) -> String {
    match (latency.at(95.0), quiet.at(95.0)) {
        (Some(now), Some(before)) if before > 0.0 => {
            format!("{} in quiet (×{:.1})", words::time(before), now / before)
        }
        (None, Some(before)) => format!("{} in quiet", words::time(before)),
        _ => "not measured in quiet".to_owned(),
    }
}

pub(super) fn rows(phase: &PhaseReport, phase_number: usize) -> Vec<Row> {
    let n_rows = phase.attacks.len().max(1);
    let mut of_phase = Some(RowOfPhase {
        n_rows,
        anchor: anchor(phase_number),
        number: phase_number,
        holds: criteria::holds(phase),
        bystander_served: share(phase.bystander.counts.served, phase.bystander.counts.n),
        bystander_p95: percentile(&phase.bystander.latency, 95.0),
    });
    if phase.attacks.is_empty() {
        return vec![row(of_phase, "(none)", &Serving::default(), None)];
    }
    let one =
        |attack: &AttackReport| row(of_phase.take(), &attack.name, &attack.serving, attack.quiet.as_ref());
    phase.attacks.iter().map(one).collect()
}

fn row(phase: Option<RowOfPhase>, attack: &str, serving: &Serving, quiet: Option<&Serving>) -> Row {
    let counts = &serving.counts;
    let n_hostile: u64 = counts.hostile.iter().map(|(_, n)| n).sum();
    let n = match (counts.n, n_hostile) {
        (0, 0) => "0".to_owned(),
        (0, hostile) => format!("({})", grouped(hostile)),
        (n, _) => grouped(n),
    };
    let parts = [
        ("served", counts.served),
        ("refused", counts.refused),
        ("rejected", counts.rejected),
        ("faulty", counts.faulty),
    ];
    let named: Vec<String> = parts.iter().map(|(name, n)| format!("{} {name}", grouped(*n))).collect();
    let shown = |n: u64| if counts.n == 0 { NOTHING.to_owned() } else { grouped(n) };
    Row {
        phase,
        attack: attack.to_owned(),
        n,
        bar: share_bar(&format!("{attack}: {}", named.join(", ")), &parts),
        answered: share(n_answered(counts), counts.n),
        in_deadline: share(n_in_deadline(counts), counts.n),
        served: shown(counts.served),
        refused: shown(counts.refused),
        rejected: shown(counts.rejected),
        faulty: shown(counts.faulty),
        has_faults: counts.faulty > 0,
        p95: percentile(&serving.latency, 95.0),
        per_s: if counts.n == 0 { NOTHING.to_owned() } else { per_second(serving.served_per_s()) },
        quiet_per_s: quiet.map_or(NOTHING.to_owned(), |quiet| per_second(quiet.served_per_s())),
    }
}
