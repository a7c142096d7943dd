//! What has to hold in each phase, and whether it does.

mod fail_under;
mod throughput;
mod unsent;

pub use self::fail_under::{FailUnder, FailUnderError};
use crate::attack::KILL_ENGINE;
use crate::report::model::{Counts, CriterionReport, PhaseReport, Recovery, Serving};
use crate::words::{floor_percent, grouped};

/// One thing that has to hold. Its word is the one of `--fail-under` and of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// Requests with a response.
    Answered,
    /// Requests whose answer was not cut.
    Whole,
    /// Requests whose answer has the documented form and a status that is right.
    WellFormed,
    /// Requests that were answered within the deadline.
    InDeadline,
    /// Requests whose answer does not contradict itself.
    Honest,
    /// Requests whose answer has in it what it should.
    Right,
    /// The bystander's requests that were answered without a fault; at least one has to be served.
    Bystander,
    /// Served answers a second, of those in quiet.
    Throughput,
    /// Struck engines that were seen ready again.
    Kills,
    /// Requests that were served, of those that asked for words of the model. Nothing is demanded unless a rule does.
    Served,
}

// === impl Key ===

impl Key {
    /// In the order of reports.
    pub const ALL: [Self; 10] = [
        Self::Answered,
        Self::Whole,
        Self::WellFormed,
        Self::InDeadline,
        Self::Honest,
        Self::Right,
        Self::Bystander,
        Self::Throughput,
        Self::Kills,
        Self::Served,
    ];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Whole => "whole",
            Self::WellFormed => "well_formed",
            Self::InDeadline => "in_deadline",
            Self::Honest => "honest",
            Self::Right => "right",
            Self::Bystander => "bystander",
            Self::Throughput => "throughput",
            Self::Kills => "kills",
            Self::Served => "served",
        }
    }

    /// What its percentage is of, for help texts.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Answered => "requests with a response",
            Self::Whole => "requests whose answer was not cut",
            Self::WellFormed => "requests whose answer has the documented form and a right status",
            Self::InDeadline => "requests answered within the deadline",
            Self::Honest => "requests whose label, status, finish reason and usage agree",
            Self::Right => "checked answers that are right",
            Self::Bystander => "the bystander's requests answered without a fault (one at least is served)",
            Self::Throughput => "served answers a second, of those in quiet",
            Self::Kills => "struck engines that were seen ready again",
            Self::Served => "requests served, of those that asked for words of the model",
        }
    }

    /// Percent that are demanded unless a rule says otherwise; `None`: nothing is.
    #[must_use]
    pub const fn default_percent(self) -> Option<f64> {
        match self {
            Self::Served => None,
            Self::Throughput => Some(50.0),
            _ => Some(100.0),
        }
    }
}

/// Judges one phase: everything but its criteria is known.
#[must_use]
pub fn of_phase(phase: &PhaseReport, quiet: &Serving, rules: &FailUnder) -> Vec<CriterionReport> {
    let judged = Key::ALL.into_iter().filter_map(|key| one(key, rules.percent(key)?, phase, quiet));
    judged.map(|criterion| unsent::left_open(criterion, phase)).collect()
}

/// Whether a target with these phases has survived: no criterion is broken, and in every phase at least one could be
/// judged.
#[must_use]
pub fn has_survived(phases: &[PhaseReport]) -> bool {
    !phases.is_empty() && phases.iter().all(holds)
}

/// Whether a phase was survived.
#[must_use]
pub fn holds(phase: &PhaseReport) -> bool {
    let is_broken = phase.criteria.iter().any(|criterion| criterion.holds == Some(false));
    !is_broken && phase.criteria.iter().any(|criterion| criterion.holds == Some(true))
}

/// All requests of a phase, the bystander's as well.
#[must_use]
pub fn everybody(phase: &PhaseReport) -> Counts {
    let attacks = phase.attacks.iter().map(|attack| &attack.serving.counts);
    attacks.fold(phase.bystander.counts.clone(), |sum, counts| sum.plus(counts))
}

