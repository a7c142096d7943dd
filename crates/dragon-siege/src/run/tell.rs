//! The way out of a run.

use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use crate::observation::Observation;

/// Tells whoever counts.
#[derive(Debug, Clone)]
pub(super) struct Tell {
    sender: Sender<Observation>,
    stop: CancellationToken,
}

// === impl Tell ===

impl Tell {
    pub(super) fn new(sender: Sender<Observation>, stop: CancellationToken) -> Self {
        Self { sender, stop }
    }

    /// Waits where the one who counts is behind: shots come slower then, and no shot is forgotten. Where nobody counts
    /// any more, there is no use in further shots.
    pub(super) async fn that(&self, observation: Observation) {
        if self.sender.send(observation).await.is_err() {
            self.stop.cancel();
        }
    }
}
