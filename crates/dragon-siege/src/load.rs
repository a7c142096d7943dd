//! When shots are fired: so many at a time, or at so many a second.
//!
//! It knows nothing of what a shot is: a [`Crew`] hires workers, and a [`Worker`] fires the shot of a number. In closed
//! shapes a shot is intended for when its worker is free. In the others it is intended for a time of its own,
//! whatever the target does, and late where more than [`MAX_OPEN`] are on their way: what the target does to its
//! clients must not change when the next ones come, or a stalled server would be measured by those it still serves.

mod closed;
pub mod dice;
mod open;
pub mod schedule;

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::plan::{Bound, Shape};
use schedule::Schedule;

/// Shots of open shapes that are on their way at the same time, at most: each may hold a socket, and a machine has some
/// ten thousand ports and files for us. When as many are open, further ones are fired late, as soon as one ends.
pub const MAX_OPEN: usize = 8_192;

/// After the user has had enough, what is on its way is given this long.
pub const LAST_WAIT: Duration = Duration::from_secs(2);

/// Somebody who fires one shot after the other.
pub trait Worker: Send + 'static {
    /// Fires the shot of this number and waits for its end. The number and nothing else decides what it is.
    fn fire(&mut self, number: u64, intended_at: Duration) -> impl Future<Output = ()> + Send;
}

/// Where workers come from.
pub trait Crew {
    /// Who is hired.
    type Worker: Worker;

    /// One more.
    fn hire(&self) -> Self::Worker;
}

/// When shots are fired.
#[derive(Debug, Clone)]
pub struct Orders {
    /// How they are spread.
    pub shape: Shape,
    /// When they end.
    pub bound: Bound,
    /// Of the dice that spread them.
    pub seed: u64,
    /// The run's clock.
    pub clock: Clock,
    /// When the first may be fired, on this clock.
    pub began_at: Duration,
    /// No further shots, once it is cancelled, and short patience with those that are on their way.
    pub stop: CancellationToken,
}

/// What was fired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fired {
    /// Shots that were fired.
    pub n_fired: u64,
    /// Shots that were due and never fired, because [`MAX_OPEN`] were on their way until the end.
    pub n_unsent: u64,
}

/// Fires all of it and waits for the ends.
pub async fn fire<C: Crew>(crew: &C, orders: &Orders) -> Fired {
    match Schedule::new(orders.shape, orders.seed) {
        None => closed::fire(crew, orders).await,
        Some(schedule) => open::fire(crew, orders, schedule, MAX_OPEN).await,
    }
}

// === impl Orders ===

impl Orders {
    /// After this nothing is fired.
    #[must_use]
    pub fn ends_at(&self) -> Duration {
        self.began_at + self.bound.lasts
    }

    fn is_over(&self) -> bool {
        self.stop.is_cancelled() || self.clock.now() >= self.ends_at()
    }

    /// Waits until this moment; false where it is stopped before.
    async fn wait_until(&self, at: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            () = tokio::time::sleep_until(self.clock.instant(at)) => true,
        }
    }

    /// Waits for everybody's end, and for a short time only once it is stopped.
    async fn drain<T: 'static>(&self, mut running: JoinSet<T>) {
        let stopped = async {
            self.stop.cancelled().await;
            tokio::time::sleep(LAST_WAIT).await;
        };
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                ended = running.join_next() => if ended.is_none() { return },
                () = &mut stopped => return running.shutdown().await,
            }
        }
    }
}

#[cfg(test)]
mod tests;
