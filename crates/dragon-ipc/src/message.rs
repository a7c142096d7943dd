//! The messages, one enum per direction.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Names one generation (one prompt with one or more choices) for as long as the engine process lives.
pub type GenerationId = u64;

/// Names one tokenization.
pub type CallId = u64;

/// From the server to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToEngine {
    /// First message in this direction.
    Hello(Hello),
    /// Load this model; once, after `Hello`.
    Load(LoadSpec),
    /// One piece of a text to tokenize.
    Tokenize(TokenizePiece),
    /// One piece of the prompt of a generation that starts later.
    Prompt(PromptPiece),
    /// One piece of what an earlier engine produced for a generation that starts later.
    Produced(ProducedPiece),
    /// Start a generation whose prompt has arrived.
    Start(Start),
    /// Stop a generation, or one choice of it, and free its sequences. Unknown names are no error: it may just
    /// have ended.
    Cancel {
        /// The generation, which has been started.
        generation: GenerationId,
        /// The index of the choice; `None` for all that are left.
        choice: Option<u32>,
    },
    /// Go on with a choice from given tokens instead of its own. Unknown names are no error: it may just have ended,
    /// and the server has been told so.
    Force(Force),
    /// Who is favoured, until the next such message.
    Ration(Ration),
}

/// From the engine to the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromEngine {
    /// First message in this direction.
    Hello(Hello),
    /// The model is loaded and the self-test decode passed.
    Ready(Ready),
    /// The model cannot be served; the process exits right after.
    Failed(LoadFailure),
    /// One piece of the tokens of a text.
    Tokens(TokensPiece),
    /// The prompt of a generation is in its cells; its first tokens follow.
    Prefilled(Prefilled),
    /// What one step of the batch produced.
    Step(Step),
    /// The answer to [`ToEngine::Force`], if its choice was still running: tokens of it that come after this message
    /// follow the forced ones, those before it are void beyond what was to be kept.
    Forced(Forced),
    /// A generation ended without its own last token: refused or failed. All its sequences are free.
    Aborted(Aborted),
    /// Sent every [`HEARTBEAT_EVERY_MS`] by a thread that does not wait for the batch.
    Heartbeat(Heartbeat),
}

/// How often the engine sends a heartbeat, in milliseconds.
pub const HEARTBEAT_EVERY_MS: u64 = 500;

/// Opens the conversation in both directions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`crate::PROTOCOL_VERSION`] of the sender.
    pub protocol_version: u32,
    /// Version of the sender's crate, for the log.
    pub build: String,
}

/// What to load and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadSpec {
    /// Absolute path of the GGUF file.
    pub path: PathBuf,
    /// Cells of the KV cache per sequence: prompt and answer of one choice must fit.
    pub n_ctx_seq: u32,
    /// Sequences that can run at once; at most [`crate::MAX_SEQUENCES`].
    pub n_slots: u32,
    /// Prompt tokens per prefill call; chunk borders lie at multiples of it from position 0.
    pub n_prefill_chunk: u32,
    /// Threads for compute; at least 1.
    pub n_threads: u32,
    /// Format of the KV cache.
    pub cache_type: CacheType,
    /// Whether attention is computed in one fused pass.
    pub flash_attention: FlashAttention,
    /// Layers kept on a GPU; 0 on a CPU.
    pub n_gpu_layers: u32,
    /// Memory for prefixes of earlier sequences that have left the cache, in bytes; 0 keeps none there. What lies
    /// in the cells of idle slots is kept in any case, since it costs nothing.
    pub n_max_kept_bytes: u64,
    /// Most tokens that are guessed from the prompt and checked in one call (speculative decoding by prompt
    /// lookup); 0 is off.
    pub n_max_draft: u32,
    /// How the engine proves itself before it is ready.
    pub self_test: SelfTest,
    /// Whether the engine, once it is loaded, tries everything that its sandbox must forbid and adds what came of it
    /// to [`Ready::sandbox`]. Only the test of the sandbox asks for it; no setting and no client can.
    pub probe_sandbox: bool,
}