fn one(key: Key, wanted: f64, phase: &PhaseReport, quiet: &Serving) -> Option<CriterionReport> {
    let all = everybody(phase);
    let without = |n_bad: u64, what: &str| Some(share(key, wanted, what, all.n.saturating_sub(n_bad), all.n));
    match key {
        Key::Answered => without(all.n_with("unanswered"), "is answered"),
        Key::Whole => without(all.n_with("truncated"), "has an answer that is not cut"),
        Key::WellFormed => without(all.ill_formed, "has an answer of the right form and status"),
        Key::InDeadline => {
            without(all.n_with("late") + all.n_with("unanswered"), "is answered within the deadline")
        }
        Key::Honest => without(all.n_with("lie"), "has an answer that does not contradict itself"),
        Key::Right => Some(right(wanted, &all)),
        Key::Bystander => Some(bystander(wanted, &phase.bystander.counts)),
        Key::Throughput => Some(throughput::judge(wanted, phase, quiet)),
        Key::Kills => kills(wanted, phase),
        Key::Served => Some(share(key, wanted, "for words of the model is served", all.served, all.wanted)),
    }
}

/// So many of so many requests.
fn share(key: Key, wanted: f64, what: &str, n_good: u64, n: u64) -> CriterionReport {
    if n == 0 {
        return report(key, None, format!("every request {what}: there was none to judge"));
    }
    let figures = format!("{} of {} ({} %)", grouped(n_good), grouped(n), floor_percent(n_good, n));
    let text = format!("every request {what}{}: {figures}", suffices(wanted));
    report(key, Some(reaches(n_good, n, wanted)), text)
}

/// Whether so many of so many are the percentage that is wanted.
fn reaches(n_good: u64, n: u64, wanted: f64) -> bool {
    n_good as f64 * 100.0 >= wanted * n as f64
}

/// Only answers count that were compared with something: those to questions that the target knew in quiet.
fn right(wanted: f64, all: &Counts) -> CriterionReport {
    if all.checked == 0 {
        let text = "every checked answer is right: none was checked, since the target knew no question for sure in quiet, \
                    or gave no complete answer to one";
        return report(Key::Right, None, text.to_owned());
    }
    let n_right = all.checked.saturating_sub(all.n_with("wrong content"));
    let figures = format!(
        "{} of {} ({} %)",
        grouped(n_right),
        grouped(all.checked),
        floor_percent(n_right, all.checked)
    );
    let text = format!("every checked answer is right{}: {figures}", suffices(wanted));
    report(Key::Right, Some(reaches(n_right, all.checked, wanted)), text)
}

fn bystander(wanted: f64, counts: &Counts) -> CriterionReport {
    let n_good = counts.served + counts.refused;
    if counts.n == 0 {
        let text = "the bystander is answered without a fault: it had asked nothing".to_owned();
        return report(Key::Bystander, None, text);
    }
    let text = format!(
        "the bystander is answered without a fault{}, and served at least once: {} of {} ({} %), {} served",
        suffices(wanted),
        grouped(n_good),
        grouped(counts.n),
        floor_percent(n_good, counts.n),
        grouped(counts.served)
    );
    report(Key::Bystander, Some(counts.served > 0 && reaches(n_good, counts.n, wanted)), text)
}

fn kills(wanted: f64, phase: &PhaseReport) -> Option<CriterionReport> {
    let what = format!("every struck engine is ready again{}", suffices(wanted));
    if phase.strikes.is_empty() {
        // A phase that was to strike and did not has proved nothing about it.
        let was_to_strike = phase.attacks.iter().any(|attack| attack.name == KILL_ENGINE);
        return was_to_strike.then(|| report(Key::Kills, None, format!("{what}: none was struck")));
    }
    let count =
        |of: fn(Recovery) -> bool| phase.strikes.iter().filter(|strike| of(strike.recovery)).count() as u64;
    let n_ready = count(|recovery| matches!(recovery, Recovery::Ready { .. }));
    let n_unseen = count(|recovery| recovery == Recovery::Unseen);
    let n = phase.strikes.len() as u64 - n_unseen;
    if n == 0 {
        let text = format!("{what}: {} struck, but whether one is ready cannot be seen", grouped(n_unseen));
        return Some(report(Key::Kills, None, text));
    }
    let unseen = if n_unseen == 0 { String::new() } else { format!(", {} unseen", grouped(n_unseen)) };
    let text =
        format!("{what}: {} of {} ({} %){unseen}", grouped(n_ready), grouped(n), floor_percent(n_ready, n));
    Some(report(Key::Kills, Some(reaches(n_ready, n, wanted)), text))
}

fn suffices(wanted: f64) -> String {
    if wanted >= 100.0 { String::new() } else { format!(" ({wanted} % suffice)") }
}

fn report(key: Key, holds: Option<bool>, text: String) -> CriterionReport {
    CriterionReport { key: key.word().to_owned(), text, holds }
}

#[cfg(test)]
mod tests;
