//! When someone who waits will start, if everything goes on as it has been going.
//!
//! Requests take slots in their order; prompts are read one after the other; an answer takes its usual time and
//! never longer than to its deadline; whoever would come too late is skipped, as it will be. All times count from
//! now.

use std::time::{Duration, Instant};

use super::Ticket;
use super::estimate::Estimate;
use super::queue::Waiting;
use super::slots::Slots;

/// Who waits already is turned away when this part of the forecast is too long: a forecast can be wrong by so much, and
/// a place given up in vain cannot be had back, while waiting in vain costs the engine nothing.
const SURE_PART: (u32, u32) = (2, 3);

/// The schedule so far.
#[derive(Debug)]
struct Schedule {
    /// When each slot is free, earliest first.
    free_in: Vec<Duration>,
    /// When everyone's prompt is read who has started.
    prompts_read_in: Duration,
}

/// The time until `wanted` starts to be read, if those `ahead` of it go first.
pub(super) fn wait(
    wanted: &Waiting,
    ahead: &[&Waiting],
    slots: &Slots,
    estimate: &Estimate,
    now: Instant,
) -> Duration {
    let mut schedule = Schedule::of_running(slots, estimate, now);
    for waiting in ahead {
        schedule.add(waiting, estimate, now);
    }
    schedule.start_in(wanted.arrival.n_slots)
}

/// Those of `order` who would start too late for a useful answer, each with the time until it could start. Whoever
/// is hopeless takes nobody's place.
pub(super) fn too_late(
    order: &[&Waiting],
    slots: &Slots,
    estimate: &Estimate,
    now: Instant,
) -> Vec<(Ticket, Duration)> {
    let mut schedule = Schedule::of_running(slots, estimate, now);
    let mut late = Vec::new();
    for waiting in order {
        let wait = schedule.start_in(waiting.arrival.n_slots);
        let surely = wait / SURE_PART.1 * SURE_PART.0;
        if surely.saturating_add(estimate.needed(waiting)) > waiting.left(now) {
            late.push((waiting.ticket(), wait));
        } else {
            schedule.add(waiting, estimate, now);
        }
    }
    late
}

// === impl Schedule ===

impl Schedule {
    fn of_running(slots: &Slots, estimate: &Estimate, now: Instant) -> Self {
        let mut prompts_read_in = Duration::ZERO;
        let mut free_in = Vec::new();
        for running in slots.iter() {
            let prefill_left = estimate.prefill_left(running, now);
            prompts_read_in = prompts_read_in.saturating_add(prefill_left);
            let end = prefill_left.saturating_add(estimate.answer_left(running)).min(running.left(now));
            free_in.extend((0..running.n_slots).map(|_| end));
        }
        free_in.extend((0..slots.n_free()).map(|_| Duration::ZERO));
        free_in.sort_unstable();
        Self { free_in, prompts_read_in }
    }

    /// When so many slots are free together and the engine turns to its prompt.
    fn start_in(&self, n_slots: u32) -> Duration {
        let last = usize::try_from(n_slots.saturating_sub(1)).unwrap_or(usize::MAX);
        let slots_free_in = self.free_in.get(last).or(self.free_in.last()).copied().unwrap_or_default();
        slots_free_in.max(self.prompts_read_in)
    }

    fn add(&mut self, waiting: &Waiting, estimate: &Estimate, now: Instant) {
        let left = waiting.left(now);
        let start = self.start_in(waiting.arrival.n_slots);
        if start.saturating_add(estimate.needed(waiting)) > left {
            return;
        }
        let read = start.saturating_add(estimate.prefill(waiting.arrival.prompt.least()));
        let end = read.saturating_add(estimate.answer(waiting.arrival.n_max_tokens)).min(left);
        self.prompts_read_in = read;
        let n_taken = usize::try_from(waiting.arrival.n_slots).unwrap_or(usize::MAX).min(self.free_in.len());
        self.free_in.drain(..n_taken);
        let place = self.free_in.partition_point(|free_in| *free_in <= end);
        self.free_in.splice(place..place, std::iter::repeat_n(end, n_taken));
    }
}
