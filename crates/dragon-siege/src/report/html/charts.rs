//! The pictures of one phase.

mod distribution;

use serde::Serialize;

pub(in crate::report) use self::distribution::distribution;
use self::distribution::{cumulative_in_words, latencies};
use crate::report::model::{PhaseReport, Report, Second};
use crate::report::svg::{Axis, Caption, Line, Marks, Stack, Style, lines, stacked_bars};
use crate::words;

/// A picture with its words.
#[derive(Debug, Clone, Serialize)]
pub(in crate::report) struct Chart {
    pub(in crate::report) title: String,
    /// One line below the title.
    pub(in crate::report) note: String,
    /// Class and words.
    pub(in crate::report) legend: Vec<(String, String)>,
    /// The picture itself. Its words are escaped.
    pub(in crate::report) svg: String,
}

/// More bars than this could not be told apart on a telephone.
const N_BARS_MAX: usize = 100;

/// All pictures for which there are figures.
pub(super) fn of_phase(report: &Report, phase: &PhaseReport, number: usize) -> Vec<Chart> {
    let caption = |which: &str, title: &str, description: String| Caption {
        id: format!("p{number}-{which}"),
        title: format!("{title}: {}", phase.name),
        description,
    };
    let deadline_ms = report.rules.deadline_ms as f64;
    let mut charts = Vec::new();
    if !phase.timeline.is_empty() {
        charts.push(outcomes(phase, &caption));
    }
    if let Some(chart) = latencies(phase, deadline_ms, &caption) {
        charts.push(chart);
    }
    if phase.bystander.latency.n > 0 {
        let all = [
            ("quiet", "alone, in quiet", &report.calibration.bystander.latency),
            ("first", "beside the attack", &phase.bystander.latency),
        ];
        charts.push(distribution(
            "Bystander: how long answers took",
            caption("b", "Bystander's latency", cumulative_in_words(&all)),
            &all.map(|(class, name, latency)| (class.to_owned(), name.to_owned(), latency)),
            Some(deadline_ms),
        ));
        charts.push(bystander_over_time(phase, deadline_ms, &caption));
    }
    if phase.timeline.iter().any(|second| second.n_open > 0) {
        charts.push(open_requests(phase, &caption));
    }
    if !phase.memory.is_empty() {
        charts.push(memory(phase, &caption));
    }
    if phase.strikes.iter().any(|strike| strike.recovery.ready_after_ms().is_some()) {
        charts.push(strikes(phase, &caption));
    }
    charts
}

