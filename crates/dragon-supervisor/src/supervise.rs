//! Life after life, until the server stops.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::backoff::Backoff;
use crate::engine::EngineSpec;
use crate::error::{Failure, StartError};
use crate::life::{self, LifeEnd, Patience};
use crate::shared::Shared;
use crate::state::EngineState;

/// Keeps an engine process running until `shutdown` is cancelled; then ends it and waits for its end.
pub(crate) async fn supervise(
    shared: Arc<Shared>,
    spec: EngineSpec,
    patience: Patience,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    // The hasher's random keys: two engines that die together should not restart together.
    let mut backoff = Backoff::new(RandomState::new().hash_one(&spec.model));
    loop {
        shared.set_state(EngineState::Starting);
        let LifeEnd { healthy_for, failure } = life::live(&shared, &spec, &patience, &tasks, &shutdown).await;
        shared.ended();
        let Some(failure) = failure else {
            break;
        };
        let pause = backoff.pause_after(healthy_for);
        report(&spec.model, &failure, healthy_for, pause);
        shared.set_state(EngineState::Down {
            restart_in: pause,
            n_failures: backoff.n_failures(),
            last: failure.to_string(),
        });
        shared.settle_first(Err(StartError::Failed(failure)));
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    shared.stop();
}

fn report(model: &str, failure: &Failure, healthy_for: Duration, pause: Duration) {
    if let Failure::Died { last_lines, .. } = failure {
        for line in last_lines {
            tracing::error!(model, "the engine's last lines: {line}");
        }
    }
    let restart_in_ms = pause.as_millis();
    let served_s = healthy_for.as_secs();
    tracing::error!(model, served_s, restart_in_ms, "engine lost: {failure}");
}
