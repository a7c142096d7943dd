//! A TCP stream that remembers when a request began and gives up on a client that does not read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use crate::body::BODY_TIMEOUT;
use crate::deadline::WRITE_GRACE;

/// A client that takes not one byte for this long is gone as far as we are concerned. Answers have their
/// own, absolute deadline; this one frees connections whose answer was complete but is not read.
const WRITE_STALL: Duration = Duration::from_secs(10);

/// The times of the request that is being read or answered, shared between the stream and its requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct ArrivalClock {
    times: Arc<Mutex<Times>>,
}

#[derive(Debug, Default)]
struct Times {
    first_byte_at: Option<Instant>,
    cut_at: Option<Instant>,
    body: RequestBody,
}

/// What is known of the body of the request whose head came last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum RequestBody {
    /// There is none, or it has been read.
    #[default]
    Read,
    /// Some of it may still be coming.
    Unread,
}

/// The stream under hyper.
pub(super) struct ClockedStream {
    inner: TcpStream,
    clock: ArrivalClock,
    /// Runs while a write waits for the client.
    stall: Option<Pin<Box<Sleep>>>,
}

// === impl ArrivalClock ===

impl ArrivalClock {
    /// When the first byte of the request came whose head is complete now. Nothing of an earlier request on
    /// this connection counts any more.
    pub(crate) fn head_read(&self, body: RequestBody) -> Instant {
        let until_read = Instant::now() + BODY_TIMEOUT + WRITE_GRACE;
        let now = Times { first_byte_at: None, cut_at: Some(until_read), body };
        let before = std::mem::replace(&mut *self.times.lock(), now);
        before.first_byte_at.unwrap_or_else(Instant::now)
    }

    /// The body has been read: the next byte that arrives begins another request.
    pub(crate) fn body_read(&self) {
        *self.times.lock() = Times::default();
    }

    /// A client that does not take its answer is cut at this instant.
    pub(crate) fn cut_at(&self, cut_at: Instant) {
        self.times.lock().cut_at = Some(cut_at);
    }

    /// Until when the request whose head came last can keep the connection busy.
    pub(super) fn busy_until(&self) -> Option<Instant> {
        self.times.lock().cut_at
    }

    /// Whether the client may still be sending a body that nobody reads.
    pub(crate) fn is_body_unread(&self) -> bool {
        self.times.lock().body == RequestBody::Unread
    }

    fn byte_came(&self) {
        self.times.lock().first_byte_at.get_or_insert_with(Instant::now);
    }

    fn is_in_mid_request(&self) -> bool {
        self.times.lock().first_byte_at.is_some()
    }

    /// Until when a write may wait that begins to wait now.
    fn write_until(&self) -> Instant {
        let stalled_at = Instant::now() + WRITE_STALL;
        self.times.lock().cut_at.map_or(stalled_at, |cut_at| cut_at.min(stalled_at))
    }
}

// === impl ClockedStream ===

impl ClockedStream {
    pub(super) fn new(stream: TcpStream, clock: ArrivalClock) -> Self {
        Self { inner: stream, clock, stall: None }
    }

    /// The stream, where part of a request has arrived and its answer has not begun.
    pub(super) fn into_stream_in_mid_request(self) -> Option<TcpStream> {
        self.clock.is_in_mid_request().then_some(self.inner)
    }

    /// Turns a write that waits for too long into an error, which makes hyper drop the connection and with
    /// it the body of the answer.
    fn bounded<T>(&mut self, context: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.stall = None;
            return poll;
        }
        let clock = &self.clock;
        let stall = self.stall.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(clock.write_until())));
        match stall.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for ClockedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let n_filled = buffer.filled().len();
        let poll = Pin::new(&mut self.inner).poll_read(context, buffer);
        if buffer.filled().len() > n_filled {
            self.clock.byte_came();
        }
        poll
    }
}

impl AsyncWrite for ClockedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.bounded(context, poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.inner).poll_flush(context);
        self.bounded(context, poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.inner).poll_shutdown(context);
        self.bounded(context, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write_vectored(context, buffers);
        self.bounded(context, poll)
    }
}
