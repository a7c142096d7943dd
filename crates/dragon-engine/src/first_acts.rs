//! What the process does before anything else: it ties itself to the server and lets go of what is not its own.
//!
//! Before anything opens a file, starts a thread or reads a byte from outside. None of it can fail in a way that
//! should keep an engine from serving: the sandbox comes later and is strict.

#[cfg(target_os = "linux")]
use crate::llama::log::{Level, write_line};

/// Added to the share of memory, in thousandths, by which the kernel chooses whom to kill when memory runs out. It
/// comes on top of the server's own value, which is inherited: the server would have to hold half of the machine's
/// memory more than its engine to be chosen before it.
#[cfg(target_os = "linux")]
const MORE_EXPENDABLE: i32 = 500;

/// The largest value that the kernel knows.
#[cfg(target_os = "linux")]
const MOST_EXPENDABLE: i32 = 1000;

/// Does all of them, in an order that matters: what is written under `/proc` comes before the process becomes
/// unreadable, since its files are then no longer its own.
#[cfg(target_os = "linux")]
pub(crate) fn perform() {
    tie_to_parent();
    close_inherited_descriptors();
    volunteer_for_memory();
    keep_memory_private();
}

/// Elsewhere the end of the socket says that the server is gone, and the rest has no counterpart.
#[cfg(not(target_os = "linux"))]
pub(crate) fn perform() {}

/// Asks the kernel to end this process with the server's thread that started it.
///
/// Where it is forbidden, or where the server ended before it, the end of the socket says the same, a little later:
/// so a failure is none.
#[cfg(target_os = "linux")]
fn tie_to_parent() {
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
}

/// Keeps standard input, output and error. The server's own descriptors close by themselves when it starts a program,
/// but what it inherited itself, from a shell or a container's runtime, may come through to here.
#[cfg(target_os = "linux")]
fn close_inherited_descriptors() {
    const FIRST: libc::c_int = 3;
    // SAFETY: nothing has been opened yet in this process, so no object owns any of these descriptors.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, 0) };
    if closed != 0 {
        // Before Linux 5.9: one by one, those that are there.
        let entries = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
        let numbers: Vec<libc::c_int> =
            entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        for number in numbers.into_iter().filter(|number| *number >= FIRST) {
            // SAFETY: as above; the one of the directory itself is closed already, and closing it again fails.
            unsafe { libc::close(number) };
        }
    }
}

/// Makes the kernel choose this process before the server when memory runs out: it can be started again, and nobody's
/// connection hangs on it. To be more expendable needs no privilege.
#[cfg(target_os = "linux")]
fn volunteer_for_memory() {
    const FILE: &str = "/proc/self/oom_score_adj";
    let raised = std::fs::read_to_string(FILE).and_then(|text| {
        let inherited: i32 = text.trim().parse().map_err(std::io::Error::other)?;
        std::fs::write(FILE, expendable(inherited).to_string())
    });
    if let Err(error) = raised {
        write_line(
            Level::Warn,
            &format!("{FILE}: {error}; if memory runs out, the server may be ended first"),
        );
    }
}

#[cfg(target_os = "linux")]
fn expendable(inherited: i32) -> i32 {
    inherited.saturating_add(MORE_EXPENDABLE).min(MOST_EXPENDABLE)
}

/// Prompts in memory are not for core dumps, nor for debuggers of the same user. `/proc/PID` belongs to root from now
/// on, but what the server reads there (`status`, `stat`, `schedstat`) everybody may read.
#[cfg(target_os = "linux")]
fn keep_memory_private() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        write_line(Level::Warn, &format!("core dumps cannot be forbidden: {error}"));
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn it_is_more_expendable_than_the_server_whatever_that_is() {
        assert_eq!(expendable(0), 500);
        assert_eq!(expendable(-900), -400);
        // As in a container of the lowest class: both are the first to go, and the engine is the larger one.
        assert_eq!(expendable(1000), 1000);
    }
}
