//! Everything about one phase.

use serde::Serialize;

use super::anchor;
use crate::criteria;
use crate::report::columns::{PERCENTILES, percentile};
use crate::report::html::charts::{self, Chart};
use crate::report::model::{CriterionReport, PhaseReport, Report, Sample, Serving};
use crate::report::sentences::{strikes_in_words, unsent_in_words};
use crate::words::{self, grouped, per_second};

#[derive(Debug, Serialize)]
pub(super) struct PhaseView<'a> {
    number: usize,
    anchor: String,
    holds: bool,
    phase: &'a PhaseReport,
    began: String,
    criteria: Vec<CriterionView<'a>>,
    charts: Vec<Chart>,
    servings: Vec<ServingRow>,
    latencies: Vec<LatencyRow>,
    notes: Vec<(&'static str, String)>,
    samples: Vec<SampleView<'a>>,
}

#[derive(Debug, Serialize)]
struct CriterionView<'a> {
    tone: &'static str,
    sign: &'static str,
    spoken: &'static str,
    criterion: &'a CriterionReport,
}

#[derive(Debug, Serialize)]
struct ServingRow {
    who: String,
    figures: Vec<String>,
}

#[derive(Debug, Serialize)]
struct LatencyRow {
    who: String,
    figures: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SampleView<'a> {
    sample: &'a Sample,
    at: String,
    took: String,
}

pub(super) fn view<'a>(report: &'a Report, phase: &'a PhaseReport, phase_number: usize) -> PhaseView<'a> {
    PhaseView {
        number: phase_number,
        anchor: anchor(phase_number),
        holds: criteria::holds(phase),
        began: words::time(phase.began_s * 1e3),
        criteria: phase.criteria.iter().map(criterion).collect(),
        charts: charts::of_phase(report, phase, phase_number),
        servings: servings(report, phase),
        latencies: latencies(report, phase),
        notes: notes(phase),
        samples: phase
            .samples
            .iter()
            .map(|sample| SampleView {
                sample,
                at: words::time(sample.at_s * 1e3),
                took: words::time(sample.took_ms),
            })
            .collect(),
        phase,
    }
}

fn criterion(criterion: &CriterionReport) -> CriterionView<'_> {
    let (tone, sign, spoken) = match criterion.holds {
        Some(true) => ("good", "✓", "holds"),
        Some(false) => ("bad", "✗", "does not hold"),
        None => ("open", "–", "could not be judged"),
    };
    CriterionView { tone, sign, spoken, criterion }
}

/// Everybody of a phase, with the quiet for comparison. Attacks that sent no requests are left out.
fn everyone<'a>(report: &'a Report, phase: &'a PhaseReport) -> Vec<(String, &'a Serving)> {
    let mut all = Vec::new();
    for attack in phase.attacks.iter().filter(|attack| attack.serving.counts.n > 0) {
        all.push((attack.name.clone(), &attack.serving));
        all.extend(attack.quiet.as_ref().map(|quiet| (format!("{} in quiet", attack.name), quiet)));
    }
    all.push(("bystander".to_owned(), &phase.bystander));
    all.push(("bystander in quiet".to_owned(), &report.calibration.bystander));
    all
}

fn servings(report: &Report, phase: &PhaseReport) -> Vec<ServingRow> {
    let row = |(who, serving): (String, &Serving)| {
        let counts = &serving.counts;
        let n_tokens_per_s =
            if serving.lasted_s > 0.0 { serving.n_tokens as f64 / serving.lasted_s } else { 0.0 };
        ServingRow {
            who,
            figures: vec![
                grouped(counts.n),
                grouped(counts.served),
                grouped(counts.refused),
                grouped(counts.rejected),
                grouped(counts.faulty),
                per_second(serving.served_per_s()),
                per_second(n_tokens_per_s),
            ],
        }
    };
    everyone(report, phase).into_iter().map(row).collect()
}

fn latencies(report: &Report, phase: &PhaseReport) -> Vec<LatencyRow> {
    let mut rows = Vec::new();
    for (who, serving) in everyone(report, phase) {
        let all = [
            ("", &serving.latency),
            (", served", &serving.served_latency),
            (", first text", &serving.first_text),
        ];
        // In quiet nearly all is served, and everybody is the same as the served.
        let n_shown = if who.ends_with("in quiet") { 1 } else { all.len() };
        for (what, latency) in all.into_iter().take(n_shown).filter(|(_, latency)| latency.n > 0) {
            let mut figures = vec![grouped(latency.n)];
            figures.extend(PERCENTILES.map(|p| percentile(latency, p)));
            rows.push(LatencyRow { who: format!("{who}{what}"), figures });
        }
    }
    rows
}

/// Counts that are no columns of their own.
fn notes(phase: &PhaseReport) -> Vec<(&'static str, String)> {
    let all = criteria::everybody(phase);
    let list = |counts: &[(String, u64)]| {
        counts.iter().map(|(name, n)| format!("{name} {}", grouped(*n))).collect::<Vec<_>>().join(", ")
    };
    let statuses: Vec<(String, u64)> =
        all.statuses.iter().map(|(status, n)| (status.to_string(), *n)).collect();
    let mut notes = vec![
        ("Faults", list(&all.faults)),
        ("Statuses", list(&statuses)),
        ("Labels", list(&all.outcomes)),
        ("Hostile connections", list(&all.hostile)),
    ];
    if let Some(shots) = unsent_in_words(phase) {
        notes.push(("Shots", shots));
    }
    if all.empty > 0 {
        notes.push(("Empty", format!("{} of the refused are answers without a word", grouped(all.empty))));
    }
    if !phase.strikes.is_empty() {
        notes.push(("Engines", strikes_in_words(phase)));
    }
    notes.retain(|(_, text)| !text.is_empty());
    notes
}
