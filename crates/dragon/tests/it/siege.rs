//! `dragon siege` as it is started: exit codes, refusals, the files that it leaves, and how Dragon itself stands it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use dragon_siege::report::model::{Recovery, Report};
use dragon_testkit::fake_llm::{Behaviour, FakeLlm, Settings};
use dragon_testkit::harness::{Server, ServerOptions};
use rustix::process::{Pid, Signal, kill_process};

use crate::program::{Ended, SOON, command, run};

/// A second of attack after a second of quiet.
const SHORT: [&str; 8] =
    ["--attack", "overload*2+malformed", "--connections", "4", "--duration", "1", "--calibration", "1"];

/// Every attack but the one that kills, in three phases.
const ALL_ATTACKS: &str = "overload+overload:identical+tyrolka+many-small+loop-bait,\
     wrong-endpoint+malformed+unknown-model+max-tokens-bomb+long-prompt,\
     disconnect+slow-header+slow-body+slow-reader+reset-storm";

/// Some seconds on a busy machine measure no throughput, and a stopped engine is noticed after three of them: here it is
/// demanded only that the model's answers go on, and everything else in full.
const GOES_ON: [&str; 2] = ["--fail-under", "throughput=5"];

/// A folder for reports, and the flags of a siege of this target.
fn siege(folder: &Path, name: &str, url: &str, flags: &[&str]) -> (Ended, PathBuf) {
    let page = folder.join(name).with_extension("html");
    let ended = run(command(&["siege", "--plain", "--seed", "7", "--target", url, "--report"])
        .arg(&page)
        .args(flags)
        .env_remove("DRAGON_API_KEY"));
    (ended, page)
}

fn fake(behaviour: Behaviour) -> FakeLlm {
    // At this pace a siege does not need all of the machine.
    FakeLlm::start_with(Settings { token_pause: Duration::from_millis(4), ..Settings::of(behaviour) })
        .unwrap()
}

fn report(page: &Path) -> Report {
    for extension in ["html", "md"] {
        assert!(page.with_extension(extension).metadata().unwrap().len() > 1000, "{}", page.display());
    }
    dragon_siege::report::read(&page.with_extension("json")).unwrap()
}

/// No siege, for this reason, and nothing written.
#[track_caller]
fn assert_no_siege(ended: &Ended, page: &Path, said: &str) {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:#?}");
    assert!(ended.stderr.contains(said), "{ended:#?}");
    assert!(!page.exists() && !page.with_extension("json").exists(), "a report of nothing");
}

#[test]
fn a_siege_ends_with_0_or_1_leaves_its_report_and_two_reports_can_be_compared() {
    let folder = tempfile::tempdir().unwrap();
    let (right, broken) = (fake(Behaviour::Correct), fake(Behaviour::MissingDone));

    let (ended, right_page) = siege(folder.path(), "right", &right.url(), &SHORT);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stdout.contains("\nSURVIVED: ") && ended.stderr.contains(&right.url()), "{ended:#?}");
    assert!(report(&right_page).has_survived);

    let (ended, broken_page) = siege(folder.path(), "broken", &broken.url(), &SHORT);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.stdout.contains("\nDID NOT SURVIVE: ") && ended.stdout.contains("✗ whole"), "{ended:#?}");
    let report = report(&broken_page);
    assert!(!report.has_survived && report.phases[0].samples.iter().any(|sample| sample.kind == "truncated"));

    let (right_json, broken_json) = (right_page.with_extension("json"), broken_page.with_extension("json"));
    let duel = folder.path().join("duel.html");
    let mut compare = command(&["siege", "--compare"]);
    let ended = run(compare.args([&right_json, &broken_json]).arg("--report").arg(&duel));
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(std::fs::read_to_string(&duel).unwrap().contains(&broken.url()));
    // What is no report cannot be compared.
    let mut compare = command(&["siege", "--compare"]);
    assert_eq!(run(compare.args([&right_json, &duel]).current_dir(folder.path())).code, Some(2));
}

#[test]
fn without_a_target_that_may_be_attacked_there_is_no_siege() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("http://127.0.0.1:{free}");
    let (ended, page) = siege(folder, "nobody", &nobody, &SHORT);
    assert_no_siege(&ended, &page, &nobody);

    // No loopback address, though a connection to it ends on this machine: it is refused at once.
    let elsewhere = format!("http://0.0.0.0:{free}");
    let (ended, page) = siege(folder, "elsewhere", &elsewhere, &SHORT);
    assert_no_siege(&ended, &page, "--i-own-this-target");
    let owned = [&SHORT[..], &["--i-own-this-target"]].concat();
    let (ended, page) = siege(folder, "owned", &elsewhere, &owned);
    assert_no_siege(&ended, &page, "0.0.0.0");
    assert!(!ended.stderr.contains("--i-own-this-target"), "{ended:#?}");
}

#[test]
fn nobody_is_killed_of_whom_it_is_not_known_that_it_is_an_engine() {
    let folder = tempfile::tempdir().unwrap();
    let server = fake(Behaviour::Correct);
    let (ended, page) = siege(folder.path(), "kills", &server.url(), &["--attack", "kill-engine"]);
    assert_no_siege(&ended, &page, "--engine-pid");
    let own = std::process::id().to_string();
    let flags = ["--attack", "kill-engine", "--engine-pid", &own];
    let (ended, page) = siege(folder.path(), "kills", &server.url(), &flags);
    assert_no_siege(&ended, &page, &own);
}

#[test]
fn control_c_ends_a_siege_early_and_its_report_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("siege.html");
    let server = fake(Behaviour::Correct);
    let flags = ["--attack", "overload", "--connections", "4", "--duration", "600", "--calibration", "1"];
    let child = command(&["siege", "--plain", "--target", &server.url(), "--report"])
        .arg(&page)
        .args(flags)
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_secs(3));
    let asked_at = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(asked_at.elapsed() < SOON, "{:?}", asked_at.elapsed());
    let report = report(&page);
    assert!(report.was_interrupted && report.phases[0].attacks[0].serving.counts.served > 0, "{output:?}");
    assert_eq!(output.status.code(), Some(u8::from(!report.has_survived).into()), "{output:?}");
}

#[test]
fn dragon_survives_every_attack() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&ServerOptions::tiny());
    let url = format!("http://{}", server.address());
    let flags = ["--attack", ALL_ATTACKS, "--connections", "12", "--duration", "9", "--calibration", "4"];
    let flags = [&flags[..], &GOES_ON].concat();
    let (ended, page) = siege(folder.path(), "dragon", &url, &flags);
    assert_eq!(ended.code, Some(0), "{}\n{:#?}\n{}", ended.stdout, report(&page).phases, server.log());
    let report = report(&page);
    assert!(report.target.is_labelled && report.phases.len() == 3, "{}", ended.stdout);
}

#[test]
fn dragon_survives_the_death_of_its_engine() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&ServerOptions::tiny());
    let url = format!("http://{}", server.address());
    // With this seed: killed, stopped, killed.
    let flags = ["--attack", "kill-engine", "--connections", "1", "--count", "3", "--duration", "30"];
    let flags = [&flags[..], &["--calibration", "2"], &GOES_ON].concat();
    let (ended, page) = siege(folder.path(), "kills", &url, &flags);
    assert_eq!(ended.code, Some(0), "{}\n{:#?}\n{}", ended.stdout, report(&page).phases, server.log());
    let strikes = &report(&page).phases[0].strikes;
    assert_eq!(strikes.len(), 3, "{strikes:?}");
    for strike in strikes {
        assert!(matches!(strike.recovery, Recovery::Ready { .. }), "{strike:?}");
    }
}
