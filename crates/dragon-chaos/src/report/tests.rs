use clap::Parser as _;
use dragon_chaos::check::{Difference, Label, Outcome, Verdict};

use super::*;
use crate::cli::{Args, Command};

fn criteria() -> Criteria {
    let args = Args::parse_from(["dragon-chaos", "kill"]);
    let Command::Kill(args) = args.command else { unreachable!() };
    Criteria::of(&args)
}

fn label(outcome: Outcome, reason: Option<&str>) -> Label {
    Label {
        outcome,
        reason: reason.map(str::to_owned),
        model: "tiny".into(),
        deadline_ms: 10_000,
        spent_ms: 5,
        seed: 1,
        shared: false,
        replays: 1,
        choices: Vec::new(),
    }
}

fn verdict(outcome: Outcome, reason: Option<&str>) -> Verdict {
    Verdict {
        label: Some(label(outcome, reason)),
        is_reference: outcome == Outcome::Complete,
        faults: Vec::new(),
        took: Duration::from_millis(700),
        worst_gap: Some((Duration::from_millis(990), Duration::from_millis(1_080))),
    }
}

fn strike(how: How, n_running: u64) -> Strike {
    Strike {
        how,
        at: Duration::from_secs(1),
        state: "ready".into(),
        n_running,
        ready_at: Some(Duration::from_millis(1_060)),
        is_noticed: true,
    }
}

/// A thousand good answers, a hundred kills that hit.
fn good() -> (Tally, Vec<Strike>) {
    let mut tally = Tally::default();
    for number in 0..1_000 {
        end(&mut tally, number, &verdict(Outcome::Complete, None));
    }
    (tally, vec![strike(How::Kill, 16); 100])
}

fn end(tally: &mut Tally, number: u32, verdict: &Verdict) {
    tally.history.sent(&number.to_string());
    tally.history.ended(&number.to_string());
    tally.add(number as usize % 64, verdict);
}

fn report(tally: &Tally, strikes: Vec<Strike>, exactness: Exactness) -> Report<'_> {
    Report {
        seed: 1,
        lasted: Duration::from_secs(60),
        model: Model::Tiny,
        n_parallel: 16,
        n_tokens: (1, 2),
        n_busy: 8,
        rules: Rules { exactness, grace: Duration::from_millis(350) },
        undisturbed: (64, 64),
        strikes,
        silences: vec![(Duration::from_millis(995), Duration::from_millis(1_070))],
        tally,
    }
}

/// The names of the criteria that do not hold.
fn failed(tally: &Tally, strikes: Vec<Strike>) -> Vec<String> {
    let report = report(tally, strikes, Exactness::Exact);
    let failed: Vec<_> =
        report.criteria(criteria()).into_iter().filter(|criterion| !criterion.holds).collect();
    assert_eq!(report.held(criteria()) == Held::Yes, failed.is_empty());
    failed.into_iter().map(|criterion| criterion.name).collect()
}

#[test]
fn a_good_run_holds() {
    let (tally, strikes) = good();
    assert_eq!(failed(&tally, strikes), [""; 0]);
}

#[test]
fn a_run_without_a_single_answer_does_not_hold() {
    assert!(!failed(&Tally::default(), Vec::new()).is_empty());
}

#[test]
fn one_unanswered_request_is_one_too_many() {
    let (mut tally, strikes) = good();
    let mut cut = verdict(Outcome::Complete, None);
    cut.faults.push(Fault::Truncated("no [DONE]".into()));
    end(&mut tally, 5_000, &cut);
    assert_eq!(failed(&tally, strikes.clone()), ["no request is unanswered"]);
    let (mut tally, _) = good();
    tally.history.sent("lost");
    assert_eq!(failed(&tally, strikes), ["every request ended exactly once"]);
}

#[test]
fn one_fault_of_any_kind_is_one_too_many() {
    let faults = [
        Fault::Status(500),
        Fault::Late { by: Duration::from_millis(1) },
        Fault::Malformed(String::new()),
        Fault::AfterTheEnd(String::new()),
        Fault::NoLabel,
        Fault::Lie(String::new()),
        Fault::WrongTokens(String::new()),
        Fault::WrongCount(String::new()),
        Fault::WrongReplays(String::new()),
    ];
    for fault in faults {
        let (mut tally, strikes) = good();
        let kind = fault.kind();
        let faulty = Verdict { faults: vec![fault], ..verdict(Outcome::Complete, None) };
        end(&mut tally, 5_000, &faulty);
        assert_eq!(failed(&tally, strikes), [format!("no answer has the fault: {kind}")]);
    }
}

/// A text that goes wrong after so many bytes.
fn wrong_text(n_right: usize, difference: Difference) -> Verdict {
    let fault = Fault::WrongText { choice: 0, n_right, difference };
    Verdict { faults: vec![fault], is_reference: false, ..verdict(Outcome::Complete, None) }
}

/// The same without any replay.
fn undisturbed(mut verdict: Verdict) -> Verdict {
    verdict.label.as_mut().unwrap().replays = 0;
    verdict
}

const UNEXPLAINED: &str = "no answer has the fault: wrong text, but for other words after a replay";

#[test]
fn a_gap_a_repetition_or_a_wrong_end_is_one_too_many_even_after_a_replay() {
    for difference in [Difference::Gap, Difference::Repeat, Difference::Short, Difference::Long] {
        let (mut tally, strikes) = good();
        end(&mut tally, 5_000, &wrong_text(40, difference));
        assert_eq!(failed(&tally, strikes), [UNEXPLAINED], "{difference:?}");
    }
}

