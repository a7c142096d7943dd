//! Who has had how much.

use super::super::*;
use super::{Gate, MS, caller, started};

#[test]
fn the_next_is_whoever_has_had_the_least() {
    let mut gate = Gate::new(10, 1);
    gate.arrive(1);
    gate.arrive(2);
    gate.arrive(100);
    gate.produce(1, 20);
    assert_eq!(gate.leave(1), started(&[100]), "the other client has had nothing");
    gate.produce(100, 1);
    gate.arrive(101);
    assert_eq!(gate.leave(100), started(&[101]), "it still has had less");
    gate.produce(101, 50);
    gate.arrive(102);
    assert_eq!(gate.leave(101), started(&[2]));
}

#[test]
fn many_names_of_one_payer_have_one_share() {
    let mut gate = Gate::new(100, 1);
    let from = |gate: &Gate, ticket: u64, payer: u64| {
        let caller = Caller { payer: PayerId(payer), client: ClientId(ticket), ..caller(0) };
        Input::Arrive(Arrival { caller, ..gate.arrival(ticket) })
    };
    // A new name for every request of payer 1, always the same for payer 2.
    for ticket in 0..20 {
        let payer = if ticket % 4 == 3 { 2 } else { 1 };
        let input = from(&gate, ticket, payer);
        gate.say(input);
    }
    let mut n_of_payer = [0, 0];
    let mut running = Ticket(0);
    for _ in 0..8 {
        gate.produce(running.0, 30);
        let outputs = gate.say(Input::Leave(running));
        let [Output::Start(next)] = outputs.as_slice() else { panic!("{outputs:?}") };
        running = *next;
        n_of_payer[usize::from(running.0 % 4 == 3)] += 1;
    }
    assert_eq!(n_of_payer, [4, 4]);
}

#[test]
fn cached_tokens_are_free_and_an_unread_prompt_is_refunded() {
    let mut gate = Gate::new(10, 1);
    gate.speeds(MS, MS);
    let long = Arrival { prompt: PromptSize::Exactly(1000), ..gate.arrival(1) };
    gate.say(Input::Arrive(long));
    gate.arrive(100);
    let of_client = |gate: &Gate, client| gate.core.ledger.of_client(PayerId(1), ClientId(client));
    let price = of_client(&gate, 0);
    gate.say(Input::Prefilled { ticket: Ticket(1), n_cached: 900 });
    assert_eq!(of_client(&gate, 0), price / 10);
    // The next one leaves when a tenth of its prompt can have been read: 1 ms of 10.
    let mut gate = Gate::new(10, 1);
    gate.speeds(MS, MS);
    gate.arrive(100);
    let next = Arrival { caller: caller(1), ..gate.arrival(2) };
    gate.say(Input::Arrive(next));
    let before = of_client(&gate, 1);
    gate.now += MS;
    assert_eq!(gate.leave(100), started(&[2]));
    assert_eq!(of_client(&gate, 1), before - 9 * price / 1000 + 10 * price / 1000);
}
