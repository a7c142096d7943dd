//! From what was planned and what was counted to one report.

use std::time::{Duration, SystemTime};

use super::machine;
use super::model::{
    AttackReport, Calibration, PhaseReport, Report, RulesFacts, Serving, Shots, TargetFacts, VERSION,
};
use crate::criteria::{self, FailUnder};
use crate::load::Fired;
use crate::plan::{Bound, Phase, Plan, Shape};
use crate::tally::{PhaseTally, Tally};
use crate::words::{duration, grouped};

/// What neither the plan nor the tally knows of a siege.
#[derive(Debug, Clone)]
pub struct Run {
    /// The command line that repeats it; without the API key.
    pub command: String,
    /// When it began.
    pub began: SystemTime,
    /// How long it took.
    pub lasted: Duration,
    /// The user ended it early.
    pub was_interrupted: bool,
    /// Questions with a checkable answer that were asked in quiet.
    pub n_questions: u64,
    /// Those answered right every time.
    pub n_right: u64,
    /// Whether the bystander sends a key of its own, and the attackers none.
    pub has_own_key: bool,
    /// What was fired in each phase that ran.
    pub fired: Vec<Fired>,
    /// Requests that were sent again, because the server had closed the kept connection.
    pub n_resent: u64,
    /// The longest that somebody who sends waited for the tally.
    pub longest_wait: Duration,
}

/// All figures, and whether they hold. It also reads what the tool has cost so far, so it belongs right after the run.
#[must_use]
pub fn assemble(plan: &Plan, run: Run, tally: Tally, rules: &FailUnder) -> Report {
    let calibration = Calibration {
        n_questions: run.n_questions,
        n_right: run.n_right,
        bystander: tally.calibration,
        has_own_key: run.has_own_key,
    };
    let judged = |counted: PhaseTally| {
        let index = counted.index;
        let mut phase = phase(plan.phases.get(index), counted);
        phase.shots = run.fired.get(index).map_or_else(Shots::default, shots);
        phase.criteria = criteria::of_phase(&phase, &calibration.bystander, rules);
        phase
    };
    let phases: Vec<PhaseReport> = tally.phases.into_iter().map(judged).collect();
    Report {
        version: VERSION,
        tool: format!("dragon siege {}", env!("CARGO_PKG_VERSION")),
        made_at: machine::rfc3339(run.began),
        command: run.command,
        lasted_s: millis(run.lasted) as f64 / 1e3,
        seed: plan.seed,
        fail_under: rules.text().map(str::to_owned),
        was_interrupted: run.was_interrupted,
        // What did not run might have been what breaks it.
        has_survived: !run.was_interrupted && criteria::has_survived(&phases),
        target: TargetFacts {
            name: plan.target.name.clone(),
            url: plan.target.url.clone(),
            model: plan.target.model.clone(),
            server: tally.server,
            is_labelled: tally.is_labelled,
            lacks_usage: tally.lacks_usage,
        },
        machine: machine::read(),
        rules: RulesFacts {
            deadline_ms: millis(plan.rules.deadline),
            grace_ms: millis(plan.rules.grace),
            patience_ms: millis(plan.patience),
        },
        calibration,
        bystander: tally.bystander,
        phases,
        cost: machine::cost(run.lasted, tally.send_lag, run.n_resent, run.longest_wait),
    }
}

/// One phase without its criteria. Every attack of the plan is in it, also one that never got to fire.
fn phase(planned: Option<&Phase>, mut counted: PhaseTally) -> PhaseReport {
    let take = |from: &mut Vec<(&'static str, Serving)>, name: &str| {
        let at = from.iter().position(|(known, _)| *known == name);
        at.map(|at| from.remove(at).1)
    };
    let attacks = planned.map_or(&[][..], |phase| &phase.attacks).iter().map(|(attack, _)| AttackReport {
        name: attack.name().to_owned(),
        description: attack.description().to_owned(),
        criterion: attack.criterion(),
        serving: take(&mut counted.attacks, attack.name()).unwrap_or_default(),
        quiet: take(&mut counted.quiet, attack.name()),
    });
    PhaseReport {
        attacks: attacks.collect(),
        name: planned.map_or_else(String::new, |phase| phase.name.clone()),
        shape: planned.map_or_else(String::new, |phase| in_words(phase.shape, phase.bound)),
        began_s: counted.began_s,
        shots: Shots::default(),
        bystander: counted.bystander,
        timeline: counted.timeline,
        memory: counted.memory,
        strikes: counted.strikes,
        criteria: Vec::new(),
        samples: counted.samples,
    }
}

fn shots(fired: &Fired) -> Shots {
    let Fired { n_fired, n_unsent } = *fired;
    Shots { n_due: n_fired + n_unsent, n_sent: n_fired, n_unsent }
}

/// How many, how fast, how long.
fn in_words(shape: Shape, bound: Bound) -> String {
    let load = shape.in_words();
    format!("{load}; for {}, at most {} shots", duration(bound.lasts), grouped(bound.n_max))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
