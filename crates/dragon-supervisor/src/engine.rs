//! The handle that the rest of the server holds, and what it shares with the supervising task.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use dragon_core::sampling::TokenId;
use dragon_ipc::{CallId, Heartbeat, LoadSpec, Ready};
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::{EngineError, StartError};
use crate::generation::Generation;
use crate::inflight::Traffic;
use crate::job::{AddSpecial, Job, Limits};
use crate::life::Patience;
use crate::state::{EngineState, Health, Progress};
use crate::supervise;

/// Texts that wait in the engine's tokenizer at once; more wait here for their turn. It has one thread, so a
/// longer line there would only hold copies of texts.
const MAX_TOKENIZATIONS: usize = 64;

/// What to run.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineSpec {
    /// Id of the model, for the log.
    pub model: String,
    /// The engine program.
    pub binary: PathBuf,
    /// What it loads.
    pub load: LoadSpec,
}

/// A supervised engine. Cheap to clone; all clones are the same engine.
#[derive(Debug, Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

/// What handles, generations and the supervising task share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) model: String,
    pub(crate) traffic: Mutex<Traffic>,
    /// Rung after every new order.
    pub(crate) bell: Notify,
    progress: Mutex<Progress>,
    state: watch::Sender<EngineState>,
    /// When the state became ready last.
    ready_at: Mutex<Option<Instant>>,
    /// How the first start ended; it never changes after.
    first: watch::Sender<Option<Result<Ready, StartError>>>,
    tokenizations: Semaphore,
}

/// Removes a tokenization that nobody waits for any more.
struct CallGuard<'a>(&'a Shared, CallId);

// === impl Engine ===

impl Engine {
    /// Starts supervising. The engine process is spawned, and respawned, until `shutdown` is cancelled; then
    /// it is ended and reaped, and the task on `tasks` ends. Must be called within the runtime.
    pub fn supervise(spec: EngineSpec, tasks: &TaskTracker, shutdown: CancellationToken) -> Self {
        Self::supervise_with(spec, Patience::default(), tasks, shutdown)
    }

    /// As [`Engine::supervise`], with other time limits.
    pub fn supervise_with(
        spec: EngineSpec,
        patience: Patience,
        tasks: &TaskTracker,
        shutdown: CancellationToken,
    ) -> Self {
        let shared = Arc::new(Shared::new(spec.model.clone()));
        tasks.spawn(supervise::supervise(Arc::clone(&shared), spec, patience, tasks.clone(), shutdown));
        Self { shared }
    }

    /// Waits for the end of the first start. Later failures are mended without asking.
    ///
    /// # Errors
    /// Why the first process did not get ready; the message says what to do about it.
    pub async fn first_ready(&self) -> Result<Ready, StartError> {
        let mut first = self.shared.first.subscribe();
        let settled = first.wait_for(Option::is_some).await;
        // The sender lives in `self`, so waiting cannot fail.
        settled.ok().and_then(|first| first.clone()).unwrap_or(Err(StartError::Stopping))
    }

    /// Where the engine is in its life.
    pub fn state(&self) -> EngineState {
        self.shared.state.borrow().clone()
    }

    /// For waiting on changes of the state.
    pub fn watch(&self) -> watch::Receiver<EngineState> {
        self.shared.state.subscribe()
    }

    /// What was last heard of the engine process.
    pub fn progress(&self) -> Progress {
        let busy_since = self.shared.traffic.lock().busy_since();
        Progress { busy_since, ..*self.shared.progress.lock() }
    }

    /// Whether the engine does its work, as its progress shows.
    pub fn health(&self, now: Instant) -> Health {
        let ready_at = *self.shared.ready_at.lock();
        ready_at.map_or(Health::NotReady, |ready_at| self.progress().health(ready_at, now))
    }

