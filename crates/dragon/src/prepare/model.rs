//! One model: its file opened, its context fitted, its settings complete.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dragon_http::ModelSettings;
use dragon_ipc::{CacheType, LoadSpec};
use dragon_models::{KvElement, ModelFile, estimate_memory, sha256_of_file};
use dragon_supervisor::KeepStandby;
use dragon_template::{ChatTemplate, SpecialTokens};

use super::template;
use crate::computing::{self, Computing, Machine, TUNED, Tuned, WeightFormat};
use crate::config::{Located, ModelPlan, Place, Problems, UseTuned, Weights, defaults};
use crate::size::as_usize;
use crate::weights;

/// A model that can be started.
#[derive(Debug)]
pub(crate) struct PreparedModel {
    /// Where it was configured.
    pub(crate) place: Place,
    /// For the edge.
    pub(crate) settings: ModelSettings,
    /// For the engine.
    pub(crate) load: LoadSpec,
    /// Whether a second engine waits to take over.
    pub(crate) standby: KeepStandby,
    /// How long an engine may not move before it is replaced.
    pub(crate) hang: Duration,
    /// Set where the model is to be served from faster weights.
    pub(crate) fast: Option<Fast>,
    /// Estimate of what the engine will use.
    pub(crate) memory_bytes: u64,
}

/// What choosing faster weights needs.
#[derive(Debug)]
pub(crate) struct Fast {
    machine: Machine,
    computing: Computing,
    /// What a tuning run found, if there was one.
    tuned: Option<WeightFormat>,
}

/// Opens the model's file and completes its settings from it. Where something is wrong it is noted; a file
/// that cannot be opened does not hide a wrong template.
pub(super) fn prepare(plan: &ModelPlan, problems: &mut Problems) -> Option<PreparedModel> {
    let file = open(plan, problems);
    let template = chat_template(plan, file.as_ref(), problems);
    let file = file?;
    let n_ctx = fit_context(plan, &file, problems)?;
    let machine = Machine::read();
    let tuned = kept_tuning(plan, &machine);
    let (computing, source) = computing::choose(plan, tuned.map(|tuned| tuned.computing), &machine);
    tracing::info!(
        model = plan.id,
        "computing with {computing} (what is not configured comes from {source})"
    );
    let memory_bytes = estimate(plan, &file, n_ctx, computing.cache_type, problems)?;
    let fast = (plan.weights == Weights::Fast).then(|| Fast {
        machine,
        computing,
        tuned: tuned.map(|tuned| tuned.weights),
    });
    Some(PreparedModel {
        place: plan.path.place.clone(),
        settings: edge_settings(plan, template),
        load: load_spec(plan, n_ctx, computing),
        standby: if plan.standby { KeepStandby::Yes } else { KeepStandby::No },
        hang: plan.hang,
        fast,
        memory_bytes,
    })
}

fn edge_settings(plan: &ModelPlan, template: Option<ChatTemplate>) -> ModelSettings {
    ModelSettings {
        id: plan.id.clone(),
        deadline: plan.deadline,
        queue_max: as_usize(plan.queue_max),
        useful_tokens: plan.useful_tokens,
        share_across_clients: plan.share_across_clients,
        max_tokens: plan.max_tokens,
        sampling: plan.sampling,
        guard: plan.guard,
        template,
        created_s: modified_s(&plan.path.value),
    }
}

/// The result of a tuning run that holds here, unless it is not wanted.
fn kept_tuning(plan: &ModelPlan, machine: &Machine) -> Option<Tuned> {
    if plan.use_tuned == UseTuned::Off {
        return None;
    }
    let kept = Tuned::read(&plan.path.value, TUNED, machine);
    kept.unwrap_or_else(|error| {
        tracing::warn!(model = plan.id, "its tuning result is not used: {error}; run `dragon tune` again");
        None
    })
}

fn load_spec(plan: &ModelPlan, n_ctx: u32, computing: Computing) -> LoadSpec {
    let path = &plan.path.value;
    LoadSpec {
        // Engines start in a directory of their own, so the path must not depend on the current one. This
        // fails only where there is no current directory; a relative path could not have been opened then.
        path: std::path::absolute(path).unwrap_or_else(|_| path.clone()),
        n_ctx_seq: n_ctx,
        n_slots: plan.slots,
        n_prefill_chunk: computing.prefill_chunk,
        n_threads: computing.threads,
        cache_type: computing.cache_type,
        flash_attention: computing.flash_attention,
        n_gpu_layers: plan.gpu_layers,
        n_max_kept_bytes: kept_bytes(plan),
        n_max_draft: plan.max_draft,
        self_test: dragon_ipc::SelfTest::Timed,
        probe_sandbox: false,
    }
}

