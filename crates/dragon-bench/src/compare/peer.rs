//! The other server: llama.cpp's own.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hyper::StatusCode;
use tokio::process::{Child, Command};

use super::cases::Group;
use crate::client;

/// The longest that its start may take.
const START_MAX: Duration = Duration::from_secs(120);
/// Pause between two questions whether it is ready.
const POLL: Duration = Duration::from_millis(50);

/// A running peer. Killed when dropped.
#[derive(Debug)]
pub(super) struct Peer {
    child: Child,
    pub(super) address: String,
}

// === impl Peer ===

impl Peer {
    /// Starts it with the same model, threads, slots and context; everything else is its own default.
    pub(super) async fn start(program: &Path, model: &Path, threads: u32, group: &Group) -> Result<Self> {
        // Free a moment ago; if somebody else takes it now, the start fails and says so.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let n_ctx = (group.n_slots * group.n_ctx).to_string();
        let mut child = Command::new(program)
            .arg("--model")
            .arg(model)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--threads", &threads.to_string(), "--parallel", &group.n_slots.to_string()])
            .args(["--ctx-size", &n_ctx])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let address = format!("http://127.0.0.1:{port}");
        tokio::time::timeout(START_MAX, ready(&address, &mut child))
            .await
            .context("the peer is not ready")??;
        Ok(Self { child, address })
    }

    /// Ends it.
    pub(super) async fn stop(mut self) -> Result<()> {
        self.child.kill().await.context("the peer cannot be ended")
    }
}

async fn ready(address: &str, child: &mut Child) -> Result<()> {
    loop {
        if let Ok((StatusCode::OK, _)) = client::get_json(address, "/health").await {
            return Ok(());
        }
        ensure!(child.try_wait()?.is_none(), "the peer ended by itself; start it by hand to see why");
        tokio::time::sleep(POLL).await;
    }
}

/// The line with which it names its version.
pub(super) async fn version(program: &Path) -> Result<String> {
    let output = Command::new(program).arg("--version").output().await;
    let output = output.with_context(|| format!("cannot run {}", program.display()))?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok(text.lines().find(|line| line.starts_with("version")).unwrap_or("unknown").to_owned())
}
