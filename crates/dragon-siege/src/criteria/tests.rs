use super::*;
use crate::attack::Criterion;
use crate::report::model::{AttackReport, Shots, StrikeReport};

fn counts(n: u64, served: u64, refused: u64, faults: &[(&str, u64)]) -> Counts {
    Counts {
        n,
        wanted: n,
        served,
        refused,
        faulty: n - served - refused,
        faults: faults.iter().map(|(kind, n)| ((*kind).to_owned(), *n)).collect(),
        ..Counts::default()
    }
}

fn serving(lasted_s: f64, counts: Counts) -> Serving {
    Serving { lasted_s, counts, ..Serving::default() }
}

fn phase(criterion: Criterion, attack: Serving, quiet: Option<Serving>, bystander: Serving) -> PhaseReport {
    let attacks = vec![AttackReport {
        name: "overload".to_owned(),
        description: String::new(),
        criterion,
        serving: attack,
        quiet,
    }];
    PhaseReport {
        name: "overload".to_owned(),
        shape: String::new(),
        began_s: 0.0,
        shots: Shots::default(),
        attacks,
        bystander,
        timeline: Vec::new(),
        memory: Vec::new(),
        strikes: Vec::new(),
        criteria: Vec::new(),
        samples: Vec::new(),
    }
}

/// 1,000 requests in 10 s and 10 of the bystander's, all served; as fast as in quiet.
fn flawless() -> PhaseReport {
    phase(
        Criterion::OwnThroughput,
        serving(10.0, counts(1000, 1000, 0, &[])),
        Some(serving(4.0, counts(400, 400, 0, &[]))),
        serving(10.0, Counts { checked: 10, ..counts(10, 10, 0, &[]) }),
    )
}

fn quiet() -> Serving {
    serving(5.0, counts(10, 10, 0, &[]))
}

fn verdict(phase: &PhaseReport, key: Key, rules: &str) -> Option<CriterionReport> {
    let rules = if rules.is_empty() { FailUnder::default() } else { rules.parse().unwrap() };
    of_phase(phase, &quiet(), &rules).into_iter().find(|criterion| criterion.key == key.word())
}

#[track_caller]
fn check(phase: &PhaseReport, key: Key, rules: &str, holds: Option<bool>, text: &str) {
    let criterion = verdict(phase, key, rules).expect("the criterion is judged");
    assert_eq!(criterion.holds, holds, "{}", criterion.text);
    assert!(criterion.text.contains(text), "{}", criterion.text);
}

#[test]
fn a_flawless_phase_holds_in_everything() {
    let mut phase = flawless();
    phase.criteria = of_phase(&phase, &quiet(), &FailUnder::default());
    assert_eq!(phase.criteria.len(), 8, "no kills, and nothing demanded of `served`");
    assert!(phase.criteria.iter().all(|criterion| criterion.holds == Some(true)), "{:#?}", phase.criteria);
    assert!(has_survived(&[phase]));
}

#[test]
fn each_kind_of_fault_breaks_its_criterion_and_one_in_a_thousand_is_enough() {
    for (kind, broken) in [
        ("unanswered", vec![Key::Answered, Key::InDeadline]),
        ("truncated", vec![Key::Whole]),
        ("late", vec![Key::InDeadline]),
        ("lie", vec![Key::Honest]),
        ("wrong content", vec![Key::Right]),
    ] {
        let mut phase = flawless();
        phase.attacks[0].serving.counts = counts(1000, 999, 0, &[(kind, 1)]);
        phase.criteria = of_phase(&phase, &quiet(), &FailUnder::default());
        let fails: Vec<&str> = phase
            .criteria
            .iter()
            .filter(|criterion| criterion.holds != Some(true))
            .map(|criterion| criterion.key.as_str())
            .collect();
        assert_eq!(fails, broken.into_iter().map(Key::word).collect::<Vec<_>>(), "{kind}");
        assert!(!has_survived(&[flawless(), phase]));
    }
    let mut phase = flawless();
    phase.attacks[0].serving.counts.ill_formed = 1;
    check(&phase, Key::WellFormed, "", Some(false), "1,009 of 1,010 (99.90 %)");
}

