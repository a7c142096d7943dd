//! What the live screen shows: a copy of the counts, made a few times a second by the tally. Nobody who sends waits for
//! it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::report::model::{Counts, Latency, Second};

/// The counts at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// On the run's clock.
    pub at: Duration,
    /// In words: `phase 2 of 5: overload`.
    pub stage: String,
    /// How far this stage is, 0 to 1.
    pub progress: f64,
    /// The current stage, attacks together.
    pub attack: Counts,
    /// Their latency.
    pub latency: Latency,
    /// The current stage, the bystander.
    pub bystander: Counts,
    /// Its latency.
    pub bystander_latency: Latency,
    /// Requests on their way.
    pub n_open: u64,
    /// The last minutes second by second, all stages.
    pub timeline: Vec<Second>,
    /// Resident memory of the target, bytes, the last minutes.
    pub memory: Vec<u64>,
    /// Engines struck so far.
    pub n_strikes: u64,
    /// The latest faults in words.
    pub latest_faults: Vec<String>,
    /// It is the last one.
    pub is_over: bool,
}

/// Where the newest snapshot lies. Only tally and screen touch it.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<Arc<Snapshot>>>);

// === impl Board ===

impl Board {
    /// Puts a newer one there.
    pub fn show(&self, snapshot: Snapshot) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
    }

    /// The newest one.
    #[must_use]
    pub fn look(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
