//! What decisions cost.

use std::time::Instant;

use super::super::*;
use super::{Gate, MS, SECOND, caller};

const N_WAITING: u64 = 490;

/// Prints what a decision costs; nothing is asserted, because other tests run at the same time.
#[test]
fn decisions_take_microseconds() {
    for n_clients in [1, N_WAITING] {
        let mut gate = full_gate(n_clients);
        time(&mut gate, n_clients, "arrival at the full queue", |gate, n| {
            let arrival = Arrival { caller: caller(0), ..patient(gate, 10_000 + n, n_clients) };
            gate.say(Input::Arrive(arrival));
        });
        time(&mut gate, n_clients, "token", |gate, n| gate.produce(n % 8, 1));
        // Two decisions, one of them with a forecast over everyone.
        time(&mut gate, n_clients, "one leaves and one comes", |gate, n| {
            gate.leave(if n == 0 { 400 } else { 20_000 + n - 1 });
            let arrival = patient(gate, 20_000 + n, n_clients);
            gate.say(Input::Arrive(arrival));
        });
        time(&mut gate, n_clients, "speed report", |gate, _| assert_eq!(gate.speeds(MS / 10, MS), []));
    }
}

fn full_gate(n_clients: u64) -> Gate {
    let mut gate = Gate::new(usize::try_from(N_WAITING).unwrap(), 8);
    gate.speeds(MS / 10, MS);
    for ticket in 0..N_WAITING + 8 {
        let arrival = patient(&gate, ticket, n_clients);
        gate.say(Input::Arrive(arrival));
    }
    assert_eq!(gate.core.occupancy().n_waiting, 490);
    gate
}

fn patient(gate: &Gate, ticket: u64, n_clients: u64) -> Arrival {
    let deadline_at = gate.now + 1000 * SECOND;
    Arrival { caller: caller(ticket % n_clients), deadline_at, ..gate.arrival(ticket) }
}

fn time(gate: &mut Gate, n_clients: u64, name: &str, mut act: impl FnMut(&mut Gate, u64)) {
    const N_TIMES: u64 = 1000;
    let begin = Instant::now();
    (0..N_TIMES).for_each(|n| act(gate, n));
    let each = begin.elapsed().as_nanos() / u128::from(N_TIMES);
    println!("{N_WAITING} waiting of {n_clients} clients, {name}: {each} ns");
}
