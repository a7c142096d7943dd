//! The columns of the scoreboard while they grow.

use crate::ask::Expects;
use crate::exchange::{HostileEnd, Reply};
use crate::judge::{Class, Fault, Outcome, Verdict};
use crate::report::model::Counts;

/// One more request.
pub(super) fn count(counts: &mut Counts, expects: &Expects, reply: &Reply, verdict: &Verdict) {
    counts.n += 1;
    counts.wanted += u64::from(match expects {
        Expects::Answer(_) => true,
        Expects::Either(_) => verdict.class != Class::Rejected,
        Expects::Rejection => false,
    });
    counts.checked += u64::from(verdict.is_checked);
    match verdict.class {
        Class::Served => counts.served += 1,
        Class::Refused => counts.refused += 1,
        Class::Rejected => counts.rejected += 1,
        Class::Faulty => counts.faulty += 1,
    }
    counts.empty += u64::from(verdict.is_empty);
    for (i, fault) in verdict.faults.iter().enumerate() {
        let is_first_of_its_kind =
            !verdict.faults.iter().take(i).any(|earlier| earlier.kind() == fault.kind());
        if is_first_of_its_kind {
            add_named(&mut counts.faults, fault.kind());
        }
    }
    if verdict.faults.iter().any(is_of_form) {
        counts.ill_formed += 1;
    }
    if let Some(outcome) = verdict.outcome {
        add_named(&mut counts.outcomes, word(outcome));
    }
    if let Reply::Response(response) = reply {
        let status = response.status.as_u16();
        match counts.statuses.iter_mut().find(|(known, _)| *known == status) {
            Some((_, n)) => *n += 1,
            None => counts.statuses.push((status, 1)),
        }
    }
}

/// One more hostile connection.
pub(super) fn count_hostile(counts: &mut Counts, end: &HostileEnd) {
    match end {
        HostileEnd::Left => add_named(&mut counts.hostile, "left"),
        HostileEnd::Answered(status) => add_named(&mut counts.hostile, &format!("answered {status}")),
        HostileEnd::Closed => add_named(&mut counts.hostile, "closed by the server"),
        HostileEnd::Unreachable(_) => add_named(&mut counts.hostile, "unreachable"),
    }
}

/// In the order of reports, whatever came first.
pub(super) fn in_order(mut counts: Counts) -> Counts {
    let place = |kind: &str| Fault::KINDS.iter().position(|known| *known == kind);
    counts.faults.sort_by_key(|(kind, _)| place(kind));
    let place = |outcome: &str| OUTCOMES.iter().position(|known| word(*known) == outcome);
    counts.outcomes.sort_by_key(|(outcome, _)| place(outcome));
    counts.statuses.sort_unstable();
    counts.hostile.sort();
    counts
}

const OUTCOMES: [Outcome; 4] = [Outcome::Complete, Outcome::Landed, Outcome::Partial, Outcome::Fallback];

/// A fault of the criterion `well_formed`.
const fn is_of_form(fault: &Fault) -> bool {
    matches!(fault, Fault::Malformed(_) | Fault::ErrorAsSuccess(_) | Fault::WrongStatus(_))
}

/// The label's own word.
const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "complete",
        Outcome::Landed => "landed",
        Outcome::Partial => "partial",
        Outcome::Fallback => "fallback",
    }
}

fn add_named(counts: &mut Vec<(String, u64)>, name: &str) {
    match counts.iter_mut().find(|(known, _)| known == name) {
        Some((_, n)) => *n += 1,
        None => counts.push((name.to_owned(), 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::{Endpoint, Wanted, Way};
    use crate::exchange::Silence;

    fn faulty(faults: Vec<Fault>) -> Verdict {
        Verdict {
            class: Class::Faulty,
            outcome: None,
            faults,
            n_tokens: 0,
            first_text: None,
            is_checked: false,
            is_empty: false,
            lacks_usage: false,
        }
    }

    #[test]
    fn a_kind_counts_once_per_request_and_several_kinds_all_count() {
        let mut counts = Counts::default();
        let malformed = || Fault::Malformed("no id".to_owned());
        let verdict = faulty(vec![malformed(), malformed(), Fault::WrongStatus(500)]);
        count(&mut counts, &Expects::Rejection, &Reply::None(Silence::Hung), &verdict);
        assert_eq!((counts.n, counts.faulty), (1, 1));
        assert_eq!((counts.n_with("malformed"), counts.n_with("wrong status")), (1, 1));
        assert_eq!(counts.ill_formed, 1);
    }

    #[test]
    fn empty_answers_are_counted_among_the_refused() {
        let mut counts = Counts::default();
        let empty = Verdict { class: Class::Refused, is_empty: true, ..faulty(Vec::new()) };
        count(&mut counts, &Expects::Rejection, &Reply::None(Silence::Hung), &empty);
        let refused = Verdict { is_empty: false, ..empty };
        count(&mut counts, &Expects::Rejection, &Reply::None(Silence::Hung), &refused);
        assert_eq!((counts.n, counts.served, counts.refused, counts.empty), (2, 0, 2, 1));
        assert_eq!(counts.plus(&counts).empty, 2);
    }

    #[test]
    fn only_who_asked_for_words_wanted_them() {
        let wanted = || Wanted {
            endpoint: Endpoint::Chat,
            way: Way::Whole,
            model: String::new(),
            max_tokens: None,
            check: None,
        };
        let mut counts = Counts::default();
        for expects in [Expects::Answer(wanted()), Expects::Either(wanted()), Expects::Rejection] {
            for class in [Class::Served, Class::Rejected] {
                let verdict = Verdict { class, ..faulty(Vec::new()) };
                count(&mut counts, &expects, &Reply::None(Silence::Hung), &verdict);
            }
        }
        assert_eq!((counts.n, counts.wanted), (6, 3));
    }

    #[test]
    fn faults_are_listed_in_the_order_of_reports() {
        let mut counts = Counts::default();
        for fault in [Fault::WrongStatus(500), Fault::Unanswered("hung".to_owned())] {
            count(&mut counts, &Expects::Rejection, &Reply::None(Silence::Hung), &faulty(vec![fault]));
        }
        let names: Vec<String> = in_order(counts).faults.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(names, ["unanswered", "wrong status"]);
    }
}
