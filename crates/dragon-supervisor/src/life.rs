//! One life of an engine: from its spawn through the handshake and its service to its last breath.

use std::convert::Infallible;
use std::fmt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use dragon_ipc::{Hello, PROTOCOL_VERSION, Ready, ToEngine};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::blame::Fingerprint;
use crate::death::Death;
use crate::ending::{Ending, KILL_LIMIT};
use crate::engine::EngineSpec;
use crate::error::{EngineError, Failure, Stage};
use crate::handshake;
use crate::hang;
use crate::keeper::{self, Process, Spawned};
use crate::link::{self, Ear, Mouth};
use crate::log;
use crate::oom::oom_kills;
use crate::probe;
use crate::service;
use crate::shared::Shared;

/// How long an engine may take for what it must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the spawn to its first word. Nothing but the start of a process happens in it; seconds pass only
    /// on a machine that is swamped.
    pub hello: Duration,
    /// From the order to load to the end of the self-test. A model of tens of gigabytes comes from a slow
    /// disk in this time; what takes longer looks the same as what never ends.
    pub load: Duration,
    /// In service: time without a heartbeat, or without a step while there is work, in which it could have moved. The
    /// deadline of answers is 10 s, so whoever meets a hang has most of it left.
    pub hang: Duration,
    /// From the closing of the connection to its end: it ends even inside a decode, so this is only
    /// the time to unmap its memory.
    pub farewell: Duration,
}

/// How a life ended.
#[derive(Debug)]
pub(crate) struct LifeEnd {
    /// Time in service.
    pub(crate) healthy_for: Duration,
    /// `None` when the server wanted it.
    pub(crate) failure: Option<Failure>,
    /// What the engine was working on.
    pub(crate) suspects: Vec<Fingerprint>,
}

/// A process that has loaded its model.
#[derive(Debug)]
pub(crate) struct Prepared {
    process: Process,
    follower: log::Follower,
    ear: Ear,
    mouth: Mouth,
    ready: Ready,
}

/// Processes that the kernel had ended for want of memory a moment ago, so that an end can be told from a kill. The two
/// latest looks: the last one may already count the end in question.
#[derive(Debug, Clone, Copy)]
struct Mortality([Option<u64>; 2]);

/// How often that is looked at while an engine serves. Who dies for want of memory within so much of a kill from outside
/// gets that blamed on memory.
const LOOK_AT_MORTALITY_EVERY: Duration = Duration::from_secs(1);

/// Why there is none.
#[derive(Debug)]
pub(crate) enum NotPrepared {
    Failed(Failure),
    /// The server stops.
    Stopping,
}

/// What a process does first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstDuty {
    Serve,
    /// It shows that it can answer: those before it could not.
    Prove,
}

/// Starts a process and lets it load its model. `begun` is told its id.
pub(crate) async fn prepare(
    spec: &EngineSpec,
    patience: &Patience,
    tasks: &TaskTracker,
    shutdown: &CancellationToken,
    begun: impl FnOnce(u32),
) -> Result<Prepared, NotPrepared> {
    let mortality = Mortality::now();
    let (process, follower, (mut ear, mut mouth)) = set_out(spec, tasks).await.map_err(|error| {
        NotPrepared::Failed(Failure::Spawn { binary: spec.binary.clone(), reason: error.to_string() })
    })?;
    tracing::info!(model = spec.model, pid = process.pid, "engine started");
    begun(process.pid);
    let mut stage = Stage::Greeting;
    let outcome = tokio::select! {
        biased;
        () = shutdown.cancelled() => Err(Ending::Shutdown),
        outcome = get_ready(&mut ear, &mut mouth, spec, patience, &mut stage) => outcome,
    };
    match outcome {
        Ok(ready) => Ok(Prepared { process, follower, ear, mouth, ready }),
        Err(ending) => {
            // Its end is closed first, because that is what it ends by.
            drop((ear, mouth));
            let failure = bury(ending, stage, process, follower, mortality, patience).await;
            Err(failure.map_or(NotPrepared::Stopping, NotPrepared::Failed))
        }
    }
}

/// Lets a process serve until it ends. `beside` is done meanwhile.
pub(crate) async fn serve(
    prepared: Prepared,
    duty: FirstDuty,
    shared: &Shared,
    patience: &Patience,
    shutdown: &CancellationToken,
    beside: impl Future<Output = Infallible>,
) -> LifeEnd {
    let Prepared { process, follower, ear, mouth, ready } = prepared;
    // It may have waited for long.
    let mut mortality = Mortality::now();
    let mut ready_at = None;
    let ending = tokio::select! {
        biased;
        () = shutdown.cancelled() => Ending::Shutdown,
        ending = work(ear, mouth, ready, duty, shared, &mut ready_at) => ending,
        hang = hang::watch(shared, process.pid, patience.hang) => Ending::Hung(hang),
        never = mortality.keep_looking() => match never {},
        never = beside => match never {},
    };
    // Before the process is waited for: nobody must find it ready meanwhile.
    let in_flight = match &ending {
        Ending::Shutdown => {
            shared.given_up(&EngineError::Stopping);
            Vec::new()
        }
        _ => shared.interrupted(),
    };
    let suspects = ending.suspects(in_flight);
    let healthy_for = ready_at.map_or(Duration::ZERO, |ready_at: Instant| ready_at.elapsed());
    let failure = bury(ending, Stage::Serving, process, follower, mortality, patience).await;
    LifeEnd { healthy_for, failure, suspects }
}

