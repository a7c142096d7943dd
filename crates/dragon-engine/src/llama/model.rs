//! A loaded model.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

use llama_cpp_sys_2 as sys;

use super::{Backend, ModelError, Vocab, log};

/// A loaded model, shared: its weights and vocabulary are read-only, and contexts and vocabularies keep it
/// alive, so neither can outlive it.
#[derive(Debug, Clone)]
pub(crate) struct Model(Arc<Handle>);

/// Owns llama.cpp's model.
#[derive(Debug)]
struct Handle(NonNull<sys::llama_model>);

/// How much of a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Vocabulary,
}

// SAFETY: after loading, llama.cpp never writes to a model; every function that we call with it takes it as
// const, except the creation of a context, which only reads it and happens once, on one thread.
unsafe impl Send for Handle {}
// SAFETY: as above; its header states that the tokenizer functions, the only ones called from another thread,
// are thread-safe.
unsafe impl Sync for Handle {}

// === impl Handle ===

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: made by llama_model_load_from_file, freed once, and nothing that uses it is left.
        unsafe { sys::llama_model_free(self.0.as_ptr()) };
    }
}

// === impl Model ===

impl Model {
    /// Loads a GGUF file by mapping it into memory. `n_gpu_layers` layers go to a GPU where the build has one.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub(crate) fn load(_backend: Backend, path: &Path, n_gpu_layers: u32) -> Result<Self, ModelError> {
        Self::read(path, n_gpu_layers, Extent::Whole)
    }

    /// Reads only what [`Self::vocab`] needs: no weights, so nothing can be computed.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub(crate) fn load_vocab(_backend: Backend, path: &Path) -> Result<Vocab, ModelError> {
        Self::read(path, 0, Extent::Vocabulary)?.vocab()
    }

    fn read(path: &Path, n_gpu_layers: u32, extent: Extent) -> Result<Self, ModelError> {
        let path = CString::new(path.as_os_str().as_bytes()).map_err(|_| ModelError::Path)?;
        log::take_last_error();
        // SAFETY: the path is a NUL-terminated string; the parameters are llama.cpp's defaults with plain
        // numbers changed, so they hold no pointer of ours.
        let model = unsafe {
            let mut params = sys::llama_model_default_params();
            params.n_gpu_layers = i32::try_from(n_gpu_layers).unwrap_or(i32::MAX);
            params.load_mode = sys::LLAMA_LOAD_MODE_MMAP;
            params.vocab_only = extent == Extent::Vocabulary;
            sys::llama_model_load_from_file(path.as_ptr(), params)
        };
        let model = NonNull::new(model).ok_or_else(|| ModelError::Refused(log::take_last_error()))?;
        let model = Self(Arc::new(Handle(model)));
        model.check_kind()?;
        Ok(model)
    }

    /// Refuses what cannot run in the batch loop.
    ///
    /// Recurrent and hybrid models are allowed: the loop removes and copies whole sequences, which they can do;
    /// only trimming a sequence is beyond them, see [`Self::can_trim`].
    fn check_kind(&self) -> Result<(), ModelError> {
        // SAFETY: read-only questions to a live model.
        let (has_encoder, has_decoder, is_diffusion) = unsafe {
            (
                sys::llama_model_has_encoder(self.as_ptr()),
                sys::llama_model_has_decoder(self.as_ptr()),
                sys::llama_model_is_diffusion(self.as_ptr()),
            )
        };
        match (has_encoder, has_decoder, is_diffusion) {
            (true, true, _) => Err(ModelError::Kind("an encoder-decoder model")),
            (_, false, _) => Err(ModelError::Kind("an encoder")),
            (_, _, true) => Err(ModelError::Kind("a diffusion model")),
            (false, true, false) => Ok(()),
        }
    }

    /// The model's vocabulary.
    ///
    /// # Errors
    /// [`ModelError::NoVocabulary`].
    pub(crate) fn vocab(&self) -> Result<Vocab, ModelError> {
        Vocab::of(self)
    }

    /// Whether a sequence can be cut at any token. Not where the state is a summary of all that came before
    /// (recurrent and hybrid models), nor where cells are thrown away on the way (sliding windows).
    pub(crate) fn can_trim(&self) -> bool {
        // SAFETY: read-only questions to a live model.
        unsafe {
            let model = self.as_ptr();
            !sys::llama_model_is_recurrent(model)
                && !sys::llama_model_is_hybrid(model)
                && sys::llama_model_n_swa(model) <= 0
        }
    }

    /// Tokens of context that the model was trained for.
    pub(crate) fn n_ctx_train(&self) -> u32 {
        // SAFETY: a read-only question to a live model.
        let n_ctx_train = unsafe { sys::llama_model_n_ctx_train(self.as_ptr()) };
        u32::try_from(n_ctx_train).unwrap_or(0)
    }

    /// Valid as long as `self`.
    pub(super) fn as_ptr(&self) -> *mut sys::llama_model {
        self.0.0.as_ptr()
    }
}