/// A class of requests, and how many of it ended in a second.
type Column = (&'static str, fn(&Second) -> u64);

type Captions<'a> = &'a dyn Fn(&str, &str, String) -> Caption;

fn outcomes(phase: &PhaseReport, caption: Captions<'_>) -> Chart {
    let columns: [Column; 4] = [
        ("served", |second| second.served),
        ("refused", |second| second.refused),
        ("rejected", |second| second.rejected),
        ("faulty", |second| second.faulty),
    ];
    let per_bar = phase.timeline.len().div_ceil(N_BARS_MAX);
    let stack = |(class, column): Column| Stack {
        class,
        values: phase
            .timeline
            .chunks(per_bar)
            .map(|bar| bar.iter().map(column).sum::<u64>() as f64 / bar.len() as f64)
            .collect(),
    };
    let in_all = |column: fn(&Second) -> u64| phase.timeline.iter().map(column).sum::<u64>();
    let totals: Vec<String> =
        columns.iter().map(|(name, column)| format!("{} {name}", in_all(*column))).collect();
    let marks: Vec<f64> = phase.strikes.iter().map(|strike| strike.at_s - phase.began_s).collect();
    let description = format!("Requests that ended in each second: {} in all.", totals.join(", "));
    let used: Vec<_> = columns.into_iter().filter(|(_, column)| in_all(*column) > 0).collect();
    let mut legend: Vec<(String, String)> =
        used.iter().map(|(name, _)| ((*name).to_owned(), (*name).to_owned())).collect();
    if !marks.is_empty() {
        legend.push(("mark".to_owned(), "engine struck".to_owned()));
    }
    let stacks: Vec<Stack> = used.into_iter().map(stack).collect();
    Chart {
        title: "What became of requests".to_owned(),
        note: "a second, by when they ended; attack and bystander together".to_owned(),
        legend,
        svg: stacked_bars(
            &caption("o", "Outcomes over time", description),
            per_bar as f64,
            &stacks,
            &marks,
            words::round_number,
        ),
    }
}

fn bystander_over_time(phase: &PhaseReport, deadline_ms: f64, caption: Captions<'_>) -> Chart {
    let answered = || phase.timeline.iter().enumerate().filter(|(_, second)| second.bystander_ms > 0.0);
    let slowest = answered().map(|(_, second)| second.bystander_ms).fold(0.0, f64::max);
    // A limit far above everything would flatten the rest.
    let is_near = slowest >= deadline_ms / 4.0;
    let highest = if is_near { slowest.max(deadline_ms * 1.02) } else { slowest };
    let line = Line {
        class: "first".to_owned(),
        points: answered().map(|(i, second)| (i as f64 + 0.5, second.bystander_ms)).collect(),
        style: Style::Stems,
    };
    let marks = Marks { level: is_near.then(|| (deadline_ms, "deadline".to_owned())), ..Marks::default() };
    let description = format!("The slowest answer of each second; {} at most.", words::time(slowest));
    Chart {
        title: "Bystander: slowest answer".to_owned(),
        note: "of each second in which one ended".to_owned(),
        legend: Vec::new(),
        svg: lines(
            &caption("s", "Bystander's slowest answers over time", description),
            &Axis::seconds(phase.timeline.len() as f64),
            &Axis::up_to(highest, words::round_time),
            &[line],
            &marks,
        ),
    }
}

fn open_requests(phase: &PhaseReport, caption: Captions<'_>) -> Chart {
    let n_seconds = phase.timeline.len() as f64;
    let most = phase.timeline.iter().map(|second| second.n_open).max().unwrap_or(0);
    let mut points: Vec<(f64, f64)> =
        phase.timeline.iter().enumerate().map(|(i, second)| (i as f64, second.n_open as f64)).collect();
    points.extend(points.last().map(|(_, last)| (n_seconds, *last)));
    let line = Line { class: "first".to_owned(), points, style: Style::Area };
    Chart {
        title: "Requests on their way".to_owned(),
        note: "sent, and not yet ended".to_owned(),
        legend: Vec::new(),
        svg: lines(
            &caption("r", "Open requests over time", format!("At most {most} at the end of a second.")),
            &Axis::seconds(n_seconds),
            &Axis::up_to(most as f64, words::round_number),
            &[line],
            &Marks::default(),
        ),
    }
}

fn memory(phase: &PhaseReport, caption: Captions<'_>) -> Chart {
    const MIB: f64 = 1024.0 * 1024.0;
    let points: Vec<(f64, f64)> =
        phase.memory.iter().map(|(at_s, n)| (at_s - phase.began_s, *n as f64 / MIB)).collect();
    let most = points.iter().map(|(_, mib)| *mib).fold(0.0, f64::max);
    let n_seconds = points.last().map_or(1.0, |(at, _)| *at).max(phase.timeline.len() as f64);
    let (first, last) = (phase.memory.first().map_or(0, |m| m.1), phase.memory.last().map_or(0, |m| m.1));
    let peak = phase.memory.iter().map(|(_, n)| *n).max().unwrap_or(0);
    let (first, last, peak) = (words::bytes(first), words::bytes(last), words::bytes(peak));
    Chart {
        title: "Memory of the target".to_owned(),
        note: format!("resident, MiB: {first} at the start, {last} at the end"),
        legend: Vec::new(),
        svg: lines(
            &caption(
                "m",
                "Resident memory over time",
                format!("{first} first, {last} last, {peak} at most."),
            ),
            &Axis::seconds(n_seconds),
            &Axis::up_to(most, words::round_number),
            &[Line { class: "first".to_owned(), points, style: Style::Area }],
            &Marks::default(),
        ),
    }
}

fn strikes(phase: &PhaseReport, caption: Captions<'_>) -> Chart {
    let seen: Vec<(f64, f64)> = phase
        .strikes
        .iter()
        .filter_map(|strike| Some((strike.at_s - phase.began_s, strike.recovery.ready_after_ms()?)))
        .collect();
    let longest = seen.iter().map(|(_, ms)| *ms).fold(0.0, f64::max);
    let last = seen.last().map_or(1.0, |(at, _)| *at);
    let n_seen = seen.len();
    let n = phase.strikes.len();
    let description = format!("{n_seen} of {n} seen ready again, after {} at most.", words::time(longest));
    Chart {
        title: "Engines struck".to_owned(),
        note: "from the signal until an engine was ready again".to_owned(),
        legend: Vec::new(),
        svg: lines(
            &caption("k", "Time to readiness of each struck engine", description),
            &Axis::seconds(last.max(phase.timeline.len() as f64)),
            &Axis::up_to(longest, words::round_time),
            &[Line { class: "struck".to_owned(), points: seen, style: Style::Stems }],
            &Marks::default(),
        ),
    }
}
