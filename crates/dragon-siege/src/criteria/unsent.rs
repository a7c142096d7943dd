//! What the tool itself never sent.

use super::{Key, report};
use crate::report::model::{CriterionReport, PhaseReport};
use crate::words::grouped;

/// Where shots were due that the tool could not send, nobody knows whether they would have been answered in time: then
/// what holds for the others cannot be judged. What they broke is broken all the same.
pub(super) fn left_open(criterion: CriterionReport, phase: &PhaseReport) -> CriterionReport {
    let n_unsent = phase.shots.n_unsent;
    if n_unsent == 0 || criterion.key != Key::InDeadline.word() || criterion.holds != Some(true) {
        return criterion;
    }
    let text = format!(
        "{}; {} more were due and never sent, because too many were on their way",
        criterion.text,
        grouped(n_unsent)
    );
    report(Key::InDeadline, None, text)
}
