//! What became of all requests together.

use std::collections::BTreeMap;
use std::time::Duration;

use dragon_chaos::check::{Difference, Fault, History, Outcome, Verdict};

/// Faults that are told in full: a log must be enough to see what they have in common.
const TOLD_MAX: usize = 12;

/// Counts over all answers.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) history: History,
    pub(crate) n_answers: u64,
    /// Complete, with the undisturbed text, and with nothing wrong.
    pub(crate) n_undisturbed: u64,
    /// With the undisturbed text, whatever else.
    pub(crate) n_reference_text: u64,
    /// Complete, whatever the text.
    pub(crate) n_complete: u64,
    pub(crate) n_fallback: u64,
    pub(crate) n_unanswered: u64,
    /// Restarts that answers lived through, all together.
    pub(crate) n_replays: u64,
    /// Answers that lived through at least one.
    pub(crate) n_replayed: u64,
    /// Of these, those that were complete with the undisturbed text.
    pub(crate) n_replayed_undisturbed: u64,
    /// The most restarts that one answer lived through.
    pub(crate) most_replays: u64,
    /// How many answers joined another's generation.
    pub(crate) n_shared: u64,
    /// By outcome and reason.
    pub(crate) outcomes: BTreeMap<String, u64>,
    /// Answers with a fault of this kind.
    pub(crate) faults: BTreeMap<&'static str, u64>,
    /// The first faults in full.
    pub(crate) told: Vec<String>,
    /// Wrong texts by the way in which they are wrong.
    pub(crate) differences: BTreeMap<Difference, u64>,
    /// Wrong texts that rounding cannot explain: anything but other words, and other words where no engine died.
    pub(crate) n_unexplained: u64,
    /// Where other words began after a replay, and how often.
    pub(crate) forks: BTreeMap<Fork, u64>,
    /// The longest silences in streams.
    pub(crate) gaps: Vec<(Duration, Duration)>,
    /// How long answers took, in milliseconds.
    pub(crate) took_ms: Vec<f64>,
}

/// A place where an answer went on with other words than undisturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fork {
    /// Number of the request.
    pub(crate) case: usize,
    /// Which choice.
    pub(crate) choice: usize,
    /// So many bytes are as undisturbed.
    pub(crate) n_right: usize,
}

// === impl Tally ===

impl Tally {
    /// Counts an answer to the case of this number.
    pub(crate) fn add(&mut self, case: usize, verdict: &Verdict) {
        self.n_answers += 1;
        self.n_undisturbed += u64::from(verdict.is_as_if_nothing_had_happened());
        self.n_reference_text += u64::from(verdict.is_reference);
        self.n_unanswered += u64::from(verdict.is_unanswered());
        self.took_ms.push(verdict.took.as_secs_f64() * 1e3);
        self.gaps.extend(verdict.worst_gap);
        if let Some(label) = &verdict.label {
            let reason = label.reason.as_ref().map_or(String::new(), |reason| format!("/{reason}"));
            *self.outcomes.entry(format!("{}{reason}", label.outcome.as_str())).or_default() += 1;
            self.n_complete += u64::from(label.outcome == Outcome::Complete);
            self.n_fallback += u64::from(label.outcome == Outcome::Fallback);
            self.n_shared += u64::from(label.shared);
            self.n_replays += label.replays;
            self.most_replays = self.most_replays.max(label.replays);
            if label.replays > 0 {
                self.n_replayed += 1;
                self.n_replayed_undisturbed += u64::from(verdict.is_as_if_nothing_had_happened());
            }
        }
        let mut kinds: Vec<&str> = verdict.faults.iter().map(Fault::kind).collect();
        kinds.dedup();
        for kind in kinds {
            *self.faults.entry(kind).or_default() += 1;
        }
        for fault in &verdict.faults {
            self.add_fault(case, verdict, fault);
        }
    }

    fn add_fault(&mut self, case: usize, verdict: &Verdict, fault: &Fault) {
        if self.told.len() < TOLD_MAX {
            let outcome = verdict.outcome().map_or("without a label", Outcome::as_str);
            let n_replays = verdict.label.as_ref().map_or(0, |label| label.replays);
            let shared =
                if verdict.label.as_ref().is_some_and(|label| label.shared) { ", shared" } else { "" };
            self.told.push(format!("case {case} ({outcome}, {n_replays} replays{shared}): {fault}"));
        }
        let Fault::WrongText { choice, n_right, difference } = *fault else { return };
        *self.differences.entry(difference).or_default() += 1;
        if difference == Difference::Other && verdict.may_be_resumed() {
            *self.forks.entry(Fork { case, choice, n_right }).or_default() += 1;
        } else {
            self.n_unexplained += 1;
        }
    }

    /// Answers with a fault of this kind.
    pub(crate) fn n_with(&self, kind: &str) -> u64 {
        self.faults.get(kind).copied().unwrap_or(0)
    }

    /// So many of a hundred answers.
    pub(crate) fn percent(&self, n: u64) -> f64 {
        percent(n, self.n_answers)
    }
}

/// `part` of `whole` in percent; 0 of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}
