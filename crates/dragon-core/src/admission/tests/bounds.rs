//! The bound of the queue.

use super::super::*;
use super::{Gate, caller, denied, started};

#[test]
fn a_full_queue_denies_at_once_and_names_its_bound() {
    let mut gate = Gate::new(1, 1);
    gate.arrive(1);
    assert_eq!(gate.arrive(2), []);
    assert_eq!(gate.arrive(3), denied(3, Denial::QueueFull { max: 1 }));
}

#[test]
fn a_queue_of_none_still_serves_those_who_need_not_wait() {
    let mut gate = Gate::new(0, 1);
    let uncounted = Arrival { prompt: PromptSize::AtLeast(1), ..gate.arrival(1) };
    assert_eq!(gate.say(Input::Arrive(uncounted)), []);
    assert_eq!(gate.arrive(2), denied(2, Denial::QueueFull { max: 0 }));
    let counted = Input::Measured { ticket: Ticket(1), prompt: PromptSize::Exactly(7) };
    assert_eq!(gate.say(counted), started(&[1]));
    assert_eq!(gate.arrive(3), denied(3, Denial::QueueFull { max: 0 }));
}

#[test]
fn whoever_leaves_the_queue_frees_its_place() {
    let mut gate = Gate::new(1, 1);
    gate.arrive(1);
    gate.arrive(2);
    gate.leave(2);
    assert_eq!(gate.arrive(3), []);
    assert_eq!(gate.leave(1), started(&[3]));
}

#[test]
fn at_a_full_queue_the_one_with_the_most_makes_room_for_one_with_fewer() {
    let mut gate = Gate::new(4, 1);
    for ticket in 1..=5 {
        gate.arrive(ticket);
    }
    assert_eq!(gate.arrive(6), denied(6, Denial::QueueFull { max: 4 }), "for itself nobody makes room");
    assert_eq!(gate.arrive(100), denied(5, Denial::Displaced), "the newest of the largest");
    assert_eq!(gate.arrive(101), denied(4, Denial::Displaced));
    assert_eq!(gate.arrive(102), denied(102, Denial::QueueFull { max: 4 }), "half each is fair");
    assert_eq!(gate.core.occupancy().n_waiting, 4);
}

#[test]
fn a_caller_may_have_a_bound_of_its_own() {
    let mut gate = Gate::new(10, 1);
    let bounded = Caller { max_waiting: Some(1), ..caller(0) };
    for (ticket, expected) in
        [(1, started(&[1])), (2, vec![]), (3, denied(3, Denial::OwnQueueFull { max: 1 }))]
    {
        let arrival = Arrival { caller: bounded, ..gate.arrival(ticket) };
        assert_eq!(gate.say(Input::Arrive(arrival)), expected);
    }
}
