//! Starts the server that is measured, and stops it again.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use hyper::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

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
        let version = version_of(program).await?;
        let started = Instant::now();
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--deadline-ms", DEADLINE_MS])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let pid = child.id().context("the server ended at once")?;
        let wait = async {
            let address = address_of(&mut child).await?;
            wait_until_ready(&address).await?;
            anyhow::Ok(address)
        };
        let address =
            tokio::time::timeout(START_MAX, wait).await.context("the server did not become ready")??;
        let start_to_ready = started.elapsed();
        tokio::time::sleep(SETTLE).await;
        Ok(Self { child, pid, address, start_to_ready, idle_memory: Memory::of(pid), version })
    }

    /// What is known before any load.
    pub(crate) fn figures(&self) -> ServerFigures {
        ServerFigures {
            version: self.version.clone(),
            start_to_ready: self.start_to_ready,
            idle_memory: self.idle_memory,
        }
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

async fn wait_until_ready(address: &str) -> Result<()> {
    loop {
        if let Ok((StatusCode::OK, _)) = client::get_json(address, "/ready").await {
            return Ok(());
        }
        tokio::time::sleep(READY_POLL).await;
    }
}
