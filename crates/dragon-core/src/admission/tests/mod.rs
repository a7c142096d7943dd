//! Rules one by one. `sim` looks at them all together.

mod bounds;
mod cost;
mod fairness;
mod in_time;
mod random;
mod starts;

use std::time::{Duration, Instant};

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// A gate whose callers are the hundreds of their tickets: 1 to 99 is one client, 100 to 199 the next.
struct Gate {
    core: Admission,
    now: Instant,
}

fn caller(client: u64) -> Caller {
    Caller { payer: PayerId(1), client: ClientId(client), weight: Weight::NORMAL, max_waiting: None }
}

fn started(tickets: &[u64]) -> Vec<Output> {
    tickets.iter().map(|ticket| Output::Start(Ticket(*ticket))).collect()
}

fn denied(ticket: u64, denial: Denial) -> Vec<Output> {
    vec![Output::Deny(Ticket(ticket), denial)]
}

impl Gate {
    fn new(max_waiting: usize, n_slots: u32) -> Self {
        let mut gate = Self { core: Admission::new(Settings::new(max_waiting)), now: Instant::now() };
        gate.core.handle(gate.now, Input::EngineUp { n_slots });
        gate
    }

    fn arrival(&self, ticket: u64) -> Arrival {
        Arrival {
            ticket: Ticket(ticket),
            caller: caller(ticket / 100),
            n_slots: 1,
            prompt: PromptSize::Exactly(10),
            n_max_tokens: 100,
            deadline_at: self.now + 10 * SECOND,
        }
    }

    fn say(&mut self, input: Input) -> Vec<Output> {
        self.core.handle(self.now, input)
    }

    fn arrive(&mut self, ticket: u64) -> Vec<Output> {
        self.say(Input::Arrive(self.arrival(ticket)))
    }

    fn arrive_wide(&mut self, ticket: u64, n_slots: u32) -> Vec<Output> {
        self.say(Input::Arrive(Arrival { n_slots, ..self.arrival(ticket) }))
    }

    fn leave(&mut self, ticket: u64) -> Vec<Output> {
        self.say(Input::Leave(Ticket(ticket)))
    }

    fn produce(&mut self, ticket: u64, n_tokens: u32) {
        assert_eq!(self.say(Input::Produced { ticket: Ticket(ticket), n_tokens }), []);
    }

    fn speeds(&mut self, prefill_per_token: Duration, decode_step: Duration) -> Vec<Output> {
        let speeds = Speeds { prefill_per_token: Some(prefill_per_token), decode_step: Some(decode_step) };
        self.say(Input::Speeds(speeds))
    }
}
