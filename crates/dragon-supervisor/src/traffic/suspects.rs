//! Who is suspected, tried and kept out when engines fail by their own fault.

use std::cmp::Reverse;
use std::time::Instant;

use dragon_ipc::GenerationId;

use super::{Order, Traffic};
use crate::blame::Fingerprint;
use crate::error::EngineError;
use crate::inflight::InFlight;
use crate::trial::Trial;

// === impl Traffic ===

impl Traffic {
    /// An engine failed by its own fault while it worked on these. Whoever is found guilty ends, and is kept out for a
    /// while. Whether anybody was.
    pub(crate) fn blame(&mut self, suspects: &[Fingerprint], now: Instant) -> bool {
        let Some(culprit) = self.blame.failed(now, suspects) else { return false };
        let guilty = self.generations.extract_if(|_, in_flight| in_flight.fingerprint == culprit);
        for (_, in_flight) in guilty {
            in_flight.end(EngineError::Quarantined);
        }
        self.calls.end(Some(culprit), &EngineError::Quarantined);
        true
    }

    /// Nobody is suspected or kept out any more.
    pub(crate) fn forgive(&mut self) {
        self.blame.forgive();
    }

    /// What a generation asks, if it is in flight.
    pub(crate) fn fingerprint_of(&self, id: GenerationId) -> Option<Fingerprint> {
        self.generations.get(&id).map(|in_flight| in_flight.fingerprint)
    }

    /// The engine has finished a step. A suspect that has held out for long enough is let off.
    pub(crate) fn progressed(&mut self, now: Instant) {
        self.departed.progressed();
        self.rest_if_idle();
        let Some(trial) = &mut self.trial else { return };
        let conduct = self.generations.get(&trial.id()).map(InFlight::conduct);
        if conduct.is_some_and(|conduct| trial.is_passed(conduct, now)) {
            self.blame.acquit(trial.who());
            self.next_trial();
        }
    }

    /// The engine lives, and says how many sequences it holds.
    pub(crate) fn heard(&mut self, n_busy_slots: u32, now: Instant) {
        if n_busy_slots == 0 {
            self.departed.clear();
            self.rest_if_idle();
        }
        // A text makes no steps, so nothing else would end the trial of one that is never answered.
        if let Some(trial) = &mut self.trial
            && self.calls.contains(trial.id())
            && trial.is_overdue(now)
        {
            self.next_trial();
        }
    }

    /// Whether others can be sent since a trial has ended; said once.
    pub(crate) fn has_released(&mut self) -> bool {
        std::mem::take(&mut self.has_released)
    }

    pub(super) fn rest_if_idle(&mut self) {
        if self.generations.is_empty() && self.departed.is_empty() {
            self.busy_since = None;
        }
    }

    /// The worst of the suspects that wait to be sent has to run alone; with none left, everyone runs.
    ///
    /// Those that have passed run on beside the next one. Where that one fails then, it has been there more often than they
    /// have, and is the first, and alone, after the restart.
    pub(super) fn next_trial(&mut self) {
        self.has_released = true;
        let suspects = self.orders.iter().filter_map(|order| {
            let (id, who, n_produced) = match *order {
                Order::Cancel(_) => return None,
                Order::Start(id) => {
                    let in_flight = self.generations.get(&id)?;
                    (id, in_flight.fingerprint, in_flight.n_produced())
                }
                Order::Tokenize(id) => (id, self.calls.fingerprint(id)?, 0),
            };
            self.blame.must_run_alone(who).then(|| Trial::new(id, who, n_produced))
        });
        self.trial = suspects.max_by_key(|trial| (self.blame.n_failures(trial.who()), Reverse(trial.id())));
    }

    pub(super) fn keep_out(&mut self, who: Fingerprint, now: Instant) -> Result<(), EngineError> {
        self.blame.quarantined_for(now, who).map_or(Ok(()), |_| Err(EngineError::Quarantined))
    }

    /// The trial of whoever is here no more is over.
    pub(super) fn end_trial_without(&mut self, id: u64) {
        let is_here = self.generations.contains_key(&id) || self.calls.contains(id);
        if !is_here && self.trial.is_some_and(|trial| trial.id() == id) {
            self.next_trial();
        }
    }
}
