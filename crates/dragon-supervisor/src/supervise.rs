//! Life after life, until the server stops.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dragon_ipc::{LoadSpec, SelfTest};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::backoff::Backoff;
use crate::blame::Fingerprint;
use crate::breaker::Breaker;
use crate::engine::EngineSpec;
use crate::error::{EngineError, Failure, StartError};
use crate::life::{self, FirstDuty, LifeEnd, NotPrepared, Patience};
use crate::shared::Shared;
use crate::standby::{Begun, Preparing, Standby};
use crate::state::EngineState;

/// Keeps an engine process running until `shutdown` is cancelled; then ends it and waits for its end.
pub(crate) async fn supervise(
    shared: Arc<Shared>,
    spec: EngineSpec,
    patience: Patience,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    let prepare = |begun: Begun| -> Preparing<'_> {
        let shared = &shared;
        let tell = move |pid| match begun {
            Begun::Openly => shared.begin(pid),
            Begun::Aside => {}
        };
        // Requests wait for the successor of one that has shown how fast it is.
        let self_test = if shared.has_been_ready() { SelfTest::Brief } else { SelfTest::Timed };
        let load = LoadSpec { self_test, ..spec.load.clone() };
        let spec = EngineSpec { load, ..spec.clone() };
        let (patience, tasks, shutdown) = (&patience, &tasks, &shutdown);
        Box::pin(async move { life::prepare(&spec, patience, tasks, shutdown, tell).await })
    };
    let mut standby = Standby::new(spec.standby, prepare);
    let mut doctor = Doctor::new(&spec.model);
    loop {
        let end = live(&shared, &mut standby, &doctor, &patience, &shutdown).await;
        shared.ended();
        let Some(failure) = end.failure else { break };
        let pause = doctor.judge(&shared, &failure, end.healthy_for, &end.suspects);
        if doctor.breaker.is_open() {
            standby.discard();
        }
        report(&spec.model, &failure, end.healthy_for, pause);
        shared.settle_first(Err(StartError::Failed(failure)));
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    shared.stop();
    standby.end().await;
}

/// One life: a process is made ready, or has been, and serves.
async fn live(
    shared: &Shared,
    standby: &mut Standby<'_>,
    doctor: &Doctor,
    patience: &Patience,
    shutdown: &CancellationToken,
) -> LifeEnd {
    let duty = doctor.first_duty();
    if duty == FirstDuty::Serve {
        shared.set_state(EngineState::Starting);
    }
    let prepared = match standby.take().await {
        Ok(prepared) => prepared,
        Err(why) => {
            let failure = match why {
                NotPrepared::Failed(failure) => Some(failure),
                NotPrepared::Stopping => None,
            };
            return LifeEnd { healthy_for: Duration::ZERO, failure, suspects: Vec::new() };
        }
    };
    shared.begin(prepared.pid());
    life::serve(prepared, duty, shared, patience, shutdown, standby.tend()).await
}

/// Decides what follows a failure.
struct Doctor {
    backoff: Backoff,
    breaker: Breaker,
}

// === impl Doctor ===

impl Doctor {
    fn new(model: &str) -> Self {
        // The hasher's random keys: two engines that die together should not restart together.
        Self { backoff: Backoff::new(RandomState::new().hash_one(model)), breaker: Breaker::default() }
    }

    fn first_duty(&self) -> FirstDuty {
        if self.breaker.is_open() { FirstDuty::Prove } else { FirstDuty::Serve }
    }

    /// Who is to blame, who waits, and how long until the next start.
    fn judge(
        &mut self,
        shared: &Shared,
        failure: &Failure,
        healthy_for: Duration,
        suspects: &[Fingerprint],
    ) -> Duration {
        if !healthy_for.is_zero() {
            // It has served, so if it had to prove itself first, it did.
            self.breaker.close();
        }
        let restart_in = if failure.is_own_fault() {
            let now = Instant::now();
            if shared.traffic.lock().blame(suspects, now) {
                tracing::warn!(
                    model = shared.model,
                    "the engine fails with one request, which is kept out now"
                );
                self.breaker.explained(now);
            }
            let pause = self.backoff.pause_after(healthy_for);
            match self.breaker.failed(now) {
                Some(pause) => self.backoff.less_jitter(pause),
                None => pause,
            }
        } else {
            self.backoff.pause_after_kill(healthy_for)
        };
        let (n_failures, last) = (self.backoff.n_failures(), failure.to_string());
        if self.breaker.is_open() {
            // It was the engine and none of those who were blamed.
            shared.traffic.lock().forgive();
            shared.given_up(&EngineError::Broken);
            shared.set_state(EngineState::Broken { retry_in: restart_in, n_failures, last });
        } else {
            shared.set_state(EngineState::Down { restart_in, n_failures, last });
        }
        restart_in
    }
}

fn report(model: &str, failure: &Failure, healthy_for: Duration, pause: Duration) {
    // What it printed explains what it did, not what was done to it.
    if let Failure::Died { last_lines, .. } = failure
        && failure.is_own_fault()
    {
        for line in last_lines {
            tracing::warn!(model, "the engine's last lines: {line}");
        }
    }
    let restart_in_ms = pause.as_millis();
    let served_s = healthy_for.as_secs();
    tracing::error!(model, served_s, restart_in_ms, "engine lost: {failure}");
}
