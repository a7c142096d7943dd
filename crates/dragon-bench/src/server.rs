//! Starts the server that is measured, and stops it again.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use hyper::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::{oneshot, watch};

use crate::client;
use crate::memory::Memory;

/// Deadline of the measured server: answers at 16 in parallel take longer than the usual 10 s.
const DEADLINE_MS: &str = "120000";
/// The longest that a start may take.
const START_MAX: Duration = Duration::from_secs(60);
/// The longest that stopping may take.
const STOP_MAX: Duration = Duration::from_secs(30);
/// Pause between two looks at `/ready`: the precision of the start-up time.
const READY_POLL: Duration = Duration::from_millis(5);
/// Time for the freshly started server to settle before its idle memory is read.
const SETTLE: Duration = Duration::from_millis(500);

/// What the line begins with in which the server says where it listens.
const LISTENING: &str = "listening on ";
/// What the line holds in which the server says that a second engine is ready.
const STANDBY_WAITS: &str = "a second engine waits to take over";

/// A server that belongs to this measurement. Killed when dropped.
#[derive(Debug)]
pub(crate) struct OwnServer {
    child: Child,
    pid: u32,
    /// Where it listens.
    pub(crate) address: String,
    start_to_ready: Duration,
    idle_memory: Memory,
    version: String,
    computing: String,
    /// The process that last said it waits to take over.
    standby: watch::Receiver<Option<u32>>,
    /// The configuration, for as long as the server may read it.
    _config: Option<ConfigFile>,
}

/// A configuration in a file of its own. Removed when dropped.
#[derive(Debug)]
struct ConfigFile(PathBuf);

/// What becomes of warnings and errors in the server's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Complaints {
    /// Passed on to our own standard error.
    Shown,
    /// Left out: whoever kills its engines knows what it complains about.
    LeftOut,
}

/// What is picked out of the server's log.
struct Log {
    computing: oneshot::Receiver<String>,
    standby: watch::Receiver<Option<u32>>,
}

/// What is known about a started server before any load.
#[derive(Debug, Clone)]
pub(crate) struct ServerFigures {
    /// What `dragon --version` prints.
    pub(crate) version: String,
    /// From starting the process to the first `/ready` with 200.
    pub(crate) start_to_ready: Duration,
    /// Memory before the first request.
    pub(crate) idle_memory: Memory,
}

// === impl OwnServer ===

impl OwnServer {
    /// Starts `program serve` on a free port and waits until it is ready.
    pub(crate) async fn start(program: &Path, more: &[String]) -> Result<Self> {
        Self::start_by(program, more, None, Complaints::Shown).await
    }

    /// Starts it with this configuration.
    pub(crate) async fn start_with(program: &Path, config: &str) -> Result<Self> {
        Self::start_from(program, config, Complaints::Shown).await
    }

    /// Starts it with this configuration, to lose its engines.
    pub(crate) async fn start_victim(program: &Path, config: &str) -> Result<Self> {
        Self::start_from(program, config, Complaints::LeftOut).await
    }

    async fn start_from(program: &Path, config: &str, complaints: Complaints) -> Result<Self> {
        let file = ConfigFile::write(config)?;
        let arguments = ["--config".to_owned(), file.0.display().to_string()];
        Self::start_by(program, &arguments, Some(file), complaints).await
    }

    async fn start_by(
        program: &Path,
        more: &[String],
        config: Option<ConfigFile>,
        complaints: Complaints,
    ) -> Result<Self> {
        let version = version_of(program).await?;
        let started = Instant::now();
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--deadline-ms", DEADLINE_MS])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let pid = child.id().context("the server ended at once")?;
        let log = child.stderr.take().context("the server has no standard error")?;
        let Log { computing, standby } = follow(log, complaints);
        let wait = async {
            let address = address_of(&mut child).await?;
            wait_until_ready(&address).await?;
            anyhow::Ok(address)
        };
        let address =
            tokio::time::timeout(START_MAX, wait).await.context("the server did not become ready")??;
        let start_to_ready = started.elapsed();
        tokio::time::sleep(SETTLE).await;
        let computing = computing.await.unwrap_or_default();
        let idle_memory = Memory::of(pid);
        Ok(Self {
            child,
            pid,
            address,
            start_to_ready,
            idle_memory,
            version,
            computing,
            standby,
            _config: config,
        })
    }