#[test]
fn the_bystander_counts_with_everybody_else() {
    let mut phase = flawless();
    phase.bystander.counts = counts(10, 9, 0, &[("unanswered", 1)]);
    check(&phase, Key::Answered, "", Some(false), "1,009 of 1,010");
    check(&phase, Key::Bystander, "", Some(false), "9 of 10 (90.00 %), 9 served");
    check(&phase, Key::Bystander, "bystander=90", Some(true), "(90 % suffice)");
}

#[test]
fn a_server_that_refuses_everybody_has_not_survived() {
    let mut phase = flawless();
    phase.attacks[0].serving.counts = counts(1000, 0, 1000, &[]);
    phase.bystander.counts = counts(10, 0, 10, &[]);
    check(&phase, Key::Answered, "", Some(true), "1,010 of 1,010 (100 %)");
    check(&phase, Key::Bystander, "", Some(false), "10 of 10 (100 %), 0 served");
    check(
        &phase,
        Key::Throughput,
        "",
        Some(false),
        "0 in 10 s (0.00 a second), in quiet 400 in 4 s (100 a second)",
    );
}

/// As many of the attack's requests on their way at a time as quiet has clients.
fn saturated(mut phase: PhaseReport) -> PhaseReport {
    let serving = &mut phase.attacks[0].serving;
    serving.latency.n = serving.counts.n;
    serving.latency.mean_ms = 4.0 * serving.lasted_s * 1_000.0 / serving.counts.n as f64;
    phase
}

#[test]
fn half_of_the_quiet_throughput_is_enough_and_much_less_is_not() {
    let mut phase = saturated(flawless());
    phase.attacks[0].serving.counts = counts(1000, 500, 500, &[]);
    check(&phase, Key::Throughput, "", Some(true), "500 in 10 s (50.0 a second), in quiet 400");
    phase.attacks[0].serving.counts = counts(1000, 400, 600, &[]);
    check(&phase, Key::Throughput, "", Some(false), "400 in 10 s (40.0 a second)");
    check(&phase, Key::Throughput, "throughput=40", Some(true), "reach 40 % of those in quiet");
    phase.attacks[0].serving.counts = counts(1000, 490, 510, &[]);
    check(&phase, Key::Throughput, "", None, "too few to tell less from chance");
}

#[test]
fn less_than_in_quiet_is_enough_where_no_more_was_asked_for() {
    let mut phase = flawless();
    phase.attacks[0].serving.counts = counts(80, 80, 0, &[]);
    check(&phase, Key::Throughput, "", Some(true), "all that was asked for");
    phase.attacks[0].serving.counts = counts(80, 20, 60, &[]);
    check(&phase, Key::Throughput, "", Some(false), "20 in 10 s");
}

#[test]
fn the_bystanders_answers_are_not_the_attacks() {
    let mut phase = saturated(flawless());
    phase.attacks[0].serving.counts = counts(1000, 300, 700, &[]);
    phase.bystander.counts = counts(500, 500, 0, &[]);
    check(&phase, Key::Throughput, "", Some(false), "300 in 10 s");
}

#[test]
fn nobody_lives_on_the_small_requests_of_others() {
    let mut phase = saturated(flawless());
    let mut starved = phase.attacks[0].clone();
    starved.name = "tyrolka".to_owned();
    starved.serving.counts = counts(100, 0, 100, &[]);
    phase.attacks.push(starved);
    phase.attacks[0].serving.counts = counts(2000, 1500, 500, &[]);
    check(&phase, Key::Throughput, "", Some(false), "but of tyrolka none was served");
}

