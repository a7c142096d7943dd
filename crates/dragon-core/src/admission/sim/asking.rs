//! A request's way through a run: asked, counted, ended or given up.

use std::time::Duration;

use super::super::{Arrival, Input, PromptSize, Ticket};
use super::referee::Foul;
use super::world::{ASKS_AGAIN_MS, Event, Request, World};

impl World {
    pub(super) fn ask(&mut self, client: usize) -> Result<(), Foul> {
        if self.is_over() {
            return Ok(());
        }
        let plan = &self.scenario.clients[client];
        let rng = &mut self.rng;
        let small = |n: u64| u32::try_from(n).unwrap();
        let (n_prompt, n_answer) = (small(rng.within(&plan.n_prompt)), small(rng.within(&plan.n_answer)));
        let n_choices = small(rng.within(&plan.n_choices));
        let deadline_us = rng.within(&plan.deadline_ms) * 1000;
        // Many ask for more tokens than the model makes.
        let n_max_tokens = if rng.one_in(2) { n_answer } else { n_answer.max(512) };
        let gone_us = match plan.gives_up_one_in {
            Some(n) if rng.one_in(n) => rng.within(&(0..=deadline_us)),
            _ => deadline_us,
        };
        let (count_us, caller) = (rng.within(&(100..=3_000)), plan.caller);
        let ticket = Ticket(self.n_tickets);
        self.n_tickets += 1;
        let deadline_at = self.now() + Duration::from_micros(deadline_us);
        let prompt = PromptSize::AtLeast(n_prompt.div_ceil(8));
        let arrival = Arrival { ticket, caller, n_slots: n_choices, prompt, n_max_tokens, deadline_at };
        let arrived_us = self.now_us;
        let request = Request { client, arrival, n_prompt, n_answer, arrived_us, has_started: false };
        self.requests.insert(ticket, request);
        self.outcome.n_first += u64::from(client == 0);
        self.later(count_us, Event::Counted(ticket));
        self.later(gone_us, Event::Gone(ticket));
        self.handle(Input::Arrive(arrival))
    }

    pub(super) fn count(&mut self, ticket: Ticket) -> Result<(), Foul> {
        match self.requests.get(&ticket).copied() {
            Some(request) if !self.referee.is_over(ticket) => {
                self.handle(Input::Measured { ticket, prompt: PromptSize::Exactly(request.n_prompt) })
            }
            _ => Ok(()),
        }
    }

    /// The end of a request; its client comes back later.
    pub(super) fn leave(&mut self, ticket: Ticket) -> Result<(), Foul> {
        let Some(request) = self.requests.remove(&ticket) else { return Ok(()) };
        let pause = self.scenario.clients[request.client].pause_ms.clone();
        let pause_ms = self.rng.within(&pause).max(if request.has_started { 0 } else { ASKS_AGAIN_MS });
        self.later(pause_ms * 1000, Event::Ask { client: request.client });
        self.engine.cancel(ticket);
        self.handle(Input::Leave(ticket))
    }

    /// Sometimes one choice ends before the others.
    pub(super) fn end(&mut self, ticket: Ticket) -> Result<(), Foul> {
        let n_slots = self.requests.get(&ticket).map_or(0, |request| request.arrival.n_slots);
        if n_slots > 1 && self.rng.one_in(2) {
            self.handle(Input::Released { ticket, n_slots: 1 })?;
        }
        self.leave(ticket)
    }
}
