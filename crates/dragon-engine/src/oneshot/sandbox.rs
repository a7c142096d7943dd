//! What a converting process may touch: one file to read, one to write, and nothing else.

use std::io;
use std::path::Path;

/// Whether the system could restrict the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Restricted,
    Unavailable,
}

/// Restricts this thread, and every thread that it starts from now on, for good: `source` can be read, `target`
/// (which exists) can be written, and files of its folder can be removed, so that half a target need not stay. No
/// other file can be opened, no TCP connection made, no other process signalled. Privileges can no longer be gained.
///
/// What is older than a kernel's landlock cannot be restricted there; the rest is.
///
/// # Errors
/// What the system said.
#[cfg(target_os = "linux")]
pub(super) fn restrict(source: &Path, target: &Path) -> io::Result<Outcome> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
        RulesetStatus, Scope,
    };

    /// The latest version whose rights are all given up: it knows truncation, TCP and signals.
    const VERSION: ABI = ABI::V6;

    let open = |path: &Path| PathFd::new(path).map_err(io::Error::other);
    let (folder, source, target) = (open(folder_of(target))?, open(source)?, open(target)?);
    let writing = AccessFs::WriteFile | AccessFs::Truncate;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(VERSION))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(VERSION)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(VERSION)))
        .and_then(Ruleset::create)
        .and_then(|ruleset| ruleset.add_rule(PathBeneath::new(source, AccessFs::ReadFile)))
        .and_then(|ruleset| ruleset.add_rule(PathBeneath::new(target, writing)))
        .and_then(|ruleset| ruleset.add_rule(PathBeneath::new(folder, AccessFs::RemoveFile)))
        .and_then(|ruleset| ruleset.restrict_self())
        .map_err(io::Error::other)?;
    Ok(match status.ruleset {
        RulesetStatus::NotEnforced => Outcome::Unavailable,
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Outcome::Restricted,
    })
}

/// Elsewhere there is no such call.
#[cfg(not(target_os = "linux"))]
pub(super) fn restrict(_source: &Path, _target: &Path) -> io::Result<Outcome> {
    Ok(Outcome::Unavailable)
}

#[cfg(target_os = "linux")]
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs::{self, File};
    use std::net::{TcpListener, TcpStream};
    use std::path::PathBuf;

    use super::*;

    /// What a thread may still do after it was restricted.
    struct Tried {
        outcome: Outcome,
        read_source: io::Result<Vec<u8>>,
        write_target: io::Result<()>,
        forbidden: Vec<(&'static str, io::Result<()>)>,
        connect: io::Result<()>,
        remove_target: io::Result<()>,
    }

    fn try_everything(folder: PathBuf, port: u16) -> Tried {
        let file = |name: &str| folder.join(name);
        let (source, target) = (file("models/source"), file("models/target"));
        let outcome = restrict(&source, &target).unwrap();
        let write = |path: &Path| File::options().write(true).open(path).map(drop);
        Tried {
            outcome,
            read_source: fs::read(&source),
            write_target: fs::write(&target, "weights"),
            forbidden: vec![
                ("write the source", write(&source)),
                ("read a neighbour", fs::read(file("models/other")).map(drop)),
                ("write a neighbour", write(&file("models/other"))),
                ("make a neighbour", File::create_new(file("models/new")).map(drop)),
                ("rename", fs::rename(&target, file("models/renamed"))),
                ("list the folder", fs::read_dir(file("models")).map(drop)),
                ("read outside", fs::read(file("secret")).map(drop)),
                ("make a file outside", File::create_new(file("new")).map(drop)),
                ("remove outside", fs::remove_file(file("secret"))),
                ("read the system's files", fs::read("/etc/passwd").map(drop)),
                ("read other processes", fs::read("/proc/1/status").map(drop)),
            ],
            connect: TcpStream::connect(("127.0.0.1", port)).map(drop),
            remove_target: fs::remove_file(&target),
        }
    }

    #[test]
    fn a_restricted_thread_reads_its_source_writes_its_target_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("models")).unwrap();
        for name in ["models/source", "models/target", "models/other", "secret"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, path) = (listener.local_addr().unwrap().port(), folder.path().to_path_buf());
        // Landlock binds the thread that asks for it: the others of this test stay free.
        let tried = std::thread::spawn(move || try_everything(path, port)).join().unwrap();
        if tried.outcome == Outcome::Unavailable {
            return;
        }
        assert_eq!(tried.read_source.unwrap(), b"models/source");
        tried.write_target.unwrap();
        for (what, outcome) in tried.forbidden {
            let error = outcome.expect_err(what);
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{what}: {error}");
        }
        tried.remove_target.unwrap();
        // Only from the fourth version of landlock on.
        if let Err(error) = tried.connect {
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}");
        }
        assert_eq!(fs::read(folder.path().join("secret")).unwrap(), b"secret");
    }
}
