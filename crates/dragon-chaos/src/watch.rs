//! Looks at `/ready` over one connection that stays open, so that looking often costs little.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result};
use dragon_testkit::harness::{read_response, request};
use rustix::process::Pid;
use serde_json::Value;

/// The longest that one look may take: `/ready` computes nothing.
const LOOK_MAX: Duration = Duration::from_secs(5);

/// What `/ready` says about the only model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// Such as `ready` or `restarting`.
    pub(crate) state: String,
    /// The engine's process, where there is one.
    pub(crate) pid: Option<i32>,
    /// Sequences that run.
    pub(crate) n_running: u64,
    /// Starts after the first.
    pub(crate) n_restarts: u64,
}

/// Whoever looks.
#[derive(Debug)]
pub(crate) struct Watcher {
    address: SocketAddr,
    connection: Option<TcpStream>,
}

// === impl Watcher ===

impl Watcher {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, connection: None }
    }

    /// Looks once.
    pub(crate) fn look(&mut self) -> Result<Look> {
        // A connection that was idle for long may have been closed: once more on a new one.
        let response = match self.connection.take() {
            Some(connection) => self.exchange(connection).or_else(|_| self.exchange_anew()),
            None => self.exchange_anew(),
        };
        Look::read(&response.context("/ready does not answer")?).context("/ready is not as documented")
    }

    fn exchange_anew(&mut self) -> Result<Value> {
        let connection = TcpStream::connect_timeout(&self.address, LOOK_MAX)?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(LOOK_MAX))?;
        self.exchange(connection)
    }

    fn exchange(&mut self, mut connection: TcpStream) -> Result<Value> {
        connection.write_all(&request(
            self.address,
            "GET",
            "/ready",
            &[("connection", "keep-alive")],
            b"",
        ))?;
        let response = read_response(&connection)?;
        self.connection = Some(connection);
        Ok(serde_json::from_slice(&response.body)?)
    }
}

// === impl Look ===

impl Look {
    fn read(document: &Value) -> Option<Self> {
        let model = document.pointer("/models/0")?;
        Some(Self {
            state: model.get("state")?.as_str()?.to_owned(),
            pid: model.get("pid").and_then(Value::as_i64).and_then(|pid| i32::try_from(pid).ok()),
            n_running: model.get("busy_slots")?.as_u64()?,
            n_restarts: model.get("restarts")?.as_u64()?,
        })
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.state == "ready"
    }

    /// The engine's process as something that can be signalled.
    pub(crate) fn process(&self) -> Option<Pid> {
        self.pid.and_then(Pid::from_raw)
    }
}
