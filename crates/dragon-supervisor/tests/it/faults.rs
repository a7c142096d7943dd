//! Engines that die, lie or fall silent in service.

use std::time::{Duration, Instant};

use dragon_supervisor::{AddSpecial, EngineError, EngineState, Event};

use crate::rig::{Rig, collect, endless, ids, is_gone, job, kill, next, next_token};

/// How soon an engine that is gone must be replaced. The fake one loads nothing.
const SOON_AGAIN: Duration = Duration::from_millis(500);

/// A fault that is committed once, after five tokens: the answer goes on as if nothing had happened.
async fn survives(fault: &str) {
    let folder = tempfile::tempdir().unwrap();
    let once = folder.path().join("committed");
    let rig = Rig::ready(&format!("after=5,fault={fault},once={}", once.display())).await;
    let mut generation = rig.engine.generate(job(&[1, 2, 3], 1, 12)).unwrap();
    let events = collect(&mut generation).await;
    assert!(once.exists(), "{fault} was not committed");
    assert_eq!(ids(&events), [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3], "{fault}: {events:?}");
    assert_eq!((generation.n_replays(), rig.engine.progress().n_restarts()), (1, 1), "{fault}");
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
async fn half_a_frame_and_silence_are_survived() {
    survives("half-frame").await;
}

#[tokio::test]
async fn an_engine_that_hangs_is_survived() {
    survives("hang").await;
}

#[tokio::test]
async fn an_engine_that_is_stopped_is_survived() {
    survives("stop").await;
}

#[tokio::test]
async fn an_engine_that_beats_and_never_steps_again_is_survived() {
    survives("loop").await;
}

#[tokio::test]
async fn tokens_for_nobody_are_survived() {
    survives("stranger").await;
}

#[tokio::test]
async fn tokens_outside_the_vocabulary_are_survived() {
    survives("no-token").await;
}

#[tokio::test]
async fn numbers_that_are_none_are_survived() {
    survives("non-finite").await;
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
    rig.until_serving_again(1).await;
    let took = killed_at.elapsed();
    assert!(took < SOON_AGAIN, "took {took:?}");
    for generation in &mut generations {
        while generation.n_replays() == 0 {
            next_token(generation).await;
        }
    }
    assert!(is_gone(pid), "{pid} was not reaped");
    assert_ne!(rig.pid(), pid);
}

#[tokio::test]
async fn whoever_lives_through_many_kills_has_every_token_once() {
    let rig = Rig::ready("step-ms=2").await;
    let mut generation = rig.engine.generate(job(&[1, 2, 3, 4, 5], 2, 300)).unwrap();
    let mut tokens = Vec::new();
    for n_kills in 1..=10 {
        for _ in 0..11 {
            tokens.push(next_token(&mut generation).await);
        }
        kill(rig.pid());
        rig.until_serving_again(n_kills).await;
    }
    while let Some(event) = next(&mut generation).await {
        let Event::Token(token) = event else { panic!("{event:?}") };
        tokens.push(token);
    }
    assert_eq!(generation.n_replays(), 10);
    for choice in 0..2 {
        let own: Vec<_> =
            tokens.iter().filter(|token| token.choice == choice).map(|token| token.id).collect();
        assert_eq!(own, [1, 2, 3, 4, 5].repeat(60));
    }
}

#[tokio::test]
async fn nobody_finds_a_lost_engine_ready() {
    let rig = Rig::ready("").await;
    let mut generation = rig.engine.generate(endless()).unwrap();
    next_token(&mut generation).await;
    kill(rig.pid());
    rig.until_state(|state| !matches!(state, EngineState::Ready(_))).await;
    assert!(!matches!(rig.engine.state(), EngineState::Ready(_)), "{:?}", rig.engine.state());
    assert_eq!(rig.engine.generate(endless()).map(drop), Err(EngineError::Down));
    assert_eq!(rig.engine.tokenize("a", AddSpecial::No).await, Err(EngineError::Down));
}

#[tokio::test]
async fn a_waiting_tokenization_is_answered_by_the_next_engine() {
    let rig = Rig::ready("").await;
    let pid = rig.pid();
    // Long enough that it is still being sent when the engine dies.
    let text = "a".repeat(4_000_000);
    let (answer, ()) = tokio::join!(rig.engine.tokenize(&text, AddSpecial::No), async { kill(pid) });
    assert_eq!(answer.map(|tokens| tokens.len()), Ok(4_000_000));
}

#[tokio::test]
async fn kills_from_outside_count_against_nobody() {
    let rig = Rig::ready("").await;
    let mut generation = rig.engine.generate(endless()).unwrap();
    for n_kills in 1..=12 {
        next_token(&mut generation).await;
        kill(rig.pid());
        rig.until_serving_again(n_kills).await;
    }
    next_token(&mut generation).await;
    assert!(generation.n_replays() >= 12);
}

#[tokio::test]
async fn a_tokenizer_that_never_returns_is_survived() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::ready(&format!("mute,once={}", folder.path().join("committed").display())).await;
    let (first, second) =
        tokio::join!(rig.engine.tokenize("ab", AddSpecial::No), rig.engine.tokenize("cd", AddSpecial::No));
    assert_eq!((first, second), (Ok(vec![97, 98]), Ok(vec![99, 100])));
    assert_eq!(rig.engine.progress().n_restarts(), 1);
}
