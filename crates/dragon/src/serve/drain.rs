//! The end: the first signal lets requests finish in the time that is set for it, the second cuts them where they are.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use dragon_http::{LONGEST_READ, Stop};

use crate::exit::Exit;
use crate::signals::Signals;

/// An answer that has ended is handed to its client within a quarter of a second; what has not ended a second after
/// that never will.
const DRAIN_GRACE: Duration = Duration::from_millis(1250);

/// Drives `serving` until a signal comes, then until it has drained.
pub(super) async fn until_drained(
    serving: impl Future<Output = ()>,
    stop: &Stop,
    drain: Duration,
    signals: &mut Signals,
) -> Exit {
    let mut serving = pin!(serving);
    tokio::select! {
        () = &mut serving => {
            tracing::error!("the server stopped serving although nobody asked it to");
            return Exit::Internal;
        }
        signal = signals.next() => tracing::info!(
            "{signal}: finishing what is in flight within {} ms; again to end it at once",
            drain.as_millis()
        ),
    }
    stop.soon.cancel();
    // Requests whose bodies are still coming have that long to come, and then are answered at once.
    let longest = tokio::time::sleep(drain.max(LONGEST_READ) + DRAIN_GRACE);
    tokio::select! {
        () = &mut serving => return drained(),
        signal = signals.next() => tracing::warn!("{signal} again: ending what is in flight where it is"),
        () = longest => return outlived(),
    }
    stop.now.cancel();
    tokio::select! {
        () = serving => drained(),
        signal = signals.next() => {
            tracing::warn!("{signal} a third time: stopping without the rest");
            Exit::Internal
        }
        () = tokio::time::sleep(LONGEST_READ + DRAIN_GRACE) => outlived(),
    }
}

fn drained() -> Exit {
    tracing::info!("all requests are answered");
    Exit::Drained
}

fn outlived() -> Exit {
    tracing::error!("requests outlived the time that the server gives them; stopping without them");
    Exit::Internal
}
