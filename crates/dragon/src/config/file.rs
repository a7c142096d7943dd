//! First stage: what the file says, setting by setting, before any default or flag.

use std::net::SocketAddr;
use std::path::Path;

use dragon_http::GuardMode;
use dragon_ipc::{CacheType, FlashAttention};
use toml::de::{DeTable, DeValue};

use super::client::ClientSection;
use super::reader::{Reader, did_you_mean, give};
use super::settings::{UseTuned, Weights, model, server};
use super::source::Source;
use super::{Located, Place, Problems};

pub(super) mod checks;

pub(crate) use checks::{check_id, parse_listen};

/// A configuration file, understood as far as it could be.
#[derive(Debug, Default)]
pub(crate) struct FileConfig {
    pub(crate) server: ServerSection,
    pub(crate) models: Vec<ModelSection>,
    pub(crate) clients: Vec<ClientSection>,
}

/// `[server]`.
#[derive(Debug, Default)]
pub(crate) struct ServerSection {
    pub(crate) listen: Option<Located<SocketAddr>>,
    pub(crate) deadline_ms: Option<u32>,
    pub(crate) queue_max: Option<u32>,
    pub(crate) max_connections: Option<u32>,
    pub(crate) max_connections_per_address: Option<u32>,
    pub(crate) tls_certificate: Option<Located<String>>,
    pub(crate) tls_key: Option<Located<String>>,
    pub(crate) max_body_bytes: Option<u32>,
    pub(crate) cors_origins: Option<Vec<String>>,
    pub(crate) allowed_hosts: Option<Vec<String>>,
    pub(crate) drain_ms: Option<u32>,
    pub(crate) share_across_clients: Option<bool>,
    pub(crate) allow_anyone: Option<bool>,
}

/// One `[[model]]`; values that a later stage may still complain about keep their place.
#[derive(Debug, Default)]
pub(crate) struct ModelSection {
    pub(crate) id: Option<Located<String>>,
    pub(crate) path: Option<Located<String>>,
    pub(crate) sha256: Option<Located<String>>,
    pub(crate) ctx: Option<Located<u32>>,
    pub(crate) slots: Option<u32>,
    pub(crate) cache_type: Option<Option<CacheType>>,
    pub(crate) flash_attention: Option<Option<FlashAttention>>,
    pub(crate) threads: Option<u32>,
    pub(crate) prefill_chunk: Option<u32>,
    pub(crate) gpu_layers: Option<u32>,
    pub(crate) prefix_cache_mib: Option<u32>,
    pub(crate) speculation: Option<u32>,
    pub(crate) weights: Option<Weights>,
    pub(crate) tuned: Option<UseTuned>,
    pub(crate) standby: Option<bool>,
    pub(crate) hang_ms: Option<u32>,
    pub(crate) max_tokens: Option<u32>,
    pub(crate) deadline_ms: Option<u32>,
    pub(crate) queue_max: Option<u32>,
    pub(crate) useful_tokens: Option<u32>,
    pub(crate) chat_template: Option<Located<String>>,
    pub(crate) temperature: Option<f32>,
    pub(crate) top_p: Option<f32>,
    pub(crate) top_k: Option<u32>,
    pub(crate) min_p: Option<f32>,
    pub(crate) guard: Option<GuardMode>,
}

/// Whether the models come from the file; with `--model` a file without any is fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Models {
    /// From its `[[model]]` sections: there has to be one.
    FromFile,
    /// From the command line.
    FromFlags,
}

const SECTIONS: &[&str] = &["server", "model", "client"];

// === impl FileConfig ===

impl FileConfig {
    /// Reads and understands a file; whatever is wrong with it is noted.
    pub(crate) fn read(file: &Path, models: Models, problems: &mut Problems) -> Self {
        match Source::read(file, problems) {
            Some(source) => Self::parse(&source, models, problems),
            None => Self::default(),
        }
    }

    /// Understands a text. With a syntax error in it nothing else is looked at: what follows such an error
    /// is guesswork, and would be reported as mistakes that nobody made.
    pub(crate) fn parse(source: &Source, models: Models, problems: &mut Problems) -> Self {
        let (document, syntax_errors) = DeTable::parse_recoverable(source.text());
        for error in &syntax_errors {
            let place = error.span().map_or_else(|| source.whole(), |span| source.place(span.start));
            problems.configuration(place, "", error.message(), "correct the TOML syntax");
        }
        if !syntax_errors.is_empty() {
            return Self::default();
        }
        if models == Models::FromFile && names_no_model(document.get_ref()) {
            let remedy = "add a [[model]] section with id and path, or start with --model ID=PATH";
            problems.configuration(source.whole(), "", "names no model to serve", remedy);
        }
        Self::from_document(document.get_ref(), source, problems)
    }

