//! The threads that compute.
//!
//! Without a pool attached, ggml starts and joins its threads at every graph, thousands of times a minute.

use std::ptr::NonNull;

use llama_cpp_sys_2 as sys;

use super::ContextError;

/// How long a thread spins for the next piece of work before it sleeps, on ggml's scale of 0 to 100.
pub(super) const POLL: u32 = 50;

/// Threads for compute, waiting for work.
#[derive(Debug)]
pub(super) struct ThreadPool(NonNull<sys::ggml_threadpool>);

// === impl ThreadPool ===

impl ThreadPool {
    /// Starts the threads; the one that calls decode counts as one of them.
    pub(super) fn start(n_threads: i32) -> Result<Self, ContextError> {
        // SAFETY: the parameters are plain numbers, copied by the call.
        let pool = unsafe {
            let mut params = sys::ggml_threadpool_params_default(n_threads);
            params.poll = POLL;
            sys::ggml_threadpool_new(&raw mut params)
        };
        NonNull::new(pool).map(Self).ok_or(ContextError::Threads)
    }

    /// Valid as long as `self`.
    pub(super) fn as_ptr(&self) -> *mut sys::ggml_threadpool {
        self.0.as_ptr()
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        // SAFETY: made by ggml_threadpool_new, freed once; the context that used it is freed before.
        unsafe { sys::ggml_threadpool_free(self.0.as_ptr()) };
    }
}