fn kept_bytes(plan: &ModelPlan) -> u64 {
    u64::from(plan.prefix_cache_mib) << 20
}

/// Compares the file with the digest that the configuration demands, if it does.
pub(super) fn check_digest(plan: &ModelPlan, problems: &mut Problems) {
    let Some(Located { value: wanted, place }) = &plan.sha256 else { return };
    let wrong = match sha256_of_file(&plan.path.value) {
        Ok(found) if found == *wanted => return,
        Ok(found) => format!("{} has the SHA-256 {found}", plan.path.value.display()),
        Err(error) => format!("{} cannot be read ({error})", plan.path.value.display()),
    };
    let remedy = "fetch the file again, or correct the digest if the file was replaced on purpose";
    problems.model(place.clone(), "model.sha256", wrong, remedy);
}

fn open(plan: &ModelPlan, problems: &mut Problems) -> Option<ModelFile> {
    let Located { value: path, place } = &plan.path;
    let (setting, remedy) = match place {
        Place::File { .. } => ("model.path", ""),
        Place::CommandLine => ("--model", ""),
        Place::Default => {
            ("the default model", "`make serve` fetches it; or name another with --model ID=PATH")
        }
    };
    let opened = ModelFile::open(path);
    opened.map_err(|error| problems.model(place.clone(), setting, error.to_string(), remedy)).ok()
}

/// Cells per slot: what was asked for, if the model was trained for as much, or else a default that fits.
fn fit_context(plan: &ModelPlan, file: &ModelFile, problems: &mut Problems) -> Option<u32> {
    let n_ctx_train = file.n_ctx_train;
    match &plan.ctx {
        None => Some(defaults::CTX.min(n_ctx_train)),
        Some(ctx) if ctx.value <= n_ctx_train => Some(ctx.value),
        Some(Located { value, place }) => {
            let wrong = format!("{value} is more than the {n_ctx_train} that {} was trained for", plan.id);
            problems.model(place.clone(), "model.ctx", wrong, format!("give at most {n_ctx_train}"));
            None
        }
    }
}

fn estimate(
    plan: &ModelPlan,
    file: &ModelFile,
    n_ctx: u32,
    cache_type: CacheType,
    problems: &mut Problems,
) -> Option<u64> {
    let element = match cache_type {
        CacheType::F32 => KvElement::F32,
        CacheType::F16 | CacheType::Bf16 => KvElement::F16,
        CacheType::Q8_0 => KvElement::Q8_0,
    };
    match estimate_memory(file, n_ctx, plan.slots, element) {
        Ok(estimate) => {
            let of_one = estimate.total_bytes.saturating_add(kept_bytes(plan));
            // A second engine shares the file's pages at best, and does not where weights are repacked for the CPU.
            Some(if plan.standby { of_one.saturating_mul(2) } else { of_one })
        }
        Err(error) => {
            problems.model(plan.path.place.clone(), "model.ctx", error.to_string(), "");
            None
        }
    }
}

/// The template that the operator names, or else that of the model file, if there is a model file.
fn chat_template(
    plan: &ModelPlan,
    file: Option<&ModelFile>,
    problems: &mut Problems,
) -> Option<ChatTemplate> {
    let specials = file.map(special_tokens).unwrap_or_default();
    match (&plan.chat_template, file) {
        (Some(named), _) => template::from_file(named, specials, problems),
        (None, Some(file)) => template::from_model(&plan.id, file.chat_template.as_deref(), specials),
        (None, None) => None,
    }
}

fn special_tokens(file: &ModelFile) -> SpecialTokens {
    SpecialTokens {
        bos: file.bos_text.clone().unwrap_or_default(),
        eos: file.eos_text.clone().unwrap_or_default(),
    }
}

/// When the file was last changed, in Unix time; 0 where the file system does not know.
fn modified_s(path: &Path) -> u64 {
    let modified = path.metadata().and_then(|metadata| metadata.modified()).unwrap_or(UNIX_EPOCH);
    SystemTime::duration_since(&modified, UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

// === impl PreparedModel ===

impl PreparedModel {
    /// Finds the weights that this machine computes fastest, where that is wanted. May take as long as a conversion.
    pub(crate) fn choose_weights(&mut self, engine: &Path) {
        let Some(fast) = &self.fast else { return };
        let (path, format) =
            weights::serve_from(engine, &self.load.path, &fast.machine, fast.computing, fast.tuned);
        tracing::info!(model = self.settings.id, "serving {} weights from {}", format.word(), path.display());
        self.load.path = path;
    }
}
