//! The engine processes, from their start to their end.

use std::path::Path;
use std::time::Duration;

use dragon_http::{Model, tokens_per_s};
use dragon_ipc::Ready;
use dragon_supervisor::{Engine, EngineSpec, Patience, StartError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::banner::{BannerModel, Chat};
use crate::exit::Exit;
use crate::prepare::PreparedModel;

/// An engine that does not end by itself is killed after a second; this is for the kernel to reap it too.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Fewer tokens than this within the deadline are hardly an answer: most would be cut.
const FEW_TOKENS: f64 = 200.0;

/// All engines.
pub(super) struct Engines {
    starting: Vec<(PreparedModel, Engine)>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

/// A model whose engine is ready.
pub(super) struct Loaded {
    model: PreparedModel,
    engine: Engine,
    ready: Ready,
}

/// A model that could not be loaded.
#[derive(Debug)]
pub(crate) struct LoadFailure {
    pub(crate) id: String,
    pub(crate) error: StartError,
}

// === impl Engines ===

impl Engines {
    /// Starts an engine for each model, all at the same time.
    pub(super) fn start(program: &Path, models: Vec<PreparedModel>) -> Self {
        let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let start = |model: PreparedModel| {
            let spec = EngineSpec {
                model: model.settings.id.clone(),
                binary: program.to_path_buf(),
                load: model.load.clone(),
                standby: model.standby,
            };
            let patience = Patience { hang: model.hang, ..Patience::DEFAULT };
            let engine = Engine::supervise_with(spec, patience, &tasks, shutdown.clone());
            (model, engine)
        };
        let starting = models.into_iter().map(start).collect();
        Self { starting, tasks, shutdown }
    }

    /// Waits until every engine is ready or has failed, so that all failures are known.
    pub(super) async fn loaded(&mut self) -> Result<Vec<Loaded>, Vec<LoadFailure>> {
        let (mut loaded, mut failures) = (Vec::new(), Vec::new());
        for (model, engine) in self.starting.drain(..) {
            match engine.first_ready().await {
                Ok(ready) => loaded.push(Loaded { model, engine, ready }),
                Err(error) => failures.push(LoadFailure { id: model.settings.id, error }),
            }
        }
        if failures.is_empty() { Ok(loaded) } else { Err(failures) }
    }

    /// Ends all engines and waits until they are reaped. Gives back `exit`, unless one would not end.
    pub(super) async fn stop(self, exit: Exit) -> Exit {
        self.shutdown.cancel();
        self.tasks.close();
        match tokio::time::timeout(END_LIMIT, self.tasks.wait()).await {
            Ok(()) => exit,
            Err(_) => {
                tracing::error!("an engine did not end within {} s", END_LIMIT.as_secs());
                Exit::Internal
            }
        }
    }
}

// === impl Loaded ===

impl Loaded {
    /// What is printed of it.
    pub(super) fn for_banner(&self) -> BannerModel {
        let settings = &self.model.settings;
        BannerModel {
            id: settings.id.clone(),
            n_ctx: self.ready.n_ctx_seq,
            n_slots: self.ready.n_slots,
            memory_bytes: self.model.memory_bytes,
            deadline: settings.deadline,
            tokens_per_s: tokens_per_s(&self.ready),
            chat: if settings.template.is_some() { Chat::Available } else { Chat::NoTemplate },
        }
    }

    /// Warns where this machine is too slow for its deadline.
    pub(super) fn warn_if_slow(&self) {
        let settings = &self.model.settings;
        let Some(speed) = tokens_per_s(&self.ready) else { return };
        let n_tokens = speed * settings.deadline.as_secs_f64();
        if n_tokens < FEW_TOKENS {
            tracing::warn!(
                model = settings.id,
                "only about {n_tokens:.0} tokens fit into the deadline of {} ms at the measured {speed:.0} tokens \
                 a second: raise `deadline_ms`, or choose a smaller model",
                settings.deadline.as_millis()
            );
        }
    }

    /// Says once how its engine is contained; what is missing the engine has said itself, as a warning.
    pub(super) fn log_sandbox(&self) {
        tracing::info!(model = self.model.settings.id, "engine's sandbox: {}", self.ready.sandbox);
    }

    /// What is served.
    pub(super) fn into_model(self) -> Model {
        Model::new(self.model.settings, self.engine, &self.ready)
    }
}