/// How an engine proves itself before it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SelfTest {
    /// It reads a prompt and makes some tokens, whose time is told in [`Ready::decode_us`].
    Timed,
    /// It reads a prompt and makes one token: for the successor of an engine that has been timed, since requests wait for
    /// it.
    Brief,
}

/// Whether attention is computed in one fused pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlashAttention {
    /// As llama.cpp decides for the model and its cache.
    Auto,
    /// Always; a quantised cache needs it.
    On,
    /// Never.
    Off,
}

/// Format of the KV cache's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CacheType {
    /// 32-bit floats: for exact tests.
    F32,
    /// 16-bit floats, llama.cpp's default.
    F16,
    /// Brain floats.
    Bf16,
    /// 8-bit blocks.
    Q8_0,
}

/// Where a text waits for its turn: a long one must not hold up the short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextLane {
    /// At most [`crate::MAX_SHORT_TEXT_BYTES`], in one piece.
    Short,
    /// Everything else.
    Long,
}

/// Part of a text; pieces of one call come in order and are cut at character boundaries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenizePiece {
    /// The call that this belongs to.
    pub call: CallId,
    /// The lane of the whole text, the same in each of its pieces.
    pub lane: TextLane,
    /// At most [`crate::MAX_TEXT_BYTES_PER_PIECE`] bytes.
    pub text: String,
    /// Whether this is the last piece: the engine answers after it.
    pub last: bool,
    /// Add the tokens that the model wants at the start of every text (BOS). A chat template writes them itself.
    pub add_special: bool,
}

/// Part of the tokens of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokensPiece {
    /// The call that this answers.
    pub call: CallId,
    /// At most [`crate::MAX_TOKENS_PER_PIECE`] tokens.
    pub tokens: Vec<u32>,
    /// Whether this is the last piece.
    pub last: bool,
}

/// Part of a prompt; pieces of one generation come in order, before its `Start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptPiece {
    /// The generation that this belongs to.
    pub generation: GenerationId,
    /// At most [`crate::MAX_TOKENS_PER_PIECE`] tokens.
    pub tokens: Vec<u32>,
}

/// Part of the tokens that an earlier engine produced for one choice; pieces of one choice come in order, before its
/// generation's `Start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProducedPiece {
    /// The generation that this belongs to.
    pub generation: GenerationId,
    /// The index of the choice.
    pub choice: u32,
    /// At most [`crate::MAX_TOKENS_PER_PIECE`] tokens.
    pub tokens: Vec<u32>,
}

/// Starts a generation. The prompt is prefilled once, however many choices there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The generation.
    pub generation: GenerationId,
    /// One sequence each; at least one, at most the slots that are free.
    pub choices: Vec<Choice>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Report log-probabilities with this many alternatives (0: the chosen token's only).
    pub n_top_logprobs: Option<u8>,
}

/// One choice of a generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Index in the request, part of what determines random draws.
    pub index: u32,
    /// How tokens that an earlier engine produced ([`ProducedPiece`]) are fed after the prompt. They are never sampled
    /// and never reported again; penalties and positions count them.
    pub replay: Replay,
    /// Tokens of the whole answer at most, counted from its position 0; at least 1, and more than were produced.
    pub n_max_tokens: u32,
    /// How the answer is drawn to its end, where an earlier engine had been told so with [`Force`].
    pub closing: Option<Closing>,
}

/// How the tokens of an earlier engine come into the cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Replay {
    /// One step each, as they were made: what follows is then computed from the very numbers that an undisturbed
    /// engine would have.
    Steps,
    /// Like a prompt, many in a call: much faster, and the last digits may differ.
    Chunks,
}

