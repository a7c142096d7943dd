//! One life of an engine: from its spawn through the handshake and its service to its last breath.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use dragon_ipc::{Hello, LoadFailure, PROTOCOL_VERSION, ToEngine};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::death::Death;
use crate::engine::EngineSpec;
use crate::error::{EngineError, Failure, Stage};
use crate::handshake;
use crate::keeper::{self, Process, Spawned};
use crate::link::{self, Ear, Mouth};
use crate::log;
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
}

/// Why a conversation ended, as far as the server knows before the process has ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The server is stopping.
    Shutdown,
    /// The engine's end was closed.
    Closed,
    /// It said that it cannot serve the model.
    Refused(LoadFailure),
    /// It took too long.
    TimedOut(Duration),
    /// It said what it must not.
    Broken(String),
    /// It is of another build.
    Version(u32),
}

/// How long to wait for a process after SIGKILL. Only the kernel can hold it up, as a broken driver does; the
/// server must not hang with it.
const KILL_LIMIT: Duration = Duration::from_secs(5);

/// Runs one process until it ends.
pub(crate) async fn live(
    shared: &Shared,
    spec: &EngineSpec,
    patience: &Patience,
    tasks: &TaskTracker,
    shutdown: &CancellationToken,
) -> LifeEnd {
    let (process, follower, link) = match set_out(spec, tasks).await {
        Ok(set_out) => set_out,
        Err(error) => {
            let failure = Failure::Spawn { binary: spec.binary.clone(), reason: error.to_string() };
            return LifeEnd { healthy_for: Duration::ZERO, failure: Some(failure) };
        }
    };
    tracing::info!(model = spec.model, pid = process.pid, "engine started");
    shared.begin(process.pid);
    let mut course = Course { stage: Stage::Greeting, ready_at: None };
    let ending = tokio::select! {
        biased;
        () = shutdown.cancelled() => Ending::Shutdown,
        ending = converse(link, shared, spec, patience, &mut course) => ending,
    };
    // Before the process is waited for: whoever waits for tokens must not wait for that too.
    shared.lost(if matches!(ending, Ending::Shutdown) { &EngineError::Stopping } else { &EngineError::Down });
    let healthy_for = course.ready_at.map_or(Duration::ZERO, |ready_at| ready_at.elapsed());
    let status = ending.see_off(&process, patience.farewell).await;
    let last_lines = follower.last_lines().await;
    LifeEnd { healthy_for, failure: ending.failure(course.stage, status, last_lines) }
}

/// How far a life has come.
struct Course {
    stage: Stage,
    ready_at: Option<Instant>,
}

async fn set_out(
    spec: &EngineSpec,
    tasks: &TaskTracker,
) -> std::io::Result<(Process, log::Follower, (Ear, Mouth))> {
    let Spawned { process, socket, output } = keeper::spawn(&spec.binary).await?;
    let follower = log::follow(output, &spec.model, tasks)?;
    Ok((process, follower, link::connect(socket)?))
}

/// Handshake, load, service; the connection is closed when this returns or is dropped.
async fn converse(
    (mut ear, mut mouth): (Ear, Mouth),
    shared: &Shared,
    spec: &EngineSpec,
    patience: &Patience,
    course: &mut Course,
) -> Ending {
    // What cannot be said is no news yet: the engine may have left a last word, which is then heard.
    let hello = Hello { protocol_version: PROTOCOL_VERSION, build: env!("CARGO_PKG_VERSION").into() };
    let _ = mouth.say(&ToEngine::Hello(hello)).await;
    match tokio::time::timeout(patience.hello, handshake::greet(&mut ear)).await {
        Ok(Ok(build)) => tracing::debug!(model = spec.model, build, "engine greeted"),
        Ok(Err(ending)) => return ending,
        Err(_) => return Ending::TimedOut(patience.hello),
    }
    course.stage = Stage::Loading;
    let _ = mouth.say(&ToEngine::Load(spec.load.clone())).await;
    let ready = match tokio::time::timeout(patience.load, handshake::load(&mut ear, shared)).await {
        Ok(Ok(ready)) => ready,
        Ok(Err(ending)) => return ending,
        Err(_) => return Ending::TimedOut(patience.load),
    };
    course.stage = Stage::Serving;
    course.ready_at = Some(Instant::now());
    shared.ready(ready);
    service::serve(ear, mouth, shared).await
}

// === impl Patience ===

impl Patience {
    /// What holds where nothing else is said; the fields say why so long.
    pub const DEFAULT: Self = Self {
        hello: Duration::from_secs(5),
        load: Duration::from_secs(120),
        farewell: Duration::from_secs(1),
    };
}

impl Default for Patience {
    fn default() -> Self {
        Self::DEFAULT
    }
}

// === impl Ending ===

impl Ending {
    /// Waits until the process has ended and was reaped; kills it where waiting is no use.
    async fn see_off(&self, process: &Process, farewell: Duration) -> Option<ExitStatus> {
        let ends_by_itself = matches!(self, Self::Shutdown | Self::Closed | Self::Refused(_));
        if ends_by_itself && let Ok(status) = tokio::time::timeout(farewell, process.ended()).await {
            return status;
        }
        process.kill();
        let ended = tokio::time::timeout(KILL_LIMIT, process.ended()).await;
        ended.unwrap_or_else(|_| {
            tracing::error!(pid = process.pid, "an engine process does not end, although it was killed");
            None
        })
    }

    fn failure(self, stage: Stage, status: Option<ExitStatus>, last_lines: Vec<String>) -> Option<Failure> {
        Some(match self {
            Self::Shutdown => return None,
            Self::Closed => {
                Failure::Died { stage, death: status.map_or(Death::Unknown, Death::from), last_lines }
            }
            Self::Refused(failure) => Failure::Load(failure),
            Self::TimedOut(limit) => Failure::TimedOut { stage, limit },
            Self::Broken(what) => Failure::Protocol { stage, what },
            Self::Version(theirs) => Failure::Version { ours: PROTOCOL_VERSION, theirs },
        })
    }
}
