use super::fault::Fault;
use super::scenario::Kind;
use super::world::{Outcome, run};

/// Runs so many seeds; a foul fails the test and names the seed that repeats it.
fn runs(kind: Kind, n_seeds: u64) -> Vec<Outcome> {
    let run_seed = |seed| match run(kind, seed, Fault::None) {
        Ok(outcome) => outcome,
        Err(foul) => panic!("{kind:?}, seed {seed}: {}", foul.0),
    };
    (0..n_seeds).map(run_seed).collect()
}

fn report(name: &str, outcomes: &[Outcome]) {
    let started: u64 = outcomes.iter().map(|outcome| outcome.n_started).sum();
    let mut denials = std::collections::BTreeMap::<&str, u64>::new();
    for (denial, n) in outcomes.iter().flat_map(|outcome| &outcome.denials) {
        *denials.entry(denial).or_default() += n;
    }
    let widest = outcomes.iter().map(|outcome| outcome.widest_gap).fold(0.0, f64::max);
    println!("{name}: {} runs, {started} started, {denials:?}, widest gap {widest:.2}", outcomes.len());
}

#[test]
fn whatever_happens_the_rules_hold() {
    let outcomes = runs(Kind::Chaos, 4_000);
    report("chaos", &outcomes);
    for denial in ["queue full", "displaced", "will not fit", "will not start", "own queue full"] {
        assert!(outcomes.iter().any(|outcome| outcome.denials.contains_key(denial)), "never: {denial}");
    }
}

#[test]
fn those_who_always_want_more_get_their_shares() {
    report("backlog", &runs(Kind::Backlog, 600));
}

#[test]
fn a_polite_client_is_served_beside_floods() {
    let outcomes = runs(Kind::Polite, 400);
    report("polite", &outcomes);
    let (asked, started) = outcomes
        .iter()
        .fold((0, 0), |(asked, started), it| (asked + it.n_first, started + it.n_first_started));
    let longest = outcomes.iter().map(|it| it.longest_first_wait).max();
    println!("{asked} asked, {started} started, longest wait {longest:?}");
    assert_eq!(asked, started, "the flood took its place");
}

#[test]
fn every_planted_mistake_is_caught() {
    for (fault, words) in Fault::ALL {
        let caught = [Kind::Backlog, Kind::Polite, Kind::Chaos].into_iter().find_map(|kind| {
            (0..50).find_map(|seed| {
                let foul = run(kind, seed, fault).err()?;
                foul.0.contains(words).then_some((kind, seed, foul))
            })
        });
        let (kind, seed, foul) = caught.unwrap_or_else(|| panic!("{fault:?} is not caught"));
        println!("{fault:?}: {kind:?}, seed {seed}: {}", foul.0);
    }
}
