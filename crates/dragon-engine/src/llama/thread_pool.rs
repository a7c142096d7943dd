//! The threads that compute.
//!
//! With OpenMP, as this workspace builds llama.cpp on Linux, the threads are libgomp's and the pool only keeps
//! the state that they share; how they wait is set in the environment (`GOMP_SPINCOUNT`). Without OpenMP, the
//! pool is the threads. Either way it is made once: without one attached, ggml makes and drops one, threads and
//! all, at every graph.

use std::ptr::NonNull;

use llama_cpp_sys_2 as sys;

use super::ContextError;

/// How long a thread of a pool without OpenMP spins for the next graph before it sleeps, on ggml's scale of 0 to
/// 100. Its default, which bridges the gap between two steps. (Inside a graph such threads always spin.)
const POLL: u32 = 50;

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
