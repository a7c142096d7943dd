//! What a report says in sentences, the same in every form.

use super::model::{PhaseReport, Report, Shots};
use crate::criteria;
use crate::report::columns::percentile;
use crate::words;

/// In two or three words.
pub(super) const fn verdict(report: &Report) -> &'static str {
    match (report.was_interrupted, report.has_survived) {
        (true, _) => "Ended early",
        (false, true) => "Survived",
        (false, false) => "Did not survive",
    }
}

/// Which phases held and which did not.
pub(super) fn verdict_line(report: &Report) -> String {
    let broken: Vec<&str> = report
        .phases
        .iter()
        .filter(|phase| !criteria::holds(phase))
        .map(|phase| phase.name.as_str())
        .collect();
    let sick = if report.calibration.bystander.counts.n > 0 && report.calibration.bystander.counts.served == 0
    {
        " In quiet the target had served nobody: what it does under attack says little."
    } else {
        ""
    };
    let n = report.phases.len();
    let n_held = n - broken.len();
    let early = if report.was_interrupted {
        " The siege was ended early, so this is no verdict: it is what ran."
    } else {
        ""
    };
    match (n, broken.as_slice()) {
        (0, _) => format!("No phase began.{early}{sick}"),
        (1, []) => format!("The one phase held.{early}{sick}"),
        (_, []) => format!("All {n} phases held.{early}{sick}"),
        _ => format!("{n_held} of {n} phases held. Not held: {}.{early}{sick}", broken.join(", ")),
    }
}

/// How many shots were fired of those that were due, where some were not.
pub(crate) fn unsent_in_words(phase: &PhaseReport) -> Option<String> {
    let Shots { n_due, n_sent, n_unsent } = phase.shots;
    let [due, sent, unsent] = [n_due, n_sent, n_unsent].map(words::grouped);
    (n_unsent > 0).then(|| {
        format!("{due} due, {sent} sent, {unsent} never: the tool had as many on their way as it can hold")
    })
}

/// How many were struck, and how soon they were ready again.
pub(super) fn strikes_in_words(phase: &PhaseReport) -> String {
    let n_kills = phase.strikes.iter().filter(|strike| strike.signal == "kill").count();
    let n_stops = phase.strikes.len() - n_kills;
    let mut to_ready: Vec<f64> =
        phase.strikes.iter().filter_map(|strike| strike.recovery.ready_after_ms()).collect();
    to_ready.sort_by(f64::total_cmp);
    let struck = match (n_kills, n_stops) {
        (kills, 0) => format!("{kills} killed"),
        (0, stops) => format!("{stops} stopped"),
        (kills, stops) => format!("{kills} killed, {stops} stopped"),
    };
    match (to_ready.get(to_ready.len() / 2), to_ready.last()) {
        (Some(median), Some(longest)) => format!(
            "{struck}; {} seen ready again, after {} in the middle and {} at most",
            to_ready.len(),
            words::time(*median),
            words::time(*longest)
        ),
        _ => format!("{struck}; none was seen ready again"),
    }
}

/// What the figures belong to.
pub(super) fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let (rules, machine, cost) = (&report.rules, &report.machine, &report.cost);
    let lag = if cost.send_lag.n == 0 {
        "no attack had a rate of its own".to_owned()
    } else {
        format!("{} (p99), {} at most", percentile(&cost.send_lag, 99.0), percentile(&cost.send_lag, 100.0))
    };
    let identity = if report.calibration.has_own_key {
        "a key of its own (dragon-siege-bystander), the attackers send none: whoever divides by keys can tell it from them"
    } else {
        "the same as the attackers"
    };
    let usage =
        if report.target.lacks_usage { "left out in quiet, so it is not demanded" } else { "demanded" };
    let label = if report.target.is_labelled { "present, and checked" } else { "none seen" };
    vec![
        ("Target", report.target.url.clone()),
        ("Model", report.target.model.clone()),
        ("Server", report.target.server.clone().unwrap_or_else(|| "does not tell".to_owned())),
        ("Label `dragon`", label.to_owned()),
        ("Usage of streams that ask for it", usage.to_owned()),
        ("The bystander sends", identity.to_owned()),
        ("Every request sends", "x-dragon-deadline-ms, which other servers ignore".to_owned()),
        (
            "Rules",
            format!(
                "deadline {}, grace {}, given up after {}",
                words::time(rules.deadline_ms as f64),
                words::time(rules.grace_ms as f64),
                words::time(rules.patience_ms as f64)
            ),
        ),
        ("Thresholds", report.fail_under.clone().unwrap_or_else(|| "strict".to_owned())),
        (
            "Checked questions",
            format!(
                "{} of {} were answered right every time in quiet; only these are checked",
                report.calibration.n_right, report.calibration.n_questions
            ),
        ),
        (
            "Machine",
            format!("{}, {} cores, {}", machine.cpu, machine.n_cores, words::bytes(machine.memory_bytes)),
        ),
        (
            "The tool itself",
            format!("{:.2} cores, {} at its peak", cost.cores, words::bytes(cost.peak_memory_bytes)),
        ),
        ("Sent late by", lag),
        (
            "Waited for its own count",
            format!("{} at most, which is in no latency", words::time(cost.longest_wait_ms)),
        ),
        (
            "Sent again",
            format!("{}, because a kept connection was being closed", words::grouped(cost.n_resent)),
        ),
        ("Seed", report.seed.to_string()),
        ("Began", report.made_at.clone()),
        ("Made by", report.tool.clone()),
    ]
}
