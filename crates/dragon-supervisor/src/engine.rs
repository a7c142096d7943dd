//! The handle that the rest of the server holds.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use dragon_core::sampling::TokenId;
use dragon_ipc::{CallId, LoadSpec, Ration, Ready, TextLane};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::{EngineError, StartError};
use crate::generation::Generation;
use crate::job::{AddSpecial, Job};
use crate::life::Patience;
use crate::shared::Shared;
use crate::standby::KeepStandby;
use crate::state::{EngineState, Health, Progress};
use crate::supervise;
use crate::tempo::Tempo;

/// What to run.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineSpec {
    /// Id of the model, for the log.
    pub model: String,
    /// The engine program.
    pub binary: PathBuf,
    /// What it loads.
    pub load: LoadSpec,
    /// Whether a second process is kept ready to take over.
    pub standby: KeepStandby,
}

/// A supervised engine. Cheap to clone; all clones are the same engine.
#[derive(Debug, Clone)]
pub struct Engine {
    shared: Arc<Shared>,
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
        self.shared.progress()
    }

    /// Whether the engine does its work, as its progress shows.
    pub fn health(&self, now: Instant) -> Health {
        let ready_at = *self.shared.ready_at.lock();
        ready_at.map_or(Health::NotReady, |ready_at| self.progress().health(ready_at, now))
    }

    /// The tokens of a text, by the model's own tokenizer. Short texts ([`TextLane::Short`]) wait for short ones only.
    /// Dropping the future forgets the call; if the engine has the text already, it works on it to the end, and
    /// the next of its lane waits for that.
    ///
    /// # Errors
    /// [`EngineError`], but for [`EngineError::Aborted`].
    pub async fn tokenize(&self, text: &str, add_special: AddSpecial) -> Result<Vec<TokenId>, EngineError> {
        // The semaphores are never closed.
        let turns = self.shared.turns(TextLane::of(text.len()));
        let turn = turns.acquire_owned().await.map_err(|_| EngineError::Stopping)?;
        let (call, answer) = self.shared.traffic.lock().tokenize(text, add_special, turn, Instant::now())?;
        let _guard = CallGuard(&self.shared, call);
        self.shared.bell.notify_one();
        answer.await.unwrap_or(Err(EngineError::Down))
    }

    /// Starts a generation. Returns at once; the engine prefills and decodes as its slots allow.
    ///
    /// # Errors
    /// [`EngineError`]; [`EngineError::Aborted`] is for a job that no engine could run.
    pub fn generate(&self, job: Job) -> Result<Generation, EngineError> {
        let entered = self.shared.traffic.lock().start(job, Instant::now())?;
        self.shared.bell.notify_one();
        Ok(Generation::new(Arc::clone(&self.shared), entered))
    }
}

impl Engine {
    /// Says who runs in the next steps; holds until it is said again, and with an engine's end. With nobody favoured
    /// everyone runs.
    pub fn ration(&self, ration: Ration) {
        self.shared.traffic.lock().ration(ration);
        self.shared.bell.notify_one();
    }

    /// How fast it has been lately.
    pub fn tempo(&self) -> Tempo {
        self.shared.tempo.lock().clone()
    }
}

// === impl CallGuard ===

impl Drop for CallGuard<'_> {
    fn drop(&mut self) {
        self.0.traffic.lock().forget_call(self.1);
        self.0.ring_if_released();
    }
}
