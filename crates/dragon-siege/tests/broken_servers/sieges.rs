//! Whole sieges of servers with one fault each, from the flags of the command line to the files of the report.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use clap::Parser;
use dragon_siege::report::model::{PhaseReport, Report, Sample};
use dragon_siege::{SiegeArgs, SiegeExit, siege};
use dragon_testkit::fake_llm::{Behaviour, FakeLlm, Settings, When};

/// As one types it.
#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    siege: SiegeArgs,
}

/// What a siege left behind.
struct Outcome {
    exit: SiegeExit,
    report: Report,
}

/// A server, by which faults it is known, and what of it has to hold and does not.
struct Broken {
    behaviour: Behaviour,
    kinds: &'static [&'static str],
    key: &'static str,
}

const fn broken(behaviour: Behaviour, kinds: &'static [&'static str], key: &'static str) -> Broken {
    Broken { behaviour, kinds, key }
}

/// After the deadline of [`RULES`], and before clients give up.
const LATE: Duration = Duration::from_millis(2_200);

#[rustfmt::skip]
const BROKEN: [Broken; 29] = [
    broken(Behaviour::Hang,             &["unanswered"],        "answered"),
    broken(Behaviour::Reset,            &["unanswered"],        "answered"),
    broken(Behaviour::Late(LATE),       &["late"],              "in_deadline"),
    broken(Behaviour::TruncatedBody,    &["truncated"],         "whole"),
    broken(Behaviour::TruncatedStream,  &["truncated"],         "whole"),
    broken(Behaviour::StuckStream,      &["late", "truncated"], "whole"),
    broken(Behaviour::MissingDone,      &["truncated"],         "whole"),
    broken(Behaviour::MissingFinish,    &["truncated"],         "whole"),
    broken(Behaviour::ErrorInStream,    &["truncated"],         "whole"),
    broken(Behaviour::ErrorAsSuccess,   &["error as success"],  "well_formed"),
    broken(Behaviour::EmptyBody,        &["malformed"],         "well_formed"),
    broken(Behaviour::HtmlAsSuccess,    &["malformed"],         "well_formed"),
    broken(Behaviour::PlainText,        &["malformed"],         "well_formed"),
    broken(Behaviour::MissingField,     &["malformed"],         "well_formed"),
    broken(Behaviour::DataAfterDone,    &["malformed"],         "well_formed"),
    broken(Behaviour::MixedStreams,     &["malformed"],         "well_formed"),
    broken(Behaviour::InternalErrors,   &["wrong status"],      "well_formed"),
    broken(Behaviour::NotFound,         &["wrong status"],      "well_formed"),
    broken(Behaviour::RefusesInHtml,    &["malformed"],         "well_formed"),
    broken(Behaviour::HtmlErrors,       &["malformed"],         "well_formed"),
    broken(Behaviour::EmptyErrors,      &["malformed"],         "well_formed"),
    broken(Behaviour::AcceptsWrong,     &["lie", "wrong status"],  "well_formed"),
    broken(Behaviour::FailsOnWrong,     &["wrong status"],      "well_formed"),
    broken(Behaviour::LyingStatus,      &["lie"],               "honest"),
    broken(Behaviour::LyingFinish,      &["lie"],               "honest"),
    broken(Behaviour::LyingLabel,       &["lie"],               "honest"),
    broken(Behaviour::LyingHeaders,     &["lie"],               "honest"),
    broken(Behaviour::LyingUsage,       &["lie"],               "honest"),
    broken(Behaviour::NoTokens,         &["lie"],               "honest"),
];

/// Every kind of request that has an answer, for two seconds, few enough at a time for many sieges beside each other.
const ATTACK: &str =
    "--attack overload*2+malformed+wrong-endpoint --connections 8 --duration 2 --calibration 2";

/// Short, and long enough for a machine that has other things to do.
const RULES: &str = "--deadline-ms 1500 --grace-ms 400 --patience-ms 3000";

/// So that requests are on their way at the same time, and none of these sieges needs a whole core.
const TOKEN_PAUSE: Duration = Duration::from_millis(4);

fn start(settings: Settings) -> FakeLlm {
    FakeLlm::start_with(Settings { token_pause: TOKEN_PAUSE, ..settings }).unwrap()
}

/// Besieges this URL and reads back what was written.
fn besiege(url: &str, flags: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("siege.html");
    let arguments = ["siege", "--plain", "--seed", "7", "--target", url, "--report", page.to_str().unwrap()];
    let program = Program::parse_from(arguments.into_iter().chain(flags.split_whitespace()));
    let exit = siege(&program.siege);
    let report = dragon_siege::report::read(&page.with_extension("json")).unwrap();
    for (extension, verdict) in [("html", "<html"), ("md", "# ")] {
        let text = fs::read_to_string(page.with_extension(extension)).unwrap();
        assert!(text.contains(verdict), "{extension} of {url}");
    }
    Outcome { exit, report }
}

/// Kinds of fault of everybody in a phase, in alphabetical order.
fn kinds(phase: &PhaseReport) -> Vec<&str> {
    let counts = dragon_siege::criteria::everybody(phase);
    let mut kinds: Vec<&str> = phase
        .attacks
        .iter()
        .map(|attack| &attack.serving)
        .chain([&phase.bystander])
        .flat_map(|serving| &serving.counts.faults)
        .filter(|(_, n)| *n > 0)
        .map(|(kind, _)| kind.as_str())
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(counts.faulty > 0, !kinds.is_empty());
    kinds
}

/// Criteria of a phase that do not hold.
fn failed(phase: &PhaseReport) -> Vec<&str> {
    let criteria = phase.criteria.iter().filter(|criterion| criterion.holds == Some(false));
    criteria.map(|criterion| criterion.key.as_str()).collect()
}

