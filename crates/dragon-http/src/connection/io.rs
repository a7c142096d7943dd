//! A TCP stream that remembers when a request began and gives up on a client that does not read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::arrival::ArrivalClock;

/// The stream under hyper.
pub(super) struct ClockedStream {
    inner: TcpStream,
    clock: ArrivalClock,
    /// Runs while a write waits for the client.
    stall: Option<Pin<Box<Sleep>>>,
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
