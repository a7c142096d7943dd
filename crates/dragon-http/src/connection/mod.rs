//! Connections: accepting them, bounding them, ending them.
//!
//! The accept loop is our own because every limit here must hold: `max_connections` (more are told so and
//! closed), a time limit for the request head, one for a client that does not read, and an orderly
//! end at shutdown.

mod io;
mod linger;
mod places;
mod turn_away;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dragon_api::ApiError;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::arrival::ArrivalClock;
use crate::body::BODY_TIMEOUT;
use crate::front_door::{self, Endpoints};

use io::ClockedStream;
use places::{Place, Places};
use turn_away::turn_away;

/// The head of a request must have arrived within this time, counted from its first byte or, on a kept
/// connection, from the end of the last answer: so this also ends idle connections.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest that a connection stays open for a request that is not whole: its body arrives, or does not, and
/// then what was refused is read on for a while.
pub const LONGEST_READ: Duration = BODY_TIMEOUT.saturating_add(linger::LINGER_TIME);

/// When the server stops, half a request head has this long to become whole.
const SHUTDOWN_HEAD_TIME: Duration = Duration::from_millis(500);

/// hyper's own buffer for a request head. Larger than the limits of the front door, so that a head over
/// those gets our answer and not hyper's empty one.
const MAX_HEAD_BUFFER_BYTES: usize = 128 * 1024;

/// Header fields that hyper reads. More than the front door admits, for the same reason.
const MAX_HEADER_FIELDS: usize = 512;

/// After an accept error (out of file descriptors, say) the loop pauses: the condition needs others to end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How the server is asked to stop.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Nobody new, and what is being answered is brought to its end within [`crate::Settings::drain`].
    pub soon: CancellationToken,
    /// What is being answered ends where it is.
    pub now: CancellationToken,
}

/// Serves until it is asked to stop, then finishes the answers in progress and returns.
pub async fn serve(listener: TcpListener, app: Arc<App>, stop: Stop) {
    let shutdown = stop.soon.clone();
    let (tasks, followers) = (TaskTracker::new(), TaskTracker::new());
    let follow_engines = CancellationToken::new();
    for index in 0..app.models().len() {
        let (app, ended) = (Arc::clone(&app), follow_engines.clone());
        followers.spawn(async move { ended.run_until_cancelled(follow(&app, index)).await });
    }
    let places = Places::new(app.settings.max_connections);
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match places.take() {
                Place::Free(permit) => {
                    let (app, shutdown, tracker) = (Arc::clone(&app), shutdown.clone(), tasks.clone());
                    tasks.spawn(async move {
                        serve_connection(stream, peer, app, shutdown, tracker).await;
                        drop(permit);
                    });
                }
                Place::None(permit) => {
                    let limit = app.settings.max_connections;
                    tasks.spawn(async move {
                        turn_away(stream, &ApiError::TooManyConnections { limit }).await;
                        drop(permit);
                    });
                }
                Place::NotEvenToSaySo => drop(stream),
            },
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    app.drain_by(Instant::now() + app.settings.drain);
    tasks.close();
    tokio::select! {
        () = tasks.wait() => {}
        () = stop.now.cancelled() => {
            app.drain_by(Instant::now());
            tasks.wait().await;
        }
    }
    follow_engines.cancel();
    followers.close();
    followers.wait().await;
}

async fn follow(app: &App, index: usize) {
    if let Some(model) = app.models().get(index) {
        model.follow_engine().await;
    }
}

async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Arc<App>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
) {
    let Ok(local) = stream.local_addr() else { return };
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let endpoints = Endpoints { local: local.ip(), peer: peer.ip() };
    let clock = ArrivalClock::default();
    let io = TokioIo::new(ClockedStream::new(stream, clock.clone()));
    let of_requests = clock.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (app, endpoints, clock, tasks) =
            (Arc::clone(&app), endpoints.clone(), of_requests.clone(), tasks.clone());
        async move {
            Ok::<_, std::convert::Infallible>(
                front_door::enter(&app, &tasks, endpoints, &clock, request).await,
            )
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_BUFFER_BYTES)
        .max_headers(MAX_HEADER_FIELDS)
        .serve_connection(io, service);
    let result = tokio::select! {
        result = &mut connection => result,
        () = shutdown.cancelled() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            finish(&mut connection, &clock).await
        }
    };
    let timed_out = result.is_err_and(|error| {
        tracing::debug!(%error, %peer, "a connection ended with an error");
        error.is_timeout()
    });
    let stream = connection.into_parts().io.into_inner();
    if timed_out {
        answer_slow_head(stream).await;
    } else if clock.is_body_unread() {
        linger::linger(stream).await;
    }
}

/// Lets the request in progress end. A connection on which none is in progress, or only half a head has come,
/// is not worth waiting for.
async fn finish<C>(connection: &mut C, clock: &ArrivalClock) -> hyper::Result<()>
where
    C: Future<Output = hyper::Result<()>> + Unpin,
{
    let mut until = Instant::now() + SHUTDOWN_HEAD_TIME;
    loop {
        match timeout_at(until, &mut *connection).await {
            Ok(result) => return result,
            Err(_elapsed) => match clock.busy_until() {
                Some(later) if later > until => until = later,
                _ => return Ok(()),
            },
        }
    }
}

/// hyper closes without a word when a head does not arrive in time; nothing is lost by saying why.
async fn answer_slow_head(io: ClockedStream) {
    if let Some(stream) = io.into_stream_in_mid_request() {
        turn_away(stream, &ApiError::RequestTimeout { limit: HEAD_TIMEOUT }).await;
    }
}

#[cfg(test)]
mod tests;
