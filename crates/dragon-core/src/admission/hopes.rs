//! Whether a request can still be answered in time, and what it will have cost.

use std::time::Instant;

use super::ledger::{ANSWER_PRICE, PROMPT_PRICE};
use super::queue::Waiting;
use super::slots::Running;
use super::{Admission, Denial, Ticket, forecast};

impl Admission {
    /// Whether it could still be answered in time if it started now.
    pub(super) fn check_still_fits(&self, now: Instant, waiting: &Waiting) -> Result<(), Denial> {
        let (needed, left) = (self.estimate.needed(waiting), waiting.left(now));
        if left.is_zero() {
            Err(Denial::Expired)
        } else if needed > left {
            Err(Denial::WillNotFit { needed, left })
        } else {
            Ok(())
        }
    }

    /// Whether someone in the queue can be answered in time, with all that comes before it.
    pub(super) fn check_hopes(&self, now: Instant, ticket: Ticket) -> Result<(), Denial> {
        if !self.slots.is_up() {
            return Ok(());
        }
        let order = self.queue.in_order(&self.ledger, |waiting| self.expected_price(waiting));
        let mut ahead = order.split(|waiting| waiting.ticket() == ticket);
        let wanted = order.iter().find(|waiting| waiting.ticket() == ticket);
        let (Some(ahead), Some(wanted)) = (ahead.next(), wanted) else { return Ok(()) };
        self.check_still_fits(now, wanted)?;
        let left = wanted.left(now);
        let wait = forecast::wait(wanted, ahead, &self.slots, &self.estimate, now);
        if wait.saturating_add(self.estimate.needed(wanted)) > left {
            return Err(Denial::WillNotStart { wait, left });
        }
        Ok(())
    }

    /// All in the queue who cannot be answered in time any more.
    pub(super) fn hopeless(&self, now: Instant) -> Vec<(Ticket, Denial)> {
        let order = self.queue.in_order(&self.ledger, |waiting| self.expected_price(waiting));
        let late = forecast::too_late(&order, &self.slots, &self.estimate, now);
        let denial = |(ticket, wait)| {
            let waiting = order.iter().find(|waiting| waiting.ticket() == ticket)?;
            let late = Denial::WillNotStart { wait, left: waiting.left(now) };
            Some((ticket, self.check_still_fits(now, waiting).err().unwrap_or(late)))
        };
        late.into_iter().filter_map(denial).collect()
    }

    /// What it will have paid in the end, in tokens.
    fn expected_price(&self, waiting: &Waiting) -> u64 {
        let arrival = &waiting.arrival;
        let n_answer = u64::from(self.estimate.n_answer(arrival.n_max_tokens)) * u64::from(arrival.n_slots);
        u64::from(arrival.prompt.least()) * PROMPT_PRICE + n_answer.saturating_mul(ANSWER_PRICE)
    }

    /// Of a prompt that was not read to its end: what cannot have been read in the time since its start. With an
    /// unknown speed all of it can.
    pub(super) fn n_surely_unread(&self, running: &Running, now: Instant) -> u64 {
        let prefill = self.estimate.prefill(running.n_prompt);
        let unread = self.estimate.prefill_left(running, now);
        let n_unread = u128::from(running.n_prompt) * unread.as_nanos() / prefill.as_nanos().max(1);
        u64::try_from(n_unread).unwrap_or(u64::MAX)
    }
}
