//! What the end of an engine process means, and whose fault it was.

mod table;

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use dragon_ipc::EngineExit;
use rustix::process::Signal;

use table::Entry;

/// How an engine process ended. `docs/ENGINE_EXITS.md` has them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// By itself, with a code of the engine's own table.
    Exit(EngineExit),
    /// By itself, with a code that no engine uses: probably not our engine program.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// By the kernel's SIGKILL, when memory ran out.
    OutOfMemory,
    /// The exit status could not be read.
    Unknown,
}

// === impl Death ===

impl Death {
    /// What this exit status means. `oom_killed`: whether the kernel has killed for want of memory while the process
    /// lived, see [`crate::oom_kills`]; without it, SIGKILL means that somebody did it.
    pub fn from_status(status: ExitStatus, oom_killed: bool) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => EngineExit::from_code(code).map_or(Self::Code(code), Self::Exit),
            (None, Some(signal)) if oom_killed && signal == Signal::KILL.as_raw() => Self::OutOfMemory,
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Unknown,
        }
    }

    /// Whether the engine, or what it was working on, caused its end. Only then do failures count: for the pause before
    /// the next start, and against the requests that were in flight.
    ///
    /// Signals that a program raises by what it does (SIGSEGV and its like) are its own, also if somebody sent one to
    /// provoke just this. All others come from outside, those that this table does not know included. A status that
    /// nobody could read blames nobody: it says that somebody else waited for the process, not that it failed.
    pub fn is_own_fault(self) -> bool {
        match self {
            Self::Exit(exit) => exit != EngineExit::ParentGone,
            Self::Code(_) | Self::OutOfMemory => true,
            Self::Signal(raw) => OWN_SIGNALS.iter().any(|signal| signal.as_raw() == raw),
            Self::Unknown => false,
        }
    }

    /// Whether native code made for another CPU, or miscompiled, ends like this when it first runs.
    pub fn looks_like_unfit_build(self) -> bool {
        match self {
            Self::Exit(exit) => exit == EngineExit::UnfitBuild,
            Self::Signal(raw) => raw == Signal::ILL.as_raw() || raw == Signal::SEGV.as_raw(),
            Self::Code(_) | Self::OutOfMemory | Self::Unknown => false,
        }
    }

    /// Whether it was SIGKILL: memory ran out, or somebody did it on purpose.
    pub fn is_kill(self) -> bool {
        self == Self::OutOfMemory || self == Self::Signal(Signal::KILL.as_raw())
    }
}

/// What the processor, the kernel or the process itself raises because of what the process does.
const OWN_SIGNALS: [Signal; 7] =
    [Signal::ILL, Signal::TRAP, Signal::ABORT, Signal::BUS, Signal::FPE, Signal::SEGV, Signal::SYS];

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = table::find(*self).map(|entry| entry.meaning);
        match *self {
            Self::Exit(exit) => {
                write!(f, "exited with code {} ({})", exit.code(), meaning.unwrap_or_default())
            }
            Self::Code(code) => write!(f, "exited with code {code}, which no engine uses"),
            Self::Signal(raw) => match table::find(*self) {
                Some(Entry { name, meaning, .. }) => {
                    write!(f, "was ended by signal {raw} ({name}: {meaning})")
                }
                None => write!(f, "was ended by signal {raw} (no signal that an engine is known to end by)"),
            },
            Self::OutOfMemory => f.write_str("was ended by the kernel because memory ran out (SIGKILL)"),
            Self::Unknown => f.write_str("ended in an unknown way"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wait statuses as Linux encodes them: a code in the second byte, a signal in the first.
    fn exited(code: i32) -> ExitStatus {
        ExitStatus::from_raw(code << 8)
    }

    fn signalled(signal: Signal) -> ExitStatus {
        ExitStatus::from_raw(signal.as_raw())
    }

    #[test]
    fn codes_and_signals_are_told_apart() {
        assert_eq!(Death::from_status(exited(65), false), Death::Exit(EngineExit::LoadFailed));
        assert_eq!(Death::from_status(exited(3), false), Death::Code(3));
        assert_eq!(Death::from_status(signalled(Signal::KILL), false), Death::Signal(9));
        assert!(Death::Signal(9).is_kill());
    }

    #[test]
    fn a_kill_is_want_of_memory_only_where_the_kernel_counted_one() {
        assert_eq!(Death::from_status(signalled(Signal::KILL), true), Death::OutOfMemory);
        // Another process was ended for want of memory while this one crashed.
        assert_eq!(Death::from_status(signalled(Signal::SEGV), true), Death::Signal(11));
        assert_eq!(Death::from_status(exited(70), true), Death::Exit(EngineExit::Internal));
        assert!(Death::OutOfMemory.is_kill() && Death::OutOfMemory.to_string().contains("memory ran out"));
        let kill = Death::Signal(9).to_string();
        assert!(kill.contains("SIGKILL") && !kill.contains("memory ran out"), "{kill}");
    }

    #[test]
    fn only_what_the_engine_caused_itself_is_its_fault() {
        let own =
            [Signal::SEGV, Signal::ABORT, Signal::BUS, Signal::ILL, Signal::FPE, Signal::SYS, Signal::TRAP];
        assert!(own.iter().all(|signal| Death::Signal(signal.as_raw()).is_own_fault()));
        let outside = [Signal::KILL, Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT, Signal::USR1];
        assert!(outside.iter().all(|signal| !Death::Signal(signal.as_raw()).is_own_fault()));
        assert!(Death::OutOfMemory.is_own_fault() && Death::Code(1).is_own_fault());
        assert!(!Death::Unknown.is_own_fault() && !Death::Signal(64).is_own_fault());
        for exit in EngineExit::all() {
            assert_eq!(Death::Exit(exit).is_own_fault(), exit != EngineExit::ParentGone, "{exit:?}");
        }
    }

    #[test]
    fn a_crash_of_native_code_is_suspected_of_an_unfit_build() {
        assert!(Death::Signal(Signal::ILL.as_raw()).looks_like_unfit_build());
        assert!(Death::Exit(EngineExit::UnfitBuild).looks_like_unfit_build());
        assert!(!Death::Signal(Signal::KILL.as_raw()).looks_like_unfit_build());
        assert!(!Death::Exit(EngineExit::Internal).looks_like_unfit_build());
    }

    #[test]
    fn an_abort_is_not_blamed_on_one_cause() {
        let text = Death::Signal(Signal::ABORT.as_raw()).to_string();
        assert!(text.contains("impossible state") && text.contains("stack overflow"), "{text}");
    }

    #[test]
    fn a_signal_is_named() {
        let text = Death::Signal(Signal::ILL.as_raw()).to_string();
        assert!(text.contains("SIGILL"), "{text}");
    }
}