#[test]
fn other_words_are_one_too_many_where_no_engine_died() {
    let (mut tally, strikes) = good();
    end(&mut tally, 5_000, &undisturbed(wrong_text(40, Difference::Other)));
    assert_eq!(failed(&tally, strikes.clone()), [UNEXPLAINED]);
    // Who joins another's generation has its text, also that from before it came.
    let (mut tally, _) = good();
    let mut joined = undisturbed(wrong_text(40, Difference::Other));
    joined.label.as_mut().unwrap().shared = true;
    end(&mut tally, 5_000, &joined);
    assert_eq!(failed(&tally, strikes), [""; 0]);
}

/// So many answers to one case, of these numbers on.
fn end_alike(tally: &mut Tally, from: u32, n: u32, verdict: &Verdict) {
    (0..n).for_each(|index| end(tally, from + 64 * index, verdict));
}

#[test]
fn other_words_after_a_replay_may_begin_at_few_places_and_count_as_not_complete() {
    let (mut tally, strikes) = good();
    for (number, n_right) in [(5_000, 40), (5_001, 40), (5_064, 41)] {
        end(&mut tally, number, &wrong_text(n_right, Difference::Other));
    }
    end_alike(&mut tally, 10_056, 40, &wrong_text(40, Difference::Other));
    assert_eq!(tally.forks.len(), 3);
    assert_eq!(failed(&tally, strikes.clone()), [""; 0], "three places for 64 requests");
    end_alike(&mut tally, 20_040, 10, &wrong_text(40, Difference::Other));
    assert_eq!(failed(&tally, strikes.clone()), ["at least 95 % are complete with the undisturbed text"]);

    let (mut tally, _) = good();
    for n_right in 40..44 {
        end(&mut tally, 5_000 + 64 * n_right, &wrong_text(n_right as usize, Difference::Other));
    }
    assert_eq!(
        failed(&tally, strikes),
        ["other words after a replay begin at 3 places at most, of 64 requests"]
    );
}

#[test]
fn the_report_says_in_which_ways_texts_are_wrong_and_tells_the_first_in_full() {
    let (mut tally, strikes) = good();
    end_alike(&mut tally, 5_000, 2, &wrong_text(40, Difference::Other));
    end(&mut tally, 5_001, &undisturbed(wrong_text(7, Difference::Gap)));
    end_alike(&mut tally, 5_002, 50, &wrong_text(90, Difference::Other));
    let text = report(&tally, strikes, Exactness::Exact).text(criteria());
    for line in [
        "FAULT wrong text: 53 (gap 1, other words 52)",
        "  other words after a replay: case 8, choice 0 after 40 bytes: 2",
        "  other words after a replay: case 10, choice 0 after 90 bytes: 50",
        "  case 8 (complete, 1 replays): wrong text: choice 0 after 40 bytes: other words",
        "  case 9 (complete, 0 replays): wrong text: choice 0 after 7 bytes: gap",
    ] {
        assert!(text.lines().any(|there| there == line), "{line}\n{text}");
    }
    assert_eq!(text.matches("  case 10 ").count(), 9, "a dozen in all");
}

#[test]
fn too_few_hits_too_few_complete_and_too_many_fallbacks_fail() {
    let (tally, mut strikes) = good();
    strikes[..11].iter_mut().for_each(|strike| strike.n_running = 7);
    assert_eq!(failed(&tally, strikes), ["at least 90 % of the kills hit 8 running or more"]);

    let (mut tally, strikes) = good();
    (0..60).for_each(|number| end(&mut tally, 5_000 + number, &verdict(Outcome::Landed, Some("deadline"))));
    assert_eq!(failed(&tally, strikes), ["at least 95 % are complete with the undisturbed text"]);

    let (mut tally, strikes) = good();
    (0..11)
        .for_each(|number| end(&mut tally, 5_000 + number, &verdict(Outcome::Fallback, Some("engine_down"))));
    assert_eq!(failed(&tally, strikes), ["at most 1 % are fallbacks"]);
}

#[test]
fn a_stopped_engine_that_nobody_notices_fails() {
    let (tally, mut strikes) = good();
    strikes.push(Strike { is_noticed: false, ..strike(How::Stop, 16) });
    assert_eq!(failed(&tally, strikes), ["the server noticed every stopped engine"]);
}

#[test]
fn shares_are_not_asked_of_a_model_whose_texts_are_only_measured() {
    let (mut tally, strikes) = good();
    (0..500).for_each(|number| end(&mut tally, 5_000 + number, &verdict(Outcome::Landed, Some("deadline"))));
    assert_eq!(report(&tally, strikes, Exactness::Measured).held(criteria()), Held::Yes);
}

#[test]
fn silences_around_stops_are_told_apart() {
    let (tally, strikes) = good();
    let around_kills = report(&tally, strikes, Exactness::Exact).json(criteria());
    assert_eq!(
        (&around_kills["worst_silence_ms"], &around_kills["worst_silence_around_stops_ms"]),
        (&json!(75.0), &json!(0.0))
    );
    let around_stops = report(&tally, vec![strike(How::Stop, 16)], Exactness::Exact).json(criteria());
    assert_eq!(
        (&around_stops["worst_silence_ms"], &around_stops["worst_silence_around_stops_ms"]),
        (&json!(0.0), &json!(75.0))
    );
    assert_eq!(around_kills["kill_to_ready_ms"]["p95"], json!(60.0));
}
