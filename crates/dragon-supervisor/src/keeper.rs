//! One thread per engine process: it spawns the process, waits for it, reaps it, and ends.
//!
//! Linux sends the parent-death signal, which the engine asks for, when the *thread* that spawned it ends.
//! A thread of the async runtime may end at any time; this one ends after the process, or with the server.

use std::io::{self, PipeReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
#[cfg(target_os = "linux")]
use rustix::process::{Resource, Rlimit};
use tokio::sync::{oneshot, watch};

/// What an engine inherits of the server's environment; the rest, where secrets may lie, stays here. The
/// first is for the libraries of GPU drivers, the second for reports of bugs.
const INHERITED: [&str; 2] = ["LD_LIBRARY_PATH", "RUST_BACKTRACE"];

/// Without the first, llama.cpp starts a debugger on an abort and waits for it. The second is how long a compute
/// thread spins at a barrier before it sleeps, about half a millisecond: long enough for a thread that a small
/// request has disturbed to come back (sleeping costs more than half of the speed of a lone answer), short enough
/// to be noticed by the engine, which computes with fewer threads where another process keeps a core busy.
/// docs/BENCHMARKS.md has the figures. The third lets glibc ask for large pages: the cache of a model is cleared when an
/// engine starts, and page faults take most of that time, which requests wait for after a crash. The libraries read them
/// before `main`, so only whoever starts the engine can set them.
const ADDED: [(&str, &str); 3] =
    [("GGML_NO_BACKTRACE", "1"), ("GOMP_SPINCOUNT", "10000"), ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")];

/// A running engine process and the ends of what connects it to the server.
#[derive(Debug)]
pub(crate) struct Spawned {
    pub(crate) process: Process,
    /// The server's end of the socket pair, not blocking.
    pub(crate) socket: UnixStream,
    /// What the process prints, on standard output and standard error alike.
    pub(crate) output: PipeReader,
}

/// A process that is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    leash: Arc<Leash>,
    exit: watch::Receiver<Option<ExitStatus>>,
}

/// Kills only what has not been reaped: after that, the id may be another's.
#[derive(Debug)]
struct Leash(Mutex<Held>);

#[derive(Debug, Clone, Copy)]
enum Held {
    Running(Pid),
    Reaped,
}

/// Starts the engine program on a thread of its own and waits until it runs.
///
/// # Errors
/// What the operating system said.
pub(crate) async fn spawn(binary: &Path) -> io::Result<Spawned> {
    let (announce, announced) = oneshot::channel();
    let binary = std::path::absolute(binary)?;
    thread::Builder::new().name("engine-keeper".into()).spawn(move || keep(&binary, announce))?;
    announced.await.unwrap_or_else(|_| Err(io::Error::other("the keeper thread ended early")))
}

fn keep(binary: &Path, announce: oneshot::Sender<io::Result<Spawned>>) {
    let (tell_exit, exit) = watch::channel(None);
    let (mut child, spawned) = match start(binary, exit) {
        Ok(started) => started,
        Err(error) => {
            // If nobody waits any more, nobody needs to know.
            let _ = announce.send(Err(error));
            return;
        }
    };
    let leash = Arc::clone(&spawned.process.leash);
    // If nobody waits any more, what comes back is dropped here and that kills the process.
    drop(announce.send(Ok(spawned)));
    tell_exit.send_replace(reap(&mut child, &leash));
}

fn start(binary: &Path, exit: watch::Receiver<Option<ExitStatus>>) -> io::Result<(Child, Spawned)> {
    // Both close on exec, as everything does that this process opens, so that no other child can hold this connection
    // open; what the process itself inherited may not, and the engine closes that first of all.
    let (socket, engine_end) = UnixStream::pair()?;
    socket.set_nonblocking(true)?;
    let (output, engine_output) = io::pipe()?;
    let child = command(binary)
        .stdin(Stdio::from(OwnedFd::from(engine_end)))
        .stdout(Stdio::from(engine_output.try_clone()?))
        .stderr(Stdio::from(engine_output))
        .spawn()?;
    forbid_core_dumps(Pid::from_child(&child));
    let leash = Arc::new(Leash(Mutex::new(Held::Running(Pid::from_child(&child)))));
    let process = Process { pid: child.id(), leash, exit };
    Ok((child, Spawned { process, socket, output }))
}

pub(crate) fn command(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    command.env_clear().envs(ADDED);
    command.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    // Its own group, so that Ctrl-C in a terminal reaches the server alone and the engine can finish.
    command.current_dir("/").process_group(0);
    command
}

/// The connection of a crashed process closes only after its core dump, and the dump of a large model takes
/// many seconds in which requests would wait; and prompts are nobody's business. One byte, not zero: Linux then skips
/// dump programs too. An engine forbids its dumps itself as one of its first acts, before it has read anything; this
/// holds also if it cannot, and from here it cannot be undone.
#[cfg(target_os = "linux")]
fn forbid_core_dumps(pid: Pid) {
    let limit = Rlimit { current: Some(1), maximum: Some(1) };
    if let Err(error) = rustix::process::prlimit(Some(pid), Resource::Core, limit) {
        tracing::warn!(%error, "core dumps of an engine process could not be forbidden");
    }
}

/// Elsewhere nothing but the process itself can change its limits.
#[cfg(not(target_os = "linux"))]
fn forbid_core_dumps(_pid: Pid) {}

/// Waits for the end without reaping first: until then the id is nobody else's, and can be used to end what
/// the process may have left behind, which would hold its connection open and its death unknown.
fn reap(child: &mut Child, leash: &Leash) -> Option<ExitStatus> {
    let pid = Pid::from_child(child);
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    let ended = rustix::io::retry_on_intr(|| rustix::process::waitid(WaitId::Pid(pid), options));
    // An error means that somebody else has reaped it, and the id may be a stranger's.
    if ended.is_ok() {
        leash.kill();
    }
    let mut held = leash.0.lock();
    *held = Held::Reaped;
    child.wait().inspect_err(|error| tracing::error!(%error, "an engine process could not be reaped")).ok()
}

// === impl Process ===

impl Process {
    /// Sends SIGKILL, unless the process has been reaped.
    pub(crate) fn kill(&self) {
        self.leash.kill();
    }

    /// Waits until the process has ended and was reaped. `None`: its status could not be read.
    pub(crate) async fn ended(&self) -> Option<ExitStatus> {
        let mut exit = self.exit.clone();
        // The keeper drops its end after the last report, also after one without a status.
        let reported = exit.wait_for(Option::is_some).await;
        reported.ok().and_then(|status| *status)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

// === impl Leash ===

impl Leash {
    fn kill(&self) {
        if let Held::Running(pid) = *self.0.lock() {
            // Fails only when it has ended just now.
            let _ = rustix::process::kill_process_group(pid, Signal::KILL);
        }
    }
}
