//! What the outside may know about an engine: its state, its progress, its health.

use std::time::{Duration, Instant};

use dragon_ipc::{Heartbeat, Ready};

/// Where an engine is in its life. The supervisor alone moves it:
/// `Starting -> Ready -> Ending -> Down -> Starting ...`, `Starting -> Down`, and anything `-> Stopped`. From `Ending` it
/// goes straight to `Ready` where a standby takes over, and from `Down` to `Broken -> Ready` where failures have no end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineState {
    /// The process is being started or loads its model.
    Starting,
    /// In service.
    Ready(Ready),
    /// The connection is lost. The process is ended and reaped, which takes milliseconds, or a second when
    /// it does not end by itself.
    Ending,
    /// The process is gone.
    Down {
        /// How long after this state was entered the next start follows.
        restart_in: Duration,
        /// Failures since the server started, this one included.
        n_failures: u32,
        /// How the last process ended and what to do about it.
        last: String,
    },
    /// It failed so often that it is left alone for a while: nobody waits for it. It is tried in secret now and then, and is
    /// `Ready` once it has answered a prompt of ours.
    Broken {
        /// How long after this state was entered it is tried.
        retry_in: Duration,
        /// Failures since the server started.
        n_failures: u32,
        /// How the last process ended and what to do about it.
        last: String,
    },
    /// Ended for good, because the server stops.
    Stopped,
}

/// What was last heard of an engine process.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    /// Of the running process; `None` between two.
    pub pid: Option<u32>,
    /// Processes started.
    pub n_starts: u32,
    /// The last heartbeat of the running process.
    pub heartbeat: Option<Heard>,
    /// When a step of the running process was last seen to have finished, or to go on.
    pub last_step_at: Option<Instant>,
    /// Since when there is always something to generate; `None` while there is nothing.
    pub busy_since: Option<Instant>,
    /// Mean duration of a decode or prefill call, recent ones counting more. Kept over restarts.
    pub mean_step: Option<Duration>,
}

/// A heartbeat and the time of its arrival.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard {
    /// What it said.
    pub heartbeat: Heartbeat,
    /// When it arrived.
    pub at: Instant,
}

/// Whether an engine does its work: "ready" is what its progress shows, not what it says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// In service, and steps follow each other where there is work.
    Good,
    /// Not in service: starting, down or stopped.
    NotReady,
    /// No heartbeat for this long.
    Silent(Duration),
    /// Work is waiting and no step has finished for this long.
    Stuck(Duration),
}

/// An engine that sends no heartbeat for this long is in trouble: four heartbeats lost.
const SILENT_AFTER: Duration = Duration::from_secs(2);

/// No step within this time is trouble, however fast steps usually are: a busy machine can hold up one step.
const STUCK_AFTER: Duration = Duration::from_secs(1);

/// No step within this many times the usual one is trouble on slow machines.
const N_USUAL_STEPS: u32 = 8;

/// Weight of the newest interval in the mean step time, in 1/n. Heartbeats come twice a second, so the mean
/// follows a change within about two seconds.
const NEWEST_WEIGHT: u32 = 4;

// === impl Progress ===

impl Progress {
    /// Whether anything is being generated or waits in the engine.
    pub fn has_pending_work(&self) -> bool {
        self.busy_since.is_some()
    }

    /// Processes started after the first.
    pub fn n_restarts(&self) -> u32 {
        self.n_starts.saturating_sub(1)
    }

    /// Judges an engine that is in service.
    pub(crate) fn health(&self, ready_at: Instant, now: Instant) -> Health {
        let heard_at = self.heartbeat.map_or(ready_at, |heard| heard.at.max(ready_at));
        let silent_for = now.saturating_duration_since(heard_at);
        if silent_for > SILENT_AFTER {
            return Health::Silent(silent_for);
        }
        let Some(busy_since) = self.busy_since else {
            return Health::Good;
        };
        let moved_at = self.last_step_at.map_or(busy_since, |at| at.max(busy_since));
        let stuck_for = now.saturating_duration_since(moved_at);
        let patience = STUCK_AFTER.max(self.mean_step.unwrap_or_default().saturating_mul(N_USUAL_STEPS));
        if stuck_for > patience { Health::Stuck(stuck_for) } else { Health::Good }
    }

    /// A new process was started: what the old one did is no news of this one.
    pub(crate) fn begin(&mut self, pid: u32) {
        let n_starts = self.n_starts.saturating_add(1);
        *self = Self { pid: Some(pid), n_starts, mean_step: self.mean_step, ..Self::default() };
    }

    /// A step has finished.
    pub(crate) fn stepped(&mut self, at: Instant) {
        self.last_step_at = Some(at);
    }

