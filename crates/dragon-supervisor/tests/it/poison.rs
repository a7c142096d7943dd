//! Requests that make the engine fail, and engines that fail whatever they are asked.

use std::time::{Duration, Instant};

use dragon_supervisor::{EngineError, EngineState, Event, Generation};

use crate::rig::{Rig, SOON, collect, endless, ids, job, next, next_token};

const QUARANTINED: Event = Event::Lost(EngineError::Quarantined);

/// A prompt that the engine cannot bear, among five that it can.
async fn finds_the_culprit(fault: &str) {
    let rig = Rig::ready(&format!("poison=99,fault={fault},step-ms=2")).await;
    let mut innocents: Vec<_> =
        (1..6).map(|n| (n, rig.engine.generate(job(&[n, 7], 1, 200)).unwrap())).collect();
    for (_, generation) in &mut innocents {
        next_token(generation).await;
    }
    let mut poisoned = rig.engine.generate(job(&[99], 1, 20)).unwrap();
    assert_eq!(collect(&mut poisoned).await, [QUARANTINED], "{fault}");
    // The same again, and something like it.
    assert_eq!(rig.engine.generate(job(&[99], 1, 20)).map(drop), Err(EngineError::Quarantined));
    for (n, generation) in &mut innocents {
        let events = collect(generation).await;
        let expected: Vec<u32> = [7, *n].repeat(100)[..199].to_vec();
        assert_eq!(ids(&events), expected, "{fault}: {n} was hurt");
    }
    assert!(rig.engine.progress().n_restarts() <= 4, "{fault}: {}", rig.engine.progress().n_restarts());
    rig.stop().await;
}

#[tokio::test]
async fn who_crashes_the_engine_is_found_and_nobody_else_is_hurt() {
    finds_the_culprit("segfault").await;
}

#[tokio::test]
async fn who_hangs_the_engine_is_found_and_nobody_else_is_hurt() {
    finds_the_culprit("loop").await;
}

#[tokio::test]
async fn who_poisons_the_numbers_is_found_and_nobody_else_is_hurt() {
    finds_the_culprit("non-finite").await;
}

#[tokio::test]
async fn an_engine_that_fails_whatever_it_is_asked_is_left_alone_and_everyone_is_told_at_once() {
    let rig = Rig::ready("after=0,fault=abort").await;
    let started_at = Instant::now();
    let mut n = 0;
    // Always somebody else, so that nobody is to blame.
    while !matches!(rig.engine.state(), EngineState::Broken { .. }) {
        n += 1;
        let others: Vec<_> = (0..3).flat_map(|m| rig.engine.generate(job(&[n, m], 1, 9))).collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(others);
        assert!(started_at.elapsed() < SOON, "still {:?}", rig.engine.state());
    }
    assert_eq!(rig.engine.generate(endless()).map(drop), Err(EngineError::Broken));
    assert_eq!(rig.engine.tokenize("a", dragon_supervisor::AddSpecial::No).await, Err(EngineError::Broken));
    rig.stop().await;
}

/// Asks an engine that fails with everyone, always for something else, until it is left alone.
async fn asked_until_broken(rig: &Rig) -> Vec<Generation> {
    let mut waiting = Vec::new();
    while !matches!(rig.engine.state(), EngineState::Broken { .. }) {
        let n = u32::try_from(waiting.len()).unwrap();
        waiting.extend(rig.engine.generate(job(&[n % 256], 1, 9)));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    waiting
}

#[tokio::test]
async fn an_engine_that_works_again_is_found_by_a_probe() {
    let folder = tempfile::tempdir().unwrap();
    let mended = folder.path().join("mended");
    let rig = Rig::ready(&format!("after=0,fault=abort,until={}", mended.display())).await;
    let mut waiting = asked_until_broken(&rig).await;
    for generation in &mut waiting {
        let last = collect(generation).await.pop();
        let is_told = [EngineError::Broken, EngineError::Quarantined].map(|why| Some(Event::Lost(why)));
        assert!(is_told.contains(&last), "{last:?}");
    }
    std::fs::write(mended, "").unwrap();
    rig.until_state(|state| matches!(state, EngineState::Ready(_))).await;
    let mut generation = rig.engine.generate(job(&[1], 1, 3)).unwrap();
    assert_eq!(ids(&collect(&mut generation).await), [1, 1, 1]);
    assert_eq!(next(&mut generation).await, None);
}

/// A slow engine that works: its heartbeat comes all the time, and four tokens take longer than `hang`.
#[tokio::test]
async fn a_slow_engine_passes_its_probe() {
    let folder = tempfile::tempdir().unwrap();
    let mended = folder.path().join("mended");
    let rig = Rig::ready(&format!("step-ms=300,after=0,fault=abort,until={}", mended.display())).await;
    let _waiting = asked_until_broken(&rig).await;
    std::fs::write(mended, "").unwrap();
    let ready = rig.until_state(|state| matches!(state, EngineState::Ready(_)));
    assert!(tokio::time::timeout(Duration::from_secs(30), ready).await.is_ok(), "{:?}", rig.engine.state());
}
