//! Why a conversation with an engine ended, and how the process came to its end.

use std::process::ExitStatus;
use std::time::Duration;

use dragon_ipc::{LoadFailure, PROTOCOL_VERSION};

use crate::blame::Fingerprint;
use crate::death::Death;
use crate::error::{Failure, Stage};
use crate::keeper::Process;
use crate::watchdog::Hang;

/// Why a conversation ended, as far as the server knows before the process has ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The server is stopping.
    Shutdown,
    /// The engine's end was closed.
    Closed,
    /// It said that it cannot serve the model.
    Refused(LoadFailure),
    /// It took too long.
    TimedOut(Duration),
    /// In service, it did not move.
    Hung(Hang),
    /// What it computed for this one, if that is still known, are no numbers.
    NonFinite(Option<Fingerprint>),
    /// It said what it must not.
    Broken(String),
    /// It is of another build.
    Version(u32),
}

/// How a process came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastAct {
    /// By itself, or by somebody else.
    ItsOwn,
    /// We had to kill it.
    Killed,
}

/// How long to wait for a process after SIGKILL. Only the kernel can hold it up, as a broken driver does; the
/// server must not hang with it.
pub(crate) const KILL_LIMIT: Duration = Duration::from_secs(5);

// === impl Ending ===

impl Ending {
    /// Waits until the process has ended and was reaped; kills it where waiting is no use.
    pub(crate) async fn see_off(
        &self,
        process: &Process,
        farewell: Duration,
    ) -> (Option<ExitStatus>, LastAct) {
        let ends_by_itself = matches!(self, Self::Shutdown | Self::Closed | Self::Refused(_));
        if ends_by_itself && let Ok(status) = tokio::time::timeout(farewell, process.ended()).await {
            return (status, LastAct::ItsOwn);
        }
        process.kill();
        let ended = tokio::time::timeout(KILL_LIMIT, process.ended()).await;
        let status = ended.unwrap_or_else(|_| {
            tracing::error!(pid = process.pid, "an engine process does not end, although it was killed");
            None
        });
        (status, LastAct::Killed)
    }

    /// Who may have caused it, of those that were in flight.
    pub(crate) fn suspects(&self, in_flight: Vec<Fingerprint>) -> Vec<Fingerprint> {
        match self {
            Self::NonFinite(whose) => whose.iter().copied().collect(),
            _ => in_flight,
        }
    }

    pub(crate) fn failure(
        self,
        stage: Stage,
        death: Death,
        last_act: LastAct,
        last_lines: Vec<String>,
    ) -> Option<Failure> {
        Some(match self {
            Self::Shutdown => return None,
            Self::Closed if last_act == LastAct::Killed => {
                Failure::Protocol { stage, what: "it closed its connection and lived on".to_owned() }
            }
            Self::Closed => Failure::Died { stage, death, last_lines },
            Self::Refused(failure) => Failure::Load(failure),
            Self::TimedOut(limit) => Failure::TimedOut { stage, limit },
            Self::Hung(hang) => Failure::Hung(hang),
            Self::NonFinite(_) => Failure::NonFinite,
            Self::Broken(what) => Failure::Protocol { stage, what },
            Self::Version(theirs) => Failure::Version { ours: PROTOCOL_VERSION, theirs },
        })
    }
}
