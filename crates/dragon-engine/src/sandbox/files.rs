//! Which files may be opened: landlock.

use std::io;
use std::path::Path;

use super::{SandboxError, Wall, Work};

/// What the C library and ggml read when they ask how many CPUs there are and what they are called. Read only, and
/// nothing of it is anybody's secret. Where one is missing, nobody can read it anyway.
#[cfg(target_os = "linux")]
const ABOUT_CPUS: [&str; 2] = ["/proc/cpuinfo", "/sys/devices/system/cpu"];

/// Restricts this thread, and every thread that it starts from now on, for good.
///
/// - To compute, models can be read, and [`ABOUT_CPUS`].
/// - To convert, the source can be read, the target written, and files of the target's folder removed, so that half a
///   target need not stay.
/// - For a GPU, files stay as they were.
///
/// No other file can be opened; nobody can make TCP connections or signal other processes. What is newer than the
/// kernel's landlock cannot be forbidden there; the rest is.
#[cfg(target_os = "linux")]
pub(super) fn restrict(work: Work<'_>) -> Result<Wall, SandboxError> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr,
        RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    };

    /// The latest version whose rights are all given up: it knows truncation, TCP and signals.
    const VERSION: ABI = ABI::V6;

    let read = BitFlags::from(AccessFs::ReadFile);
    let mut rules = Vec::new();
    let mut allow = |path: &Path, access: BitFlags<AccessFs>| {
        let opened = PathFd::new(path)
            .map_err(|error| SandboxError::Open { path: path.display().to_string(), error: cause(error) })?;
        rules.push(PathBeneath::new(opened, access));
        Ok::<(), SandboxError>(())
    };
    match work {
        Work::Compute { models } => {
            models.iter().try_for_each(|model| allow(model, read))?;
            for path in ABOUT_CPUS.map(Path::new).into_iter().filter(|path| path.exists()) {
                allow(path, if path.is_dir() { read | AccessFs::ReadDir } else { read })?;
            }
        }
        Work::Convert { source, target } => {
            allow(source, read)?;
            allow(target, AccessFs::WriteFile | AccessFs::Truncate)?;
            allow(folder_of(target), AccessFs::RemoveFile.into())?;
        }
        Work::ComputeOnGpu => {}
    }
    let with_files = |ruleset: Ruleset| match work {
        Work::ComputeOnGpu => Ok(ruleset),
        Work::Compute { .. } | Work::Convert { .. } => ruleset.handle_access(AccessFs::from_all(VERSION)),
    };
    let refused =
        |error: RulesetError| SandboxError::Refused { what: "landlock", error: io::Error::other(error) };
    let status = with_files(Ruleset::default())
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(VERSION)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(VERSION)))
        .and_then(Ruleset::create)
        .and_then(|ruleset| ruleset.add_rules(rules.into_iter().map(Ok::<_, RulesetError>)))
        .and_then(|ruleset| ruleset.restrict_self())
        .map_err(refused)?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Wall::Whole,
        RulesetStatus::PartiallyEnforced => Wall::Partial,
        RulesetStatus::NotEnforced => Wall::Missing,
    })
}

/// Elsewhere there is no such call.
#[cfg(not(target_os = "linux"))]
pub(super) fn restrict(_work: Work<'_>) -> Result<Wall, SandboxError> {
    Ok(Wall::Missing)
}

/// What the system said, without the crate's own sentence around it.
#[cfg(target_os = "linux")]
fn cause(error: landlock::PathFdError) -> io::Error {
    match error {
        landlock::PathFdError::OpenCall { source, .. } => source,
        other => io::Error::other(other),
    }
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
        wall: Wall,
        read_source: io::Result<Vec<u8>>,
        write_target: io::Result<()>,
        forbidden: Vec<(&'static str, io::Result<()>)>,
        connect: io::Result<()>,
        remove_target: io::Result<()>,
    }

    fn try_everything(folder: PathBuf, port: u16) -> Tried {
        let file = |name: &str| folder.join(name);
        let (source, target) = (file("models/source"), file("models/target"));
        let wall = restrict(Work::Convert { source: &source, target: &target }).unwrap();
        let write = |path: &Path| File::options().write(true).open(path).map(drop);
        Tried {
            wall,
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
        if tried.wall == Wall::Missing {
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

    #[test]
    fn to_compute_the_models_can_be_read_also_through_links_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        for name in ["model", "draft", "secret"] {
            fs::write(file(name), name).unwrap();
        }
        std::os::unix::fs::symlink(file("model"), file("link")).unwrap();
        let (link, draft, secret) = (file("link"), file("draft"), file("secret"));
        let tried = std::thread::spawn(move || {
            let wall = restrict(Work::Compute { models: &[&link, &draft] }).unwrap();
            let write = File::options().write(true).open(&link);
            (wall, [fs::read(&link), fs::read(&draft)], [fs::read(&secret).map(drop), write.map(drop)])
        });
        let (wall, allowed, forbidden) = tried.join().unwrap();
        assert!(allowed.iter().all(Result::is_ok), "{allowed:?}");
        for outcome in forbidden.into_iter().filter(|_| wall != Wall::Missing) {
            assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        }
    }

    #[test]
    fn a_model_that_is_not_there_is_named_with_the_systems_own_words() {
        let error = restrict(Work::Compute { models: &[Path::new("/nowhere/model.gguf")] }).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("/nowhere/model.gguf cannot be opened: No such file"), "{text}");
    }
}
