//! The stream under the HTTP library: it hands over one request at a time, remembers when each began, and gives up on
//! a client that does not send or does not read.
//!
//! Bytes behind a request that is being answered are held back here, up to a bound. So the library's buffer is empty
//! meanwhile and it notices when the client leaves, and every head passes [`HeadScan`], pipelined or not.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use dragon_api::ApiError;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::head::{Flaw, HeadScan, Taken};
use super::transport::Transport;
use crate::arrival::{ArrivalClock, Framing, HEAD_TIMEOUT, Phase};

/// Bytes of later requests that are kept while one is answered. What does not fit waits in the operating system's
/// buffer and then at the client. Some pipelined requests fit; nobody but proxies and attackers sends any.
const MAX_HELD_BYTES: usize = 16 * 1024;

/// Bytes read at once behind a request.
const READ_BYTES: usize = 2 * 1024;

/// While more is pipelined than is read, the end of the connection does not show in reading; so it is looked for
/// this often.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The stream under hyper.
pub(super) struct ClockedStream {
    inner: Transport,
    clock: ArrivalClock,
    scan: HeadScan,
    /// What came behind the request that is being answered.
    held: BytesMut,
    /// When the first byte of `held` came.
    held_since: Option<Instant>,
    /// Runs while a head is waited for.
    head_limit: Option<Pin<Box<Sleep>>>,
    /// Runs while `held` is full.
    look: Option<Pin<Box<Sleep>>>,
    /// Runs while a write waits for the client.
    stall: Option<Pin<Box<Sleep>>>,
    /// Why no head was handed over.
    trouble: Option<Trouble>,
}

#[derive(Debug, Clone, Copy)]
enum Trouble {
    Flaw(Flaw),
    TooSlow,
}

// === impl ClockedStream ===

impl ClockedStream {
    pub(super) fn new(inner: Transport, clock: ArrivalClock) -> Self {
        Self {
            inner,
            clock,
            scan: HeadScan::default(),
            held: BytesMut::new(),
            held_since: None,
            head_limit: None,
            look: None,
            stall: None,
            trouble: None,
        }
    }

    pub(super) fn into_inner(self) -> Transport {
        self.inner
    }

    /// What to tell a client whose connection ended like this, where part of a request has come that nobody answers.
    pub(super) fn refusal(&self, ended: &hyper::Result<()>) -> Option<ApiError> {
        if !self.clock.is_in_mid_head() {
            return None;
        }
        match (self.trouble, ended) {
            (Some(Trouble::Flaw(flaw)), _) => Some(flaw.into()),
            (Some(Trouble::TooSlow), _) => Some(ApiError::RequestTimeout { limit: HEAD_TIMEOUT }),
            (None, Err(error)) if error.is_parse() => Some(ApiError::NotHttp { problem: error.to_string() }),
            (None, Err(error)) if error.is_incomplete_message() => {
                Some(ApiError::NotHttp { problem: "it ends within its head".to_owned() })
            }
            (None, _) => None,
        }
    }

    /// Up to the end of a head, or until the time for it is over.
    fn poll_head(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (before, since) = (buffer.filled().len(), self.held_since);
        if self.poll_client(context, buffer)?.is_pending() {
            return self.poll_head_limit(context);
        }
        let came = buffer.filled().get(before..).unwrap_or_default();
        if came.is_empty() {
            return Poll::Ready(Ok(()));
        }
        self.clock.byte_came(since.unwrap_or_else(Instant::now));
        match self.scan.take(came) {
            Ok(Taken::All) => {}
            Ok(Taken::UpTo(n_bytes)) => self.hold_back(buffer, before + n_bytes, since),
            Err(flaw) => return Poll::Ready(Err(self.give_up(Trouble::Flaw(flaw)))),
        }
        Poll::Ready(Ok(()))
    }

    /// What is left of the body.
    fn poll_body(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
        left: u64,
    ) -> Poll<io::Result<()>> {
        let (before, since) = (buffer.filled().len(), self.held_since);
        ready!(self.poll_client(context, buffer)?);
        let n_came = buffer.filled().len() - before;
        let n_wanted = usize::try_from(left).unwrap_or(usize::MAX).min(n_came);
        self.clock.body_came(n_wanted);
        self.hold_back(buffer, before + n_wanted, since);
        Poll::Ready(Ok(()))
    }

