//! What makes a comparison unfair.

use crate::report::model::Report;
use crate::words;

/// One sentence for each thing that is not the same for all.
pub(super) fn warnings(names: &[String], reports: &[Report]) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut same = |what: &str, of: &dyn Fn(&Report) -> String| {
        let all: Vec<String> = reports.iter().map(of).collect();
        if all.windows(2).any(|pair| pair[0] != pair[1]) {
            let each: Vec<String> =
                names.iter().zip(&all).map(|(name, is)| format!("{name}: {is}")).collect();
            warnings.push(format!("{what} differ. {}", each.join("; ")));
        }
    };
    same("The rules", &|report| {
        let rules = &report.rules;
        format!(
            "deadline {}, grace {}, given up after {}",
            words::time(rules.deadline_ms as f64),
            words::time(rules.grace_ms as f64),
            words::time(rules.patience_ms as f64)
        )
    });
    same("The thresholds", &|report| report.fail_under.clone().unwrap_or_else(|| "strict".to_owned()));
    same("The machines", &|report| {
        let machine = &report.machine;
        format!("{}, {} cores, {}", machine.cpu, machine.n_cores, words::bytes(machine.memory_bytes))
    });
    same("The models", &|report| report.target.model.clone());
    same("The keys of the bystanders", &|report| {
        if report.calibration.has_own_key { "a key of its own" } else { "the same as the attackers" }
            .to_owned()
    });
    same("The seeds", &|report| report.seed.to_string());
    same("The plans", &plan_in_words);
    same("The tools", &|report| report.tool.clone());
    for (name, report) in names.iter().zip(reports) {
        let n_unsent: u64 = report.phases.iter().map(|phase| phase.shots.n_unsent).sum();
        if n_unsent > 0 {
            warnings.push(format!("{} shots at {name} were due and never sent.", words::grouped(n_unsent)));
        }
        if report.was_interrupted {
            warnings.push(format!("The siege of {name} was ended early."));
        }
    }
    warnings
}

fn plan_in_words(report: &Report) -> String {
    let phase = |phase: &crate::report::model::PhaseReport| {
        let attacks: Vec<&str> = phase.attacks.iter().map(|attack| attack.name.as_str()).collect();
        format!("{} ({}; {})", phase.name, attacks.join(", "), phase.shape)
    };
    report.phases.iter().map(phase).collect::<Vec<_>>().join(", ")
}
