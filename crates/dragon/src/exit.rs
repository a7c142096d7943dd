//! How `dragon serve` and its small helpers end: exit codes are an interface for scripts and service managers. Those of
//! `dragon siege` are its own.

use std::process::ExitCode;

/// The reason for the end. The numbers follow `sysexits.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Asked to stop, every request answered, every engine ended.
    Drained,
    /// Bad usage or configuration, or the address cannot be bound.
    Usage,
    /// A model could not be loaded.
    ModelUnavailable,
    /// A bug, or the end was not an orderly one: requests were cut by a second signal.
    Internal,
}

impl Exit {
    /// The number that the process ends with.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Drained => 0,
            Self::Usage => 64,
            Self::ModelUnavailable => 69,
            Self::Internal => 70,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
