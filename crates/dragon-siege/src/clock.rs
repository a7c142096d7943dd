//! The one clock of a run. Every time of this crate counts from its start.

use std::time::Duration;

use tokio::time::Instant;

/// Time since the run began.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

// === impl Clock ===

impl Clock {
    /// The run begins now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has run.
    #[must_use]
    pub fn now(self) -> Duration {
        self.0.elapsed()
    }

    /// The same moment for timers.
    #[must_use]
    pub fn instant(self, at: Duration) -> Instant {
        self.0 + at
    }
}
