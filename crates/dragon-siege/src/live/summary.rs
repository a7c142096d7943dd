//! The result on standard output: one verdict, the scoreboard, the criteria.

use std::fmt::Write as _;

use super::plain::at_percentile;
use crate::report::model::{CriterionReport, PhaseReport, Report, Serving};
use crate::report::sentences::unsent_in_words;
use crate::words::{grouped, harmless, share, time};

/// Columns of the scoreboard, right-aligned, besides who is served.
const HEADS: [&str; 10] =
    ["requests", "answered", "in time", "served", "refused", "rejected", "faulty", "p50", "p95", "p99"];
/// Width of who is served.
const WHO_WIDTH: usize = 22;
/// Width of a figure.
const FIGURE_WIDTH: usize = 9;

/// A report in text.
#[must_use]
pub fn summary(report: &Report) -> String {
    let mut text = String::from("\n");
    line(&mut text, "", HEADS.map(str::to_owned));
    serving(&mut text, "quiet: bystander", &report.calibration.bystander);
    for (phase, number) in report.phases.iter().zip(1..) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{number} {}", harmless(&phase.name));
        for attack in &phase.attacks {
            serving(&mut text, &format!("  {}", attack.name), &attack.serving);
        }
        serving(&mut text, "  bystander", &phase.bystander);
        criteria(&mut text, phase);
        if let Some(shots) = unsent_in_words(phase) {
            let _ = writeln!(text, "  shots: {shots}");
        }
        let n_empty = crate::criteria::everybody(phase).empty;
        if n_empty > 0 {
            let _ = writeln!(text, "  empty: {} of the refused are answers without a word", grouped(n_empty));
        }
    }
    let verdict = if report.has_survived { "SURVIVED" } else { "DID NOT SURVIVE" };
    let early = if report.was_interrupted { ", in a siege that was ended early" } else { "" };
    let target = &report.target;
    let _ =
        writeln!(text, "\n{verdict}: {}, model {}{early}", harmless(&target.name), harmless(&target.model));
    text
}

fn serving(text: &mut String, who: &str, serving: &Serving) {
    let counts = &serving.counts;
    let hostile: u64 = counts.hostile.iter().map(|(_, n)| n).sum();
    if counts.n == 0 && hostile > 0 {
        let _ = writeln!(
            text,
            "{:<WHO_WIDTH$}  {} connections that ask for no answer",
            harmless(who),
            grouped(hostile)
        );
        return;
    }
    let n_answered = counts.n.saturating_sub(counts.n_with("unanswered"));
    let n_in_time = n_answered.saturating_sub(counts.n_with("late"));
    let time = |percentile| {
        let value = at_percentile(&serving.latency.percentiles, percentile).filter(|_| serving.latency.n > 0);
        value.map_or_else(|| "-".to_owned(), time)
    };
    let figures = [
        grouped(counts.n),
        share(n_answered, counts.n),
        share(n_in_time, counts.n),
        grouped(counts.served),
        grouped(counts.refused),
        grouped(counts.rejected),
        grouped(counts.faulty),
        time(50.0),
        time(95.0),
        time(99.0),
    ];
    line(text, &harmless(who), figures);
}

fn line(text: &mut String, who: &str, figures: [String; 10]) {
    let _ = write!(text, "{who:<WHO_WIDTH$}");
    for figure in figures {
        let _ = write!(text, " {figure:>FIGURE_WIDTH$}");
    }
    text.push('\n');
}

/// What does not hold, or could not be judged, in full; what holds in few words.
fn criteria(text: &mut String, phase: &PhaseReport) {
    let holding = phase.criteria.iter().filter(|criterion| criterion.holds == Some(true));
    let keys: Vec<&str> = holding.map(|criterion| criterion.key.as_str()).collect();
    if !keys.is_empty() {
        let _ = writeln!(text, "  ✓ {}", keys.join(", "));
    }
    for CriterionReport { key, text: words, holds } in &phase.criteria {
        let mark = match holds {
            Some(true) => continue,
            Some(false) => "✗",
            None => "?",
        };
        let _ = writeln!(text, "  {mark} {key}: {}", harmless(words));
    }
}
