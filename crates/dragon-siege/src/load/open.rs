//! Shots at times of their own, whatever the target does.

use std::time::Duration;

use tokio::task::{JoinError, JoinSet};

use super::schedule::Schedule;
use super::{Crew, Fired, Orders, Worker};

/// Timers have steps of a millisecond, and a busy machine is later than that: what was due before the end is fired up to
/// this much after it.
const LAST_CALL: Duration = Duration::from_millis(50);

/// Shots that are fired without a look at what has ended, where many are due.
const AT_ONCE: u32 = 32;

/// Those who fire and those who have fired and can be sent again, with the connections that they keep.
#[derive(Debug)]
struct Workers<W> {
    busy: JoinSet<W>,
    idle: Vec<W>,
}

pub(super) async fn fire<C: Crew>(crew: &C, orders: &Orders, schedule: Schedule, n_open_max: usize) -> Fired {
    let lasts = orders.bound.lasts;
    let ends_at = orders.ends_at() + LAST_CALL;
    let mut workers = Workers { busy: JoinSet::new(), idle: Vec::new() };
    let mut n_fired = 0;
    let mut n_at_once = 0;
    let mut due = (0..orders.bound.n_max).zip(schedule.take_while(|due| *due < lasts));
    let mut unsent = None;
    for (number, after) in due.by_ref() {
        let intended_at = orders.began_at + after;
        let has_to_wait = orders.clock.now() < intended_at || workers.busy.len() >= n_open_max;
        n_at_once = if has_to_wait { 0 } else { n_at_once + 1 };
        if n_at_once >= AT_ONCE {
            n_at_once = 0;
            // Else nothing would be read while much is due.
            tokio::task::yield_now().await;
        }
        workers.reap();
        let may_fire = workers.wait_for_time(orders, intended_at).await
            && workers.wait_for_room(orders, n_open_max, ends_at).await;
        if !may_fire {
            unsent = Some(number);
            break;
        }
        let mut worker = workers.idle.pop().unwrap_or_else(|| crew.hire());
        workers.busy.spawn(async move {
            worker.fire(number, intended_at).await;
            worker
        });
        n_fired += 1;
    }
    // Whoever stops it wants no more shots: then none is missing.
    let n_unsent = match unsent {
        Some(_) if !orders.stop.is_cancelled() => 1 + due.count() as u64,
        _ => 0,
    };
    orders.drain(workers.busy).await;
    Fired { n_fired, n_unsent }
}

// === impl Workers ===

impl<W: Worker> Workers<W> {
    /// False where it is stopped before.
    async fn wait_for_time(&mut self, orders: &Orders, at: Duration) -> bool {
        if orders.clock.now() >= at {
            return !orders.stop.is_cancelled();
        }
        let reached = orders.wait_until(at);
        tokio::pin!(reached);
        loop {
            tokio::select! {
                biased;
                reached = &mut reached => return reached,
                Some(ended) = self.busy.join_next() => self.take_back(ended),
            }
        }
    }

    /// False where it is stopped before, or there is none until the end.
    async fn wait_for_room(&mut self, orders: &Orders, n_open_max: usize, ends_at: Duration) -> bool {
        let over = orders.wait_until(ends_at);
        tokio::pin!(over);
        while self.busy.len() >= n_open_max {
            tokio::select! {
                biased;
                _ = &mut over => return false,
                Some(ended) = self.busy.join_next() => self.take_back(ended),
            }
        }
        orders.clock.now() < ends_at
    }

    fn reap(&mut self) {
        while let Some(ended) = self.busy.try_join_next() {
            self.take_back(ended);
        }
    }

    /// Whoever panicked does not come back; the panic has been reported by its hook.
    fn take_back(&mut self, ended: Result<W, JoinError>) {
        self.idle.extend(ended);
    }
}
