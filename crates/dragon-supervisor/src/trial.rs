//! A suspect that runs alone, and when it has held out for long enough. Pure.

use std::time::{Duration, Instant};

use crate::blame::Fingerprint;

/// New tokens with which a suspect has passed: it failed before the first of them, twice.
const N_TOKENS_TO_PASS: usize = 8;

/// A suspect that works for so long after it came to the place where it failed before has passed too.
const LONGEST_WORK: Duration = Duration::from_secs(2);

/// Longer than this nobody waits for the trial of another, whatever it does: half of the default deadline.
const LONGEST_TRIAL: Duration = Duration::from_secs(5);

/// One suspect, alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trial {
    id: u64,
    who: Fingerprint,
    n_produced_before: usize,
    /// When the engine first did something in it.
    began_at: Option<Instant>,
    /// When it came to where it failed before.
    at_work_since: Option<Instant>,
}

/// How far the suspect has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Conduct {
    pub(crate) n_produced: usize,
    /// Whether its prompt has been read.
    pub(crate) is_prefilled: bool,
}

// === impl Trial ===

impl Trial {
    /// The generation or tokenization of this name, which had produced so many tokens.
    pub(crate) fn new(id: u64, who: Fingerprint, n_produced_before: usize) -> Self {
        Self { id, who, n_produced_before, began_at: None, at_work_since: None }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn who(&self) -> Fingerprint {
        self.who
    }

    /// Whether it has passed. Asked only when the engine has just done something: one that hangs passes no trial by
    /// waiting.
    pub(crate) fn is_passed(&mut self, conduct: Conduct, now: Instant) -> bool {
        let n_new = conduct.n_produced.saturating_sub(self.n_produced_before);
        // What it had produced is fed to it first.
        let is_at_work = n_new > 0 || (self.n_produced_before == 0 && conduct.is_prefilled);
        if is_at_work {
            self.at_work_since.get_or_insert(now);
        }
        let began_at = self.began(now);
        let passed =
            |since: Option<Instant>| since.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        n_new >= N_TOKENS_TO_PASS
            || passed(self.at_work_since) >= LONGEST_WORK
            || passed(Some(began_at)) >= LONGEST_TRIAL
    }

    /// Whether others have waited for too long, although nothing is known yet.
    pub(crate) fn is_overdue(&mut self, now: Instant) -> bool {
        now.saturating_duration_since(self.began(now)) >= LONGEST_TRIAL
    }

    fn began(&mut self, now: Instant) -> Instant {
        *self.began_at.get_or_insert(now)
    }
}
