//! What an engine needs to start, and what may be wrong with it.

use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;

use dragon_ipc::{EngineExit, FrameError, LoadFailure, LoadFailureKind, PROTOCOL_VERSION};
use rustix::fs::FileType;

use crate::llama::log::{Level, write_line};

/// Why the process cannot start to work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartupError {
    /// Started by hand.
    #[error(
        "dragon-engine is started by `dragon serve`, with a socket as its standard input; run that instead"
    )]
    NoSocket,
    /// The server ended before it said what to do.
    #[error("the server has gone")]
    ParentGone,
    /// The conversation began with something else than a hello and a model.
    #[error("the server sent something else than {0}")]
    OutOfOrder(&'static str),
    /// What the server sent is no message.
    #[error("a frame cannot be read: {0}")]
    Frame(#[from] FrameError),
    /// Server and engine were built from different versions.
    #[error(
        "the server speaks protocol {server}, this engine {PROTOCOL_VERSION}; install both from one build"
    )]
    Version {
        /// The server's protocol version.
        server: u32,
    },
}

/// Says so in the log when the threads that compute were not told to sleep while they wait.
///
/// libgomp reads these variables when it is loaded, before `main`, so only the parent can set them. Spinning
/// is faster on a quiet machine, but where another process wants a core, every barrier of a graph (hundreds
/// a step) may wait for a time slice: beside a compiler on two cores, 4 tok/s against 36.
pub(crate) fn warn_of_spinning_threads() {
    let is_set = |name: &str| std::env::var_os(name).is_some();
    if !is_set("GOMP_SPINCOUNT") && !is_set("OMP_WAIT_POLICY") {
        let text = "neither GOMP_SPINCOUNT nor OMP_WAIT_POLICY is set: compute threads spin while they wait, which \
                    is very slow on a busy machine; set GOMP_SPINCOUNT=10000";
        write_line(Level::Warn, text);
    }
}

/// The socket that is our standard input.
///
/// # Errors
/// [`StartupError::NoSocket`].
pub(crate) fn socket() -> Result<UnixStream, StartupError> {
    let stdin = std::io::stdin();
    let stat = rustix::fs::fstat(stdin.as_fd()).map_err(|_| StartupError::NoSocket)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Socket {
        return Err(StartupError::NoSocket);
    }
    let socket = stdin.as_fd().try_clone_to_owned().map_err(|_| StartupError::NoSocket)?;
    Ok(UnixStream::from(socket))
}

// === impl StartupError ===

impl StartupError {
    /// What the server is told, where it can be.
    pub(crate) fn to_failure(&self) -> LoadFailure {
        LoadFailure { kind: LoadFailureKind::Protocol, message: self.to_string() }
    }

    /// What the process ends with.
    pub(crate) fn exit(&self) -> EngineExit {
        match self {
            Self::NoSocket => EngineExit::Usage,
            Self::ParentGone => EngineExit::ParentGone,
            Self::OutOfOrder(_) | Self::Version { .. } | Self::Frame(_) => EngineExit::Protocol,
        }
    }
}
