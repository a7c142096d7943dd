//! The same figures as Markdown, short, for a pull request or a chat.

use super::model::{Latency, PhaseReport, Report, Sample, Serving};
use super::sentences::{facts, strikes_in_words, unsent_in_words, verdict, verdict_line};
use crate::criteria;
use crate::report::columns::{PERCENTILES, n_answered, n_in_deadline, percentile};
use crate::words::{NOTHING, grouped, per_second, share};

/// Samples that are told, one for each kind: the others are in the JSON.
const N_SAMPLES: usize = 5;

/// The page.
#[must_use]
pub fn page(report: &Report) -> String {
    let mut page = Page(String::new());
    page.line(&format!("# {}: {}", text(&report.target.name), verdict(report)));
    page.line("");
    page.line(&text(&verdict_line(report)));
    page.line("");
    page.scoreboard(report);
    for (i, phase) in report.phases.iter().enumerate() {
        page.phase(report, phase, i + 1);
    }
    page.line("## What the figures belong to");
    page.line("");
    for (name, fact) in facts(report) {
        page.line(&format!("- {name}: {}", text(&fact)));
    }
    page.line("");
    page.code(&report.command);
    page.0
}

/// A page that grows.
#[derive(Debug)]
struct Page(String);

// === impl Page ===

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        self.0.push_str(&table(head, rows));
        self.line("");
    }

    fn scoreboard(&mut self, report: &Report) {
        let mut rows = Vec::new();
        for phase in &report.phases {
            let held = if criteria::holds(phase) { "✓" } else { "✗" };
            for attack in &phase.attacks {
                let mut row = vec![text(&phase.name), held.to_owned(), text(&attack.name)];
                row.extend(scores(&attack.serving));
                row.push(attack.quiet.as_ref().map_or(NOTHING.to_owned(), |q| per_second(q.served_per_s())));
                rows.push(row);
            }
            let mut row = vec![text(&phase.name), held.to_owned(), "bystander".to_owned()];
            row.extend(scores(&phase.bystander));
            row.push(per_second(report.calibration.bystander.served_per_s()));
            rows.push(row);
        }
        let head = [
            "phase",
            "held",
            "who",
            "requests",
            "answered",
            "in deadline",
            "served",
            "refused",
            "rejected",
            "faulty",
            "p95",
            "served/s",
            "in quiet",
        ];
        self.table(&head, &rows);
    }

    fn phase(&mut self, report: &Report, phase: &PhaseReport, phase_number: usize) {
        self.line(&format!("## {phase_number}. {}", text(&phase.name)));
        self.line("");
        self.line(&text(&phase.shape));
        self.line("");
        for criterion in &phase.criteria {
            let sign = match criterion.holds {
                Some(true) => "✓",
                Some(false) => "✗",
                None => NOTHING,
            };
            self.line(&format!("- {sign} `{}`: {}", criterion.key, text(&criterion.text)));
        }
        if let Some(shots) = unsent_in_words(phase) {
            self.line(&format!("- shots: {shots}"));
        }
        let n_empty = criteria::everybody(phase).empty;
        if n_empty > 0 {
            self.line(&format!("- empty: {} of the refused are answers without a word", grouped(n_empty)));
        }
        if !phase.strikes.is_empty() {
            self.line(&format!("- engines: {}", strikes_in_words(phase)));
        }
        self.line("");
        let mut rows = Vec::new();
        for attack in &phase.attacks {
            rows.extend(times(&attack.name, &attack.serving.latency));
            rows.extend(times(&format!("{}, served", attack.name), &attack.serving.served_latency));
        }
        rows.extend(times("bystander", &phase.bystander.latency));
        rows.extend(times("bystander in quiet", &report.calibration.bystander.latency));
        self.table(&["latency of", "n", "p50", "p90", "p95", "p99", "p99.9", "max"], &rows);
        let mut told: Vec<&str> = Vec::new();
        for sample in &phase.samples {
            if told.len() < N_SAMPLES && !told.contains(&sample.kind.as_str()) {
                told.push(&sample.kind);
                self.sample(sample);
            }
        }
    }

    fn sample(&mut self, sample: &Sample) {
        let faults: Vec<String> = sample.faults.iter().map(|fault| text(fault)).collect();
        self.line(&format!("{}: {}", text(&sample.who), faults.join("; ")));
        self.line("");
        self.code(&sample.curl);
    }

    /// Within a fence that is longer than any in it.
    fn code(&mut self, code: &str) {
        let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        self.line(&fence);
        self.line(code.trim_end_matches('\n'));
        self.line(&fence);
        self.line("");
    }
}

fn scores(serving: &Serving) -> Vec<String> {
    let counts = &serving.counts;
    vec![
        grouped(counts.n),
        share(n_answered(counts), counts.n),
        share(n_in_deadline(counts), counts.n),
        share(counts.served, counts.wanted),
        grouped(counts.refused),
        grouped(counts.rejected),
        grouped(counts.faulty),
        percentile(&serving.latency, 95.0),
        per_second(serving.served_per_s()),
    ]
}

fn times(who: &str, latency: &Latency) -> Option<Vec<String>> {
    if latency.n == 0 {
        return None;
    }
    let mut row = vec![text(who), grouped(latency.n)];
    row.extend(PERCENTILES.map(|p| percentile(latency, p)));
    Some(row)
}

/// A table, its columns of equal width, so that it reads well unrendered too.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("| {} |\n", padded.join(" | "))
    };
    let mut table = line(&mut head.iter().copied());
    let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    table.push_str(&line(&mut rules.iter().map(String::as_str)));
    for row in rows {
        table.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    table
}

/// Text from elsewhere on one line, in which nothing is markup.
pub(super) fn text(from_elsewhere: &str) -> String {
    let mut safe = String::with_capacity(from_elsewhere.len());
    for c in from_elsewhere.chars() {
        match c {
            '\n' | '\r' | '\t' => safe.push(' '),
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' => {
                safe.push('\\');
                safe.push(c);
            }
            _ => safe.push(c),
        }
    }
    safe
}