#[test]
fn where_an_attack_wants_no_words_the_bystander_is_compared() {
    let mut phase = flawless();
    phase.attacks[0].criterion = Criterion::BystanderThroughput;
    check(&phase, Key::Throughput, "", Some(true), "10 in 10 s (1.00 a second), in quiet 10 in 5 s");
    phase.bystander.lasted_s = 11.0;
    check(&phase, Key::Throughput, "", None, "too few to tell");
    phase.bystander.lasted_s = 40.0;
    check(&phase, Key::Throughput, "", Some(false), "10 in 40 s");
}

#[test]
fn only_answers_that_were_checked_are_right() {
    let mut phase = flawless();
    phase.bystander.counts.checked = 0;
    check(&phase, Key::Right, "", None, "none was checked");
    phase.bystander.counts.checked = 8;
    check(&phase, Key::Right, "", Some(true), "8 of 8 (100 %)");
    phase.bystander.counts.faults = vec![("wrong content".to_owned(), 1)];
    check(&phase, Key::Right, "", Some(false), "7 of 8 (87.50 %)");
    check(&phase, Key::Right, "right=87.5", Some(true), "87.5 % suffice");
}

#[test]
fn without_anything_served_in_quiet_there_is_nothing_to_compare_with() {
    let mut phase = flawless();
    phase.attacks[0].quiet = None;
    check(&phase, Key::Throughput, "", None, "nothing was served in quiet");
    phase.criteria = of_phase(&phase, &quiet(), &FailUnder::default());
    assert!(has_survived(&[phase]), "what cannot be judged does not fail the phase");
}

#[test]
fn what_could_not_be_judged_at_all_was_not_survived() {
    let nobody = || serving(10.0, Counts::default());
    let mut phase = phase(Criterion::BystanderThroughput, nobody(), None, nobody());
    phase.criteria = of_phase(&phase, &nobody(), &FailUnder::default());
    assert!(phase.criteria.iter().all(|criterion| criterion.holds.is_none()), "{:#?}", phase.criteria);
    assert!(!has_survived(&[phase]));
    assert!(!has_survived(&[]), "nor was a siege without a phase");
}

#[test]
fn every_struck_engine_has_to_be_seen_again_where_that_can_be_seen() {
    let strike = |recovery| StrikeReport { signal: "kill".to_owned(), at_s: 1.0, recovery };
    let ready = |after_ms| strike(Recovery::Ready { after_ms });
    let mut phase = flawless();
    phase.strikes = vec![ready(300.0), ready(250.0)];
    check(&phase, Key::Kills, "", Some(true), "2 of 2");
    phase.strikes.push(strike(Recovery::Unseen));
    check(&phase, Key::Kills, "", Some(true), "2 of 2 (100 %), 1 unseen");
    phase.strikes.push(strike(Recovery::Never));
    check(&phase, Key::Kills, "", Some(false), "2 of 3 (66.66 %), 1 unseen");
    phase.strikes = vec![strike(Recovery::Never)];
    check(&phase, Key::Kills, "", Some(false), "0 of 1 (0 %)");
    phase.strikes = vec![strike(Recovery::Unseen)];
    check(&phase, Key::Kills, "", None, "cannot be seen");
    phase.strikes.clear();
    assert_eq!(verdict(&phase, Key::Kills, ""), None);
    phase.attacks[0].name = "kill-engine".to_owned();
    check(&phase, Key::Kills, "", None, "none was struck");
}

#[test]
fn of_served_only_a_rule_demands_something() {
    let mut phase = flawless();
    phase.attacks[0].serving.counts = counts(1000, 400, 600, &[]);
    assert_eq!(verdict(&phase, Key::Served, ""), None);
    check(&phase, Key::Served, "served=50", Some(false), "410 of 1,010 (40.59 %)");
    check(&phase, Key::Served, "served=40", Some(true), "(40 % suffice)");
    // Wrong requests asked for no words of the model.
    phase.attacks[0].serving.counts =
        Counts { wanted: 400, rejected: 600, refused: 0, ..counts(1000, 400, 600, &[]) };
    check(&phase, Key::Served, "served=100", Some(true), "410 of 410");
}
