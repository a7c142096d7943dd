use std::time::UNIX_EPOCH;

use super::*;
use crate::attack::Attack;
use crate::cli::tests::made_up::{self, Named};
use crate::judge::Rules;
use crate::plan::Target;
use crate::report::model::Counts;

const CLOSED: Shape = Shape::Closed { n_clients: 1490, ramp: Duration::from_millis(2500) };
const BOUND: Bound = Bound { lasts: Duration::from_secs(30), n_max: 10_000 };

fn plan() -> Plan {
    let phase = |name: &'static str, attacks: [&'static str; 2]| Phase {
        name: name.to_owned(),
        attacks: attacks.into_iter().map(|name| (Box::new(Named(name)) as Box<dyn Attack>, 1)).collect(),
        shape: CLOSED,
        bound: BOUND,
    };
    Plan {
        target: Target {
            api_key: Some("secret".to_owned()),
            model: "made-up".to_owned(),
            name: "mine".to_owned(),
            ..made_up::target()
        },
        rules: Rules { deadline: Duration::from_secs(10), grace: Duration::from_millis(250) },
        patience: Duration::from_secs(20),
        seed: 7,
        calibration: Duration::from_secs(5),
        phases: vec![phase("both", ["overload", "malformed"]), phase("never", ["overload", "malformed"])],
        rest: Duration::ZERO,
        max_strikes: 1,
    }
}

fn run() -> Run {
    Run {
        command: "dragon siege --seed 7".to_owned(),
        began: UNIX_EPOCH,
        lasted: Duration::from_secs(60),
        was_interrupted: false,
        n_questions: 20,
        n_right: 12,
        has_own_key: true,
        fired: vec![Fired { n_fired: 100, n_unsent: 0 }],
        n_resent: 3,
        longest_wait: Duration::from_micros(1500),
    }
}

fn serving(served: u64) -> Serving {
    let counts = Counts { n: served, served, ..Counts::default() };
    Serving { lasted_s: 10.0, counts, ..Serving::default() }
}

#[test]
fn what_was_counted_meets_what_was_planned() {
    let tally = Tally {
        calibration: serving(20),
        phases: vec![PhaseTally {
            index: 0,
            attacks: vec![("overload", serving(100))],
            quiet: vec![("overload", serving(50))],
            bystander: serving(10),
            ..PhaseTally::default()
        }],
        ..Tally::default()
    };
    let early = Run { was_interrupted: true, ..run() };
    let report = assemble(&plan(), early, tally.clone(), &"served=10".parse().unwrap());
    assert!(!report.has_survived, "what did not run might have been what breaks it");
    let report = assemble(&plan(), run(), tally, &"served=10".parse().unwrap());

    assert!(report.has_survived, "{:#?}", report.phases);
    assert_eq!(report.fail_under.as_deref(), Some("served=10"));
    assert_eq!((report.calibration.n_questions, report.calibration.n_right), (20, 12));
    assert_eq!(
        (report.rules.deadline_ms, report.rules.grace_ms, report.rules.patience_ms),
        (10_000, 250, 20_000)
    );
    let [phase] = report.phases.as_slice() else { panic!("the phase that never began is not reported") };
    assert_eq!(phase.name, "both");
    let figures: Vec<(&str, u64, bool)> = phase
        .attacks
        .iter()
        .map(|attack| (attack.name.as_str(), attack.serving.counts.served, attack.quiet.is_some()))
        .collect();
    assert_eq!(
        figures,
        [("overload", 100, true), ("malformed", 0, false)],
        "an attack that never fired is shown"
    );
    assert!(phase.criteria.iter().any(|criterion| criterion.key == "served"));
    assert!(!serde_json::to_string(&report).unwrap().contains("secret"), "the key is in no report");
}

#[test]
fn what_was_never_sent_is_told_and_leaves_the_deadline_open() {
    let tally = || Tally {
        phases: vec![PhaseTally {
            attacks: vec![("overload", serving(100))],
            quiet: vec![("overload", serving(50))],
            bystander: serving(10),
            ..PhaseTally::default()
        }],
        ..Tally::default()
    };
    let in_deadline = |fired: Fired| {
        let run = Run { fired: vec![fired], ..run() };
        let report = assemble(&plan(), run, tally(), &FailUnder::default());
        let phase = &report.phases[0];
        let criterion = phase.criteria.iter().find(|criterion| criterion.key == "in_deadline").unwrap();
        (phase.shots, criterion.clone(), report)
    };
    let (shots, criterion, report) = in_deadline(Fired { n_fired: 110, n_unsent: 0 });
    assert_eq!((shots, criterion.holds), (Shots { n_due: 110, n_sent: 110, n_unsent: 0 }, Some(true)));
    assert_eq!((report.cost.n_resent, report.cost.longest_wait_ms), (3, 1.5));
    let (shots, criterion, report) = in_deadline(Fired { n_fired: 110, n_unsent: 13_307 });
    assert_eq!((shots, criterion.holds), (Shots { n_due: 13_417, n_sent: 110, n_unsent: 13_307 }, None));
    assert!(criterion.text.contains("13,307 more were due and never sent"), "{}", criterion.text);
    for page in [crate::report::markdown::page(&report), crate::live::summary(&report)] {
        assert!(page.contains("13,417 due, 110 sent, 13,307 never"), "{page}");
    }
}

#[test]
fn a_siege_in_which_no_phase_began_was_not_survived() {
    let report = assemble(&plan(), run(), Tally::default(), &FailUnder::default());
    assert!(!report.has_survived);
}

#[test]
fn shapes_are_told_in_words() {
    assert_eq!(in_words(CLOSED, BOUND), "1,490 clients, all after 2.5 s; for 30 s, at most 10,000 shots");
}