/// Cuts the answer of a running choice and writes how it goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Force {
    /// The generation, which has been started and whose model can drop cells (`Ready::keeps_prefixes`).
    pub generation: GenerationId,
    /// The index of the choice.
    pub choice: u32,
    /// Tokens of the answer that stay, from its beginning; at most as many as were reported.
    pub n_kept: u32,
    /// What follows them: at least one and at most [`crate::MAX_FORCED_TOKENS`] tokens, counted like sampled ones
    /// for penalties and positions, and not reported.
    pub tokens: Vec<u32>,
    /// Tokens of the whole answer at most, kept and forced ones included; more than these.
    pub n_max_tokens: u32,
    /// How the answer is drawn to its end before that.
    pub closing: Closing,
}

/// Makes the end of a sentence, and of the answer, more and more likely: whoever has only so many tokens left does not
/// begin what cannot be finished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closing {
    /// From this token of the answer on, counted from 0.
    pub n_from: u32,
    /// What ends a sentence; at most [`crate::MAX_FORCED_TOKENS`]. Tokens that end the answer count always.
    pub tokens: Vec<u32>,
    /// Added to the logits of these for each token from there on. Finite.
    pub gain: f32,
}

/// A choice goes on from forced tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forced {
    /// The generation.
    pub generation: GenerationId,
    /// The index of the choice.
    pub choice: u32,
}

/// Who must be quick. With nobody favoured everyone runs alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ration {
    /// Generations that the others slow down a little, to half of their speed at most: others rest, with their
    /// cells, for the time that is more. At most [`crate::MAX_SEQUENCES`].
    pub favoured: Vec<GenerationId>,
}

/// Sampling settings, see `dragon_core::sampling::Sampling` for the meaning of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are documented in dragon-core; these are their frames")]
pub struct Sampling {
    pub temperature: f32,
    pub top_p: f32,
    pub top_k: u32,
    pub min_p: f32,
    pub presence_penalty: f32,
    pub frequency_penalty: f32,
    pub repeat_penalty: f32,
    pub logit_bias: Vec<(u32, f32)>,
    pub seed: u64,
    pub ignore_eos: bool,
}

/// Facts of a loaded model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// Tokens in the vocabulary.
    pub n_vocab: u32,
    /// Context that the model was trained for.
    pub n_ctx_train: u32,
    /// Cells per sequence that were really allocated (at least what was asked for).
    pub n_ctx_seq: u32,
    /// Sequences that can run at once.
    pub n_slots: u32,
    /// Whether prompts may start from the cells of earlier ones. Not with models whose cells cannot be trimmed:
    /// recurrent, hybrid and sliding-window ones.
    pub keeps_prefixes: bool,
    /// Time to load the model, in milliseconds.
    pub load_ms: u64,
    /// Time of the self-test decode, in milliseconds.
    pub self_test_ms: u64,
    /// Median time of a decode of one sequence in the self-test, in microseconds: how fast a lone answer is. 0 after a
    /// brief one, and where it is too short to measure.
    pub decode_us: u64,
    /// Bytes of the longest token of the vocabulary, so that a text of more than `n_ctx_seq` times as many cannot
    /// fit the context. `u32::MAX` where there is no such bound, because the tokenizer may put any length of text
    /// into one token.
    pub max_token_bytes: u32,
    /// What llama.cpp says about the CPU features in use, for the log.
    pub system_info: String,
    /// How the process has restricted itself, in a line for the log; then, where [`LoadSpec::probe_sandbox`] asked
    /// for it, a line for each attempt to get out.
    pub sandbox: String,
}

/// Why a model cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadFailure {
    /// What kind of failure.
    pub kind: LoadFailureKind,
    /// One sentence: what was wrong and what to do.
    pub message: String,
}

/// Kinds of load failures; each has an exit code of its own or shares `LoadFailed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadFailureKind {
    /// llama.cpp refused the file.
    Model,
    /// The context could not be allocated.
    Context,
    /// The binary does not fit this CPU, or the self-test decode gave non-finite numbers.
    UnfitBuild,
    /// Server and engine do not understand each other: builds of different versions, or a bug.
    Protocol,
    /// The process could not restrict itself although the system has the means.
    Sandbox,
}

/// How a prompt came into its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefilled {
    /// The generation.
    pub generation: GenerationId,
    /// Tokens of its prompt that were taken from an earlier sequence instead of being computed.
    pub n_cached: u32,
}

