//! The ways in which this process ends.

use std::ffi::c_int;

use dragon_ipc::EngineExit;

use crate::llama::log::{Level, write_line};

// SAFETY: `_exit` of POSIX: takes any number, touches no memory of ours, never returns.
unsafe extern "C" {
    safe fn _exit(status: c_int) -> !;
}

/// Ends the process at once, from any thread, even while another is inside llama.cpp.
///
/// `std::process::exit` would run C++ destructors under the feet of the computing threads.
pub(crate) fn end_process(exit: EngineExit) -> ! {
    _exit(c_int::from(exit.code()))
}

/// Says why on standard error, then ends the process.
pub(crate) fn end_process_saying(exit: EngineExit, why: &str) -> ! {
    write_line(Level::Error, why);
    end_process(exit)
}

/// From now on a panic in any thread ends the process: an engine that lost a thread would look alive.
pub(crate) fn end_process_on_panic() {
    std::panic::set_hook(Box::new(|panic| end_process_saying(EngineExit::Internal, &panic.to_string())));
}
