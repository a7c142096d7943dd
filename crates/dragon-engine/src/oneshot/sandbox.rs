//! What a converting process may touch: one file to read, one folder to write in, and nothing else.

use std::io;
use std::path::Path;

/// Whether the system could restrict the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Restricted,
    Unavailable,
}

/// Restricts this process, and every thread that it starts from now on, for good.
///
/// # Errors
/// What the system said.
#[cfg(target_os = "linux")]
pub(super) fn restrict(read: &Path, write: &Path) -> io::Result<Outcome> {
    use landlock::{
        ABI, Access, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
    };

    /// The first version that knows truncation, which writing a file needs; on older kernels less is restricted.
    const VERSION: ABI = ABI::V3;
    // What the loader and the libraries look at: the number of cores, the memory, huge pages.
    const SYSTEM: [&str; 2] = ["/proc", "/sys"];

    let open = |path: &Path| PathFd::new(path).map_err(io::Error::other);
    let (source, folder) = (open(read)?, open(write)?);
    let mut ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(VERSION))
        .and_then(Ruleset::create)
        .and_then(|ruleset| ruleset.add_rule(PathBeneath::new(source, AccessFs::ReadFile)))
        .and_then(|ruleset| ruleset.add_rule(PathBeneath::new(folder, AccessFs::from_all(VERSION))))
        .map_err(io::Error::other)?;
    for path in SYSTEM.map(Path::new) {
        if let Ok(folder) = PathFd::new(path) {
            let rule = PathBeneath::new(folder, AccessFs::from_read(VERSION));
            ruleset = ruleset.add_rule(rule).map_err(io::Error::other)?;
        }
    }
    let status = ruleset.restrict_self().map_err(io::Error::other)?;
    Ok(match status.ruleset {
        RulesetStatus::NotEnforced => Outcome::Unavailable,
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Outcome::Restricted,
    })
}

/// Elsewhere there is no such call.
#[cfg(not(target_os = "linux"))]
pub(super) fn restrict(_read: &Path, _write: &Path) -> io::Result<Outcome> {
    Ok(Outcome::Unavailable)
}
