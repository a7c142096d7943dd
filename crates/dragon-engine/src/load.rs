//! From "load this" to a model that has proved itself.

use std::time::Instant;

use dragon_ipc::{EngineExit, LoadFailure, LoadFailureKind, LoadSpec, Ready};

use crate::compute::{Compute as _, Facts, Loaded};
use crate::crew::Crew;
use crate::generation::longest_chunk;
use crate::llama::{Backend, Context, ContextError, ContextSpec, Model, ModelError};
use crate::self_test::{self, SelfTestError};

/// Why a model cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The file.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The memory for it.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// The build.
    #[error(transparent)]
    SelfTest(#[from] SelfTestError),
}

/// Loads the model, allocates the context, and decodes the self-test.
///
/// # Errors
/// See [`LoadError`].
pub(crate) fn load(spec: &LoadSpec) -> Result<(Loaded, Ready), LoadError> {
    let started_at = Instant::now();
    let backend = Backend::init();
    let model = Model::load(backend, &spec.path, spec.n_gpu_layers)?;
    let mut loaded = allocate(&model, spec)?;
    let load_ms = elapsed_ms(started_at);
    let self_test_started_at = Instant::now();
    let decode_time = self_test::run(&mut loaded, spec.self_test)?;
    let ready = Ready {
        n_vocab: loaded.facts().n_vocab,
        n_ctx_train: model.n_ctx_train(),
        n_ctx_seq: loaded.facts().n_ctx_seq,
        n_slots: spec.n_slots,
        keeps_prefixes: loaded.facts().keeps_prefixes,
        load_ms,
        self_test_ms: elapsed_ms(self_test_started_at),
        decode_us: u64::try_from(decode_time.as_micros()).unwrap_or(u64::MAX),
        max_token_bytes: loaded.vocab.max_token_bytes(),
        system_info: format!("{} | built for {}", backend.system_info(), dragon_cpu::build_summary()),
        // Whoever restricted the process says so.
        sandbox: String::new(),
    };
    Ok((loaded, ready))
}

fn allocate(model: &Model, spec: &LoadSpec) -> Result<Loaded, LoadError> {
    let vocab = model.vocab()?;
    let context_spec = ContextSpec {
        n_ctx_seq: spec.n_ctx_seq,
        n_seq: spec.n_slots,
        // A call holds a chunk of a prompt, a token of every sequence, or one with guesses.
        n_batch: longest_chunk(spec.n_prefill_chunk)
            .max(spec.n_slots)
            .max(spec.n_max_draft.saturating_add(1)),
        // At most one row of logits per sequence is asked for, or one for each guess of a lone one.
        n_outputs: spec.n_slots.max(spec.n_max_draft.saturating_add(1)),
        n_threads: spec.n_threads,
        cache_type: spec.cache_type,
        flash_attention: spec.flash_attention,
    };
    let context = Context::new(model, &vocab, &context_spec)?;
    let facts = Facts {
        n_vocab: vocab.n_tokens(),
        n_ctx_seq: context.n_ctx_seq(),
        n_slots: spec.n_slots,
        // A chunk longer than the context would never be full.
        n_prefill_chunk: spec.n_prefill_chunk.clamp(1, context.n_ctx_seq()),
        keeps_prefixes: model.can_trim(),
        n_max_draft: spec.n_max_draft,
        n_max_kept_bytes: spec.n_max_kept_bytes,
        end_tokens: vocab.end_tokens(),
        suppressed_tokens: vocab.suppressed_tokens(),
    };
    Ok(Loaded { context, vocab, facts, crew: Crew::new(spec.n_threads) })
}

/// llama.cpp has no codes for its failures, only sentences. These are of all its buffers: weights, cells, graphs.
fn is_about_memory(why: &str) -> bool {
    ["failed to allocate", "unable to allocate"].iter().any(|words| why.contains(words))
}

fn elapsed_ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

// === impl LoadError ===

impl LoadError {
    /// What the server is told.
    pub(crate) fn to_failure(&self) -> LoadFailure {
        let kind = match self {
            Self::Model(_) => LoadFailureKind::Model,
            Self::Context(_) => LoadFailureKind::Context,
            Self::SelfTest(_) => LoadFailureKind::UnfitBuild,
        };
        LoadFailure { kind, message: self.to_string() }
    }

    /// What the process ends with.
    pub(crate) fn exit(&self) -> EngineExit {
        match self {
            Self::Model(ModelError::Refused(Some(why))) | Self::Context(ContextError::Refused(Some(why)))
                if is_about_memory(why) =>
            {
                EngineExit::OutOfMemory
            }
            Self::Model(_) | Self::Context(_) => EngineExit::LoadFailed,
            Self::SelfTest(_) => EngineExit::UnfitBuild,
        }
    }
}
