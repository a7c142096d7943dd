//! A second process that takes over.

use std::time::{Duration, Instant};

use dragon_supervisor::{EngineSpec, EngineState, Event, KeepStandby};

use crate::rig::{PATIENCE, Rig, collect, ids, is_gone, job, kill, next_token, spec};

/// Loading takes far longer than taking over may.
const LOAD: Duration = Duration::from_millis(800);

async fn with_standby() -> Rig {
    let script = format!("load-ms={},step-ms=2", LOAD.as_millis());
    let rig = Rig::start_spec(EngineSpec { standby: KeepStandby::Yes, ..spec(&script) }, PATIENCE);
    rig.engine.first_ready().await.unwrap();
    rig
}

#[tokio::test]
async fn a_standby_takes_over_without_loading() {
    let rig = with_standby().await;
    let mut generation = rig.engine.generate(job(&[1, 2], 1, 1500)).unwrap();
    let mut tokens = Vec::new();
    // Until the second one has loaded.
    let started_at = Instant::now();
    while started_at.elapsed() < LOAD * 3 {
        tokens.push(next_token(&mut generation).await.id);
    }
    let (first, killed_at) = (rig.pid(), Instant::now());
    kill(first);
    while generation.n_replays() == 0 {
        tokens.push(next_token(&mut generation).await.id);
    }
    rig.until_state(|state| matches!(state, EngineState::Ready(_))).await;
    assert!(killed_at.elapsed() < LOAD / 2, "it took {:?}", killed_at.elapsed());
    assert!(is_gone(first));
    tokens.extend(ids(&collect(&mut generation).await));
    assert_eq!(tokens, [1, 2].repeat(750));
    // Nobody is left behind when the server stops, whether it serves or waits.
    rig.stop().await;
}

#[tokio::test]
async fn without_a_standby_in_time_a_new_process_is_loaded() {
    let rig = with_standby().await;
    let mut generation = rig.engine.generate(job(&[1], 1, 5)).unwrap();
    kill(rig.pid());
    let events = collect(&mut generation).await;
    assert!(events.iter().all(|event| matches!(event, Event::Token(_))), "{events:?}");
    assert_eq!(ids(&events), [1; 5]);
}

#[tokio::test]
async fn a_standby_that_died_with_the_serving_engine_is_not_taken() {
    let rig = with_standby().await;
    tokio::time::sleep(LOAD * 3).await;
    // The fake engines of this test process, and no others.
    let both: Vec<u32> = children();
    assert_eq!(both.len(), 2, "{both:?}");
    let mut generation = rig.engine.generate(job(&[1], 1, 5)).unwrap();
    both.into_iter().rev().for_each(kill);
    assert_eq!(ids(&collect(&mut generation).await), [1; 5]);
    assert_eq!(rig.engine.progress().n_restarts(), 1, "one event, one restart");
}

fn children() -> Vec<u32> {
    let pid = std::process::id();
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let lists = tasks.flatten().flat_map(|task| std::fs::read_to_string(task.path().join("children")));
    lists
        .flat_map(|list| list.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<u32>>())
        .collect()
}