/// What one decode or prefill call produced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Number of the call since the engine started.
    pub step: u64,
    /// New tokens: one per sequence, or several of one whose guesses were right.
    pub outputs: Vec<Output>,
    /// What a decode call took; `None` for the call that ended a prefill.
    pub decode: Option<DecodeCall>,
}

/// A decode call in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodeCall {
    /// Tokens that were fed.
    pub n_rows: u32,
    /// Time of the call, in microseconds.
    pub took_us: u32,
}

/// One new token of one choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// The generation.
    pub generation: GenerationId,
    /// The choice's index.
    pub choice: u32,
    /// The token.
    pub token: u32,
    /// Its bytes; not always whole characters. Empty for an end-of-generation token.
    pub piece: Vec<u8>,
    /// Where asked for.
    pub logprobs: Option<TokenLogprobs>,
    /// Set on the last token of a choice; its sequence is free.
    pub end: Option<End>,
}

/// Log-probabilities of one token, before bias, penalties and temperature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprobs {
    /// Of the chosen token, natural logarithm.
    pub logprob: f32,
    /// The most probable tokens, best first.
    pub top: Vec<TopLogprob>,
}

/// One alternative.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopLogprob {
    /// The token.
    pub token: u32,
    /// Natural logarithm of its probability.
    pub logprob: f32,
    /// Its bytes (special tokens as their text).
    pub piece: Vec<u8>,
}

/// Why the engine ended a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The model chose an end-of-generation token; it counts neither as text nor as a completion token.
    EndOfGeneration,
    /// `n_max_tokens` were made.
    MaxTokens,
    /// The sequence's cells are full.
    Context,
}

/// A generation that the engine could not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aborted {
    /// The generation.
    pub generation: GenerationId,
    /// Why.
    pub kind: AbortKind,
    /// One sentence for the log.
    pub message: String,
}

/// Kinds of aborts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AbortKind {
    /// The server asked for something impossible (more choices than free slots, an empty or over-long
    /// prompt, a token outside the vocabulary): a bug in the server.
    Refused,
    /// A decode failed for these sequences.
    DecodeFailed,
    /// The logits were not finite.
    NonFinite,
}

/// Progress, as numbers that only grow, and the present load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Decode and prefill calls finished since the start.
    pub n_steps: u64,
    /// Prompt tokens prefilled since the start.
    pub n_prefill_tokens: u64,
    /// Prompt tokens taken from earlier sequences since the start, not counted among the prefilled.
    pub n_cached_tokens: u64,
    /// Tokens decoded since the start.
    pub n_decode_tokens: u64,
    /// Decode calls among the steps since the start.
    pub n_decode_steps: u64,
    /// Sequences that hold cells now.
    pub n_busy_slots: u32,
    /// Microseconds spent in prefill calls since the start.
    pub prefill_us: u64,
    /// Microseconds spent in decode calls since the start.
    pub decode_us: u64,
    /// Parts of calls (nodes of the graph) begun since the start, where the backend tells: so that a long call can be
    /// told from one that hangs.
    pub n_pulses: u64,
}

// === impl TextLane ===

impl TextLane {
    /// The lane of a text of this many bytes.
    pub fn of(n_bytes: usize) -> Self {
        if n_bytes <= crate::MAX_SHORT_TEXT_BYTES { Self::Short } else { Self::Long }
    }
}

// === impl Choice ===

impl Choice {
    /// A choice that begins.
    pub fn new(index: u32, n_max_tokens: u32) -> Self {
        Self { index, replay: Replay::Steps, n_max_tokens, closing: None }
    }
}

// === impl Sampling ===

impl Sampling {
    /// The most probable token every time; everything else is neutral. What tests start from.
    pub fn greedy() -> Self {
        Self {
            temperature: 0.0,
            top_p: 1.0,
            top_k: 0,
            min_p: 0.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            repeat_penalty: 1.0,
            logit_bias: Vec::new(),
            seed: 0,
            ignore_eos: false,
        }
    }
}
