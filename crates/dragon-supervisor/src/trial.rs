//! A suspect that runs alone, and when it has held out for long enough. Pure.

use std::time::{Duration, Instant};

use crate::blame::Fingerprint;

/// New tokens with which a suspect has passed: it failed before the first of them, twice.
const N_TOKENS_TO_PASS: usize = 8;

/// A suspect that works for this long without harm has passed too, so that others do not wait for a long prompt.
const LONGEST_TRIAL: Duration = Duration::from_secs(2);

/// One suspect, alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trial {
    id: u64,
    who: Fingerprint,
    n_produced_before: usize,
    began_at: Instant,
}

/// How a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TrialEnd {
    NotYet,
    /// It does no harm.
    Passed(Fingerprint),
    /// It went before that was known.
    Left,
}

// === impl Trial ===

impl Trial {
    /// The generation or tokenization of this name, which had produced so many tokens.
    pub(crate) fn new(id: u64, who: Fingerprint, n_produced_before: usize, now: Instant) -> Self {
        Self { id, who, n_produced_before, began_at: now }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn who(&self) -> Fingerprint {
        self.who
    }

    /// Asked only when the engine has just done something: one that hangs passes no trial by waiting.
    pub(crate) fn judge(&self, is_here: bool, n_produced: Option<usize>, now: Instant) -> TrialEnd {
        let n_new = n_produced.unwrap_or(0).saturating_sub(self.n_produced_before);
        if !is_here {
            TrialEnd::Left
        } else if n_new >= N_TOKENS_TO_PASS || now.saturating_duration_since(self.began_at) >= LONGEST_TRIAL {
            TrialEnd::Passed(self.who)
        } else {
            TrialEnd::NotYet
        }
    }
}
