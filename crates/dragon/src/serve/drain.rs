//! The end: the first signal lets requests finish, the second does not.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use dragon_http::LONGEST_READ;
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;
use crate::signals::Signals;

/// Every request ends by its deadline and a quarter of a second, and every connection whose request is still
/// being read within [`LONGEST_READ`]; what has not ended a second after that never will.
const DRAIN_GRACE: Duration = Duration::from_secs(1);

/// Drives `serving` until a signal comes, then until it has drained after `stop` was cancelled.
pub(super) async fn until_drained(
    serving: impl Future<Output = ()>,
    stop: &CancellationToken,
    longest_deadline: Duration,
    signals: &mut Signals,
) -> Exit {
    let mut serving = pin!(serving);
    tokio::select! {
        () = &mut serving => {
            tracing::error!("the server stopped serving although nobody asked it to");
            return Exit::Internal;
        }
        signal = signals.next() => tracing::info!("{signal}: finishing what is in flight; again to stop at once"),
    }
    stop.cancel();
    tokio::select! {
        () = serving => {
            tracing::info!("all requests are answered");
            Exit::Drained
        }
        signal = signals.next() => {
            tracing::warn!("{signal} again: stopping at once");
            Exit::Internal
        }
        () = tokio::time::sleep(longest_deadline.max(LONGEST_READ) + DRAIN_GRACE) => {
            tracing::error!("requests outlived the longest deadline; stopping without them");
            Exit::Internal
        }
    }
}
