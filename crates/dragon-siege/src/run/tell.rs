//! The way out of a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::Sender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::exchange::{Arrival, Exchange, Reply};
use crate::observation::Observation;

/// Tells whoever counts.
#[derive(Debug, Clone)]
pub(super) struct Tell {
    sender: Sender<Observation>,
    stop: CancellationToken,
    clock: Clock,
    /// Room for bodies, in [`UNIT`]s.
    room: Arc<Semaphore>,
    longest_wait_micros: Arc<AtomicU64>,
}

/// What room is counted in: what is smaller is bounded by the length of the channel.
const UNIT: usize = 16 << 10;

/// Bodies on their way to whoever counts, together: sixteen of the longest that are kept, or thousands of usual ones.
const MOST_UNITS: usize = (64 << 20) / UNIT;

/// A body, and the room that it takes until its last copy is gone.
struct Held {
    body: Bytes,
    _room: OwnedSemaphorePermit,
}

// === impl Tell ===

impl Tell {
    pub(super) fn new(sender: Sender<Observation>, stop: CancellationToken, clock: Clock) -> Self {
        let room = Arc::new(Semaphore::new(MOST_UNITS));
        Self { sender, stop, clock, room, longest_wait_micros: Arc::default() }
    }

    /// Waits where the one who counts is behind, by number or by bytes: shots come slower then, and no shot is forgotten.
    /// Where nobody counts any more, there is no use in further shots.
    pub(super) async fn that(&self, observation: Observation) {
        let began_at = self.clock.now();
        let observation = match observation {
            Observation::Exchanged { who, ask, exchange } => {
                Observation::Exchanged { who, ask, exchange: self.hold(exchange).await }
            }
            other => other,
        };
        if self.sender.send(observation).await.is_err() {
            self.stop.cancel();
        }
        let waited = self.clock.now().saturating_sub(began_at);
        let micros = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
        self.longest_wait_micros.fetch_max(micros, Ordering::Relaxed);
    }

    /// The longest that anybody waited to tell something.
    pub(super) fn longest_wait(&self) -> Duration {
        Duration::from_micros(self.longest_wait_micros.load(Ordering::Relaxed))
    }

    /// The same exchange, once there is room for it.
    async fn hold(&self, mut exchange: Exchange) -> Exchange {
        let Reply::Response(response) = &mut exchange.reply else { return exchange };
        let n_bytes = response.body.len() + response.arrivals.len() * size_of::<Arrival>();
        let n_units = u32::try_from((n_bytes / UNIT).min(MOST_UNITS)).unwrap_or(u32::MAX);
        // It is never closed, so there always is room some day.
        if n_units > 0
            && let Ok(room) = Arc::clone(&self.room).acquire_many_owned(n_units).await
        {
            let body = std::mem::take(&mut response.body);
            response.body = Bytes::from_owner(Held { body, _room: room });
        }
        exchange
    }
}

// === impl Held ===

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method, StatusCode};
    use tokio::sync::mpsc;

    use super::*;
    use crate::ask::{Ask, Expects};
    use crate::exchange::{BodyEnd, Response};
    use crate::observation::Who;

    fn exchanged(body: Bytes) -> Observation {
        let ask = Ask {
            method: Method::GET,
            path: "/".to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
            expects: Expects::Rejection,
        };
        let response = Response {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body,
            arrivals: Vec::new(),
            end: BodyEnd::Whole,
        };
        let reply = Reply::Response(response);
        let now = Duration::ZERO;
        let exchange = Exchange { intended_at: now, sent_at: now, ended_at: now, reply };
        Observation::Exchanged { who: Who::Bystander, ask: Arc::new(ask), exchange }
    }

    #[tokio::test(start_paused = true)]
    async fn long_bodies_wait_for_room_and_small_ones_do_not() {
        let (sender, mut receiver) = mpsc::channel(1_000);
        let tell = Tell::new(sender, CancellationToken::new(), Clock::start());
        let long = Bytes::from(vec![b'x'; 4 << 20]);
        for _ in 0..16 {
            tell.that(exchanged(long.clone())).await;
        }
        tell.that(exchanged(Bytes::from_static(b"small"))).await;
        let more = tell.that(exchanged(long.clone()));
        tokio::pin!(more);
        let second = Duration::from_secs(1);
        assert!(tokio::time::timeout(second, &mut more).await.is_err(), "there is no room for it");
        let Some(Observation::Exchanged { exchange, .. }) = receiver.recv().await else {
            panic!("nothing came")
        };
        let copy = exchange.clone();
        drop(exchange);
        assert!(tokio::time::timeout(second, &mut more).await.is_err(), "a copy of it is there");
        let Reply::Response(response) = &copy.reply else { panic!("no response") };
        assert_eq!(response.body, long);
        drop(copy);
        assert!(tokio::time::timeout(second, &mut more).await.is_ok());
        assert!(tell.longest_wait() >= 2 * second, "{:?}", tell.longest_wait());
    }
}
