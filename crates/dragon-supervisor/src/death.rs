//! What the end of an engine process means.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use dragon_ipc::EngineExit;
use rustix::process::Signal;

/// How an engine process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// By itself, with a code of the engine's own table.
    Exit(EngineExit),
    /// By itself, with a code that no engine uses: probably not our engine program.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// The exit status could not be read.
    Unknown,
}

// === impl Death ===

impl Death {
    /// Whether native code made for another CPU, or miscompiled, ends like this when it first runs.
    pub fn looks_like_unfit_build(self) -> bool {
        match self {
            Self::Exit(exit) => exit == EngineExit::UnfitBuild,
            Self::Signal(raw) => raw == Signal::ILL.as_raw() || raw == Signal::SEGV.as_raw(),
            Self::Code(_) | Self::Unknown => false,
        }
    }

    /// Whether the process brought this upon itself.
    pub fn is_own_fault(self) -> bool {
        match self {
            Self::Exit(exit) => exit != EngineExit::ParentGone,
            Self::Code(_) => true,
            Self::Signal(raw) => {
                [Signal::KILL, Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT, Signal::STOP]
                    .iter()
                    .all(|signal| signal.as_raw() != raw)
            }
            Self::Unknown => false,
        }
    }

    /// Whether it was SIGKILL: memory ran out, or somebody did it on purpose.
    pub fn is_kill(self) -> bool {
        self == Self::Signal(Signal::KILL.as_raw())
    }
}

impl From<ExitStatus> for Death {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => EngineExit::from_code(code).map_or(Self::Code(code), Self::Exit),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Unknown,
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Exit(exit) => write!(f, "exited with code {} ({})", exit.code(), exit_meaning(exit)),
            Self::Code(code) => write!(f, "exited with code {code}, which no engine uses"),
            Self::Signal(raw) => write!(f, "was ended by signal {raw} ({})", signal_meaning(raw)),
            Self::Unknown => write!(f, "ended in an unknown way"),
        }
    }
}

fn exit_meaning(exit: EngineExit) -> &'static str {
    match exit {
        EngineExit::ParentGone => "the connection was closed",
        EngineExit::Usage => "it was started in a wrong way",
        EngineExit::LoadFailed => "the model could not be loaded",
        EngineExit::UnfitBuild => "it was built for another CPU or failed its self-test",
        EngineExit::Protocol => "it did not understand the server",
        EngineExit::Internal => "a bug in the engine",
    }
}

fn signal_meaning(raw: i32) -> &'static str {
    const MEANINGS: [(Signal, &str); 8] = [
        (Signal::ILL, "SIGILL: an instruction that this CPU does not have, or miscompiled code"),
        (
            Signal::ABORT,
            "SIGABRT: it ended itself, as llama.cpp does in an impossible state and any program does on a stack overflow",
        ),
        (Signal::BUS, "SIGBUS: the model file changed or shrank while it was in use"),
        (Signal::FPE, "SIGFPE: a division by zero in native code"),
        (Signal::SEGV, "SIGSEGV: a memory error in native code"),
        (Signal::KILL, "SIGKILL: memory ran out, or somebody ended it"),
        (Signal::TERM, "SIGTERM: somebody ended it"),
        (Signal::SYS, "SIGSYS: a system call that the sandbox forbids"),
    ];
    MEANINGS
        .iter()
        .find(|(signal, _)| signal.as_raw() == raw)
        .map_or("no signal that an engine is known to end by", |(_, meaning)| meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_signals_are_told_apart() {
        // Wait statuses as Linux encodes them: a code in the second byte, a signal in the first.
        assert_eq!(Death::from(ExitStatus::from_raw(65 << 8)), Death::Exit(EngineExit::LoadFailed));
        assert_eq!(Death::from(ExitStatus::from_raw(3 << 8)), Death::Code(3));
        assert_eq!(Death::from(ExitStatus::from_raw(9)), Death::Signal(9));
        assert!(Death::Signal(9).is_kill());
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
