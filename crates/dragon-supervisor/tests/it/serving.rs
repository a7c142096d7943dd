//! What works when nothing fails.

use std::time::{Duration, Instant};

use dragon_ipc::{AbortKind, MAX_SHORT_TEXT_BYTES, MAX_TEXT_BYTES_PER_PIECE, MAX_TOKENS_PER_PIECE};
use dragon_supervisor::{AddSpecial, End, EngineError, EngineState, Event, Health, Patience};

use crate::rig::{PATIENCE, Rig, SOON, collect, endless, job, next_token, spec};

#[tokio::test]
async fn a_generation_brings_all_its_tokens_and_ends() {
    let rig = Rig::ready("").await;
    let mut generation = rig.engine.generate(job(&[7, 8], 2, 5)).unwrap();
    let events = collect(&mut generation).await;
    for choice in 0..2 {
        let tokens: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                Event::Token(token) if token.choice == choice => Some((token.id, token.end)),
                _ => None,
            })
            .collect();
        let end = Some(End::MaxTokens);
        assert_eq!(tokens, [(7, None), (8, None), (7, None), (8, None), (7, end)]);
    }
    assert_eq!(events.len(), 10);
    assert!(!rig.engine.progress().has_pending_work());
}

#[tokio::test]
async fn many_generations_run_side_by_side() {
    let rig = Rig::ready("").await;
    let mut generations: Vec<_> =
        (0..100_u32).map(|n| (n, rig.engine.generate(job(&[n], 1, 50)).unwrap())).collect();
    for (n, generation) in &mut generations {
        let events = collect(generation).await;
        let own = events.iter().filter(|event| matches!(event, Event::Token(token) if token.id == *n));
        assert_eq!(own.count(), 50, "generation {n}: {events:?}");
    }
}

#[tokio::test]
async fn a_prompt_of_several_pieces_arrives_whole() {
    let rig = Rig::ready("").await;
    let prompt: Vec<u32> = (0..).take(MAX_TOKENS_PER_PIECE * 3 / 2).collect();
    let mut generation = rig.engine.generate(job(&prompt, 1, 3)).unwrap();
    for expected in 0..3 {
        assert_eq!(next_token(&mut generation).await.id, expected);
    }
    rig.until(|progress| {
        progress.heartbeat.is_some_and(|heard| heard.heartbeat.n_prefill_tokens == prompt.len() as u64)
    })
    .await;
}

#[tokio::test]
async fn a_text_of_several_pieces_is_tokenized_whole() {
    let rig = Rig::ready("").await;
    let text = "aą".repeat(MAX_TEXT_BYTES_PER_PIECE);
    let tokens = rig.engine.tokenize(&text, AddSpecial::No).await.unwrap();
    assert!(tokens.iter().copied().eq(text.bytes().map(u32::from)));
    assert_eq!(rig.engine.tokenize("", AddSpecial::No).await, Ok(vec![]));
    assert_eq!(rig.engine.tokenize("a", AddSpecial::Yes).await, Ok(vec![256, 97]));
}

#[tokio::test]
async fn tokenizations_beyond_the_limit_wait_for_their_turn() {
    let rig = Rig::ready("").await;
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..500_u32 {
        let engine = rig.engine.clone();
        calls.spawn(async move { (n, engine.tokenize(&n.to_string(), AddSpecial::No).await) });
    }
    while let Some(finished) = calls.join_next().await {
        let (n, tokens) = finished.unwrap();
        assert_eq!(tokens, Ok(n.to_string().bytes().map(u32::from).collect()));
    }
}

#[tokio::test]
async fn dropping_a_generation_stops_it_in_the_engine() {
    let rig = Rig::ready("").await;
    let n_busy = |n: u32| {
        move |progress: &dragon_supervisor::Progress| {
            progress.heartbeat.is_some_and(|heard| heard.heartbeat.n_busy_slots == n)
        }
    };
    let mut leaving = rig.engine.generate(endless()).unwrap();
    let mut staying = rig.engine.generate(endless()).unwrap();
    next_token(&mut leaving).await;
    next_token(&mut staying).await;
    rig.until(n_busy(2)).await;
    drop(leaving);
    rig.until(n_busy(1)).await;
    next_token(&mut staying).await;
    assert!(rig.engine.progress().has_pending_work());
    drop(staying);
    rig.until(n_busy(0)).await;
    assert!(!rig.engine.progress().has_pending_work());
}

#[tokio::test]
async fn a_cancelled_choice_stops_in_the_engine_and_the_others_go_on() {
    let rig = Rig::ready("").await;
    let n_busy = |n: u32| {
        move |progress: &dragon_supervisor::Progress| {
            progress.heartbeat.is_some_and(|heard| heard.heartbeat.n_busy_slots == n)
        }
    };
    let mut generation = rig.engine.generate(job(&[1, 2, 3], 3, crate::rig::N_CTX_SEQ)).unwrap();
    next_token(&mut generation).await;
    rig.until(n_busy(3)).await;
    generation.cancel_choice(1);
    rig.until(n_busy(2)).await;
    // Tokens of it that had arrived before are not handed out either.
    for _ in 0..100 {
        assert_ne!(next_token(&mut generation).await.choice, 1);
    }
    generation.cancel_choice(0);
    generation.cancel_choice(2);
    rig.until(n_busy(0)).await;
    assert_eq!(collect(&mut generation).await, []);
    assert!(!rig.engine.progress().has_pending_work());
}