    /// What is known before any load.
    pub(crate) fn figures(&self) -> ServerFigures {
        ServerFigures {
            version: self.version.clone(),
            start_to_ready: self.start_to_ready,
            idle_memory: self.idle_memory,
        }
    }

    /// How it computes, in its own words.
    pub(crate) fn computing(&self) -> String {
        self.computing.clone()
    }

    /// Waits until an engine other than `serving` waits to take over, and returns its process id.
    pub(crate) async fn standby_beside(&self, serving: u32) -> Result<u32> {
        let mut standby = self.standby.clone();
        let waits = standby.wait_for(|pid| pid.is_some_and(|pid| pid != serving));
        let waits = tokio::time::timeout(START_MAX, waits).await.context("no second engine became ready")?;
        waits.context("the server's log has ended")?.context("no second engine")
    }

    /// Memory at this moment.
    pub(crate) fn memory(&self) -> Memory {
        Memory::of(self.pid)
    }

    /// Asks the server to stop and waits for it; anything but a clean end is an error.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid =
            i32::try_from(self.pid).ok().and_then(Pid::from_raw).context("the server has no process id")?;
        kill_process(pid, Signal::TERM).context("cannot ask the server to stop")?;
        let status =
            tokio::time::timeout(STOP_MAX, self.child.wait()).await.context("the server does not stop")??;
        ensure!(status.success(), "the server stopped with {status}");
        Ok(())
    }
}

async fn version_of(program: &Path) -> Result<String> {
    let output = Command::new(program).arg("--version").output().await;
    let output = output.with_context(|| format!("cannot run {}", program.display()))?;
    // One line: it becomes one line of the report.
    Ok(String::from_utf8_lossy(&output.stdout).lines().collect::<Vec<_>>().join("; "))
}

/// Reads standard output up to the line with the address, and keeps emptying it afterwards.
async fn address_of(child: &mut Child) -> Result<String> {
    let stdout = child.stdout.take().context("the server has no standard output")?;
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, address)) = line.split_once(LISTENING) {
            let address = address.split_whitespace().next().unwrap_or_default().to_owned();
            // Nobody must ever wait for us to read.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(address);
        }
    }
    bail!("the server ended without saying where it listens")
}

/// Reads the log to its end, and finds the lines that say how the model is computed and who waits to take over.
fn follow(log: ChildStderr, complaints: Complaints) -> Log {
    let (found, computing) = oneshot::channel();
    let (waits, standby) = watch::channel(None);
    tokio::spawn(async move {
        let mut found = Some(found);
        let mut lines = BufReader::new(log).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let said = line.split_once("computing with ").map(|(_, rest)| format!("computing with {rest}"));
            if let Some(said) = said
                && let Some(found) = found.take()
            {
                // Whoever asked may be gone: the server did not start.
                let _ = found.send(said);
            } else if let Some(pid) = waiting_standby(&line) {
                waits.send_replace(Some(pid));
            } else if complaints == Complaints::Shown && (line.contains("WARN") || line.contains("ERROR")) {
                crate::say(&line);
            }
        }
    });
    Log { computing, standby }
}

/// The process id in the line about a second engine.
fn waiting_standby(line: &str) -> Option<u32> {
    let (_, facts) = line.split_once(STANDBY_WAITS)?;
    facts.split_whitespace().find_map(|fact| fact.strip_prefix("pid="))?.parse().ok()
}

async fn wait_until_ready(address: &str) -> Result<()> {
    loop {
        if let Ok((StatusCode::OK, _)) = client::get_json(address, "/ready").await {
            return Ok(());
        }
        tokio::time::sleep(READY_POLL).await;
    }
}

// === impl ConfigFile ===

impl ConfigFile {
    fn write(text: &str) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("dragon-bench-{}-{number}.toml", std::process::id()));
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for ConfigFile {
    fn drop(&mut self) {
        // Left behind it would be a small file in a folder for such files.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_who_waits_to_take_over() {
        let line = "2026-01-01T00:00:00Z  INFO dragon_supervisor::standby: a second engine waits to take over pid=42";
        assert_eq!(waiting_standby(line), Some(42));
        assert_eq!(waiting_standby("INFO dragon_supervisor::life: engine started model=\"m\" pid=42"), None);
    }
}
