//! The table of ends. `docs/ENGINE_EXITS.md` has the same rows; a test compares them.

use dragon_ipc::EngineExit;
use rustix::process::Signal;

use super::Death;

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) death: Death,
    /// What tools and manuals call it.
    pub(super) name: &'static str,
    /// Goes on after "it ended: ".
    pub(super) meaning: &'static str,
    /// What a person can do.
    pub(super) remedy: &'static str,
}

/// Every end that has a meaning.
pub(super) const ENTRIES: [Entry; 23] = [
    exit(
        EngineExit::ParentGone,
        "exit 0",
        "the connection was closed",
        "nothing: the server closed it, or is gone",
    ),
    exit(
        EngineExit::Usage,
        "exit 64",
        "it was started in a wrong way",
        "start `dragon serve`, which starts the engine; `dragon-engine --help` says what works by hand",
    ),
    exit(
        EngineExit::LoadFailed,
        "exit 65",
        "the model could not be loaded",
        "read the sentence beside it: another file, or a smaller `ctx` or `slots`",
    ),
    exit(
        EngineExit::UnfitBuild,
        "exit 66",
        "it was built for another CPU or failed its self-test",
        "rebuild on this machine with `make`",
    ),
    exit(
        EngineExit::Protocol,
        "exit 67",
        "it did not understand the server",
        "install `dragon` and `dragon-engine` from one build",
    ),
    exit(
        EngineExit::Sandbox,
        "exit 68",
        "it could not restrict itself although the system has the means",
        "look at the rules of the container or service around it: landlock, seccomp and prctl must be allowed",
    ),
    exit(EngineExit::Internal, "exit 70", "a bug in the engine", "report it with the last lines of the log"),
    exit(
        EngineExit::OutOfMemory,
        "exit 71",
        "the system gave no memory",
        "a smaller model, `ctx` or `slots`, or a higher limit of memory",
    ),
    Entry {
        death: Death::OutOfMemory,
        name: "SIGKILL, counted by the kernel",
        meaning: "memory ran out and the kernel ended it",
        remedy: "a smaller model, `ctx` or `slots`, or a higher limit of memory",
    },
    signal(Signal::KILL, "SIGKILL", "somebody ended it", "nothing, if it was you"),
    signal(
        Signal::ABORT,
        "SIGABRT",
        "it ended itself, as llama.cpp does in an impossible state and any program does on a stack overflow",
        "report it with the last lines of the log",
    ),
    signal(
        Signal::SEGV,
        "SIGSEGV",
        "a memory error in native code",
        "report it; while loading: rebuild with `make`",
    ),
    signal(
        Signal::ILL,
        "SIGILL",
        "an instruction that this CPU does not have, or miscompiled code",
        "rebuild on this machine with `make`",
    ),
    signal(
        Signal::BUS,
        "SIGBUS",
        "the model file changed or shrank while it was in use, or its disk failed",
        "replace model files by renaming, never in place",
    ),
    signal(
        Signal::FPE,
        "SIGFPE",
        "a division by zero in native code",
        "report it with the last lines of the log",
    ),
    signal(
        Signal::TRAP,
        "SIGTRAP",
        "a check in native code failed",
        "report it with the last lines of the log",
    ),
    signal(
        Signal::SYS,
        "SIGSYS",
        "a system call that a sandbox around it forbids",
        "look at the rules of the container or service around it; the engine's own sandbox does not kill",
    ),
    signal(Signal::TERM, "SIGTERM", "somebody ended it", "stop the server instead: it ends its engines"),
    signal(Signal::INT, "SIGINT", "somebody interrupted it", "stop the server instead: it ends its engines"),
    signal(Signal::HUP, "SIGHUP", "its terminal was closed", "stop the server instead: it ends its engines"),
    signal(Signal::QUIT, "SIGQUIT", "somebody ended it", "stop the server instead: it ends its engines"),
    signal(Signal::XCPU, "SIGXCPU", "a limit of CPU time was reached", "raise the limit (`ulimit -t`)"),
    Entry {
        death: Death::Unknown,
        name: "unknown",
        meaning: "its exit status could not be read",
        remedy: "find out who else waits for the server's children",
    },
];

const fn exit(exit: EngineExit, name: &'static str, meaning: &'static str, remedy: &'static str) -> Entry {
    Entry { death: Death::Exit(exit), name, meaning, remedy }
}

const fn signal(signal: Signal, name: &'static str, meaning: &'static str, remedy: &'static str) -> Entry {
    Entry { death: Death::Signal(signal.as_raw()), name, meaning, remedy }
}

/// The row of this end, if it has one.
pub(super) fn find(death: Death) -> Option<Entry> {
    ENTRIES.into_iter().find(|entry| entry.death == death)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../../docs/ENGINE_EXITS.md");

    /// Codes that are not in the engine's table share a row.
    const OTHER_CODES: (&str, Death) = ("any other exit code", Death::Code(1));

    fn row(name: &str, death: Death, meaning: &str, remedy: &str) -> String {
        let blamed = if death.is_own_fault() { "engine" } else { "nobody" };
        format!("| {name} | {meaning} | {blamed} | {remedy} |")
    }

    #[test]
    fn the_document_has_exactly_the_rows_of_the_table() {
        let (name, death) = OTHER_CODES;
        let mut expected: Vec<_> =
            ENTRIES.iter().map(|entry| row(entry.name, entry.death, entry.meaning, entry.remedy)).collect();
        expected.push(row(
            name,
            death,
            "no engine ends like this",
            "is it the engine program of this server?",
        ));
        let documented: Vec<_> =
            DOCUMENT.lines().filter(|line| line.starts_with("| ")).skip(1).map(str::to_owned).collect();
        assert_eq!(documented, expected, "expected rows:\n{}", expected.join("\n"));
    }

    #[test]
    fn every_exit_has_a_row_with_its_code() {
        for exit in EngineExit::all() {
            let entry = find(Death::Exit(exit)).unwrap();
            assert_eq!(entry.name, format!("exit {}", exit.code()));
        }
    }

    #[test]
    fn every_signal_that_is_its_own_fault_has_a_row() {
        for signal in super::super::OWN_SIGNALS {
            assert!(find(Death::Signal(signal.as_raw())).is_some(), "{signal:?}");
        }
    }
}
