//! Whether an engine in service hangs. Pure: looks are given to it.
//!
//! Time counts against an engine only while it could have worked: not while its threads were ready to run and another
//! process had the core, and not while the server itself did not get to look.

use std::time::{Duration, Instant};

use dragon_ipc::CallId;

/// How often the engine is looked at. A hang is found so much later than its limit at the most.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(100);

/// More than this never passed between two looks, as far as the engine is concerned: a server that was stopped for a
/// minute has not heard a minute of silence.
const LONGEST_LOOK: Duration = LOOK_EVERY.saturating_mul(3);

/// What is seen of an engine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sight {
    /// When it was looked at.
    pub(crate) at: Instant,
    /// When its last heartbeat came.
    pub(crate) heard_at: Option<Instant>,
    /// When it last finished a step.
    pub(crate) stepped_at: Option<Instant>,
    /// Since when there is always something for it to do.
    pub(crate) busy_since: Option<Instant>,
    /// How long a step usually takes.
    pub(crate) usual_step: Duration,
    /// The short text that it has been tokenizing for the longest.
    pub(crate) oldest_text: Option<CallId>,
    /// For how long, of the time since the last look, it waited for a core.
    pub(crate) starved_for: Duration,
}

/// What is wrong with an engine that does not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hang {
    /// Its heartbeat stopped this long ago.
    Silent(Duration),
    /// It beats, there is work, and no step was finished for this long.
    Stuck(Duration),
    /// It has been tokenizing a short text for this long, which takes milliseconds.
    Mute(Duration),
}

/// Adds up for how long an engine has not moved.
#[derive(Debug)]
pub(crate) struct Watchdog {
    limit: Duration,
    last: Option<Sight>,
    silent_for: Duration,
    stuck_for: Duration,
    mute_for: Duration,
}

/// A step may take this many times the usual, however long that is.
const N_USUAL_STEPS: u32 = 8;

// === impl Watchdog ===

impl Watchdog {
    /// An engine that does not move for `limit` hangs.
    pub(crate) fn new(limit: Duration) -> Self {
        let [silent_for, stuck_for, mute_for] = [Duration::ZERO; 3];
        Self { limit, last: None, silent_for, stuck_for, mute_for }
    }

    /// Takes a look. Says what is wrong once it has lasted too long.
    pub(crate) fn look(&mut self, sight: Sight) -> Option<Hang> {
        let last = self.last.replace(sight)?;
        let passed = sight.at.saturating_duration_since(last.at).min(LONGEST_LOOK);
        let counted = passed.saturating_sub(sight.starved_for);
        let is_silent = sight.heard_at == last.heard_at;
        let is_stuck = sight.busy_since.is_some()
            && (sight.stepped_at, sight.busy_since) == (last.stepped_at, last.busy_since);
        let is_mute = sight.oldest_text.is_some() && sight.oldest_text == last.oldest_text;
        let longer = |so_far: Duration, goes_on: bool| {
            if goes_on { so_far.saturating_add(counted) } else { Duration::ZERO }
        };
        self.silent_for = longer(self.silent_for, is_silent);
        self.stuck_for = longer(self.stuck_for, is_stuck);
        self.mute_for = longer(self.mute_for, is_mute);
        let step_limit = self.limit.max(sight.usual_step.saturating_mul(N_USUAL_STEPS));
        if self.silent_for >= self.limit {
            Some(Hang::Silent(self.silent_for))
        } else if self.stuck_for >= step_limit {
            Some(Hang::Stuck(self.stuck_for))
        } else {
            (self.mute_for >= self.limit).then_some(Hang::Mute(self.mute_for))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(3);

    /// Looks at an engine for ten seconds and says after how long it was found to hang.
    fn found_after(see: impl Fn(Instant, Duration) -> Sight) -> Option<(Hang, Duration)> {
        let (mut watchdog, start) = (Watchdog::new(LIMIT), Instant::now());
        (0..100).map(|n_looks| LOOK_EVERY * n_looks).find_map(|after| {
            let hang = watchdog.look(see(start, after))?;
            Some((hang, after))
        })
    }

    fn beating(start: Instant, after: Duration) -> Sight {
        Sight {
            at: start + after,
            heard_at: Some(start + after),
            stepped_at: None,
            busy_since: None,
            usual_step: Duration::from_millis(10),
            oldest_text: None,
            starved_for: Duration::ZERO,
        }
    }

    #[test]
    fn an_idle_engine_that_beats_is_well() {
        assert_eq!(found_after(beating), None);
    }

    #[test]
    fn silence_is_found_at_its_limit() {
        let found = found_after(|start, after| Sight { heard_at: Some(start), ..beating(start, after) });
        assert_eq!(found, Some((Hang::Silent(LIMIT), LIMIT)));
    }

    #[test]
    fn work_without_steps_is_found_and_an_idle_time_before_does_not_count() {
        let found = found_after(|start, after| {
            let busy_since = (after >= LIMIT).then_some(start + LIMIT);
            Sight { busy_since, ..beating(start, after) }
        });
        assert_eq!(found, Some((Hang::Stuck(LIMIT), LIMIT * 2)));
    }

    #[test]
    fn steps_that_are_slow_get_more_time() {
        let slow = |usual_step| {
            found_after(move |start, after| Sight {
                busy_since: Some(start),
                usual_step,
                ..beating(start, after)
            })
        };
        assert_eq!(slow(Duration::from_secs(1)).unwrap().1, Duration::from_secs(8));
        assert_eq!(slow(Duration::from_millis(200)).unwrap().1, LIMIT);
    }

    #[test]
    fn a_text_that_is_never_answered_is_found_and_many_that_are_answered_are_not() {
        let with_text = |of: fn(Duration) -> CallId| {
            found_after(move |start, after| Sight { oldest_text: Some(of(after)), ..beating(start, after) })
        };
        assert_eq!(with_text(|_| 7), Some((Hang::Mute(LIMIT), LIMIT)));
        assert_eq!(with_text(|after| after.as_secs() * 10 / 25), None, "each takes two and a half seconds");
    }

    #[test]
    fn time_without_a_core_does_not_count() {
        let found = found_after(|start, after| Sight {
            heard_at: Some(start),
            starved_for: LOOK_EVERY / 2,
            ..beating(start, after)
        });
        assert_eq!(found.unwrap().1, LIMIT * 2);
    }

    #[test]
    fn a_server_that_was_stopped_does_not_blame_its_engine() {
        let (mut watchdog, start) = (Watchdog::new(LIMIT), Instant::now());
        let silent = |after| Sight { heard_at: Some(start), ..beating(start, after) };
        assert_eq!(watchdog.look(silent(Duration::ZERO)), None);
        assert_eq!(watchdog.look(silent(Duration::from_secs(60))), None);
        assert_eq!(watchdog.look(beating(start, Duration::from_millis(60_010))), None);
    }
}
