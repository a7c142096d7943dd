//! The process-wide part of llama.cpp.

use std::ffi::CStr;

use llama_cpp_sys_2 as sys;

use super::log;

/// Proof that llama.cpp has been initialised. Never undone: the process ends instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backend(());

// === impl Backend ===

impl Backend {
    /// Sends llama.cpp's log to standard error and initialises it.
    pub(crate) fn init() -> Self {
        log::install();
        // SAFETY: takes no arguments; idempotent.
        unsafe { sys::llama_backend_init() };
        Self(())
    }

    /// What llama.cpp says about the CPU features in use, for the log.
    pub(crate) fn system_info(self) -> String {
        // SAFETY: returns a NUL-terminated string in static storage, written by this call; no other thread
        // calls it.
        let text = unsafe {
            let text = sys::llama_print_system_info();
            if text.is_null() {
                return String::new();
            }
            CStr::from_ptr(text)
        };
        text.to_string_lossy().trim().to_owned()
    }
}
