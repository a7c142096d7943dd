//! What the server serves: its settings and its models.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Weak};
use std::time::Duration;

use dragon_api::{ApiError, GuardMode, ModelCard};
use dragon_core::admission;
use dragon_core::sampling::SamplingDefaults;
use dragon_supervisor::Engine;
use dragon_template::ChatTemplate;
use parking_lot::Mutex;
use tokio::sync::{OnceCell, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_rustls::rustls::ServerConfig;

use crate::answer::{Doubts, Group, Lengths};
use crate::cues::Cues;
use crate::deadline::Drain;
use crate::gate::Gate;
use crate::identity::{ClientSettings, Clients};
use crate::observe::{Observer, Refusals};

/// The gate learns the engine's speed this often: at usual deadlines some ten times before a request's time is over.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Settings of the edge.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Connections open at once; more are told so and closed.
    pub max_connections: usize,
    /// The same from one address (IPv6: from one /64). `None`: half of all, and all for this machine.
    pub max_connections_per_address: Option<NonZeroUsize>,
    /// With it the server speaks TLS and nothing else.
    pub tls: Option<Arc<ServerConfig>>,
    /// Longest request body.
    pub max_body_bytes: usize,
    /// Origins whose web pages may talk to this server.
    pub cors_origins: Vec<String>,
    /// Host names besides the loopback ones under which a loopback address may be addressed.
    pub allowed_hosts: Vec<String>,
    /// Who may ask; with nobody configured everyone may.
    pub clients: Vec<ClientSettings>,
    /// When the server stops, answers in progress have this long.
    pub drain: Duration,
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
    /// Tokens of an answer that is worth a slot.
    pub useful_tokens: u32,
    /// Whether identical requests of different clients share a generation.
    pub share_across_clients: bool,
    /// Values for sampling fields that a request leaves out.
    pub sampling: SamplingDefaults,
    /// What the guard may do, unless a request says otherwise.
    pub guard: GuardMode,
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
    /// What may be written into answers; `None` for a model whose cells cannot be cut back.
    cues: Option<OnceCell<Arc<Cues>>>,
    pub(crate) observer: Arc<Observer>,
    /// How much it doubts.
    pub(crate) doubts: Arc<Doubts>,
    /// How long its answers become.
    pub(crate) lengths: Arc<Lengths>,
    /// Answers that are being made and can be joined, by what was asked.
    pub(crate) groups: Mutex<HashMap<String, Weak<Group>>>,
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
    models: Vec<Arc<Model>>,
    clients: Clients,
    pub(crate) refusals: Refusals,
    /// By when everything is to be answered.
    drain: watch::Sender<Option<Instant>>,
}

/// The speed of a lone answer, as the engine measured it before it was ready; `None` where a decode took less
/// than a microsecond.
pub fn tokens_per_s(ready: &dragon_ipc::Ready) -> Option<f64> {
    let decode_time = Duration::from_micros(ready.decode_us);
    (!decode_time.is_zero()).then(|| decode_time.as_secs_f64().recip())
}

// === impl Facts ===

impl Facts {
    /// A text of so many bytes has no fewer tokens than this.
    pub(crate) fn n_least_tokens(&self, n_bytes: usize) -> u32 {
        u32::try_from(n_bytes / (self.max_token_bytes.max(1) as usize)).unwrap_or(u32::MAX)
    }
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
        let queue = admission::Settings {
            n_useful_tokens: settings.useful_tokens,
            ..admission::Settings::new(settings.queue_max)
        };
        let gate = Gate::new(queue);
        let cues = ready.keeps_prefixes.then(OnceCell::new);
        Self {
            settings,
            engine,
            gate,
            facts,
            cues,
            observer: Arc::default(),
            doubts: Arc::default(),
            lengths: Arc::default(),
            groups: Mutex::default(),
        }
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

    /// What may be written into answers so that they end in time. The engine is asked once what its vocabulary makes of
    /// it.
    pub(crate) async fn cues(&self) -> Option<Arc<Cues>> {
        let read = async || Cues::read(&self.engine).await.map(Arc::new);
        let cues = self.cues.as_ref()?.get_or_try_init(read).await;
        // Without an engine nothing lands; it is asked again when the next one is there.
        cues.inspect_err(|error| tracing::debug!(%error, "the words for landing could not be tokenized"))
            .ok()
            .cloned()
    }

    /// Keeps the gate informed of the engine, and the engine of who runs, for as long as the engine is supervised.
    pub(crate) async fn follow_engine(&self) {
        let mut states = self.engine.watch();
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.gate.engine_is(&states.borrow_and_update());
        // So that no request has to wait for them.
        self.cues().await;
        loop {
            tokio::select! {
                changed = states.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.gate.engine_is(&states.borrow_and_update());
                }
                _ = look.tick() => self.gate.speeds_are(&self.engine.tempo()),
                () = self.gate.shift() => {}
            }
            if let Some(ration) = self.gate.new_ration() {
                self.engine.ration(ration);
            }
        }
    }
}

// === impl App ===

impl App {
    /// `models` in the order in which `/v1/models` lists them.
    pub fn new(settings: Settings, models: Vec<Model>) -> Self {
        let clients = Clients::new(settings.clients.clone());
        let models = models.into_iter().map(Arc::new).collect();
        Self { settings, models, clients, refusals: Refusals::default(), drain: watch::Sender::new(None) }
    }

    pub(crate) fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Says by when the server wants to have answered everything.
    pub(crate) fn drain(&self) -> Drain {
        self.drain.subscribe()
    }

    /// The server stops: nobody is let in any more, and whoever is being answered has until `at`.
    pub(crate) fn drain_by(&self, at: Instant) {
        self.drain.send_replace(Some(at));
        self.models.iter().for_each(|model| model.gate.close());
    }

    fn ids(&self) -> Vec<String> {
        self.models.iter().map(|model| model.settings.id.clone()).collect()
    }

    pub(crate) fn models(&self) -> &[Arc<Model>] {
        &self.models
    }

    /// The model with this id. Ids are looked up in memory: no request makes the server touch the disk.
    pub(crate) fn model(&self, id: &str) -> Result<&Arc<Model>, ApiError> {
        self.models
            .iter()
            .find(|model| model.settings.id == id)
            .ok_or_else(|| ApiError::model_not_found(id, self.ids()))
    }
}
