//! Second stage: what the program does. Defaults, then the file, then the flags.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::time::Duration;

use dragon_core::sampling::SamplingDefaults;
use dragon_http::{ClientSettings, GuardMode};
use dragon_ipc::{CacheType, FlashAttention};

use super::client;
use super::file::{FileConfig, ModelSection, Models, ServerSection, check_id, parse_listen};
use super::reader::give;
use super::settings::{Integer, UseTuned, Weights, defaults, model, server};
use super::{Located, Place, Problems, twins};

/// Only this machine: listening further is a decision that somebody has to take.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8080));

/// Served when neither a file nor a flag names a model.
const DEFAULT_MODEL_ID: &str = "smollm2-135m";

/// Where `make serve` puts it, relative to the current directory.
const DEFAULT_MODEL_PATH: &str = "models/SmolLM2-135M-Instruct.Q4_1.gguf";

/// What the command line says about configuration.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    /// `--config`.
    pub(crate) config: Option<PathBuf>,
    /// `--listen`.
    pub(crate) listen: Option<String>,
    /// `--model ID=PATH`, as often as given.
    pub(crate) models: Vec<String>,
    /// `--deadline-ms`.
    pub(crate) deadline_ms: Option<String>,
}

/// Everything decided.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) listen: Located<SocketAddr>,
    pub(crate) max_connections: u32,
    /// Left out: worked out from `max_connections`.
    pub(crate) max_connections_per_address: Option<u32>,
    /// Left out: plain HTTP.
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) max_body_bytes: u32,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) drain: Duration,
    pub(crate) clients: Vec<ClientSettings>,
    /// At least one, ids unique, unless a problem was noted.
    pub(crate) models: Vec<ModelPlan>,
    /// Templates of sections that name no model file, which has been noted: they can still be wrong.
    pub(crate) stray_templates: Vec<Located<PathBuf>>,
}

/// What TLS needs.
#[derive(Debug)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: Located<PathBuf>,
    pub(crate) key: Located<PathBuf>,
}

/// One model to serve; values that the model file may contradict keep their place.
#[derive(Debug)]
pub(crate) struct ModelPlan {
    /// The path instead where the id is missing or wrong, which has been noted.
    pub(crate) id: String,
    pub(crate) path: Located<PathBuf>,
    /// Lower-case hexadecimal.
    pub(crate) sha256: Option<Located<String>>,
    /// Left out: worked out from the model.
    pub(crate) ctx: Option<Located<u32>>,
    pub(crate) slots: u32,
    /// Left open: as tuning or the rules of thumb say. So are the next three.
    pub(crate) cache_type: Option<CacheType>,
    pub(crate) flash_attention: Option<FlashAttention>,
    pub(crate) threads: Option<u32>,
    pub(crate) prefill_chunk: Option<u32>,
    pub(crate) gpu_layers: u32,
    pub(crate) prefix_cache_mib: u32,
    /// Tokens guessed at once; 0: none.
    pub(crate) max_draft: u32,
    pub(crate) weights: Weights,
    pub(crate) use_tuned: UseTuned,
    /// Whether a second engine waits to take over.
    pub(crate) standby: bool,
    /// How long an engine may not move before it is replaced.
    pub(crate) hang: Duration,
    pub(crate) max_tokens: Option<u32>,
    pub(crate) deadline: Duration,
    pub(crate) queue_max: u32,
    pub(crate) useful_tokens: u32,
    pub(crate) share_across_clients: bool,
    pub(crate) chat_template: Option<Located<PathBuf>>,
    pub(crate) sampling: SamplingDefaults,
    pub(crate) guard: GuardMode,
}

// === impl Plan ===

impl Plan {
    /// Reads the file that the flags name, if any (none is read unasked), and decides everything. Problems
    /// are noted; where there are some, the plan is only good for finding more.
    pub(crate) fn new(flags: &Flags, problems: &mut Problems) -> Self {
        let from = if flags.models.is_empty() { Models::FromFile } else { Models::FromFlags };
        let file = match &flags.config {
            Some(path) => FileConfig::read(path, from, problems),
            None => FileConfig { models: vec![default_model()], ..FileConfig::default() },
        };
        Self::resolve(file, flags, problems)
    }

