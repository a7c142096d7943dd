//! Signs of life from within a call.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};

/// Nodes of graphs that were begun. There is one context in the process, so one counter.
static PULSES: AtomicU64 = AtomicU64::new(0);

/// Nodes of graphs that have been begun in this process; on a CPU, where ggml asks before each whether to go on.
pub(crate) fn count() -> u64 {
    PULSES.load(Ordering::Relaxed)
}

/// What ggml asks. It always goes on.
pub(super) unsafe extern "C" fn beat(_data: *mut c_void) -> bool {
    PULSES.fetch_add(1, Ordering::Relaxed);
    false
}
