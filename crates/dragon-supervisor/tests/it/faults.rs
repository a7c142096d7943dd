//! Engines that die, lie or fall silent in service.

use std::time::{Duration, Instant};

use dragon_supervisor::{AddSpecial, EngineError, EngineState, Event};

use crate::rig::{Rig, collect, endless, is_gone, job, kill, next, next_token};

/// How soon the loss of an engine must be told to whoever waits for it.
const AT_ONCE: Duration = Duration::from_millis(200);

const LOST: Event = Event::Lost(EngineError::Down);

/// The engine commits a fault after five tokens: all five arrive, then the loss, and the next engine serves.
async fn survives(fault: &str) {
    let rig = Rig::ready(&format!("after=5,fault={fault}")).await;
    let mut generation = rig.engine.generate(endless()).unwrap();
    let events = collect(&mut generation).await;
    assert_eq!(events.len(), 6, "{fault}: {events:?}");
    assert_eq!(events[5], LOST, "{fault}");
    rig.until_serving_again(1).await;
    let mut short = rig.engine.generate(job(&[1], 1, 4)).unwrap();
    assert!(!collect(&mut short).await.contains(&LOST), "{fault}");
    rig.stop().await;
}

#[tokio::test]
async fn a_crash_is_survived() {
    survives("segfault").await;
}

#[tokio::test]
async fn an_exit_is_survived() {
    survives("exit-70").await;
}

#[tokio::test]
async fn garbage_is_survived() {
    survives("garbage").await;
}

#[tokio::test]
async fn a_frame_over_the_limit_is_survived() {
    survives("oversized").await;
}

#[tokio::test]
async fn a_closed_connection_of_a_living_process_is_survived() {
    survives("close").await;
}

#[tokio::test]
async fn a_child_that_holds_the_connection_open_is_ended_too() {
    survives("leave-child").await;
}

#[tokio::test]
async fn a_hello_out_of_turn_is_survived() {
    survives("version").await;
}

#[tokio::test]
async fn a_kill_is_noticed_at_once_and_leaves_no_zombie() {
    let rig = Rig::ready("").await;
    let mut generations: Vec<_> = (0..4).map(|_| rig.engine.generate(endless()).unwrap()).collect();
    for generation in &mut generations {
        next_token(generation).await;
    }
    let pid = rig.pid();
    let killed_at = Instant::now();
    kill(pid);
    for generation in &mut generations {
        while next(generation).await.expect("a loss is told") != LOST {}
        assert_eq!(next(generation).await, None);
    }
    assert!(killed_at.elapsed() < AT_ONCE, "took {:?}", killed_at.elapsed());
    rig.until_serving_again(1).await;
    assert!(is_gone(pid), "{pid} was not reaped");
    assert_ne!(rig.pid(), pid);
}

#[tokio::test]
async fn nobody_finds_a_lost_engine_ready() {
    let rig = Rig::ready("").await;
    let mut generation = rig.engine.generate(endless()).unwrap();
    next_token(&mut generation).await;
    kill(rig.pid());
    while next(&mut generation).await.expect("a loss is told") != LOST {}
    assert!(!matches!(rig.engine.state(), EngineState::Ready(_)), "{:?}", rig.engine.state());
    assert_eq!(rig.engine.generate(endless()).map(drop), Err(EngineError::Down));
    assert_eq!(rig.engine.tokenize("a", AddSpecial::No).await, Err(EngineError::Down));
}

#[tokio::test]
async fn a_waiting_tokenization_hears_of_the_loss() {
    let rig = Rig::ready("").await;
    let pid = rig.pid();
    // Long enough that it is still being sent when the engine dies.
    let text = "a".repeat(4_000_000);
    let (answer, ()) = tokio::join!(rig.engine.tokenize(&text, AddSpecial::No), async { kill(pid) });
    assert_eq!(answer, Err(EngineError::Down));
}

#[tokio::test]
async fn half_a_frame_and_silence_show_as_trouble_but_hurt_only_the_time() {
    let rig = Rig::ready("after=2,fault=half-frame").await;
    let mut generation = rig.engine.generate(endless()).unwrap();
    next_token(&mut generation).await;
    next_token(&mut generation).await;
    let waited = tokio::time::timeout(Duration::from_millis(300), generation.next()).await;
    assert!(waited.is_err(), "{waited:?}");
    // The client gives up; the server can still end the engine.
    drop(generation);
    let pid = rig.pid();
    rig.stop().await;
    assert!(is_gone(pid));
}

#[tokio::test]
async fn tokens_for_nobody_are_ignored() {
    let rig = Rig::ready("after=3,fault=stranger").await;
    let mut generation = rig.engine.generate(job(&[1], 1, 6)).unwrap();
    let events = collect(&mut generation).await;
    assert_eq!(events.len(), 6);
    assert!(!events.contains(&LOST));
    assert_eq!(rig.engine.progress().n_restarts(), 0);
}

#[tokio::test]
async fn an_engine_that_dies_again_and_again_is_started_again_and_again() {
    let rig = Rig::ready("after=1,fault=abort").await;
    for n_restarts in 1..=3 {
        let mut generation = rig.engine.generate(endless()).unwrap();
        let events = collect(&mut generation).await;
        assert_eq!(events.len(), 2, "{events:?}");
        rig.until_serving_again(n_restarts).await;
    }
    assert_eq!(rig.engine.progress().n_restarts(), 3);
}
