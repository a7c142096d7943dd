//! A context: the KV cache and the buffers of one model, owned by one thread.

use std::ptr::NonNull;

use dragon_ipc::{CacheType, FlashAttention, MAX_SEQUENCES};
use llama_cpp_sys_2 as sys;

use super::batch::{Batch, BatchLimits};
use super::thread_pool::ThreadPool;
use super::{ContextError, DecodeError, Model, Row, SeqId, Vocab, log, pulse};

/// How large a context is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ContextSpec {
    /// Cells per sequence.
    pub(crate) n_ctx_seq: u32,
    /// Sequences.
    pub(crate) n_seq: u32,
    /// Tokens in one decode call.
    pub(crate) n_batch: u32,
    /// Rows of logits that one call may ask for.
    pub(crate) n_outputs: u32,
    /// Threads for compute.
    pub(crate) n_threads: u32,
    /// Format of the cells.
    pub(crate) cache_type: CacheType,
    /// Whether attention is computed in one fused pass.
    pub(crate) flash_attention: FlashAttention,
}

/// A context. Not shared between threads: llama.cpp's contexts are not thread-safe.
#[derive(Debug)]
pub(crate) struct Context {
    pub(super) context: NonNull<sys::llama_context>,
    pub(super) memory: NonNull<sys::llama_memory_i>,
    batch: Batch,
    limits: BatchLimits,
    n_max_threads: i32,
    // Fields are dropped after the context itself is freed, in `drop` below.
    #[expect(dead_code, reason = "held until the context is freed")]
    threads: ThreadPool,
    #[expect(dead_code, reason = "held until the context is freed")]
    model: Model,
}

// === impl ContextSpec ===

impl ContextSpec {
    fn params(&self) -> Result<sys::llama_context_params, ContextError> {
        if self.n_ctx_seq == 0 || self.n_seq == 0 || self.n_batch == 0 || self.n_threads == 0 {
            return Err(ContextError::Limits("context, slots, prefill chunk and threads must be at least 1"));
        }
        if self.n_seq > MAX_SEQUENCES {
            return Err(ContextError::Limits("llama.cpp holds at most 256 sequences; ask for fewer slots"));
        }
        if i32::try_from(self.n_batch).is_err() {
            return Err(ContextError::Limits(
                "the prefill chunk is beyond any memory; ask for a smaller one",
            ));
        }
        let n_ctx = self.n_ctx_seq.checked_mul(self.n_seq).filter(|n_ctx| *n_ctx <= i32::MAX.unsigned_abs());
        let n_ctx =
            n_ctx.ok_or(ContextError::Limits("slots times context is over 2^31 cells; ask for less"))?;
        // SAFETY: returns a struct of plain numbers and null pointers.
        let mut params = unsafe { sys::llama_context_default_params() };
        params.n_ctx = n_ctx;
        params.n_batch = self.n_batch;
        // One call is one piece of work: what a call holds is decided by the batch loop alone.
        params.n_ubatch = self.n_batch;
        params.n_seq_max = self.n_seq;
        // The default reserves n_batch of them, each a vocabulary long.
        params.n_outputs_max = self.n_outputs;
        params.n_threads = self.n_threads()?;
        params.n_threads_batch = params.n_threads;
        // One stream per sequence: attention then runs over a sequence's own cells, not over everyone's.
        params.kv_unified = false;
        params.no_perf = true;
        params.type_k = cell_type(self.cache_type);
        params.type_v = params.type_k;
        params.flash_attn_type = self.flash_attn_type();
        Ok(params)
    }

    fn flash_attn_type(&self) -> sys::llama_flash_attn_type {
        match (self.flash_attention, self.cache_type) {
            // F32 is chosen for exact tests: the plain graph has no shortcuts in the order of its sums.
            (FlashAttention::Off, _) | (FlashAttention::Auto, CacheType::F32) => {
                sys::LLAMA_FLASH_ATTN_TYPE_DISABLED
            }
            (FlashAttention::Auto, _) => sys::LLAMA_FLASH_ATTN_TYPE_AUTO,
            (FlashAttention::On, _) => sys::LLAMA_FLASH_ATTN_TYPE_ENABLED,
        }
    }

    fn n_threads(&self) -> Result<i32, ContextError> {
        /// ggml's own limit (`GGML_MAX_N_THREADS`).
        const MAX_THREADS: u32 = 512;
        if self.n_threads > MAX_THREADS {
            return Err(ContextError::Limits("ggml runs at most 512 threads; ask for fewer"));
        }
        i32::try_from(self.n_threads).map_err(|_| ContextError::Threads)
    }
}

fn cell_type(cache_type: CacheType) -> sys::ggml_type {
    match cache_type {
        CacheType::F32 => sys::GGML_TYPE_F32,
        CacheType::F16 => sys::GGML_TYPE_F16,
        CacheType::Bf16 => sys::GGML_TYPE_BF16,
        CacheType::Q8_0 => sys::GGML_TYPE_Q8_0,
    }
}

