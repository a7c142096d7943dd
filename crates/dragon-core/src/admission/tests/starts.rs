//! Who waits, who starts.

use super::super::*;
use super::{Gate, denied, started};

#[test]
fn requests_start_while_slots_are_free_and_then_wait_their_turn() {
    let mut gate = Gate::new(10, 2);
    assert_eq!(gate.arrive(1), started(&[1]));
    assert_eq!(gate.arrive(2), started(&[2]));
    assert_eq!(gate.arrive(3), []);
    assert_eq!(gate.arrive(4), []);
    assert_eq!(gate.leave(2), started(&[3]));
    assert_eq!(gate.leave(1), started(&[4]));
}

#[test]
fn nobody_overtakes_a_request_that_needs_several_slots() {
    let mut gate = Gate::new(10, 2);
    gate.arrive(1);
    assert_eq!(gate.arrive_wide(2, 2), []);
    assert_eq!(gate.arrive(3), []);
    assert_eq!(gate.leave(1), started(&[2]));
    let released = gate.say(Input::Released { ticket: Ticket(2), n_slots: 1 });
    assert_eq!(released, started(&[3]), "a choice that ended gives its slot back at once");
    assert_eq!(gate.core.occupancy().n_busy_slots, 2);
    assert_eq!(gate.leave(2), []);
    assert_eq!(gate.core.occupancy().n_busy_slots, 1);
}

#[test]
fn a_prompt_that_is_still_being_counted_holds_up_nobody() {
    let mut gate = Gate::new(10, 1);
    let uncounted = Arrival { prompt: PromptSize::AtLeast(1), ..gate.arrival(1) };
    assert_eq!(gate.say(Input::Arrive(uncounted)), []);
    assert_eq!(gate.arrive(2), started(&[2]));
    let counted = Input::Measured { ticket: Ticket(1), prompt: PromptSize::Exactly(7) };
    assert_eq!(gate.say(counted), []);
    assert_eq!(gate.leave(2), started(&[1]));
}

#[test]
fn those_waiting_outlive_an_engine_and_start_on_the_next() {
    let mut gate = Gate::new(10, 1);
    gate.arrive(1);
    gate.say(Input::EngineDown);
    assert_eq!(gate.arrive(2), []);
    assert_eq!(gate.leave(1), []);
    assert_eq!(gate.say(Input::EngineUp { n_slots: 1 }), started(&[2]));
}

#[test]
fn closing_answers_everyone_who_waits_and_everyone_who_comes() {
    let mut gate = Gate::new(10, 1);
    gate.arrive(1);
    gate.arrive(2);
    assert_eq!(gate.say(Input::Close), denied(2, Denial::Closed));
    assert_eq!(gate.arrive(3), denied(3, Denial::Closed));
    assert_eq!(gate.core.occupancy().n_running, 1);
}
