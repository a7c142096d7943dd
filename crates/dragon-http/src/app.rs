//! What the server serves: its settings and its models.

use std::time::Duration;

use dragon_api::{ApiError, ModelCard};
use dragon_core::sampling::SamplingDefaults;
use dragon_supervisor::Engine;
use dragon_template::ChatTemplate;

use crate::gate::Gate;

/// Settings of the edge.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Connections open at once; more wait unaccepted.
    pub max_connections: usize,
    /// Longest request body.
    pub max_body_bytes: usize,
    /// Origins whose web pages may talk to this server.
    pub cors_origins: Vec<String>,
    /// Host names besides the loopback ones under which a loopback address may be addressed.
    pub allowed_hosts: Vec<String>,
}

/// Settings of one model.
#[derive(Debug)]
pub struct ModelSettings {
    /// What clients call it.
    pub id: String,
    /// The longest deadline.
    pub deadline: Duration,
    /// Requests that may wait.
    pub queue_max: usize,
    /// Tokens of an answer whose client names no number; `None` allows what is left of the context.
    pub max_tokens: Option<u32>,
    /// Values for sampling fields that a request leaves out.
    pub sampling: SamplingDefaults,
    /// Renders conversations; without it chat is refused.
    pub template: Option<ChatTemplate>,
    /// Unix time that `/v1/models` shows, in seconds.
    pub created_s: u64,
}

/// A model that is served.
#[derive(Debug)]
pub struct Model {
    pub(crate) settings: ModelSettings,
    pub(crate) engine: Engine,
    pub(crate) gate: Gate,
    pub(crate) facts: Facts,
}

/// What the engine reported when it was first ready; it stays the same over restarts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) n_ctx: u32,
    pub(crate) n_ctx_train: u32,
    pub(crate) n_slots: u32,
    pub(crate) n_vocab: u32,
    /// The longest token's text: no shorter text can fill more of the context.
    pub(crate) max_token_bytes: u32,
    /// Of a lone answer; `None` where it was too fast to measure.
    pub(crate) tokens_per_s: Option<f64>,
}

/// Everything that answers need.
#[derive(Debug)]
pub struct App {
    pub(crate) settings: Settings,
    models: Vec<Model>,
}

/// The speed of a lone answer, as the engine measured it before it was ready; `None` where a decode took less
/// than a microsecond.
pub fn tokens_per_s(ready: &dragon_ipc::Ready) -> Option<f64> {
    let decode_time = Duration::from_micros(ready.decode_us);
    (!decode_time.is_zero()).then(|| decode_time.as_secs_f64().recip())
}

// === impl Model ===

impl Model {
    /// A model whose engine has been ready once.
    pub fn new(settings: ModelSettings, engine: Engine, ready: &dragon_ipc::Ready) -> Self {
        let facts = Facts {
            n_ctx: ready.n_ctx_seq,
            n_ctx_train: ready.n_ctx_train,
            n_slots: ready.n_slots,
            n_vocab: ready.n_vocab,
            max_token_bytes: ready.max_token_bytes,
            tokens_per_s: tokens_per_s(ready),
        };
        let gate = Gate::new(settings.queue_max);
        Self { settings, engine, gate, facts }
    }

    pub(crate) fn card(&self) -> ModelCard {
        ModelCard {
            id: self.settings.id.clone(),
            created_s: self.settings.created_s,
            n_ctx: self.facts.n_ctx,
            n_ctx_train: self.facts.n_ctx_train,
            n_slots: self.facts.n_slots,
        }
    }

    /// Keeps the gate informed of the engine's state for as long as the engine is supervised.
    pub(crate) async fn follow_engine(&self) {
        let mut states = self.engine.watch();
        loop {
            self.gate.engine_is(&states.borrow_and_update());
            if states.changed().await.is_err() {
                return;
            }
        }
    }
}

// === impl App ===

impl App {
    /// `models` in the order in which `/v1/models` lists them.
    pub fn new(settings: Settings, models: Vec<Model>) -> Self {
        Self { settings, models }
    }

    fn ids(&self) -> Vec<String> {
        self.models.iter().map(|model| model.settings.id.clone()).collect()
    }

    pub(crate) fn models(&self) -> &[Model] {
        &self.models
    }

    /// The model with this id. Ids are looked up in memory: no request makes the server touch the disk.
    pub(crate) fn model(&self, id: &str) -> Result<&Model, ApiError> {
        self.models
            .iter()
            .find(|model| model.settings.id == id)
            .ok_or_else(|| ApiError::model_not_found(id, self.ids()))
    }
}
