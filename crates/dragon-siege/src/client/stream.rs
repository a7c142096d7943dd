//! A connection's bytes, with TLS or without.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A connection that counts what it reads.
///
/// When the server no longer takes bytes, writing goes on into nothing: a server may answer and close before it has
/// read all, and its answer is still to be read. Whether there is one, reading tells.
#[derive(Debug)]
pub(super) struct Stream {
    inner: Inner,
    n_bytes_read: Arc<AtomicU64>,
    is_deaf: bool,
}

#[derive(Debug)]
enum Inner {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

// === impl Stream ===

impl Stream {
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self::new(Inner::Plain(stream))
    }

    pub(super) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self::new(Inner::Tls(Box::new(stream)))
    }

    fn new(inner: Inner) -> Self {
        Self { inner, n_bytes_read: Arc::new(AtomicU64::new(0)), is_deaf: false }
    }

    /// Bytes read so far; goes on counting while somebody else owns the stream.
    pub(super) fn n_bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.n_bytes_read)
    }

    /// Whether the server has stopped taking bytes.
    pub(super) fn is_deaf(&self) -> bool {
        self.is_deaf
    }

    /// Ends the connection by a reset instead of politely.
    pub(super) fn reset(self) {
        let socket = match &self.inner {
            Inner::Plain(stream) => stream,
            Inner::Tls(stream) => stream.get_ref().0,
        };
        // Where it cannot be had, the server has reset it already.
        let _ = socket.set_zero_linger();
    }

    /// `written`, unless it says that the server is gone: then as if `n_bytes` had been taken.
    fn or_into_nothing(&mut self, written: io::Result<usize>, n_bytes: usize) -> io::Result<usize> {
        match written {
            Err(error) if is_gone(&error) => {
                self.is_deaf = true;
                Ok(n_bytes)
            }
            written => written,
        }
    }
}

/// Whether it says that the other side takes nothing more.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
    )
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Inner::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        let n_bytes = buffer.filled().len() - before;
        self.n_bytes_read.fetch_add(n_bytes as u64, Ordering::Relaxed);
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_deaf {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = ready!(match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Inner::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        });
        Poll::Ready(self.or_into_nothing(written, bytes.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let n_bytes = slices.iter().map(|slice| slice.len()).sum();
        if self.is_deaf {
            return Poll::Ready(Ok(n_bytes));
        }
        let written = ready!(match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Inner::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        });
        Poll::Ready(self.or_into_nothing(written, n_bytes))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.inner {
            Inner::Plain(stream) => stream.is_write_vectored(),
            Inner::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_deaf {
            return Poll::Ready(Ok(()));
        }
        let flushed = ready!(match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_flush(context),
            Inner::Tls(stream) => Pin::new(stream).poll_flush(context),
        });
        Poll::Ready(self.or_into_nothing(flushed.map(|()| 0), 0).map(|_| ()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Inner::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