fn only_phase(report: &Report) -> &PhaseReport {
    let [phase] = report.phases.as_slice() else { panic!("{} phases", report.phases.len()) };
    phase
}

/// The samples of this kind say what was wrong, and how to see it again.
#[track_caller]
fn assert_sampled(phase: &PhaseReport, kind: &str, url: &str) {
    let of_kind: Vec<&Sample> = phase.samples.iter().filter(|sample| sample.kind == kind).collect();
    assert!(!of_kind.is_empty(), "no sample of {kind}: {:?}", phase.samples);
    for sample in of_kind {
        assert!(
            !sample.faults.is_empty() && !sample.reply.is_empty() && !sample.who.is_empty(),
            "{sample:?}"
        );
        let is_too_long = sample.curl.starts_with('#');
        assert!(is_too_long || (sample.curl.contains("curl ") && sample.curl.contains(url)), "{sample:?}");
    }
}

#[test]
fn every_fault_is_named_with_what_does_not_hold_and_a_sample_and_the_siege_ends_with_1() {
    thread::scope(|scope| {
        for Broken { behaviour, kinds: expected, key } in BROKEN {
            scope.spawn(move || {
                let server = start(Settings::of(behaviour));
                let Outcome { exit, report } = besiege(&server.url(), &format!("{ATTACK} {RULES}"));
                let phase = only_phase(&report);
                let kinds = kinds(phase);
                assert_eq!(kinds, expected, "{behaviour:?}: {:#?}", phase.samples);
                assert!(failed(phase).contains(&key), "{behaviour:?}: {:?}", phase.criteria);
                assert_sampled(phase, expected.last().unwrap(), &server.url());
                assert_eq!((exit, report.has_survived), (SiegeExit::NotHeld, false), "{behaviour:?}");
            });
        }
    });
}

#[test]
fn whoever_is_right_has_survived_with_labels_and_without() {
    for has_labels in [false, true] {
        let server = start(Settings { has_labels, ..Settings::of(Behaviour::Correct) });
        let Outcome { exit, report } = besiege(&server.url(), &format!("{ATTACK} {RULES}"));
        let phase = only_phase(&report);
        assert_eq!((kinds(phase), failed(phase)), (vec![], vec![]), "{:#?}", phase.samples);
        assert_eq!((exit, report.has_survived), (SiegeExit::Held, true));
        assert_eq!(report.target.is_labelled, has_labels);
        // Nothing was left unjudged, and nobody was forgotten.
        assert!(phase.criteria.iter().all(|criterion| criterion.holds == Some(true)), "{:?}", phase.criteria);
        assert!(phase.bystander.counts.served > 5 && report.calibration.n_right > 0, "{report:#?}");
        assert!(phase.attacks.iter().all(|attack| attack.serving.counts.n > 10), "{phase:#?}");
    }
}

#[test]
fn whoever_refuses_everybody_has_not_survived_however_politely() {
    // Nobody is served from the start, or from the quiet measurement on: neither is a fault of any answer.
    let refuses = |when| start(Settings { when, ..Settings::of(Behaviour::RefusesEverybody) });
    let always = refuses(When::Always);
    let outcome = besiege(&always.url(), &format!("{ATTACK} {RULES}"));
    let phase = only_phase(&outcome.report);
    assert_eq!((kinds(phase), failed(phase)), (vec![], vec!["bystander"]), "{:?}", phase.criteria);
    assert_eq!(outcome.exit, SiegeExit::NotHeld);

    let later = refuses(When::After(20));
    let outcome = besiege(&later.url(), &format!("{ATTACK} {RULES}"));
    let phase = only_phase(&outcome.report);
    assert_eq!(
        (kinds(phase), failed(phase)),
        (vec![], vec!["bystander", "throughput"]),
        "{:?}",
        phase.criteria
    );
    assert_eq!(outcome.exit, SiegeExit::NotHeld);
}

#[test]
fn answers_to_other_people_s_questions_are_found_where_they_are_given_under_load_only() {
    let server = start(Settings { when: When::Beside(5), ..Settings::of(Behaviour::WrongContent) });
    let flags = "--attack overload --connections 16 --duration 3 --calibration 4";
    let Outcome { exit, report } = besiege(&server.url(), &format!("{flags} {RULES}"));
    let phase = only_phase(&report);
    assert!(report.calibration.n_right > 0, "{:?}", report.calibration);
    assert_eq!(kinds(phase), ["wrong content"], "{:#?}", phase.samples);
    assert_eq!(failed(phase), ["right", "bystander"], "{:?}", phase.criteria);
    assert_sampled(phase, "wrong content", &server.url());
    assert_eq!(exit, SiegeExit::NotHeld);
}

#[test]
fn what_a_sample_says_happens_again_when_a_shell_runs_it() {
    let server = start(Settings::of(Behaviour::ErrorAsSuccess));
    let Outcome { report, .. } = besiege(&server.url(), &format!("{ATTACK} {RULES}"));
    let sample = &only_phase(&report).samples[0];
    let shell =
        Command::new("sh").args(["-c", &sample.curl]).env("no_proxy", "*").stdin(Stdio::null()).output();
    let printed = String::from_utf8(shell.unwrap().stdout).unwrap();
    assert!(printed.starts_with("HTTP/1.1 200 OK") && printed.contains("\"error\""), "{printed}");
}

#[test]
fn where_nobody_is_there_is_no_siege() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("siege.html");
    let url = format!("http://{free}");
    let program = Program::parse_from(["siege", "--target", &url, "--report", page.to_str().unwrap()]);
    assert_eq!(siege(&program.siege), SiegeExit::Usage);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "a report of nothing");
}
