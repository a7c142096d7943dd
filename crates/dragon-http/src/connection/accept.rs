//! Accepting, also when the process may open no more files.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use dragon_api::ApiError;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};

use super::turn_away::say_in_passing;

/// After an accept error the loop pauses: the condition needs others to end, and asking again at once would only keep
/// a core busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A line of the log for one such error in this time.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// What it always can open, to keep a descriptor in reserve.
const NOTHING: &str = "/dev/null";

/// The errors of `accept` that say that no descriptor is left: in the process, in the system.
const NO_DESCRIPTOR: [i32; 2] = [24, 23];

/// A listener that survives running out of file descriptors.
pub(super) struct Acceptor {
    listener: TcpListener,
    /// Given up when there is no other, to accept a connection and tell it so: it would wait in the backlog until its
    /// client gave up.
    reserve: Option<File>,
    logged_at: Option<Instant>,
}

/// What came.
pub(super) enum Accepted {
    Connection(TcpStream, SocketAddr),
    /// A connection for which there was no descriptor. It has been told so and closed.
    NoDescriptor(ApiError),
    /// Nothing, after a pause.
    Nothing,
}

// === impl Acceptor ===

impl Acceptor {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, reserve: File::open(NOTHING).ok(), logged_at: None }
    }

    /// The next connection. Cancel safe.
    pub(super) async fn next(&mut self) -> Accepted {
        match self.listener.accept().await {
            Ok((stream, peer)) => {
                if self.reserve.is_none() {
                    self.reserve = File::open(NOTHING).ok();
                }
                Accepted::Connection(stream, peer)
            }
            Err(error) => {
                self.log(&error);
                let is_without = error.raw_os_error().is_some_and(|code| NO_DESCRIPTOR.contains(&code));
                match self.reserve.take().filter(|_| is_without) {
                    Some(reserve) => self.refuse_one(reserve).await,
                    None => {
                        sleep(ACCEPT_PAUSE).await;
                        Accepted::Nothing
                    }
                }
            }
        }
    }

    /// Accepts one connection in place of the reserve, says why it is closed, and takes the reserve back.
    async fn refuse_one(&mut self, reserve: File) -> Accepted {
        drop(reserve);
        // The system says that no descriptor is left before it looks whether a connection waits: perhaps none does.
        let refused = match timeout(ACCEPT_PAUSE, self.listener.accept()).await {
            Ok(Ok((stream, _))) => {
                let error = ApiError::OutOfDescriptors;
                say_in_passing(&stream, &error);
                Accepted::NoDescriptor(error)
            }
            Ok(Err(_)) | Err(_) => Accepted::Nothing,
        };
        self.reserve = File::open(NOTHING).ok();
        refused
    }

    fn log(&mut self, error: &io::Error) {
        let now = Instant::now();
        if self.logged_at.is_none_or(|at| now.saturating_duration_since(at) >= LOG_EVERY) {
            self.logged_at = Some(now);
            tracing::warn!(%error, "a connection could not be accepted");
        }
    }
}
