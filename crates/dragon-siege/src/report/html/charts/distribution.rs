//! How long requests took: as a histogram, and as the share that ended within a time.

use super::{Captions, Chart};
use crate::report::columns::percentile;
use crate::report::model::{Latency, PhaseReport};
use crate::report::svg::{Axis, Caption, Line, Marks, Style, lines};
use crate::words;

/// Buckets of distributions grow by this factor.
const BUCKET_FACTOR: f64 = 1.122_018_454_301_963_3;

/// Of all attacks together, how many took how long.
pub(super) fn latencies(phase: &PhaseReport, deadline_ms: f64, caption: Captions<'_>) -> Option<Chart> {
    let all = merged(phase.attacks.iter().map(|attack| &attack.serving.latency));
    let served = merged(phase.attacks.iter().map(|attack| &attack.serving.served_latency));
    let (least, most) = (all.first()?.0 / BUCKET_FACTOR, all.last()?.0);
    let highest = all.iter().map(|(_, n)| *n).max().unwrap_or(0);
    let is_near = deadline_ms <= most * 10.0 && deadline_ms >= least;
    let x = Axis::times(least, if is_near { most.max(deadline_ms) } else { most }, words::round_time);
    let y = Axis::up_to(highest as f64, words::round_number);
    let line = |class: &str, buckets: &[(f64, u64)]| Line {
        class: class.to_owned(),
        points: outline(buckets),
        style: Style::Area,
    };
    let mut drawn = vec![line("every", &all)];
    let mut legend = vec![("every".to_owned(), "all that ended".to_owned())];
    if !served.is_empty() {
        drawn.push(line("served", &served));
        legend.push(("served".to_owned(), "served".to_owned()));
    }
    let n: u64 = all.iter().map(|(_, n)| n).sum();
    let description = format!(
        "How many of {n} requests took how long, from {} to {}; the time grows by factors.",
        words::time(least),
        words::time(most)
    );
    let marks = Marks { moment: is_near.then(|| (deadline_ms, "deadline".to_owned())), ..Marks::default() };
    Some(Chart {
        title: "Attack: how long requests took".to_owned(),
        note: "requests in each step of time (each step is 12 % longer)".to_owned(),
        legend,
        svg: lines(&caption("l", "Latency of the attack's requests", description), &x, &y, &drawn, &marks),
    })
}

/// Shares that ended within a time, one line for each distribution.
pub(in crate::report) fn distribution(
    title: &str,
    caption: Caption,
    all: &[(String, String, &Latency)],
    deadline_ms: Option<f64>,
) -> Chart {
    let edges = || all.iter().flat_map(|(_, _, latency)| latency.buckets.iter().map(|(ms, _)| *ms));
    let least = edges().fold(f64::INFINITY, f64::min) / BUCKET_FACTOR;
    let most = edges().fold(0.0, f64::max);
    let near = deadline_ms.filter(|deadline| *deadline <= most * 10.0 && *deadline >= least);
    let most = near.map_or(most, |deadline| deadline.max(most));
    let x = Axis::times(least, most, words::round_time);
    let filled: Vec<_> = all.iter().filter(|(_, _, latency)| latency.n > 0).collect();
    let drawn: Vec<Line> = filled
        .iter()
        .map(|(class, _, latency)| Line {
            class: class.clone(),
            points: cumulative(latency, most),
            style: Style::Steps,
        })
        .collect();
    let marks = Marks { moment: near.map(|ms| (ms, "deadline".to_owned())), ..Marks::default() };
    Chart {
        title: title.to_owned(),
        note: "share that ended within this time".to_owned(),
        legend: filled.into_iter().map(|(class, name, _)| (class.clone(), name.clone())).collect(),
        svg: lines(&caption, &x, &Axis::percent(), &drawn, &marks),
    }
}

pub(super) fn cumulative_in_words(all: &[(&str, &str, &Latency)]) -> String {
    let one = |(_, name, latency): &(&str, &str, &Latency)| {
        format!(
            "{name}: half within {}, 95 % within {}",
            percentile(latency, 50.0),
            percentile(latency, 95.0)
        )
    };
    format!("Share of answers within a time. {}.", all.iter().map(one).collect::<Vec<_>>().join("; "))
}

/// Buckets of several distributions together; all are made with the same edges.
fn merged<'a>(all: impl Iterator<Item = &'a Latency>) -> Vec<(f64, u64)> {
    let mut sum: Vec<(f64, u64)> = Vec::new();
    for (edge, n) in all.flat_map(|latency| latency.buckets.iter().copied()) {
        match sum.iter_mut().find(|(known, _)| (known / edge - 1.0).abs() < 1e-3) {
            Some((_, total)) => *total += n,
            None => sum.push((edge, n)),
        }
    }
    sum.sort_by(|left, right| left.0.total_cmp(&right.0));
    sum
}

/// The outline of a histogram: back to nothing where buckets are empty.
fn outline(buckets: &[(f64, u64)]) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(buckets.len() * 2 + 1);
    let mut end = 0.0;
    for (edge, n) in buckets {
        let start = edge / BUCKET_FACTOR;
        if end < start * 0.999 {
            if end > 0.0 {
                points.push((end, 0.0));
            }
            points.push((start, 0.0));
        }
        points.push((start, *n as f64));
        end = *edge;
    }
    if end > 0.0 {
        points.push((end, 0.0));
    }
    points
}

fn cumulative(latency: &Latency, most: f64) -> Vec<(f64, f64)> {
    let n = latency.n.max(1) as f64;
    let mut points = Vec::with_capacity(latency.buckets.len() + 2);
    let mut sum = 0;
    points.extend(latency.buckets.first().map(|(edge, _)| (edge / BUCKET_FACTOR, 0.0)));
    for (edge, here) in &latency.buckets {
        sum += here;
        points.push((*edge, sum as f64 / n * 100.0));
    }
    points.push((most, 100.0));
    points
}
