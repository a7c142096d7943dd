//! Nothing starts too late, and nobody waits in vain.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::*;
use super::{Gate, MS, SECOND, denied, started};

#[test]
fn nobody_is_denied_on_a_guess() {
    let mut gate = Gate::new(1000, 1);
    for ticket in 0..500 {
        let huge = Arrival { prompt: PromptSize::Exactly(1_000_000), ..gate.arrival(ticket) };
        let outputs = gate.say(Input::Arrive(huge));
        assert!(!matches!(outputs.as_slice(), [Output::Deny(..)]), "{outputs:?}");
    }
}

#[test]
fn a_prompt_that_cannot_be_read_in_time_is_denied_at_once_also_by_its_bytes_alone() {
    let mut gate = Gate::new(10, 1);
    gate.speeds(MS, MS);
    for prompt in [PromptSize::AtLeast(20_000), PromptSize::Exactly(20_000)] {
        let outputs = gate.say(Input::Arrive(Arrival { prompt, ..gate.arrival(1) }));
        let [Output::Deny(_, Denial::WillNotFit { needed, left })] = outputs.as_slice() else {
            panic!("{outputs:?}")
        };
        assert_eq!((*needed, *left), (20 * SECOND + MS, 10 * SECOND));
    }
    // What its bytes allowed, the count refuses.
    let uncounted = Arrival { prompt: PromptSize::AtLeast(10), ..gate.arrival(2) };
    gate.say(Input::Arrive(uncounted));
    let outputs = gate.say(Input::Measured { ticket: Ticket(2), prompt: PromptSize::Exactly(20_000) });
    assert!(
        matches!(outputs.as_slice(), [Output::Deny(Ticket(2), Denial::WillNotFit { .. })]),
        "{outputs:?}"
    );
}

#[test]
fn whoever_would_start_too_late_is_told_at_once() {
    let mut gate = Gate::new(100, 2);
    gate.speeds(MS, 120 * MS);
    // While others wait, answers are expected to take the 32 steps of a useful one, which are about 4 seconds.
    for ticket in 1..=4 {
        assert!(!matches!(gate.arrive(ticket).as_slice(), [Output::Deny(..)]), "{ticket}");
    }
    // Two run until 4 s, two until 8 s: no time would be left for a fifth.
    let outputs = gate.arrive(5);
    let [Output::Deny(_, Denial::WillNotStart { wait, left })] = outputs.as_slice() else {
        panic!("{outputs:?}")
    };
    assert!(*wait > 7 * SECOND && *left == 10 * SECOND, "{wait:?}");
    // Another client does not wait behind all of these.
    assert_eq!(gate.arrive(100), []);
    // Those who run end sooner than usual: the next hope is not vain.
    for ticket in [1, 2] {
        gate.say(Input::EndsBy { ticket: Ticket(ticket), at: gate.now + SECOND });
    }
    assert_eq!(gate.arrive(6), []);
}

#[test]
fn a_slow_engine_gives_short_answers_rather_than_none() {
    let mut gate = Gate::new(10, 1);
    gate.speeds(Duration::ZERO, SECOND);
    assert_eq!(gate.arrive(1), started(&[1]), "five tokens are worth it where no more are possible");
    gate.say(Input::EndsBy { ticket: Ticket(1), at: gate.now + 4 * SECOND });
    assert_eq!(gate.arrive(2), []);
    gate.now += 6 * SECOND;
    let outputs = gate.leave(1);
    assert!(
        matches!(outputs.as_slice(), [Output::Deny(Ticket(2), Denial::WillNotFit { .. })]),
        "{outputs:?}"
    );
}

#[test]
fn expired_work_is_dropped_before_it_starts() {
    let mut gate = Gate::new(10, 1);
    gate.arrive(1);
    gate.arrive(2);
    gate.now += 11 * SECOND;
    assert_eq!(gate.leave(1), denied(2, Denial::Expired));
}

#[test]
fn hopeless_work_is_told_so_while_it_waits() {
    let mut gate = Gate::new(10, 1);
    gate.arrive(1);
    gate.arrive(2);
    gate.now += 9 * SECOND;
    assert_eq!(gate.speeds(MS, 10 * MS), [], "330 ms are needed and a second is left");
    gate.now += 800 * MS;
    let outputs = gate.speeds(MS, 10 * MS);
    assert!(
        matches!(outputs.as_slice(), [Output::Deny(Ticket(2), Denial::WillNotFit { .. })]),
        "{outputs:?}"
    );
}

#[test]
fn every_denial_says_what_happened_in_a_sentence() {
    let sentences: BTreeSet<String> = denial::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(sentences.len(), denial::ALL.len());
    for sentence in sentences {
        assert!(sentence.len() > 20 && !sentence.contains("{"), "{sentence}");
    }
}