    /// Nothing more of the request: what comes now belongs to later ones. Ready when the client has left.
    fn poll_behind(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.held.len() < MAX_HELD_BYTES {
            let mut bytes = [0; READ_BYTES];
            let mut buffer = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.inner).poll_read(context, &mut buffer)?);
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.held.extend_from_slice(buffer.filled());
            self.held_since.get_or_insert_with(Instant::now);
        }
        while !self.inner.is_closed_by_peer(context) {
            let look = self.look.get_or_insert_with(|| Box::pin(sleep(LOOK_EVERY)));
            ready!(look.as_mut().poll(context));
            look.as_mut().reset(Instant::now() + LOOK_EVERY);
        }
        Poll::Ready(Ok(()))
    }

    /// What was held back, or else what comes.
    fn poll_client(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.held.is_empty() {
            return Pin::new(&mut self.inner).poll_read(context, buffer);
        }
        let given = self.held.split_to(self.held.len().min(buffer.remaining()));
        buffer.put_slice(&given);
        if self.held.is_empty() {
            self.held_since = None;
        }
        Poll::Ready(Ok(()))
    }

    /// Takes back what the buffer holds beyond its first `n_kept` bytes, of which the first came at `since`, or now.
    fn hold_back(&mut self, buffer: &mut ReadBuf<'_>, n_kept: usize, since: Option<Instant>) {
        let Some(rest) = buffer.filled().get(n_kept..).filter(|rest| !rest.is_empty()) else { return };
        let behind = std::mem::replace(&mut self.held, BytesMut::from(rest));
        self.held.unsplit(behind);
        self.held_since = since.or_else(|| Some(Instant::now()));
        buffer.set_filled(n_kept);
    }

    fn poll_head_limit(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let until = self.clock.head_until();
        let limit = self.head_limit.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if limit.deadline() != until {
            limit.as_mut().reset(until);
        }
        ready!(limit.as_mut().poll(context));
        Poll::Ready(Err(self.give_up(Trouble::TooSlow)))
    }

    fn give_up(&mut self, trouble: Trouble) -> io::Error {
        self.trouble = Some(trouble);
        match trouble {
            Trouble::Flaw(_) => io::ErrorKind::InvalidData.into(),
            Trouble::TooSlow => io::ErrorKind::TimedOut.into(),
        }
    }

    /// Whether what is written now answers no request: that is hyper's own, empty answer to what it could not read.
    /// It is not sent, because a better one follows ([`Self::refusal`]).
    fn is_hypers_own(&self) -> bool {
        self.clock.phase() == Phase::Head
    }

    /// Turns a write that waits for too long into an error, which makes hyper drop the connection and with
    /// it the body of the answer.
    fn bounded<T>(&mut self, context: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.stall = None;
            return poll;
        }
        let clock = &self.clock;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep_until(clock.write_until())));
        ready!(stall.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for ClockedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match this.clock.phase() {
            Phase::Head => this.poll_head(context, buffer),
            Phase::Request(Framing::Chunked) => this.poll_client(context, buffer),
            Phase::Request(Framing::Left(0)) | Phase::Answered => this.poll_behind(context),
            Phase::Request(Framing::Left(left)) => this.poll_body(context, buffer, left),
        }
    }
}

impl AsyncWrite for ClockedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_hypers_own() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let poll = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.bounded(context, poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.inner).poll_flush(context);
        if matches!(poll, Poll::Ready(Ok(()))) && self.clock.flushed() {
            // hyper last heard that there was nothing to read; by now there may be, and the time for it runs.
            context.waker().wake_by_ref();
        }
        self.bounded(context, poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.clock.is_in_mid_head() {
            // Something is still to be said.
            return Poll::Ready(Ok(()));
        }
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
        if self.is_hypers_own() {
            return Poll::Ready(Ok(buffers.iter().map(|buffer| buffer.len()).sum()));
        }
        let poll = Pin::new(&mut self.inner).poll_write_vectored(context, buffers);
        self.bounded(context, poll)
    }
}
