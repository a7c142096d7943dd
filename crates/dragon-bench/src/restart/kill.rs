//! Kills the engine of a server, and sees when another one is ready.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hyper::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::Standby;
use crate::client;
use crate::server::OwnServer;

/// Pause between two looks at `/ready`: the precision of what is measured, and as rare as that allows, since each look takes
/// time from the engine that is awaited.
const LOOK: Duration = Duration::from_millis(2);
/// A server that takes longer has failed.
const READY_MAX: Duration = Duration::from_secs(20);

/// A server whose engines are killed.
#[derive(Debug)]
pub(super) struct Victim<'a> {
    pub(super) server: &'a OwnServer,
    pub(super) standby: Standby,
}

// === impl Victim ===

impl Victim<'_> {
    /// Waits until all is as it should be before a kill, and returns the process that serves.
    pub(super) async fn at_its_post(&self) -> Result<u32> {
        let serving = self.until_ready(None).await?;
        if self.standby == Standby::On {
            self.server.standby_beside(serving).await?;
        }
        Ok(serving)
    }

    /// Kills process `serving` and returns the time until another one is ready.
    pub(super) async fn kill(&self, serving: u32) -> Result<Duration> {
        let pid =
            i32::try_from(serving).ok().and_then(Pid::from_raw).context("an engine has no process id")?;
        let killed_at = Instant::now();
        kill_process(pid, Signal::KILL).context("the engine cannot be killed")?;
        self.until_ready(Some(serving)).await?;
        Ok(killed_at.elapsed())
    }

    /// Waits until an engine other than `lost` is ready.
    async fn until_ready(&self, lost: Option<u32>) -> Result<u32> {
        let wait = async {
            loop {
                let (status, document) = client::get_json(&self.server.address, "/ready").await?;
                let serving = serving(&document).filter(|pid| Some(*pid) != lost);
                if let (StatusCode::OK, Some(pid)) = (status, serving) {
                    return anyhow::Ok(pid);
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(READY_MAX, wait).await.context("no engine became ready again")?
    }
}

/// The engine process that `/ready` names.
fn serving(document: &Value) -> Option<u32> {
    document.pointer("/models/0/pid").and_then(Value::as_u64).and_then(|pid| u32::try_from(pid).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_process_that_serves_is_read() {
        assert_eq!(serving(&json!({"status": "ready", "models": [{"pid": 42}]})), Some(42));
        assert_eq!(serving(&json!({"status": "ready", "models": [{}]})), None);
    }
}
