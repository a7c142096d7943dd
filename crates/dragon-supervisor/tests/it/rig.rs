//! A supervised fake engine and what tests ask about it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dragon_core::sampling::{SamplingDefaults, SamplingRequest};
use dragon_ipc::{CacheType, FlashAttention, LoadSpec};
use dragon_supervisor::{
    Engine, EngineSpec, EngineState, Event, Generation, Job, KeepStandby, Patience, Progress, Token,
};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The fake engine's program.
pub(crate) const FAKE_ENGINE: &str = env!("CARGO_BIN_EXE_fake-engine");

/// What surely happens has happened after this long, also on a machine that is swamped.
pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) const N_CTX_SEQ: u32 = 100_000;

/// Short enough for tests of time limits, long enough for a busy machine where nothing is wrong.
pub(crate) const PATIENCE: Patience = Patience {
    hello: Duration::from_secs(4),
    load: Duration::from_secs(4),
    hang: Duration::from_millis(700),
    farewell: Duration::from_millis(500),
};

pub(crate) struct Rig {
    pub(crate) engine: Engine,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Rig {
    /// Supervises a fake engine that follows this script.
    pub(crate) fn start(script: &str) -> Self {
        Self::start_program(Path::new(FAKE_ENGINE), script)
    }

    pub(crate) fn start_program(binary: &Path, script: &str) -> Self {
        Self::start_spec(EngineSpec { binary: binary.to_owned(), ..spec(script) }, PATIENCE)
    }

    pub(crate) fn start_spec(spec: EngineSpec, patience: Patience) -> Self {
        let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let engine = Engine::supervise_with(spec, patience, &tasks, shutdown.clone());
        Self { engine, shutdown, tasks }
    }

    /// Supervises and waits until it serves.
    pub(crate) async fn ready(script: &str) -> Self {
        let rig = Self::start(script);
        rig.engine.first_ready().await.unwrap();
        rig
    }

    pub(crate) fn pid(&self) -> u32 {
        self.engine.progress().pid.expect("the engine runs")
    }

    /// Waits until the engine's progress looks like this.
    pub(crate) async fn until(&self, mut condition: impl FnMut(&Progress) -> bool) -> Progress {
        let started_at = Instant::now();
        loop {
            let progress = self.engine.progress();
            if condition(&progress) {
                return progress;
            }
            assert!(started_at.elapsed() < SOON, "waited in vain: {progress:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Waits until the engine's state looks like this.
    pub(crate) async fn until_state(&self, condition: impl FnMut(&EngineState) -> bool) -> EngineState {
        let mut states = self.engine.watch();
        let reached = tokio::time::timeout(SOON, states.wait_for(condition)).await;
        reached.unwrap_or_else(|_| panic!("stayed {:?}", self.engine.state())).unwrap().clone()
    }

    pub(crate) async fn until_serving_again(&self, n_restarts: u32) {
        self.until(|progress| progress.n_restarts() >= n_restarts).await;
        self.until_state(|state| matches!(state, EngineState::Ready(_))).await;
    }

    /// Stops, waits for all tasks, and says how long that took.
    pub(crate) async fn stop(&self) -> Duration {
        let started_at = Instant::now();
        self.shutdown.cancel();
        self.tasks.close();
        tokio::time::timeout(SOON, self.tasks.wait()).await.expect("all tasks end");
        started_at.elapsed()
    }
}

pub(crate) fn spec(script: &str) -> EngineSpec {
    let (model, binary) = ("fake".into(), FAKE_ENGINE.into());
    EngineSpec { model, binary, load: load(script), standby: KeepStandby::No }
}

fn load(script: &str) -> LoadSpec {
    LoadSpec {
        path: PathBuf::from(format!("/fake/{script}")),
        n_ctx_seq: N_CTX_SEQ,
        n_slots: 4,
        n_prefill_chunk: 64,
        n_threads: 1,
        cache_type: CacheType::F16,
        flash_attention: FlashAttention::Auto,
        n_gpu_layers: 0,
        n_max_kept_bytes: 0,
        n_max_draft: 0,
        self_test: dragon_ipc::SelfTest::Timed,
        probe_sandbox: false,
    }
}

pub(crate) fn job(prompt: &[u32], n_choices: u32, n_max_tokens: u32) -> Job {
    let sampling = SamplingRequest::default().resolve(&SamplingDefaults::default(), 7);
    Job {
        prompt: Arc::from(prompt),
        n_choices,
        sampling,
        n_max_tokens,
        n_top_logprobs: None,
        answer_by: Instant::now() + SOON,
    }
}

/// A generation that does not end by itself within any test.
pub(crate) fn endless() -> Job {
    job(&[1, 2, 3], 1, N_CTX_SEQ)
}

pub(crate) async fn next(generation: &mut Generation) -> Option<Event> {
    tokio::time::timeout(SOON, generation.next()).await.expect("an event comes")
}

pub(crate) async fn next_token(generation: &mut Generation) -> Token {
    match next(generation).await {
        Some(Event::Token(token)) => token,
        other => panic!("no token but {other:?}"),
    }
}

/// The tokens among some events.
pub(crate) fn ids(events: &[Event]) -> Vec<u32> {
    let tokens = events.iter().filter_map(|event| match event {
        Event::Token(token) => Some(token.id),
        _ => None,
    });
    tokens.collect()
}

/// All events until the end.
pub(crate) async fn collect(generation: &mut Generation) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(event) = next(generation).await {
        events.push(event);
    }
    events
}

/// Whether no process of this id is left, not even a zombie.
pub(crate) fn is_gone(pid: u32) -> bool {
    !Path::new(&format!("/proc/{pid}")).exists()
}

pub(crate) fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}