async fn set_out(
    spec: &EngineSpec,
    tasks: &TaskTracker,
) -> std::io::Result<(Process, log::Follower, (Ear, Mouth))> {
    let Spawned { process, socket, output } = keeper::spawn(&spec.binary).await?;
    let follower = log::follow(output, &spec.model, tasks)?;
    Ok((process, follower, link::connect(socket)?))
}

/// Handshake and load.
async fn get_ready(
    ear: &mut Ear,
    mouth: &mut Mouth,
    spec: &EngineSpec,
    patience: &Patience,
    stage: &mut Stage,
) -> Result<Ready, Ending> {
    // What cannot be said is no news yet: the engine may have left a last word, which is then heard.
    let hello = Hello { protocol_version: PROTOCOL_VERSION, build: env!("CARGO_PKG_VERSION").into() };
    let _ = mouth.say(&ToEngine::Hello(hello)).await;
    let build = within(patience.hello, handshake::greet(ear)).await?;
    tracing::debug!(model = spec.model, build, "engine greeted");
    *stage = Stage::Loading;
    let _ = mouth.say(&ToEngine::Load(spec.load.clone())).await;
    within(patience.load, handshake::load(ear)).await
}

async fn within<T>(limit: Duration, answer: impl Future<Output = Result<T, Ending>>) -> Result<T, Ending> {
    tokio::time::timeout(limit, answer).await.unwrap_or(Err(Ending::TimedOut(limit)))
}

/// The connection is closed when this returns or is dropped.
async fn work(
    mut ear: Ear,
    mut mouth: Mouth,
    ready: Ready,
    duty: FirstDuty,
    shared: &Shared,
    ready_at: &mut Option<Instant>,
) -> Ending {
    if duty == FirstDuty::Prove {
        let generation = shared.traffic.lock().new_id();
        if let Err(ending) = probe::prove(&mut ear, &mut mouth, generation, shared).await {
            return ending;
        }
    }
    *ready_at = Some(Instant::now());
    shared.ready(ready);
    service::serve(ear, mouth, shared).await
}

/// Waits for the end of a process that serves no more, and says what it died of; `None` where the server wanted it.
async fn bury(
    ending: Ending,
    stage: Stage,
    process: Process,
    follower: log::Follower,
    mortality: Mortality,
    patience: &Patience,
) -> Option<Failure> {
    let (status, last_act) = ending.see_off(&process, patience.farewell).await;
    let last_lines = follower.last_lines().await;
    let death = status.map_or(Death::Unknown, |status| mortality.death_of(status));
    ending.failure(stage, death, last_act, last_lines)
}

// === impl Mortality ===

impl Mortality {
    fn now() -> Self {
        Self([oom_kills(); 2])
    }

    /// Looks again and again.
    async fn keep_looking(&mut self) -> Infallible {
        loop {
            tokio::time::sleep(LOOK_AT_MORTALITY_EVERY).await;
            self.0 = [self.0[1], oom_kills()];
        }
    }

    fn death_of(self, status: ExitStatus) -> Death {
        let oom_killed = matches!((self.0[0], oom_kills()), (Some(before), Some(after)) if after > before);
        Death::from_status(status, oom_killed)
    }
}

// === impl Prepared ===

impl Prepared {
    pub(crate) fn pid(&self) -> u32 {
        self.process.pid
    }

    /// Listens to a process that has nothing to do but live. Cancel safe.
    pub(crate) async fn until_lost(&mut self) {
        while self.ear.hear().await.is_ok() {}
    }

    /// Ends the process.
    pub(crate) async fn end(self) {
        self.process.kill();
        let _late = tokio::time::timeout(KILL_LIMIT, self.process.ended()).await;
    }
}

// === impl NotPrepared ===

impl fmt::Display for NotPrepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => failure.fmt(f),
            Self::Stopping => f.write_str("the server is stopping"),
        }
    }
}

// === impl Patience ===

impl Patience {
    /// What holds where nothing else is said; the fields say why so long.
    pub const DEFAULT: Self = Self {
        hello: Duration::from_secs(5),
        load: Duration::from_secs(120),
        hang: Duration::from_secs(3),
        farewell: Duration::from_secs(1),
    };
}

impl Default for Patience {
    fn default() -> Self {
        Self::DEFAULT
    }
}
