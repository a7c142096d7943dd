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
