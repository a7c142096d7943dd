//! The first steps of the process: tie its life to the server's, then shake hands.

use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::Receiver;

use dragon_ipc::{EngineExit, Hello, LoadFailure, LoadFailureKind, LoadSpec, PROTOCOL_VERSION, ToEngine};
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
    /// Server and engine were built from different versions.
    #[error(
        "the server speaks protocol {server}, this engine {PROTOCOL_VERSION}; install both from one build"
    )]
    Version {
        /// The server's protocol version.
        server: u32,
    },
}

/// Asks the kernel to end this process with the server's thread that started it.
///
/// Where there is no such call (outside Linux), where it is forbidden, or where the server ended before it, the
/// end of the socket says the same, a little later: so a failure is none.
pub(crate) fn tie_to_parent() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
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

/// Our first message.
pub(crate) fn hello() -> Hello {
    Hello { protocol_version: PROTOCOL_VERSION, build: env!("CARGO_PKG_VERSION").to_owned() }
}

/// Waits for the server's hello and for the model that it wants.
///
/// # Errors
/// See [`StartupError`].
pub(crate) fn wait_for_load(inbox: &Receiver<ToEngine>) -> Result<LoadSpec, StartupError> {
    match inbox.recv() {
        Ok(ToEngine::Hello(hello)) if hello.protocol_version == PROTOCOL_VERSION => {}
        Ok(ToEngine::Hello(hello)) => return Err(StartupError::Version { server: hello.protocol_version }),
        Ok(_) => return Err(StartupError::OutOfOrder("a hello")),
        Err(_) => return Err(StartupError::ParentGone),
    }
    match inbox.recv() {
        Ok(ToEngine::Load(spec)) => Ok(spec),
        Ok(_) => Err(StartupError::OutOfOrder("a model to load")),
        Err(_) => Err(StartupError::ParentGone),
    }
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
            Self::OutOfOrder(_) | Self::Version { .. } => EngineExit::Protocol,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    fn outcome(messages: Vec<ToEngine>) -> Result<LoadSpec, StartupError> {
        let (sender, receiver) = sync_channel(messages.len());
        messages.into_iter().for_each(|message| sender.send(message).unwrap());
        drop(sender);
        wait_for_load(&receiver)
    }

    #[test]
    fn another_version_is_named_and_ends_with_the_code_for_it() {
        let old = ToEngine::Hello(Hello { protocol_version: PROTOCOL_VERSION + 1, build: String::new() });
        let error = outcome(vec![old]).unwrap_err();
        assert!(matches!(error, StartupError::Version { server } if server == PROTOCOL_VERSION + 1));
        assert_eq!(error.exit(), EngineExit::Protocol);
        assert!(error.to_failure().message.contains("one build"));
        assert_eq!(error.to_failure().kind, LoadFailureKind::Protocol);
    }

    #[test]
    fn nothing_comes_before_hello_and_load() {
        assert!(matches!(
            outcome(vec![ToEngine::Cancel { generation: 1, choice: None }]),
            Err(StartupError::OutOfOrder(_))
        ));
        let hello = ToEngine::Hello(hello());
        assert!(matches!(outcome(vec![hello.clone(), hello.clone()]), Err(StartupError::OutOfOrder(_))));
        assert!(matches!(outcome(vec![hello]), Err(StartupError::ParentGone)));
    }
}
