//! A connection and one request on it after the other.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::connector::Connector;
use super::failure;
use super::stream::Stream;
use crate::clock::Clock;
use crate::exchange::{Arrival, BodyEnd, Reply, Response, Silence};

/// What is kept of a body. The longest answer that is asked for has some thousand tokens, each of which may come in a
/// chunk of its own of some hundred bytes: a mebibyte. Four times that is no answer any more.
const MAX_BODY_BYTES: usize = 4 << 20;

/// Arrivals that are kept; what comes later counts to the last of them. Above the tokens of any answer, and a bound on
/// what a server that sends single bytes can make us hold.
const MAX_ARRIVALS: usize = 16_384;

type Http = http1::Connection<TokioIo<Stream>, Full<Bytes>>;

/// A connection that speaks HTTP/1.1.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
    n_bytes_read: Arc<AtomicU64>,
}

/// Hyper's half of the connection: nothing moves unless it is polled.
#[derive(Debug)]
struct Driver {
    http: Pin<Box<Http>>,
    is_over: bool,
}

/// What has come so far.
#[derive(Debug, Default)]
pub(super) struct Received {
    head: Option<(StatusCode, HeaderMap)>,
    body: Body,
    arrivals: Vec<Arrival>,
}

/// Most bodies come in one piece, which then need not be copied.
#[derive(Debug, Default)]
enum Body {
    #[default]
    Empty,
    One(Bytes),
    Several(BytesMut),
}

// === impl Connection ===

impl Connection {
    pub(super) async fn open(connector: &Connector) -> Result<Self, Silence> {
        let stream = connector.connect().await.map_err(|error| Silence::Unreachable(error.to_string()))?;
        let n_bytes_read = stream.n_bytes_read();
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (sender, http) = handshake.map_err(|error| failure::before_response(&error))?;
        Ok(Self { sender, driver: Driver { http: Box::pin(http), is_over: false }, n_bytes_read })
    }

    pub(super) fn n_bytes_read(&self) -> u64 {
        self.n_bytes_read.load(Ordering::Relaxed)
    }

    /// Whether another request may be sent on it, as far as can be told without waiting.
    pub(super) async fn is_ready(&mut self) -> bool {
        let Self { sender, driver, .. } = self;
        let looked_once = poll_fn(|context| Poll::Ready(sender.poll_ready(context)));
        matches!(driver.drive(looked_once).await, Poll::Ready(Ok(()))) && !driver.is_over
    }

    pub(super) async fn ask(
        &mut self,
        request: Request<Full<Bytes>>,
        clock: Clock,
        received: &mut Received,
    ) -> Result<BodyEnd, Silence> {
        let response = self.driver.drive(self.sender.send_request(request)).await;
        let (parts, mut body) = response.map_err(|error| failure::before_response(&error))?.into_parts();
        received.head = Some((parts.status, parts.headers));
        loop {
            let frame = match self.driver.drive(body.frame()).await {
                None => return Ok(BodyEnd::Whole),
                Some(Err(error)) => return Ok(BodyEnd::Cut(failure::in_words(&error))),
                Some(Ok(frame)) => frame,
            };
            let Ok(bytes) = frame.into_data() else { continue };
            if received.take(bytes, clock).is_err() {
                return Ok(BodyEnd::TooLong);
            }
        }
    }
}

// === impl Driver ===

impl Driver {
    /// Waits for what happens on this connection, and makes it happen.
    async fn drive<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            // How it ended shows up in whatever is waited for.
            if !self.is_over && self.http.as_mut().poll(context).is_ready() {
                self.is_over = true;
            }
            future.as_mut().poll(context)
        })
        .await
    }
}

// === impl Received ===

impl Received {
    /// Whether a response has begun.
    pub(super) fn has_begun(&self) -> bool {
        self.head.is_some()
    }

    pub(super) fn into_reply(self, end: BodyEnd) -> Reply {
        match self.head {
            Some((status, headers)) => Reply::Response(Response {
                status,
                headers,
                body: self.body.into_bytes(),
                arrivals: self.arrivals,
                end,
            }),
            None => Reply::None(Silence::Closed("it ended before a response".to_owned())),
        }
    }

    /// Keeps what came, up to the bound.
    fn take(&mut self, mut bytes: Bytes, clock: Clock) -> Result<(), TooLong> {
        if bytes.is_empty() {
            return Ok(());
        }
        let room = MAX_BODY_BYTES - self.body.len();
        let is_too_long = bytes.len() > room;
        bytes.truncate(room);
        self.body.push(bytes);
        let arrival = Arrival { at: clock.now(), body_len: self.body.len() };
        if self.arrivals.len() >= MAX_ARRIVALS {
            self.arrivals.pop();
        }
        self.arrivals.push(arrival);
        if is_too_long { Err(TooLong) } else { Ok(()) }
    }
}

/// The body is longer than is kept.
struct TooLong;

// === impl Body ===

impl Body {
    fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::One(bytes) => bytes.len(),
            Self::Several(bytes) => bytes.len(),
        }
    }

    fn push(&mut self, more: Bytes) {
        *self = match std::mem::take(self) {
            Self::Empty => Self::One(more),
            Self::One(bytes) => {
                let mut all = BytesMut::with_capacity(2 * (bytes.len() + more.len()));
                all.extend_from_slice(&bytes);
                all.extend_from_slice(&more);
                Self::Several(all)
            }
            Self::Several(mut bytes) => {
                bytes.extend_from_slice(&more);
                Self::Several(bytes)
            }
        };
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Empty => Bytes::new(),
            Self::One(bytes) => bytes,
            Self::Several(bytes) => bytes.freeze(),
        }
    }
}
