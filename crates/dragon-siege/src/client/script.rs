//! Plays the life of a hostile connection.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};

use super::connector::{Connector, ReadAhead};
use super::stream::Stream;
use crate::ask::{Leave, Script, Step};
use crate::exchange::HostileEnd;

/// A status line's beginning: `HTTP/1.1 408`.
const STATUS_LINE_BYTES: usize = 12;

/// Bytes that are read at a time where nothing else is said.
const BUFFER_BYTES: usize = 4096;

/// For what the server said before it closed: it is on its way already.
const LAST_WORDS: Duration = Duration::from_millis(20);

/// A connection that is being played.
#[derive(Debug)]
struct Played {
    stream: Stream,
    /// The beginning of what the server sent.
    head: Vec<u8>,
}

/// The server has ended the connection, or sent a response in the middle of what was being sent to it.
#[derive(Debug)]
struct Over;

/// Plays a script to its end, or to where the server ends it.
pub async fn play(connector: &Connector, script: &Script) -> HostileEnd {
    let sips = script.steps.iter().any(|step| matches!(step, Step::Sip { .. }));
    let read_ahead = if sips { ReadAhead::Little } else { ReadAhead::Usual };
    let stream = match connector.connect_with(read_ahead).await {
        Ok(stream) => stream,
        Err(error) => return HostileEnd::Unreachable(error.to_string()),
    };
    let mut played = Played { stream, head: Vec::new() };
    for step in &script.steps {
        if played.take(step).await.is_err() {
            return played.ended_by_server().await;
        }
    }
    match script.leave {
        Leave::Close => HostileEnd::Left,
        Leave::Reset => {
            played.stream.reset();
            HostileEnd::Left
        }
        Leave::Await(at_most) => {
            match timeout(at_most, played.read_to_end(BUFFER_BYTES, Duration::ZERO)).await {
                Ok(Over) => played.end(),
                Err(_) => played.status().map_or(HostileEnd::Left, HostileEnd::Answered),
            }
        }
    }
}

// === impl Played ===

impl Played {
    async fn take(&mut self, step: &Step) -> Result<(), Over> {
        match step {
            Step::Send(bytes) => self.send(bytes).await,
            Step::Drip { bytes, n_at_once, pause } => self.drip(bytes, (*n_at_once).max(1), *pause).await,
            Step::Pause(pause) => {
                sleep(*pause).await;
                Ok(())
            }
            Step::Read { n_bytes, within } => within_or_on(*within, self.read(*n_bytes)).await,
            Step::Sip { n_at_once, pause, within } => {
                let sips = self.read_to_end((*n_at_once).clamp(1, BUFFER_BYTES), *pause);
                // A server that sends without end is left when time is up.
                timeout(*within, sips).await.map_or(Ok(()), Err)
            }
            Step::HalfClose => self.stream.shutdown().await.map_err(|_| Over),
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Over> {
        self.stream.write_all(bytes).await.map_err(|_| Over)?;
        self.stream.flush().await.map_err(|_| Over)?;
        if self.stream.is_deaf() { Err(Over) } else { Ok(()) }
    }

    /// Ends early where the server has lost its patience.
    async fn drip(&mut self, bytes: &Bytes, n_at_once: usize, pause: Duration) -> Result<(), Over> {
        for piece in bytes.chunks(n_at_once) {
            self.send(piece).await?;
            let mut buffer = [0; BUFFER_BYTES];
            if let Ok(read) = timeout(pause, self.stream.read(&mut buffer)).await {
                self.note(&buffer, read.unwrap_or(0));
                return Err(Over);
            }
        }
        Ok(())
    }

    async fn read(&mut self, n_bytes: usize) -> Result<(), Over> {
        let mut buffer = [0; BUFFER_BYTES];
        let mut n_left = n_bytes;
        while n_left > 0 {
            let room = buffer.get_mut(..n_left.min(BUFFER_BYTES)).unwrap_or_default();
            let n_read = self.stream.read(room).await.unwrap_or(0);
            if n_read == 0 {
                return Err(Over);
            }
            self.note(&buffer, n_read);
            n_left -= n_read;
        }
        Ok(())
    }

    async fn read_to_end(&mut self, n_at_once: usize, pause: Duration) -> Over {
        loop {
            if self.read(n_at_once).await.is_err() {
                return Over;
            }
            if !pause.is_zero() {
                sleep(pause).await;
            }
        }
    }

    fn note(&mut self, buffer: &[u8], n_read: usize) {
        let wanted = STATUS_LINE_BYTES.saturating_sub(self.head.len()).min(n_read);
        self.head.extend_from_slice(buffer.get(..wanted).unwrap_or_default());
    }

    fn status(&self) -> Option<u16> {
        let text = std::str::from_utf8(&self.head).ok()?;
        let (version, status) = text.split_once(' ')?;
        if version.starts_with("HTTP/") { status.parse().ok() } else { None }
    }

    fn end(&self) -> HostileEnd {
        self.status().map_or(HostileEnd::Closed, HostileEnd::Answered)
    }

    /// It may have said why before it closed.
    async fn ended_by_server(&mut self) -> HostileEnd {
        if self.head.len() < STATUS_LINE_BYTES {
            let _ = timeout(LAST_WORDS, self.read(STATUS_LINE_BYTES)).await;
        }
        self.end()
    }
}

async fn within_or_on(within: Duration, step: impl Future<Output = Result<(), Over>>) -> Result<(), Over> {
    timeout(within, step).await.unwrap_or(Ok(()))
}
