//! The end, wanted or not: nothing is left.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dragon_supervisor::{AddSpecial, EngineError, EngineState, Event, StartError};

use crate::rig::{FAKE_ENGINE, PATIENCE, Rig, SOON, endless, is_gone, kill, next, next_token};

#[tokio::test]
async fn a_shutdown_ends_the_engine_and_tells_everyone() {
    let rig = Rig::ready("").await;
    let mut generation = rig.engine.generate(endless()).unwrap();
    next_token(&mut generation).await;
    let pid = rig.pid();
    let took = rig.stop().await;
    assert!(took < PATIENCE.farewell, "the engine ends by itself, yet it took {took:?}");
    assert!(is_gone(pid));
    assert_eq!(rig.engine.state(), EngineState::Stopped);
    let stopping = Event::Lost(EngineError::Stopping);
    while next(&mut generation).await.expect("the end is told") != stopping {}
    assert_eq!(rig.engine.generate(endless()).map(drop), Err(EngineError::Stopping));
    assert_eq!(rig.engine.tokenize("a", AddSpecial::No).await, Err(EngineError::Stopping));
}

#[tokio::test]
async fn an_engine_that_does_not_listen_is_killed() {
    let rig = Rig::ready("deaf").await;
    let pid = rig.pid();
    let took = rig.stop().await;
    assert!(took >= PATIENCE.farewell, "it was not given its time: {took:?}");
    assert!(is_gone(pid));
}

#[tokio::test]
async fn a_shutdown_during_the_load_does_not_wait_for_it() {
    let rig = Rig::start("load-ms=60000");
    rig.until(|progress| progress.pid.is_some()).await;
    let pid = rig.pid();
    rig.stop().await;
    assert!(is_gone(pid));
    assert_eq!(rig.engine.first_ready().await, Err(StartError::Stopping));
}

#[tokio::test]
async fn a_shutdown_between_two_lives_is_immediate() {
    let rig = Rig::start("load-fault=exit-70");
    rig.until_state(|state| matches!(state, EngineState::Down { n_failures: 4.., .. })).await;
    assert!(rig.stop().await < Duration::from_millis(400));
}

#[test]
fn a_runtime_that_is_dropped_kills_the_engine() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let rig = runtime.block_on(Rig::ready("deaf"));
    let pid = rig.pid();
    drop(runtime);
    wait_until(|| is_gone(pid), "the engine is killed and reaped");
}

/// The engines outlive the threads of the runtime that started them, but not the server: one of the two asks
/// for the parent-death signal and ignores its connection, the other has only its connection, which no other
/// process may hold open.
#[test]
fn engines_die_with_a_killed_server() {
    let mut server = Command::new(FAKE_ENGINE).arg("parent").stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let pids: Vec<u32> = lines.take(2).map(|line| line.unwrap().parse().unwrap()).collect();
    assert!(pids.iter().all(|pid| !is_gone(*pid)), "both run");
    server.kill().unwrap();
    server.wait().unwrap();
    let killed_at = Instant::now();
    while !pids.iter().all(|pid| has_ended(*pid)) && killed_at.elapsed() < SOON {
        std::thread::sleep(Duration::from_millis(5));
    }
    let survivors: Vec<u32> = pids.into_iter().filter(|pid| !has_ended(*pid)).collect();
    // A failed test must not leave them to the machine.
    survivors.iter().copied().for_each(kill);
    assert!(survivors.is_empty(), "engines outlived their server: {survivors:?}");
}

/// Gone, or waiting to be reaped by whoever inherited it, which is not our business.
fn has_ended(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
}

fn wait_until(condition: impl Fn() -> bool, what: &str) {
    let started_at = Instant::now();
    while !condition() {
        assert!(started_at.elapsed() < SOON, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
