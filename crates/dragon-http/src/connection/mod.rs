//! Connections: accepting them, bounding them, ending them.
//!
//! The accept loop is our own because every limit here must hold: how many connections there are, in all and from one
//! address (more are told so and closed), times for the handshake, the request head, idleness and a client that does
//! not read, and an orderly end at shutdown. `docs/EDGE.md` has them all in one table.

mod accept;
mod head;
mod io;
mod linger;
mod places;
mod tls;
mod transport;
mod turn_away;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::arrival::{ArrivalClock, Framing};
use crate::body::BODY_TIMEOUT;
use crate::front_door::{self, Endpoints};
use crate::identity::payer_of;
use crate::reply::Delivery;

use accept::{Accepted, Acceptor};
use io::ClockedStream;
use places::{Limits, Place, Places};
use tls::{Handshake, shake_hands};
use transport::Transport;
use turn_away::{say_in_passing, turn_away};

pub use places::MAX_TURNED_AWAY;

/// The longest that a connection stays open for a request that is not whole: its body arrives, or does not, and
/// then what was refused is read on for a while.
pub const LONGEST_READ: Duration = BODY_TIMEOUT.saturating_add(linger::LINGER_TIME);

/// When the server stops, half a request head has this long to become whole.
const SHUTDOWN_HEAD_TIME: Duration = Duration::from_millis(500);

/// hyper's own buffer for a request head. Larger than what [`head`] lets through, so that hyper's own limit, whose
/// answer is empty, is never reached.
const MAX_HEAD_BUFFER_BYTES: usize = 64 * 1024;
const _: () = assert!(head::MAX_HEAD_BYTES < MAX_HEAD_BUFFER_BYTES);

/// Header fields that hyper reads. More than [`head`] lets through, for the same reason.
const MAX_HEADER_FIELDS: usize = 128;

/// How the server is asked to stop.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Nobody new, and what is being answered is brought to its end within [`crate::Settings::drain`].
    pub soon: CancellationToken,
    /// What is being answered ends where it is.
    pub now: CancellationToken,
}

/// What every connection of a server shares.
#[derive(Clone)]
struct Shared {
    app: Arc<App>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

/// Serves until it is asked to stop, then finishes the answers in progress and returns.
pub async fn serve(listener: TcpListener, app: Arc<App>, stop: Stop) {
    let (tasks, followers) = (TaskTracker::new(), TaskTracker::new());
    let follow_engines = CancellationToken::new();
    for index in 0..app.models().len() {
        let (app, ended) = (Arc::clone(&app), follow_engines.clone());
        followers.spawn(async move { ended.run_until_cancelled(follow(&app, index)).await });
    }
    let shared = Shared { app: Arc::clone(&app), shutdown: stop.soon.clone(), tasks: tasks.clone() };
    let places = Places::default();
    let mut acceptor = Acceptor::new(listener);
    while let Some(accepted) = stop.soon.run_until_cancelled(acceptor.next()).await {
        match accepted {
            Accepted::Connection(stream, peer) => admit(stream, peer, &places, &shared),
            Accepted::NoDescriptor(error) => app.refusals.saw(&error),
            Accepted::Nothing => {}
        }
    }
    drop(acceptor);
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

/// Gives a new connection a place, or tells it why not.
fn admit(stream: TcpStream, peer: SocketAddr, places: &Places, shared: &Shared) {
    let settings = &shared.app.settings;
    let is_loopback = peer.ip().to_canonical().is_loopback();
    let limits = Limits::new(settings.max_connections, settings.max_connections_per_address, is_loopback);
    match places.take(payer_of(peer.ip()), limits) {
        Place::Free(place) => {
            let of_connection = shared.clone();
            shared.tasks.spawn(async move {
                serve_connection(stream, peer, of_connection).await;
                drop(place);
            });
        }
        Place::None(place, error) => {
            shared.app.refusals.saw(&error);
            // In plain text also where TLS is spoken: a handshake is work, and there is too much of it already.
            shared.tasks.spawn(async move {
                turn_away(stream, &error).await;
                drop(place);
            });
        }
        Place::InPassing(error) => {
            shared.app.refusals.saw(&error);
            say_in_passing(&stream, &error);
        }
    }
}

async fn follow(app: &App, index: usize) {
    if let Some(model) = app.models().get(index) {
        model.follow_engine().await;
    }
}

async fn serve_connection(stream: TcpStream, peer: SocketAddr, shared: Shared) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let Ok(local) = stream.local_addr() else { return };
    let endpoints = Endpoints { local: local.ip(), peer: peer.ip() };
    let transport = match &shared.app.settings.tls {
        None => Transport::Plain(stream),
        Some(config) => match shared.shutdown.run_until_cancelled(shake_hands(stream, config)).await {
            Some(Handshake::Done(transport)) => transport,
            Some(Handshake::Refused(stream, error)) => {
                shared.app.refusals.saw(&error);
                return turn_away(stream, &error).await;
            }
            Some(Handshake::Failed) | None => return,
        },
    };
    serve_requests(transport, endpoints, &shared).await;
}

async fn serve_requests(transport: Transport, endpoints: Endpoints, shared: &Shared) {
    let clock = ArrivalClock::default();
    let io = TokioIo::new(ClockedStream::new(transport, clock.clone()));
    let service = service_fn(|request: Request<Incoming>| {
        // At once, not when the answer is first polled: the stream must know what the next bytes are.
        let arrived_at = clock.head_read(framing(request.body()));
        let (endpoints, clock) = (endpoints.clone(), clock.clone());
        async move {
            let reply =
                front_door::enter(&shared.app, &shared.tasks, endpoints, &clock, request, arrived_at).await;
            Ok::<_, Infallible>(reply.map(|body| Delivery::new(body, clock)))
        }
    });
    let mut connection = http1::Builder::new()
        .max_buf_size(MAX_HEAD_BUFFER_BYTES)
        .max_headers(MAX_HEADER_FIELDS)
        .serve_connection(io, service);
    let result = tokio::select! {
        result = &mut connection => result,
        () = shared.shutdown.cancelled() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            finish(&mut connection, &clock).await
        }
    };
    if let Err(error) = &result {
        tracing::debug!(%error, peer = %endpoints.peer, "a connection ended with an error");
    }
    let stream = connection.into_parts().io.into_inner();
    if let Some(error) = stream.refusal(&result) {
        shared.app.refusals.saw(&error);
        turn_away(stream.into_inner(), &error).await;
    } else if clock.is_body_unread() {
        linger::linger(stream.into_inner()).await;
    }
}

/// How the end of this body is found.
fn framing(body: &Incoming) -> Framing {
    match body.size_hint().exact() {
        Some(n_bytes) => Framing::Left(n_bytes),
        None => Framing::Chunked,
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

#[cfg(test)]
mod tests;