    /// Lays the flags over the file and both over the defaults.
    pub(crate) fn resolve(file: FileConfig, flags: &Flags, problems: &mut Problems) -> Self {
        let FileConfig { mut server, models: from_file, clients } = file;
        server.apply_flags(flags, problems);
        let sections = match flags.models.as_slice() {
            [] => from_file,
            models => models.iter().filter_map(|model| model_from_flag(model, problems)).collect(),
        };
        refuse_twins(&sections, problems);
        let mut models = Vec::new();
        let mut stray_templates = Vec::new();
        for mut section in sections {
            match section.path.take().map(resolve_path) {
                Some(path) => models.push(resolve_model(section, path, &server)),
                None => stray_templates.extend(section.chat_template.map(resolve_path)),
            }
        }
        let listen = server.listen.unwrap_or(Located { value: DEFAULT_LISTEN, place: Place::Default });
        if clients.is_empty() && !server.allow_anyone.unwrap_or(false) {
            refuse_open_door(&listen, problems);
        }
        let tls = tls_files(server.tls_certificate, server.tls_key, problems);
        let drain_ms = server.drain_ms.unwrap_or(defaults::DRAIN_MS);
        Self {
            listen,
            drain: Duration::from_millis(drain_ms.into()),
            clients: client::resolve(&clients, problems),
            max_connections: server.max_connections.unwrap_or(defaults::MAX_CONNECTIONS),
            max_connections_per_address: server.max_connections_per_address,
            tls,
            max_body_bytes: server.max_body_bytes.unwrap_or(defaults::MAX_BODY_BYTES),
            cors_origins: server.cors_origins.unwrap_or_default(),
            allowed_hosts: server.allowed_hosts.unwrap_or_default(),
            models,
            stray_templates,
        }
    }
}

// === impl ServerSection ===

impl ServerSection {
    /// A flag wins over the file's `[server]` section.
    fn apply_flags(&mut self, flags: &Flags, problems: &mut Problems) {
        if let Some(text) = &flags.listen {
            match parse_listen(text) {
                Ok(value) => self.listen = Some(Located { value, place: Place::CommandLine }),
                Err(wrong) => {
                    problems.configuration(Place::CommandLine, "--listen", wrong, give(&server::LISTEN));
                }
            }
        }
        if let Some(text) = &flags.deadline_ms {
            match parse_integer(text, &server::DEADLINE_MS) {
                Ok(deadline_ms) => self.deadline_ms = Some(deadline_ms),
                Err(wrong) => problems.configuration(
                    Place::CommandLine,
                    "--deadline-ms",
                    wrong,
                    give(&server::DEADLINE_MS),
                ),
            }
        }
    }
}

/// Whoever reaches an address beyond loopback could use the models and see others' load.
fn refuse_open_door(listen: &Located<SocketAddr>, problems: &mut Problems) {
    if listen.value.ip().to_canonical().is_loopback() {
        return;
    }
    let wrong = format!("{} can be reached from other machines, and no client is configured", listen.value);
    let remedy = "make a key with `dragon key NAME` and add the [[client]] block that it prints, or set \
                  server.allow_anyone = \"on\" if everyone may ask";
    problems.configuration(listen.place.clone(), "server.listen", wrong, remedy);
}

/// Both files or none.
fn tls_files(
    certificate: Option<Located<String>>,
    key: Option<Located<String>>,
    problems: &mut Problems,
) -> Option<TlsFiles> {
    let (given, setting, missing) = match (certificate, key) {
        (Some(certificate), Some(key)) => {
            return Some(TlsFiles { certificate: resolve_path(certificate), key: resolve_path(key) });
        }
        (None, None) => return None,
        (Some(certificate), None) => (certificate, &server::TLS_CERTIFICATE, &server::TLS_KEY),
        (None, Some(key)) => (key, &server::TLS_KEY, &server::TLS_CERTIFICATE),
    };
    let wrong = format!("does nothing without {}", missing.name);
    let remedy = format!("give {} as well, or neither for plain HTTP", missing.name);
    problems.configuration(given.place, format!("server.{}", setting.name), wrong, remedy);
    None
}

/// A whole number of a flag, in the setting's range.
fn parse_integer(text: &str, setting: &Integer) -> Result<u32, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("\"{text}\" is not a whole number"));
    }
    // What does not fit into the type is a number all the same, only too large or negative.
    let number = text.parse().ok().filter(|number| setting.allows(*number));
    number.ok_or_else(|| format!("{text} is out of range"))
}

