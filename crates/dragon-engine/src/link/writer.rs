//! Writes frames, and a heartbeat that does not depend on the batch loop.

use std::io::{self, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use dragon_ipc::{EngineExit, FromEngine, HEARTBEAT_EVERY_MS};

use super::Outgoing;
use crate::exit::{end_process, end_process_saying};
use crate::progress::Progress;

const HEARTBEAT_EVERY: Duration = Duration::from_millis(HEARTBEAT_EVERY_MS);

/// Owns the writing half of the socket.
struct Writer {
    socket: UnixStream,
    progress: Arc<Progress>,
    /// `None` until the model is ready: before that there is no progress to report.
    heartbeat_at: Option<Instant>,
}

/// Starts the thread.
pub(super) fn start(
    socket: UnixStream,
    outgoing: Receiver<Outgoing>,
    progress: Arc<Progress>,
) -> io::Result<()> {
    let writer = Writer { socket, progress, heartbeat_at: None };
    let write = move || writer.write_forever(&outgoing);
    std::thread::Builder::new().name("writer".into()).spawn(write).map(drop)
}

// === impl Writer ===

impl Writer {
    fn write_forever(mut self, outgoing: &Receiver<Outgoing>) -> ! {
        loop {
            match outgoing.recv_timeout(self.until_heartbeat()) {
                Ok(Outgoing::Message(message)) => self.write(&message),
                Ok(Outgoing::Last(message, exit)) => {
                    self.write(&message);
                    end_process(exit);
                }
                Err(RecvTimeoutError::Timeout) => {}
                // Every sender is gone only when the main thread ended, which it never does.
                Err(RecvTimeoutError::Disconnected) => end_process(EngineExit::Internal),
            }
            self.write_heartbeat_if_due();
        }
    }

    fn until_heartbeat(&self) -> Duration {
        self.heartbeat_at.map_or(HEARTBEAT_EVERY, |at| at.saturating_duration_since(Instant::now()))
    }

    fn write_heartbeat_if_due(&mut self) {
        let now = Instant::now();
        if self.heartbeat_at.is_some_and(|at| at <= now) {
            self.write(&FromEngine::Heartbeat(self.progress.heartbeat()));
            self.heartbeat_at = Some(now + HEARTBEAT_EVERY);
        }
    }

    fn write(&mut self, message: &FromEngine) {
        let frame = match dragon_ipc::encode(message) {
            Ok(frame) => frame,
            Err(error) => {
                end_process_saying(EngineExit::Internal, &format!("a message has no frame: {error}"))
            }
        };
        if self.socket.write_all(&frame).is_err() {
            end_process(EngineExit::ParentGone);
        }
        if matches!(message, FromEngine::Ready(_)) {
            self.heartbeat_at = Some(Instant::now());
        }
    }
}