// === impl Context ===

impl Context {
    /// Allocates a context and starts its threads.
    ///
    /// # Errors
    /// See [`ContextError`].
    pub(crate) fn new(model: &Model, vocab: &Vocab, spec: &ContextSpec) -> Result<Self, ContextError> {
        let params = spec.params()?;
        let threads = ThreadPool::start(params.n_threads)?;
        log::take_last_error();
        // SAFETY: the model is alive and kept alive by the returned value; the parameters hold no pointers.
        let context = unsafe { sys::llama_init_from_model(model.as_ptr(), params) };
        let context = NonNull::new(context).ok_or_else(|| ContextError::Refused(log::take_last_error()))?;
        // SAFETY: the context was just made; its memory lives as long as it does.
        let memory = unsafe { sys::llama_get_memory(context.as_ptr()) };
        let Some(memory) = NonNull::new(memory) else {
            // SAFETY: made above and used nowhere else.
            unsafe { sys::llama_free(context.as_ptr()) };
            return Err(ContextError::NoMemory);
        };
        // SAFETY: context and pool are alive; the pool is freed after the context.
        unsafe { sys::llama_attach_threadpool(context.as_ptr(), threads.as_ptr(), threads.as_ptr()) };
        // SAFETY: the context is alive; the function needs no data and is there as long as the process.
        unsafe { sys::llama_set_abort_callback(context.as_ptr(), Some(pulse::beat), std::ptr::null_mut()) };
        let limits = allocated(context, spec, vocab);
        Ok(Self {
            context,
            memory,
            batch: Batch::default(),
            limits,
            n_max_threads: params.n_threads,
            threads,
            model: model.clone(),
        })
    }

    /// Cells per sequence that were really allocated: llama.cpp rounds up.
    pub(crate) fn n_ctx_seq(&self) -> u32 {
        self.limits.n_ctx_seq
    }

    /// Computes the rows and stores them in their sequences' cells.
    ///
    /// # Errors
    /// See [`DecodeError`]. After `Fatal` the context must not be used any more.
    pub(crate) fn decode(&mut self, rows: &[Row]) -> Result<(), DecodeError> {
        self.limits.check(rows)?;
        self.batch.fill(rows);
        // SAFETY: every array holds `n_tokens` elements and lives through the call; ids and sizes are checked
        // against the context's limits.
        let code = unsafe { sys::llama_decode(self.context.as_ptr(), self.batch.as_raw()) };
        DecodeError::check(code)
    }

    /// How many threads the next calls use: at least 1, at most what the context was made with.
    pub(crate) fn set_threads(&mut self, n_threads: u32) {
        let n_threads = i32::try_from(n_threads).unwrap_or(1).clamp(1, self.n_max_threads);
        // SAFETY: the context is alive and the pool holds as many threads.
        unsafe { sys::llama_set_n_threads(self.context.as_ptr(), n_threads, n_threads) };
    }

    /// The logits of a row of the last call, one per token of the vocabulary.
    ///
    /// # Errors
    /// [`DecodeError::NoLogits`] where that row asked for none.
    pub(crate) fn logits(&mut self, row: usize) -> Result<&[f32], DecodeError> {
        let none = DecodeError::NoLogits(row);
        let index = i32::try_from(row).map_err(|_| none)?;
        // SAFETY: llama.cpp answers null for rows without logits; else a row of n_vocab floats that stays
        // until the next call, which needs `&mut self`.
        unsafe {
            let logits = sys::llama_get_logits_ith(self.context.as_ptr(), index);
            if logits.is_null() {
                return Err(none);
            }
            Ok(std::slice::from_raw_parts(logits, self.limits.n_vocab as usize))
        }
    }

    pub(super) fn checked(&self, seq: SeqId) -> Result<sys::llama_seq_id, DecodeError> {
        if seq < self.limits.n_seq { Ok(seq.cast_signed()) } else { Err(DecodeError::Sequence(seq)) }
    }
}

fn allocated(context: NonNull<sys::llama_context>, spec: &ContextSpec, vocab: &Vocab) -> BatchLimits {
    // SAFETY: read-only questions to a live context.
    let (n_batch, n_seq, n_ctx_seq) = unsafe {
        let context = context.as_ptr();
        (sys::llama_n_batch(context), sys::llama_n_seq_max(context), sys::llama_n_ctx_seq(context))
    };
    BatchLimits {
        n_batch: n_batch as usize,
        n_outputs: spec.n_outputs as usize,
        n_seq,
        n_ctx_seq,
        n_vocab: vocab.n_tokens(),
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: made by llama_init_from_model, freed once; pool and model are dropped after this.
        unsafe { sys::llama_free(self.context.as_ptr()) };
    }
}