    /// A heartbeat has arrived. It shows steps too, of which not each sends a message of its own; whether it did.
    pub(crate) fn heard(&mut self, heartbeat: Heartbeat, at: Instant) -> bool {
        let before = self.heartbeat.map(|heard| heard.heartbeat).unwrap_or_default();
        let n_new_steps = heartbeat.n_steps.saturating_sub(before.n_steps);
        let spent_us = busy_us(&heartbeat).saturating_sub(busy_us(&before));
        // No new steps: no news of their duration either.
        if let Some(newest_us) = spent_us.checked_div(n_new_steps) {
            self.stepped(at);
            self.mean_step = Some(blend(self.mean_step, Duration::from_micros(newest_us), NEWEST_WEIGHT));
        }
        // A long call goes on.
        if heartbeat.n_pulses > before.n_pulses {
            self.stepped(at);
        }
        self.heartbeat = Some(Heard { heartbeat, at });
        n_new_steps > 0
    }
}

fn busy_us(heartbeat: &Heartbeat) -> u64 {
    heartbeat.prefill_us.saturating_add(heartbeat.decode_us)
}

/// A moving mean in which the newest value has a weight of 1/n.
pub fn blend(mean: Option<Duration>, newest: Duration, n: u32) -> Duration {
    mean.map_or(newest, |mean| mean.saturating_mul(n - 1).saturating_add(newest) / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn beat(n_steps: u64, decode_us: u64) -> Heartbeat {
        Heartbeat { n_steps, decode_us, ..Heartbeat::default() }
    }

    #[test]
    fn the_mean_step_follows_the_newest_heartbeats() {
        let mut progress = Progress::default();
        progress.heard(beat(10, 100_000), Instant::now());
        assert_eq!(progress.mean_step, Some(Duration::from_millis(10)));
        progress.heard(beat(20, 100_000 + 500_000), Instant::now());
        assert_eq!(progress.mean_step, Some(Duration::from_millis(20)));
    }

    #[test]
    fn a_heartbeat_without_steps_leaves_the_mean_alone() {
        let mut progress = Progress::default();
        progress.heard(beat(10, 100_000), Instant::now());
        let stepped_at = progress.last_step_at;
        progress.heard(beat(10, 100_000), Instant::now());
        assert_eq!(progress.mean_step, Some(Duration::from_millis(10)));
        assert_eq!(progress.last_step_at, stepped_at);
    }

    #[test]
    fn a_long_call_that_goes_on_is_progress_and_no_step() {
        let (mut progress, at) = (Progress::default(), Instant::now());
        let pulsing = |n_pulses| Heartbeat { n_pulses, ..beat(1, 0) };
        assert!(progress.heard(pulsing(7), at));
        assert!(!progress.heard(pulsing(8), at + SECOND));
        assert_eq!(progress.last_step_at, Some(at + SECOND));
        assert!(!progress.heard(pulsing(8), at + SECOND * 2));
        assert_eq!(progress.last_step_at, Some(at + SECOND), "it hangs");
    }

    #[test]
    fn a_new_process_starts_with_no_news_but_the_speed_of_the_old() {
        let mut progress = Progress::default();
        progress.begin(10);
        progress.heard(beat(10, 100_000), Instant::now());
        progress.begin(11);
        assert_eq!((progress.pid, progress.n_restarts()), (Some(11), 1));
        assert_eq!((progress.heartbeat, progress.last_step_at), (None, None));
        assert_eq!(progress.mean_step, Some(Duration::from_millis(10)));
    }

    #[test]
    fn silence_is_noticed_also_when_no_heartbeat_ever_came() {
        let ready_at = Instant::now();
        let progress = Progress::default();
        assert_eq!(progress.health(ready_at, ready_at + SECOND), Health::Good);
        assert_eq!(progress.health(ready_at, ready_at + SECOND * 3), Health::Silent(SECOND * 3));
    }

    #[test]
    fn an_idle_engine_needs_no_steps_and_a_busy_one_does() {
        let start = Instant::now();
        let now = start + SECOND * 10;
        let mut progress =
            Progress { heartbeat: Some(Heard { heartbeat: beat(0, 0), at: now }), ..Progress::default() };
        assert_eq!(progress.health(start, now), Health::Good);
        progress.busy_since = Some(now - SECOND * 2);
        assert_eq!(progress.health(start, now), Health::Stuck(SECOND * 2));
        progress.last_step_at = Some(now - SECOND / 2);
        assert_eq!(progress.health(start, now), Health::Good);
    }

    #[test]
    fn slow_steps_get_more_patience() {
        let start = Instant::now();
        let now = start + SECOND * 10;
        let progress = Progress {
            heartbeat: Some(Heard { heartbeat: beat(0, 0), at: now }),
            busy_since: Some(now - SECOND * 3),
            mean_step: Some(SECOND / 2),
            ..Progress::default()
        };
        assert_eq!(progress.health(start, now), Health::Good);
        assert_eq!(progress.health(start, now + SECOND), Health::Good);
        assert_eq!(progress.health(start, now + SECOND * 2), Health::Stuck(SECOND * 5));
    }
}