    /// The tokens of a text, by the model's own tokenizer. Dropping the future forgets the call.
    ///
    /// # Errors
    /// [`EngineError::Down`], [`EngineError::Stopping`], [`EngineError::Busy`].
    pub async fn tokenize(&self, text: &str, add_special: AddSpecial) -> Result<Vec<TokenId>, EngineError> {
        // The semaphore is never closed.
        let _turn = self.shared.tokenizations.acquire().await.map_err(|_| EngineError::Stopping)?;
        let (call, answer) = self.shared.traffic.lock().tokenize(text, add_special)?;
        let _guard = CallGuard(&self.shared, call);
        self.shared.bell.notify_one();
        answer.await.unwrap_or(Err(EngineError::Down))
    }

    /// Starts a generation. Returns at once; the engine prefills and decodes as its slots allow.
    ///
    /// # Errors
    /// [`EngineError::Down`], [`EngineError::Stopping`], [`EngineError::Busy`], and
    /// [`EngineError::Aborted`] for a job that no engine could run.
    pub fn generate(&self, job: Job) -> Result<Generation, EngineError> {
        let (id, events) = self.shared.traffic.lock().start(job, Instant::now())?;
        self.shared.bell.notify_one();
        Ok(Generation::new(Arc::clone(&self.shared), id, events))
    }
}

// === impl Shared ===

impl Shared {
    fn new(model: String) -> Self {
        Self {
            model,
            traffic: Mutex::new(Traffic::new()),
            bell: Notify::new(),
            progress: Mutex::default(),
            state: watch::Sender::new(EngineState::Starting),
            ready_at: Mutex::default(),
            first: watch::Sender::new(None),
            tokenizations: Semaphore::new(MAX_TOKENIZATIONS),
        }
    }

    pub(crate) fn set_state(&self, state: EngineState) {
        self.state.send_replace(state);
    }

    /// The process runs.
    pub(crate) fn begin(&self, pid: u32) {
        self.progress.lock().begin(pid);
    }

    /// The engine takes orders from now on.
    pub(crate) fn ready(&self, ready: Ready) {
        let (load_ms, self_test_ms) = (ready.load_ms, ready.self_test_ms);
        tracing::info!(model = self.model, load_ms, self_test_ms, "engine ready");
        tracing::debug!(model = self.model, "engine's CPU features: {}", ready.system_info);
        self.traffic.lock().open(Limits { n_ctx_seq: ready.n_ctx_seq, n_slots: ready.n_slots });
        *self.ready_at.lock() = Some(Instant::now());
        self.settle_first(Ok(ready.clone()));
        self.set_state(EngineState::Ready(ready));
    }

    /// The engine is gone; how it died is not known yet. Nobody must find it ready after this.
    pub(crate) fn lost(&self, why: &EngineError) {
        *self.ready_at.lock() = None;
        self.state.send_if_modified(|state| {
            let was_ready = matches!(state, EngineState::Ready(_));
            if was_ready {
                *state = EngineState::Ending;
            }
            was_ready
        });
        let mut traffic = self.traffic.lock();
        let n_lost = traffic.n_generations();
        traffic.close(why);
        drop(traffic);
        if n_lost > 0 {
            tracing::warn!(model = self.model, n_lost, "generations lost: {why}");
        }
    }

    /// The process has been reaped.
    pub(crate) fn ended(&self) {
        self.progress.lock().pid = None;
    }

    /// The supervision is over.
    pub(crate) fn stop(&self) {
        self.lost(&EngineError::Stopping);
        self.settle_first(Err(StartError::Stopping));
        self.set_state(EngineState::Stopped);
    }

    pub(crate) fn settle_first(&self, outcome: Result<Ready, StartError>) {
        self.first.send_if_modified(|first| {
            let is_first = first.is_none();
            if is_first {
                *first = Some(outcome);
            }
            is_first
        });
    }

    pub(crate) fn stepped(&self, at: Instant) {
        self.progress.lock().stepped(at);
    }

    pub(crate) fn heard(&self, heartbeat: Heartbeat, at: Instant) {
        self.progress.lock().heard(heartbeat, at);
    }
}

// === impl CallGuard ===

impl Drop for CallGuard<'_> {
    fn drop(&mut self) {
        self.0.traffic.lock().forget_call(self.1);
    }
}
