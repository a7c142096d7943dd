//! The result on standard output: one verdict, the scoreboard, the criteria.

use std::fmt::Write as _;

use super::plain::at_percentile;
use crate::attack::KILL_ENGINE;
use crate::report::model::{CriterionReport, PhaseReport, Report, Serving};
use crate::report::sentences::unsent_in_words;
use crate::words::{NOTHING, compact, counted, grouped, harmless, share, time};

/// Columns of the scoreboard, right-aligned, besides who is served.
const HEADS: [&str; 10] =
    ["requests", "answered", "in time", "served", "refused", "rejected", "faulty", "p50", "p95", "p99"];
/// Width of who is served.
const WHO_WIDTH: usize = 20;
/// Least width of a figure: of `123,456` and `812 ms`.
const FIGURE_WIDTH: usize = 7;

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
            match attack.name.as_str() {
                KILL_ENGINE => strikes(&mut text, phase),
                name => serving(&mut text, &format!("  {name}"), &attack.serving),
            }
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
    let verdict = match (report.was_interrupted, report.has_survived) {
        (true, _) => "ENDED EARLY, no verdict",
        (false, true) => "SURVIVED",
        (false, false) => "DID NOT SURVIVE",
    };
    let target = &report.target;
    let _ = writeln!(text, "\n{verdict}: {}, model {}", harmless(&target.name), harmless(&target.model));
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
        value.map_or_else(|| NOTHING.to_owned(), time)
    };
    let figures = [
        compact(counts.n),
        share(n_answered, counts.n),
        share(n_in_time, counts.n),
        compact(counts.served),
        compact(counts.refused),
        compact(counts.rejected),
        compact(counts.faulty),
        time(50.0),
        time(95.0),
        time(99.0),
    ];
    line(text, &harmless(who), figures);
}

/// Signals have no answers; what counts is whether an engine came back.
fn strikes(text: &mut String, phase: &PhaseReport) {
    let to_ready = || phase.strikes.iter().filter_map(|strike| strike.recovery.ready_after_ms());
    let n_struck = u64::try_from(phase.strikes.len()).unwrap_or(u64::MAX);
    let who = format!("  {KILL_ENGINE}");
    let _ = write!(
        text,
        "{who:<WHO_WIDTH$}  {}, {} seen ready again",
        counted(n_struck, "strike"),
        to_ready().count()
    );
    let slowest = to_ready().fold(f64::NEG_INFINITY, f64::max);
    if slowest.is_finite() {
        let _ = write!(text, ", the slowest after {}", time(slowest));
    }
    text.push('\n');
}

fn line(text: &mut String, who: &str, figures: [String; 10]) {
    let _ = write!(text, "{who:<WHO_WIDTH$}");
    for (figure, head) in figures.into_iter().zip(HEADS) {
        let width = head.len().max(FIGURE_WIDTH);
        let _ = write!(text, " {figure:>width$}");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::{Counts, Latency, Recovery, Shots, StrikeReport};

    fn serving_of(counts: Counts) -> Serving {
        let percentiles = vec![(50.0, 210.0), (95.0, 812.0), (99.0, 2100.0)];
        let latency = Latency { n: counts.n, mean_ms: 300.0, percentiles, buckets: Vec::new() };
        Serving { counts, latency, ..Serving::default() }
    }

    fn shown(who: &str, counts: Counts) -> String {
        let mut text = String::new();
        serving(&mut text, who, &serving_of(counts));
        text
    }

    #[test]
    fn a_line_of_the_scoreboard_lies_under_its_heads() {
        let faults = vec![("unanswered".to_owned(), 3), ("late".to_owned(), 40)];
        let counts = Counts { n: 4890, served: 1200, refused: 3640, faulty: 50, faults, ..Counts::default() };
        let mut heads = String::new();
        line(&mut heads, "", HEADS.map(str::to_owned));
        let figures = shown("  overload:identical", counts);
        let expected = "  overload:identical    4,890  99.93 % 99.12 %   1,200   3,640        0      50  210 ms  812 ms  2.10 s\n";
        assert_eq!(figures, expected);
        assert_eq!(heads.len(), figures.len());
        assert!(heads.len() <= 104, "{}", heads.len());
    }

    #[test]
    fn who_is_owed_no_answer_has_no_shares() {
        let hostile = vec![("left".to_owned(), 1200), ("closed".to_owned(), 5)];
        let text = shown("  slow-body", Counts { hostile, ..Counts::default() });
        assert!(text.ends_with("  1,205 connections that ask for no answer\n"), "{text}");
        // And nobody at all is neither all nor nothing.
        assert!(shown("  bystander", Counts::default()).contains("       0        –       – "));
    }

    fn phase_of(strikes: Vec<StrikeReport>, criteria: Vec<CriterionReport>) -> PhaseReport {
        PhaseReport {
            name: "overload".to_owned(),
            shape: String::new(),
            began_s: 0.0,
            attacks: Vec::new(),
            bystander: Serving::default(),
            shots: Shots::default(),
            timeline: Vec::new(),
            memory: Vec::new(),
            strikes,
            criteria,
            samples: Vec::new(),
        }
    }

    #[test]
    fn strikes_are_told_with_how_engines_came_back() {
        let strike = |after_ms: Option<f64>| StrikeReport {
            signal: "kill".to_owned(),
            at_s: 1.0,
            recovery: after_ms.map_or(Recovery::Never, |after_ms| Recovery::Ready { after_ms }),
        };
        let shown = |strikes| {
            let mut text = String::new();
            super::strikes(&mut text, &phase_of(strikes, Vec::new()));
            text
        };
        let text = shown(vec![strike(Some(180.0)), strike(None), strike(Some(1250.0))]);
        assert_eq!(text, "  kill-engine         3 strikes, 2 seen ready again, the slowest after 1.25 s\n");
        assert!(shown(Vec::new()).ends_with("  0 strikes, 0 seen ready again\n"));
    }

    #[test]
    fn what_does_not_hold_is_told_in_full_and_what_holds_in_a_word() {
        let criterion = |key: &str, holds| CriterionReport {
            key: key.to_owned(),
            text: format!("every request is {key}\x1b: 1 of 2"),
            holds,
        };
        let wrong = vec![
            criterion("answered", Some(true)),
            criterion("whole", Some(false)),
            criterion("right", None),
        ];
        let phase = phase_of(Vec::new(), wrong);
        let mut text = String::new();
        criteria(&mut text, &phase);
        let expected = "  ✓ answered\n  ✗ whole: every request is whole\\u{1b}: 1 of 2\n  ? right: every request is right\\u{1b}: 1 of 2\n";
        assert_eq!(text, expected);
    }
}
