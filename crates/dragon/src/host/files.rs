//! The limit of open files: every connection needs one.

use dragon_http::MAX_TURNED_AWAY;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files besides the connections that are served: those that are being turned away, the runtime's, the log's, an
/// engine's socket and pipes, and spare ones.
const RESERVED_FILES: u64 = 64 + MAX_TURNED_AWAY as u64;

/// Whether the connections fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FilesLimit {
    /// All of them can be open at once.
    Enough,
    /// Only so many.
    RoomFor { n_connections: u32 },
}

/// Raises the soft limit as far as needed and allowed. Many systems start programs with 1,024, which is
/// what the default number of connections alone would use up; the hard limit is usually far higher.
pub(crate) fn raise_files_limit(max_connections: u32) -> FilesLimit {
    let wanted = u64::from(max_connections) + RESERVED_FILES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return FilesLimit::Enough;
    }
    let reachable = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(reachable), maximum });
    let limit = if raised.is_ok() { reachable } else { current.unwrap_or(wanted) };
    if limit >= wanted {
        FilesLimit::Enough
    } else {
        // One at least, or nobody could even be told.
        let n_connections = limit.saturating_sub(RESERVED_FILES).max(1);
        FilesLimit::RoomFor { n_connections: u32::try_from(n_connections).unwrap_or(max_connections) }
    }
}

#[cfg(test)]
mod tests {
    use super::{FilesLimit, raise_files_limit};

    #[test]
    fn a_few_connections_always_fit_and_more_than_the_hard_limit_never_do() {
        assert_eq!(raise_files_limit(1), FilesLimit::Enough);
        let hard = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
        let Some(hard) = hard.filter(|hard| *hard < u64::from(u32::MAX)) else { return };
        match raise_files_limit(u32::MAX) {
            FilesLimit::RoomFor { n_connections } => assert!(u64::from(n_connections) < hard),
            FilesLimit::Enough => panic!("{hard} files cannot hold {} connections", u32::MAX),
        }
    }
}
