//! Several reports side by side: their phases matched by name, and what comes out of it.

use serde::Serialize;

use super::fairness;
use super::figures::{Better, Figure, figure, of_attack, of_bystander, of_counts};
use crate::criteria;
use crate::report::columns::percentile;
use crate::report::html::{Chart, distribution};
use crate::report::model::{AttackReport, Counts, Latency, PhaseReport, Report, Serving};
use crate::report::sentences::{self, strikes_in_words, verdict, verdict_line};
use crate::report::svg::Caption;
use crate::words::{self, NOTHING};

/// Everything that the pages show.
#[derive(Debug, Serialize)]
pub(super) struct Duel {
    pub(super) title: String,
    pub(super) names: Vec<String>,
    /// Verdict of each: words, and whether it survived.
    pub(super) verdicts: Vec<(&'static str, bool, String)>,
    /// Who has survived, or who is ahead.
    pub(super) standing: String,
    pub(super) warnings: Vec<String>,
    pub(super) blocks: Vec<Block>,
    /// What each report says about itself.
    pub(super) facts: Vec<(&'static str, Vec<String>)>,
    pub(super) commands: Vec<(String, String)>,
}

/// Figures that belong together.
#[derive(Debug, Serialize)]
pub(super) struct Block {
    pub(super) title: String,
    pub(super) note: String,
    pub(super) figures: Vec<Figure>,
    pub(super) charts: Vec<Chart>,
}

/// Colours of lines, as the style sheet has them.
const CLASSES: [&str; super::N_MAX] = ["first", "second", "third", "fourth"];

// === impl Duel ===

impl Duel {
    pub(super) fn of(reports: &[Report]) -> Self {
        let names = names(reports);
        let mut blocks = vec![overall(reports)];
        for (name, nth) in phase_names(reports) {
            let phases: Vec<Option<&PhaseReport>> =
                reports.iter().map(|report| nth_named(report, &name, nth)).collect();
            blocks.push(phase_block(blocks.len(), &name, &names, &phases));
        }
        Self {
            title: names.join(" against "),
            verdicts: reports
                .iter()
                .map(|report| (verdict(report), report.has_survived, verdict_line(report)))
                .collect(),
            standing: standing(&names, reports, &blocks),
            warnings: fairness::warnings(&names, reports),
            blocks,
            facts: facts(reports),
            commands: names
                .iter()
                .cloned()
                .zip(reports.iter().map(|report| report.command.clone()))
                .collect(),
            names,
        }
    }
}

/// As the user called them; with a number where two have the same name.
fn names(reports: &[Report]) -> Vec<String> {
    let name = |(i, report): (usize, &Report)| {
        let own = &report.target.name;
        let n_alike = reports.iter().filter(|other| other.target.name == *own).count();
        if n_alike > 1 { format!("{own} ({})", i + 1) } else { own.clone() }
    };
    reports.iter().enumerate().map(name).collect()
}

/// Phases of all reports in their order, each with how many of its name come before it.
fn phase_names(reports: &[Report]) -> Vec<(String, usize)> {
    let mut all: Vec<(String, usize)> = Vec::new();
    for report in reports {
        for (i, phase) in report.phases.iter().enumerate() {
            let nth = report.phases.iter().take(i).filter(|earlier| earlier.name == phase.name).count();
            let key = (phase.name.clone(), nth);
            if !all.contains(&key) {
                all.push(key);
            }
        }
    }
    all
}

fn nth_named<'a>(report: &'a Report, name: &str, nth: usize) -> Option<&'a PhaseReport> {
    report.phases.iter().filter(|phase| phase.name == name).nth(nth)
}

/// Survival first; where that does not decide, who is ahead in more figures.
fn standing(names: &[String], reports: &[Report], blocks: &[Block]) -> String {
    let survivors: Vec<&str> = names
        .iter()
        .zip(reports)
        .filter(|(_, report)| report.has_survived)
        .map(|(name, _)| name.as_str())
        .collect();
    // What is in the phases is in the sums, too: it counts once.
    let scored: Vec<&Figure> =
        blocks.iter().skip(1).flat_map(|block| &block.figures).filter(|figure| figure.is_scored).collect();
    let n_ahead = |i: usize| scored.iter().filter(|figure| figure.best == Some(i)).count();
    let n_even = scored.iter().filter(|figure| figure.best.is_none()).count();
    let ahead: Vec<String> =
        names.iter().enumerate().map(|(i, name)| format!("{name} is ahead in {}", n_ahead(i))).collect();
    let ahead = format!("Of {} scored figures, {}; nobody is in {n_even}.", scored.len(), ahead.join(", "));
    let survived = match survivors.as_slice() {
        [] => "Nobody survived.".to_owned(),
        all if all.len() == names.len() => "Everybody survived.".to_owned(),
        [one] => format!("Only {one} survived."),
        some => format!("Only {} survived.", some.join(" and ")),
    };
    format!("{survived} {ahead}")
}