// === models ===

fn default_model() -> ModelSection {
    let place = Place::Default;
    ModelSection {
        id: Some(Located { value: DEFAULT_MODEL_ID.to_owned(), place: place.clone() }),
        path: Some(Located { value: DEFAULT_MODEL_PATH.to_owned(), place }),
        ..ModelSection::default()
    }
}

/// `ID=PATH`. Neither ids nor this syntax allow `=` in an id, so the first one divides.
fn model_from_flag(flag: &str, problems: &mut Problems) -> Option<ModelSection> {
    let mut note = |wrong: String, remedy: String| {
        problems.configuration(Place::CommandLine, "--model", wrong, remedy);
    };
    let Some((id, path)) = flag.split_once('=').filter(|(_, path)| !path.is_empty()) else {
        note(
            format!("\"{flag}\" is not ID=PATH"),
            "write, for example, --model tiny=models/tiny.gguf".to_owned(),
        );
        return None;
    };
    match check_id(id) {
        Ok(id) => Some(ModelSection {
            id: Some(Located { value: id, place: Place::CommandLine }),
            path: Some(Located { value: path.to_owned(), place: Place::CommandLine }),
            ..ModelSection::default()
        }),
        Err(wrong) => {
            note(format!("the id in \"{flag}\" {wrong}"), give(&model::ID));
            None
        }
    }
}

/// Two models with one id could not be told apart by a request.
fn refuse_twins(sections: &[ModelSection], problems: &mut Problems) {
    let ids: Vec<&Located<String>> = sections.iter().filter_map(|section| section.id.as_ref()).collect();
    for (id, earlier) in twins(&ids) {
        let wrong = format!("\"{}\" is already the id of another model ({earlier})", id.value);
        problems.configuration(id.place.clone(), "model.id", wrong, "give every model its own id");
    }
}

/// Fills in defaults. A section without an id is resolved too, so that its files are looked at.
fn resolve_model(section: ModelSection, path: Located<PathBuf>, server: &ServerSection) -> ModelPlan {
    let deadline_ms = section.deadline_ms.or(server.deadline_ms).unwrap_or(defaults::DEADLINE_MS);
    let shipped = SamplingDefaults::default();
    ModelPlan {
        id: section.id.map_or_else(|| path.value.display().to_string(), |id| id.value),
        path,
        sha256: section.sha256,
        ctx: section.ctx,
        slots: section.slots.unwrap_or(defaults::SLOTS),
        cache_type: section.cache_type.flatten(),
        flash_attention: section.flash_attention.flatten(),
        threads: section.threads,
        prefill_chunk: section.prefill_chunk,
        gpu_layers: section.gpu_layers.unwrap_or(defaults::GPU_LAYERS),
        prefix_cache_mib: section.prefix_cache_mib.unwrap_or(defaults::PREFIX_CACHE_MIB),
        max_draft: section.speculation.unwrap_or(0),
        weights: section.weights.unwrap_or(Weights::AsIs),
        use_tuned: section.tuned.unwrap_or(UseTuned::Auto),
        standby: section.standby.unwrap_or(false),
        hang: Duration::from_millis(section.hang_ms.unwrap_or(defaults::HANG_MS).into()),
        max_tokens: section.max_tokens,
        deadline: Duration::from_millis(deadline_ms.into()),
        queue_max: section.queue_max.or(server.queue_max).unwrap_or(defaults::QUEUE_MAX),
        useful_tokens: section.useful_tokens.unwrap_or(defaults::USEFUL_TOKENS),
        share_across_clients: server.share_across_clients.unwrap_or(false),
        chat_template: section.chat_template.map(resolve_path),
        sampling: SamplingDefaults {
            temperature: section.temperature.unwrap_or(shipped.temperature),
            top_p: section.top_p.unwrap_or(shipped.top_p),
            top_k: section.top_k.unwrap_or(shipped.top_k),
            min_p: section.min_p.unwrap_or(shipped.min_p),
        },
        guard: section.guard.unwrap_or(GuardMode::On),
    }
}

/// Paths in a file start from the file's directory, so that a configuration can be moved with its models.
fn resolve_path(path: Located<String>) -> Located<PathBuf> {
    let directory = path.place.directory().unwrap_or_default();
    path.map(|path| directory.join(path))
}