    fn from_document(document: &DeTable<'_>, source: &Source, problems: &mut Problems) -> Self {
        let mut config = Self::default();
        for (key, value) in document {
            let place = source.place(key.span().start);
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("server", DeValue::Table(table)) => {
                    config.server = ServerSection::read(Reader::new("server", table, source, problems));
                }
                ("model", DeValue::Array(entries)) => {
                    config.models = read_list("model", entries, source, problems, ModelSection::read);
                }
                ("client", DeValue::Array(entries)) => {
                    config.clients = read_list("client", entries, source, problems, ClientSection::read);
                }
                ("server", _) => {
                    problems.configuration(place, "server", "has to be a table", "write [server]")
                }
                (name @ ("model" | "client"), _) => note_no_list(name, place, problems),
                (name, _) => {
                    problems.configuration(place, name, "is not a section", did_you_mean(name, SECTIONS));
                }
            }
        }
        config
    }
}

/// Whether the file has no `[[model]]`, or an empty list of them.
fn names_no_model(document: &DeTable<'_>) -> bool {
    match document.get("model").map(toml::Spanned::get_ref) {
        None => true,
        Some(value) => value.as_array().is_some_and(|entries| entries.is_empty()),
    }
}

fn note_no_list(name: &str, place: Place, problems: &mut Problems) {
    problems.configuration(place, name, "has to be a list of tables", format!("write [[{name}]]"));
}

fn read_list<T>(
    name: &'static str,
    entries: &[toml::Spanned<DeValue<'_>>],
    source: &Source,
    problems: &mut Problems,
    read: impl Fn(Reader<'_>, &Place) -> T,
) -> Vec<T> {
    let mut sections = Vec::new();
    for entry in entries {
        let place = source.place(entry.span().start);
        match entry.get_ref() {
            DeValue::Table(table) => {
                sections.push(read(Reader::new(name, table, source, problems), &place));
            }
            _ => note_no_list(name, place, problems),
        }
    }
    sections
}

// === impl ServerSection ===

impl ServerSection {
    fn read(mut reader: Reader<'_>) -> Self {
        reader.refuse_unknown(server::ALL);
        Self {
            listen: checks::listen(&mut reader),
            deadline_ms: value(reader.integer(&server::DEADLINE_MS)),
            queue_max: value(reader.integer(&server::QUEUE_MAX)),
            max_connections: value(reader.integer(&server::MAX_CONNECTIONS)),
            max_connections_per_address: value(reader.integer(&server::MAX_CONNECTIONS_PER_ADDRESS)),
            tls_certificate: reader.text(&server::TLS_CERTIFICATE),
            tls_key: reader.text(&server::TLS_KEY),
            max_body_bytes: value(reader.integer(&server::MAX_BODY_BYTES)),
            cors_origins: checks::cors_origins(&mut reader),
            allowed_hosts: checks::allowed_hosts(&mut reader),
            drain_ms: value(reader.integer(&server::DRAIN_MS)),
            share_across_clients: value(reader.choice(&server::SHARE_ACROSS_CLIENTS)),
            allow_anyone: value(reader.choice(&server::ALLOW_ANYONE)),
        }
    }
}

// === impl ModelSection ===

impl ModelSection {
    fn read(mut reader: Reader<'_>, section: &Place) -> Self {
        reader.refuse_unknown(model::ALL);
        for required in [&model::ID, &model::PATH] {
            if !reader.has(required) {
                reader.note(section.clone(), required.name, "is missing".to_owned(), give(required));
            }
        }
        Self {
            id: checks::name(&mut reader, &model::ID),
            path: reader.text(&model::PATH),
            sha256: checks::sha256(&mut reader, &model::SHA256),
            ctx: reader.integer(&model::CTX),
            slots: value(reader.integer(&model::SLOTS)),
            cache_type: value(reader.choice(&model::CACHE_TYPE)),
            flash_attention: value(reader.choice(&model::FLASH_ATTENTION)),
            threads: value(reader.integer(&model::THREADS)),
            prefill_chunk: value(reader.integer(&model::PREFILL_CHUNK)),
            gpu_layers: value(reader.integer(&model::GPU_LAYERS)),
            prefix_cache_mib: value(reader.integer(&model::PREFIX_CACHE_MIB)),
            speculation: value(reader.choice(&model::SPECULATION)),
            weights: value(reader.choice(&model::WEIGHTS)),
            tuned: value(reader.choice(&model::TUNED)),
            standby: value(reader.choice(&model::STANDBY)),
            hang_ms: value(reader.integer(&model::HANG_MS)),
            max_tokens: value(reader.integer(&model::MAX_TOKENS)),
            deadline_ms: value(reader.integer(&model::DEADLINE_MS)),
            queue_max: value(reader.integer(&model::QUEUE_MAX)),
            useful_tokens: value(reader.integer(&model::USEFUL_TOKENS)),
            chat_template: reader.text(&model::CHAT_TEMPLATE),
            temperature: value(reader.number(&model::TEMPERATURE)),
            top_p: value(reader.number(&model::TOP_P)),
            top_k: value(reader.integer(&model::TOP_K)),
            min_p: value(reader.number(&model::MIN_P)),
            guard: value(reader.choice(&model::GUARD)),
        }
    }
}

/// Forgets the place of a value that no later stage can complain about.
fn value<T>(located: Option<Located<T>>) -> Option<T> {
    located.map(|located| located.value)
}