#[tokio::test]
async fn a_choice_cancelled_at_once_never_comes() {
    let rig = Rig::ready("").await;
    let mut generation = rig.engine.generate(job(&[1], 2, 20)).unwrap();
    generation.cancel_choice(0);
    let events = collect(&mut generation).await;
    assert_eq!(events.len(), 20);
    assert!(events.iter().all(|event| matches!(event, Event::Token(token) if token.choice == 1)));
}

#[tokio::test]
async fn a_long_text_does_not_delay_a_short_one() {
    let rig = Rig::ready("long-text-ms=60000").await;
    let long = "a".repeat(MAX_SHORT_TEXT_BYTES + 1);
    let mut in_work = Box::pin(rig.engine.tokenize(&long, AddSpecial::No));
    let waited = tokio::time::timeout(Duration::from_millis(50), &mut in_work).await;
    assert!(waited.is_err(), "{waited:?}");
    for _ in 0..20 {
        let short = rig.engine.tokenize("b", AddSpecial::No);
        assert_eq!(tokio::time::timeout(SOON, short).await, Ok(Ok(vec![98])));
    }
}

#[tokio::test]
async fn long_texts_that_nobody_waits_for_do_not_pile_up() {
    const LONG_TEXT: Duration = Duration::from_millis(500);
    let rig = Rig::ready("long-text-ms=500").await;
    let long = "a".repeat(MAX_SHORT_TEXT_BYTES + 1);
    let mut impatient = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let (engine, long) = (rig.engine.clone(), long.clone());
        let patience = Duration::from_millis(100);
        impatient.spawn(async move {
            tokio::time::timeout(patience, engine.tokenize(&long, AddSpecial::No)).await
        });
    }
    while let Some(finished) = impatient.join_next().await {
        assert!(finished.unwrap().is_err(), "it was not answered in time");
    }
    let since = Instant::now();
    let tokens = rig.engine.tokenize(&long, AddSpecial::No).await.unwrap();
    assert_eq!(tokens.len(), long.len());
    // The rest of the one that was in work, and its own time; all forty would be twenty seconds.
    assert!(since.elapsed() < LONG_TEXT * 8, "{:?}", since.elapsed());
}

#[tokio::test]
async fn dropping_as_fast_as_starting_leaves_nothing_behind() {
    let rig = Rig::ready("").await;
    for _ in 0..50 {
        let generations: Vec<_> = (0..20).map(|_| rig.engine.generate(endless()).unwrap()).collect();
        tokio::task::yield_now().await;
        drop(generations);
    }
    let since = Instant::now();
    rig.until(|progress| {
        progress.heartbeat.is_some_and(|heard| heard.at > since && heard.heartbeat.n_busy_slots == 0)
    })
    .await;
    let mut generation = rig.engine.generate(job(&[1], 1, 1)).unwrap();
    assert_eq!(collect(&mut generation).await.len(), 1);
}

#[tokio::test]
async fn an_impossible_job_is_refused_without_the_engine() {
    let rig = Rig::ready("").await;
    let refusal = rig.engine.generate(job(&[], 1, 1)).map(drop);
    assert!(matches!(refusal, Err(EngineError::Aborted { kind: AbortKind::Refused, .. })), "{refusal:?}");
}

#[tokio::test]
async fn progress_and_health_show_the_work() {
    let rig = Rig::ready("").await;
    assert!(matches!(rig.engine.state(), EngineState::Ready(_)));
    let mut generation = rig.engine.generate(job(&[1], 1, 200)).unwrap();
    collect(&mut generation).await;
    let progress = rig.until(|progress| progress.mean_step.is_some()).await;
    assert!(progress.last_step_at.is_some());
    assert_eq!(progress.mean_step.unwrap().as_micros(), 1000);
    assert_eq!(rig.engine.health(Instant::now()), Health::Good);
}

#[tokio::test]
async fn an_engine_that_stops_stepping_shows_as_stuck() {
    // Not yet killed for it.
    let rig = Rig::start_spec(spec("step-ms=60000"), Patience { hang: SOON, ..PATIENCE });
    rig.engine.first_ready().await.unwrap();
    let _generation = rig.engine.generate(endless()).unwrap();
    let started_at = Instant::now();
    while !matches!(rig.engine.health(Instant::now()), Health::Stuck(_) | Health::Silent(_)) {
        assert!(started_at.elapsed() < SOON);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(started_at.elapsed() >= std::time::Duration::from_secs(1));
}