fn overall(reports: &[Report]) -> Block {
    let all: Vec<Option<Counts>> = reports
        .iter()
        .map(|report| {
            let counts = report.phases.iter().map(criteria::everybody);
            Some(counts.fold(Counts::default(), |sum, counts| sum.plus(&counts)))
        })
        .collect();
    let held = |report: &Report| report.phases.iter().filter(|phase| criteria::holds(phase)).count();
    let mut figures = vec![Figure {
        label: "Phases held".to_owned(),
        shown: reports.iter().map(|report| format!("{} of {}", held(report), report.phases.len())).collect(),
        best: None,
        is_scored: false,
    }];
    figures.extend(of_counts("", &all));
    let bystanders: Vec<Option<&Serving>> = reports.iter().map(|report| Some(&report.bystander)).collect();
    figures.extend(of_bystander(&bystanders));
    let quiet = |report: &Report| report.calibration.bystander.latency.at(95.0);
    figures.push(figure(
        "Bystander p95 in quiet",
        &reports.iter().map(quiet).collect::<Vec<_>>(),
        Better::Neither,
        words::time,
    ));
    let peak = |report: &Report| report.phases.iter().flat_map(|phase| &phase.memory).map(|(_, n)| *n).max();
    figures.push(Figure {
        label: "Most memory".to_owned(),
        shown: reports.iter().map(|r| peak(r).map_or(NOTHING.to_owned(), words::bytes)).collect(),
        best: None,
        is_scored: false,
    });
    Block {
        title: "Everything".to_owned(),
        note: "all phases together".to_owned(),
        figures,
        charts: Vec::new(),
    }
}

fn phase_block(number: usize, name: &str, names: &[String], phases: &[Option<&PhaseReport>]) -> Block {
    let mut figures = vec![Figure {
        label: "Verdict".to_owned(),
        shown: phases
            .iter()
            .map(|phase| {
                phase
                    .map_or(NOTHING, |phase| if criteria::holds(phase) { "✓ held" } else { "✗ not held" })
                    .to_owned()
            })
            .collect(),
        best: None,
        is_scored: false,
    }];
    let mut charts = Vec::new();
    let mut attack_names: Vec<&str> = Vec::new();
    for attack in phases.iter().flatten().flat_map(|phase| &phase.attacks) {
        if !attack_names.contains(&attack.name.as_str()) {
            attack_names.push(&attack.name);
        }
    }
    for (i, attack) in attack_names.iter().enumerate() {
        let find = |phase: &Option<&'_ PhaseReport>| -> Option<AttackReport> {
            (*phase)?.attacks.iter().find(|one| one.name == *attack).cloned()
        };
        let found: Vec<Option<AttackReport>> = phases.iter().map(find).collect();
        if found.iter().flatten().all(|attack| attack.serving.counts.n == 0) {
            continue;
        }
        let prefix = if attack_names.len() > 1 { format!("{attack}: ") } else { String::new() };
        figures.extend(of_attack(&prefix, &found));
        let latencies: Vec<Option<&Latency>> =
            found.iter().map(|attack| attack.as_ref().map(|attack| &attack.serving.latency)).collect();
        charts.extend(overlaid(
            &format!("c{number}-a{i}"),
            &format!("{attack}: how long requests took"),
            names,
            &latencies,
        ));
    }
    let bystanders: Vec<Option<&Serving>> =
        phases.iter().map(|phase| phase.map(|phase| &phase.bystander)).collect();
    figures.extend(of_bystander(&bystanders));
    let latencies: Vec<Option<&Latency>> =
        bystanders.iter().map(|serving| serving.map(|serving| &serving.latency)).collect();
    charts.extend(overlaid(&format!("c{number}-b"), "Bystander: how long answers took", names, &latencies));
    if phases.iter().flatten().any(|phase| !phase.strikes.is_empty()) {
        figures.push(Figure {
            label: "Engines".to_owned(),
            shown: phases
                .iter()
                .map(|phase| match phase {
                    Some(phase) if !phase.strikes.is_empty() => strikes_in_words(phase),
                    _ => NOTHING.to_owned(),
                })
                .collect(),
            best: None,
            is_scored: false,
        });
    }
    let shapes = phases.iter().flatten().map(|phase| phase.shape.clone()).next().unwrap_or_default();
    Block { title: name.to_owned(), note: shapes, figures, charts }
}

fn overlaid(id: &str, title: &str, names: &[String], latencies: &[Option<&Latency>]) -> Option<Chart> {
    let all: Vec<(String, String, &Latency)> = names
        .iter()
        .zip(CLASSES)
        .zip(latencies)
        .filter_map(|((name, class), latency)| Some((class.to_owned(), name.clone(), (*latency)?)))
        .filter(|(_, _, latency)| latency.n > 0)
        .collect();
    if all.is_empty() {
        return None;
    }
    let half: Vec<String> = all
        .iter()
        .map(|(_, name, latency)| format!("{name}: half within {}", percentile(latency, 50.0)))
        .collect();
    let caption = Caption {
        id: id.to_owned(),
        title: title.to_owned(),
        description: format!("Share of requests that ended within a time. {}.", half.join("; ")),
    };
    Some(distribution(title, caption, &all, None))
}

fn facts(reports: &[Report]) -> Vec<(&'static str, Vec<String>)> {
    let all: Vec<Vec<(&'static str, String)>> = reports.iter().map(sentences::facts).collect();
    let names: Vec<&'static str> = all.first().into_iter().flatten().map(|(name, _)| *name).collect();
    let of = |name: &'static str| {
        let each = all.iter().map(|facts| {
            facts.iter().find(|(known, _)| *known == name).map_or(String::new(), |(_, text)| text.clone())
        });
        (name, each.collect())
    };
    names.into_iter().map(of).collect()
}
