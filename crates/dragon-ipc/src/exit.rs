//! The engine's exit codes: an interface, so that the server can tell failures apart.
//!
//! `docs/ENGINE_EXITS.md` is the table for people, with the signals beside the codes.

/// Why an engine process ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineExit {
    /// The server closed the socket.
    ParentGone,
    /// Started by hand or with wrong arguments: not a socket on standard input.
    Usage,
    /// The model could not be loaded.
    LoadFailed,
    /// The self-test failed or the binary was built for another CPU.
    UnfitBuild,
    /// The server sent something that is not in the protocol.
    Protocol,
    /// The system has the means to restrict the process, but they failed.
    Sandbox,
    /// A bug in the engine: a panic, an impossible state, a fatal code from llama.cpp.
    Internal,
    /// The system gave no memory when asked for it. (Where it takes memory back, it kills instead.)
    OutOfMemory,
}

// === impl EngineExit ===

impl EngineExit {
    const TABLE: [(Self, u8); 8] = [
        (Self::ParentGone, 0),
        (Self::Usage, 64),
        (Self::LoadFailed, 65),
        (Self::UnfitBuild, 66),
        (Self::Protocol, 67),
        (Self::Sandbox, 68),
        (Self::Internal, 70),
        (Self::OutOfMemory, 71),
    ];

    /// All of them, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::TABLE.into_iter().map(|(exit, _)| exit)
    }

    /// The process exit code.
    pub fn code(self) -> u8 {
        Self::TABLE.iter().find(|(exit, _)| *exit == self).map_or(70, |(_, code)| *code)
    }

    /// The meaning of an exit code; `None` for one that no engine uses.
    pub fn from_code(code: i32) -> Option<Self> {
        Self::TABLE.iter().find(|(_, known)| i32::from(*known) == code).map(|(exit, _)| *exit)
    }
}

#[cfg(test)]
mod tests {
    use super::EngineExit;

    #[test]
    fn codes_and_meanings_match_both_ways() {
        for (exit, code) in EngineExit::TABLE {
            assert_eq!(exit.code(), code);
            assert_eq!(EngineExit::from_code(i32::from(code)), Some(exit));
        }
        assert_eq!(EngineExit::from_code(1), None);
    }
}
