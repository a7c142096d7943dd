//! How far one way of computing a model is from another one: other weights, another cache, another attention.
//!
//! Both read the same text, and at every position their distributions for the next token are compared. Two orders of
//! the same arithmetic are already 0.003 to 0.004 nats apart on the default model; what stands on that floor has lost
//! nothing that could be noticed.

use dragon_ipc::{CacheType, FlashAttention};

use super::args::Args;
use super::divergence::Divergence;
use super::{OneshotError, restrict, say};
use crate::llama::{Backend, Bounds, Context, ContextSpec, Logits, Model, Position, Row, TokenId, Vocab};
use crate::sandbox::Work;

/// Its arguments.
pub(super) const NAMES: &[&str] = &[
    "--reference",
    "--reference-cache-type",
    "--reference-flash-attention",
    "--model",
    "--cache-type",
    "--flash-attention",
    "--threads",
];

/// What is read: prose, dialogue, code, a table, several languages.
const TEXT: &str = include_str!("../../data/comparison-text.md");

/// The text is read in windows of so many tokens, each from nothing: as long as an ordinary request.
const N_WINDOW: u32 = 512;

/// Tokens of one call.
const N_CALL: u32 = 64;

/// Windows shorter than this are left out: the first tokens of a text can be anything.
const MIN_WINDOW: usize = 64;

/// One way of computing.
struct Side {
    context: Context,
    vocab: Vocab,
}

/// Compares and says the result.
pub(super) fn run(args: &Args) -> Result<(), OneshotError> {
    let n_threads = args.threads()?;
    let (reference, candidate) = (args.path("--reference")?, args.path("--model")?);
    restrict(Work::Compute { models: &[&reference, &candidate] })?;
    let mut reference = Side::load(
        &reference,
        args.cache_type("--reference-cache-type")?,
        args.flash_attention("--reference-flash-attention")?,
        n_threads,
    )?;
    let mut candidate = Side::load(
        &candidate,
        args.cache_type("--cache-type")?,
        args.flash_attention("--flash-attention")?,
        n_threads,
    )?;
    let tokens = reference.vocab.tokenize(TEXT, Bounds::Add);
    if tokens != candidate.vocab.tokenize(TEXT, Bounds::Add) {
        return Err(OneshotError::Vocabularies);
    }
    let tokens = tokens.ok_or(OneshotError::Vocabularies)?;
    let mut divergence = Divergence::default();
    for window in tokens.chunks(N_WINDOW as usize).filter(|window| window.len() >= MIN_WINDOW) {
        compare_window(&mut reference, &mut candidate, window, &mut divergence)?;
    }
    say(&divergence.report());
    Ok(())
}

fn compare_window(
    reference: &mut Side,
    candidate: &mut Side,
    window: &[TokenId],
    divergence: &mut Divergence,
) -> Result<(), OneshotError> {
    for (n_call, tokens) in (0..).zip(window.chunks(N_CALL as usize)) {
        let rows: Vec<Row> = (n_call * N_CALL..)
            .zip(tokens)
            .map(|(position, token): (Position, _)| Row {
                token: *token,
                seq: 0,
                position,
                logits: Logits::Wanted,
            })
            .collect();
        reference.context.decode(&rows)?;
        candidate.context.decode(&rows)?;
        for row in 0..rows.len() {
            divergence.add(reference.context.logits(row)?, candidate.context.logits(row)?);
        }
    }
    reference.context.free_sequence(0)?;
    candidate.context.free_sequence(0)?;
    Ok(())
}

// === impl Side ===

impl Side {
    fn load(
        path: &std::path::Path,
        cache_type: CacheType,
        flash_attention: FlashAttention,
        n_threads: u32,
    ) -> Result<Self, OneshotError> {
        let model = Model::load(Backend::init(), path, 0)?;
        let vocab = model.vocab()?;
        let spec = ContextSpec {
            n_ctx_seq: N_WINDOW,
            n_seq: 1,
            n_batch: N_CALL,
            n_outputs: N_CALL,
            n_threads,
            cache_type,
            flash_attention,
        };
        let context = Context::new(&model, &vocab, &spec)?;
        Ok(Self { context, vocab })
    }
}
