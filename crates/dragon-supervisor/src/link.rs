//! Messages over the socket.

use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;

use dragon_ipc::{Decoder, FrameError, FromEngine, ToEngine};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

/// Bytes taken from the socket at once: many steps' worth. The decoder's buffer holds at most one frame more.
const READ_BYTES: usize = 64 * 1024;

/// The side that hears the engine.
#[derive(Debug)]
pub(crate) struct Ear {
    socket: OwnedReadHalf,
    decoder: Decoder,
    buffer: Vec<u8>,
}

/// The side that talks to the engine.
#[derive(Debug)]
pub(crate) struct Mouth {
    socket: OwnedWriteHalf,
}

/// Why nothing more can be heard.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HearError {
    /// The engine's end is closed: it is dead or dying.
    #[error("the connection is closed")]
    Closed,
    /// What came is no message.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// Why something could not be said.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SayError {
    /// The engine's end is closed: it is dead or dying.
    #[error("the connection is closed")]
    Closed,
    /// A bug of ours: a message that fits into no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// Both sides of a connection. Must be called within the runtime.
///
/// # Errors
/// When the runtime cannot watch the socket.
pub(crate) fn connect(socket: StdUnixStream) -> io::Result<(Ear, Mouth)> {
    let (read, write) = UnixStream::from_std(socket)?.into_split();
    let ear = Ear { socket: read, decoder: Decoder::default(), buffer: vec![0; READ_BYTES] };
    Ok((ear, Mouth { socket: write }))
}

// === impl Ear ===

impl Ear {
    /// The next message. Cancel safe: what has arrived stays here.
    pub(crate) async fn hear(&mut self) -> Result<FromEngine, HearError> {
        loop {
            if let Some(message) = self.decoder.next_message()? {
                return Ok(message);
            }
            match self.socket.read(&mut self.buffer).await {
                Ok(0) | Err(_) => return Err(HearError::Closed),
                Ok(n_read) => self.decoder.push(&self.buffer[..n_read]),
            }
        }
    }
}

// === impl Mouth ===

impl Mouth {
    /// Sends one message. Not cancel safe: a message that was begun must be finished.
    pub(crate) async fn say(&mut self, message: &ToEngine) -> Result<(), SayError> {
        let frame = dragon_ipc::encode(message)?;
        self.socket.write_all(&frame).await.map_err(|_| SayError::Closed)
    }
}
