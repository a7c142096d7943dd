//! The one clock of a run, and the pulse of all streams together.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// Silences shorter than this are not worth remembering: streams pause for as long without any disturbance.
const SILENCE_MIN: Duration = Duration::from_millis(30);

/// Time since the run began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Instant);

/// When anything arrived on any stream last, and the silences between.
#[derive(Debug, Default)]
pub(crate) struct Pulse(Mutex<Beats>);

#[derive(Debug, Default)]
struct Beats {
    last: Option<Duration>,
    silences: Vec<(Duration, Duration)>,
}

// === impl Clock ===

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

// === impl Pulse ===

impl Pulse {
    /// Something arrived.
    pub(crate) fn beat(&self, at: Duration) {
        let mut beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Threads may come here in another order than they read.
        if let Some(last) = beats.last
            && at.saturating_sub(last) >= SILENCE_MIN
        {
            beats.silences.push((last, at));
        }
        beats.last = beats.last.max(Some(at));
    }

    /// From when to when nothing arrived.
    pub(crate) fn silences(&self) -> Vec<(Duration, Duration)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).silences.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silences_are_between_two_beats() {
        let pulse = Pulse::default();
        for ms in [10, 20, 100, 90, 101] {
            pulse.beat(Duration::from_millis(ms));
        }
        assert_eq!(pulse.silences(), [(Duration::from_millis(20), Duration::from_millis(100))]);
    }
}
