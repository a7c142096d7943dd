//! What this process may do once it reads what strangers made: a model file in a C++ parser, and prompts.
//!
//! [`enter`] gives everything else up, for good and for every thread that is started afterwards, so it comes before
//! the first one. On a CPU an engine can then read its model and what the C library asks about the CPU, compute, and
//! talk over the socket and the log that it was given. It can open nothing else, write no file, make no connection,
//! start no program or process, send no signal, and make no memory executable. `docs/SANDBOX.md` has the details,
//! and what a GPU changes.
//!
//! Two walls, each of them enough for most of that: [`files`] by landlock, which knows paths, and [`calls`] by
//! seccomp, which knows system calls.

mod calls;
mod files;
pub(crate) mod probe;

use std::fmt;
use std::io;
use std::path::Path;

use dragon_ipc::{EngineExit, LoadFailure, LoadFailureKind};

/// What the process will still have to do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work<'a> {
    /// Read these models and compute on the CPU.
    Compute { models: &'a [&'a Path] },
    /// Compute on a GPU. Its driver opens devices and files, maps code and starts helpers of its own choice, so only
    /// the network is forbidden, and gaining privileges.
    ComputeOnGpu,
    /// Read one model and write another; both exist.
    Convert { source: &'a Path, target: &'a Path },
}

/// What holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    files: Wall,
    calls: Wall,
    on_gpu: bool,
}

/// Whether the system could do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wall {
    /// All of it.
    Whole,
    /// As much as this kernel knows of.
    Partial,
    /// Nothing: the system has no such means.
    Missing,
}

/// Why the process is not restricted although it could be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SandboxError {
    /// The model is not there, or may not be read.
    #[error("{path} cannot be opened: {error}")]
    Open {
        /// The file.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// The system refused.
    #[error("the engine cannot restrict itself ({what}: {error}), and unrestricted it does not serve")]
    Refused {
        /// The means.
        what: &'static str,
        /// What the system said.
        error: io::Error,
    },
}

/// Restricts this thread, and every thread that it starts from now on, to its work. What an old kernel lacks is left
/// out, and the report says so.
///
/// # Errors
/// See [`SandboxError`].
pub(crate) fn enter(work: Work<'_>) -> Result<Report, SandboxError> {
    ask_the_system_what_is_asked_once();
    give_up_privileges()?;
    let files = files::restrict(work)?;
    // Second, because it forbids the calls of the first.
    let calls = calls::restrict(work).map_err(|error| SandboxError::Refused { what: "seccomp", error })?;
    Ok(Report { files, calls, on_gpu: matches!(work, Work::ComputeOnGpu) })
}

/// Facts that libraries keep after their first question, which could no longer be put: rustix reads the auxiliary vector
/// when a clock or the size of pages is asked for, and panics where it cannot.
fn ask_the_system_what_is_asked_once() {
    let _ = rustix::param::page_size();
}

/// Set-user-id programs give no rights any more. Needed for the rest, and worth having without it.
#[cfg(target_os = "linux")]
fn give_up_privileges() -> Result<(), SandboxError> {
    rustix::thread::set_no_new_privs(true)
        .map_err(|error| SandboxError::Refused { what: "no new privileges", error: error.into() })
}

#[cfg(not(target_os = "linux"))]
fn give_up_privileges() -> Result<(), SandboxError> {
    Ok(())
}

// === impl Report ===

impl Report {
    /// What is missing, as a sentence for the log.
    pub(crate) fn warning(self) -> Option<String> {
        let whole = self.files == Wall::Whole && self.calls == Wall::Whole;
        (!whole).then(|| {
            format!("this system cannot restrict the engine as far as it should: {self}; see docs/SANDBOX.md")
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = if self.on_gpu { " (network only, for the GPU's driver)" } else { "" };
        write!(f, "landlock {}, seccomp {}{scope}", self.files, self.calls)
    }
}

impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Whole => "on",
            Self::Partial => "in part, as this kernel is old",
            Self::Missing => "missing",
        })
    }
}

// === impl SandboxError ===

impl SandboxError {
    /// What the server is told.
    pub(crate) fn to_failure(&self) -> LoadFailure {
        let kind = match self {
            Self::Open { .. } => LoadFailureKind::Model,
            Self::Refused { .. } => LoadFailureKind::Sandbox,
        };
        LoadFailure { kind, message: self.to_string() }
    }

    /// What the process ends with.
    pub(crate) fn exit(&self) -> EngineExit {
        match self {
            Self::Open { .. } => EngineExit::LoadFailed,
            Self::Refused { .. } => EngineExit::Sandbox,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_a_warning_and_nothing_else_is() {
        let whole = Report { files: Wall::Whole, calls: Wall::Whole, on_gpu: false };
        assert_eq!(whole.warning(), None);
        assert_eq!(whole.to_string(), "landlock on, seccomp on");
        for lacking in [Report { files: Wall::Missing, ..whole }, Report { calls: Wall::Partial, ..whole }] {
            let warning = lacking.warning().unwrap();
            assert!(warning.contains(&lacking.to_string()), "{warning}");
        }
    }

    /// Whoever waits for an engine to be ready again waits for this too.
    #[test]
    fn entering_takes_less_than_five_milliseconds() {
        use std::time::{Duration, Instant};

        let enter_once = || {
            let started_at = Instant::now();
            let report = enter(Work::Compute { models: &[Path::new("/dev/null")] });
            (started_at.elapsed(), report.is_ok())
        };
        // Both walls bind the thread that enters, so each trial has a thread of its own. The fastest counts: others
        // measure the machine.
        let trials = (0..10).map(|_| std::thread::spawn(enter_once).join().unwrap());
        let (fastest, entered) = trials.min().unwrap();
        println!("entering took {fastest:?}");
        assert!(entered && fastest < Duration::from_millis(5), "{fastest:?}, {entered}");
    }
}
