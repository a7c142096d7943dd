//! What can go wrong, for the person who starts the server and for the request that waits.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use dragon_ipc::{AbortKind, EngineExit, LoadFailure, LoadFailureKind};

use crate::death::Death;
use crate::watchdog::Hang;

/// Lines of the engine's output that a message quotes; all that were kept are in the log.
const N_QUOTED_LINES: usize = 3;

/// Why the first start of an engine did not end in service.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StartError {
    /// The engine process did not get ready.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The server was told to stop first.
    #[error("the server is stopping")]
    Stopping,
}

/// Why an engine process is gone. The message says what to do about it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The process could not be made.
    #[error(
        "the engine program {} could not be started: {reason}. Build it with `make`, or put it beside the server's program",
        binary.display()
    )]
    Spawn {
        /// The program.
        binary: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// Server and engine are not of the same build.
    #[error(
        "the engine program speaks version {theirs} of the protocol and the server version {ours}. Rebuild both from the same sources"
    )]
    Version {
        /// Of the server.
        ours: u32,
        /// Of the engine.
        theirs: u32,
    },
    /// The engine said why it cannot serve the model.
    #[error("{}", .0.message)]
    Load(LoadFailure),
    /// The engine did not answer in time and was killed.
    #[error("the engine was still {stage} after {} s and was killed. {}", limit.as_secs_f32(), stage.slowness_remedy())]
    TimedOut {
        /// What it was doing.
        stage: Stage,
        /// How long it may take.
        limit: Duration,
    },
    /// The engine, in service, did not move and was killed.
    #[error(
        "the engine hung and was killed: {}",
        match .0 {
            Hang::Silent(silent) => format!("no heartbeat for {} ms", silent.as_millis()),
            Hang::Stuck(stuck) => format!("it had work and finished no step for {} ms", stuck.as_millis()),
            Hang::Mute(mute) => format!("it was tokenizing a short text for {} ms", mute.as_millis()),
        }
    )]
    Hung(Hang),
    /// The engine's numbers were no numbers any more; it was killed.
    #[error(
        "the engine computed numbers that are not finite and was killed. If that happens with every request, the model \
         file is damaged or the build does not fit this CPU: rebuild with `make`, get the model again"
    )]
    NonFinite,
    /// The engine sent what is not in the protocol and was killed.
    #[error("the engine broke the protocol while {stage} and was killed: {what}")]
    Protocol {
        /// What it was doing.
        stage: Stage,
        /// What was wrong.
        what: String,
    },
    /// The process ended.
    #[error("the engine {death} while {stage}.{}{}", Remedy(*stage, *death), Quote(last_lines))]
    Died {
        /// What it was doing.
        stage: Stage,
        /// How it ended.
        death: Death,
        /// The last lines that it printed, oldest first.
        last_lines: Vec<String>,
    },
}

/// What an engine process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Started, but not a word yet.
    Greeting,
    /// Loading the model and testing itself.
    Loading,
    /// In service.
    Serving,
}

/// Why the engine does not do, or no longer does, what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The engine process is not in service; it is being restarted.
    #[error("the model's engine is not running; it is being restarted")]
    Down,
    /// The server is stopping and has ended the engine.
    #[error("the server is stopping")]
    Stopping,
    /// The engine failed again and again, and is left alone for a while.
    #[error("the model's engine keeps failing; it is tried again in a while")]
    Broken,
    /// Engines failed by this very request.
    #[error(
        "the model's engine failed each time that it worked on this request; it is not tried again for a while"
    )]
    Quarantined,
    /// More is waiting to be sent to the engine than the server keeps.
    #[error("too much is waiting to be sent to the model's engine")]
    Busy,
    /// The engine, or the check before it, could not run this generation.
    #[error("the generation was aborted ({kind:?}): {message}")]
    Aborted {
        /// What kind of failure.
        kind: AbortKind,
        /// One sentence for the log.
        message: String,
    },
}

struct Remedy(Stage, Death);

struct Quote<'a>(&'a [String]);

// === impl Failure ===

impl Failure {
    /// Whether the engine, or what it was given, is to blame, and not somebody who killed the process from outside. Only
    /// such failures make suspects, and only they are counted before an engine is left alone.
    pub fn is_own_fault(&self) -> bool {
        match self {
            // A wanted end is no failure; so whoever ends with the code for that has left by itself.
            Self::Died { death, .. } => death.is_own_fault() || *death == Death::Exit(EngineExit::ParentGone),
            Self::Spawn { .. }
            | Self::Version { .. }
            | Self::Load(_)
            | Self::TimedOut { .. }
            | Self::Hung(_)
            | Self::NonFinite
            | Self::Protocol { .. } => true,
        }
    }

    /// Whether this is what a build that does not fit the CPU looks like: rebuilding mends it, retrying does not.
    pub fn is_unfit_build(&self) -> bool {
        match self {
            Self::Load(failure) => failure.kind == LoadFailureKind::UnfitBuild,
            Self::Died { stage, death, .. } => *stage != Stage::Serving && death.looks_like_unfit_build(),
            _ => false,
        }
    }
}

// === impl Stage ===

impl Stage {
    fn slowness_remedy(self) -> &'static str {
        match self {
            Self::Greeting => "Is it the engine program of this server, and is the machine overloaded?",
            Self::Loading => "Is the disk slow, or the model too large for this machine's memory?",
            Self::Serving => "",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "starting",
            Self::Loading => "loading the model",
            Self::Serving => "serving",
        })
    }
}

// === impl Remedy ===

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(stage, death) = self;
        if *stage == Stage::Serving {
            return Ok(());
        }
        if death.looks_like_unfit_build() {
            f.write_str(
                " The build does not fit this CPU, or the compiler got its matrix (AMX) code wrong: \
                 rebuild on this machine with `make`, which tests the compiler's flags",
            )
        } else if death.is_kill() {
            f.write_str(" Choose a smaller model, `ctx` or `slots` if memory ran out")
        } else {
            Ok(())
        }
    }
}

// === impl Quote ===

impl fmt::Display for Quote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n_skipped = self.0.len().saturating_sub(N_QUOTED_LINES);
        let last = &self.0[n_skipped..];
        if last.is_empty() {
            return f.write_str(" It printed nothing");
        }
        write!(f, " It last printed: {}", last.join(" / "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn died(stage: Stage, signal: rustix::process::Signal) -> Failure {
        let last_lines = ["a", "b", "c", "d"].map(String::from).to_vec();
        Failure::Died { stage, death: Death::Signal(signal.as_raw()), last_lines }
    }

    #[test]
    fn an_illegal_instruction_while_loading_names_the_remedy() {
        let failure = died(Stage::Loading, rustix::process::Signal::ILL);
        assert!(failure.is_unfit_build());
        let text = failure.to_string();
        assert!(text.contains("rebuild on this machine") && text.contains("AMX"), "{text}");
    }

    #[test]
    fn a_crash_in_service_is_not_blamed_on_the_build() {
        let failure = died(Stage::Serving, rustix::process::Signal::SEGV);
        assert!(!failure.is_unfit_build());
        assert!(!failure.to_string().contains("rebuild"));
    }

    #[test]
    fn only_the_last_lines_are_quoted() {
        let text = died(Stage::Serving, rustix::process::Signal::SEGV).to_string();
        assert!(text.ends_with("It last printed: b / c / d"), "{text}");
    }

    #[test]
    fn a_version_mismatch_says_to_rebuild_both() {
        let text = Failure::Version { ours: 1, theirs: 2 }.to_string();
        assert!(text.contains("Rebuild both"), "{text}");
    }
}
