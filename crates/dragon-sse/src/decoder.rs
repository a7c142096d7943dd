//! Bytes to lines, lines to events.

use std::{error::Error, fmt, mem};

/// What may come first in a stream, and is not part of its first line.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What `event:` said, or nothing.
    pub kind: String,
    /// The `data:` lines, joined by line feeds. Bytes that are not UTF-8 are replaced.
    pub data: String,
}

/// How much a decoder holds at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a line without its end.
    pub line_bytes: usize,
    /// Bytes of the kind and the data of an event.
    pub event_bytes: usize,
}

/// A line or an event was longer than the limits allow. The stream cannot be read further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooLong {
    /// A line was longer than so many bytes.
    Line(usize),
    /// An event was longer than so many bytes.
    Event(usize),
}

/// Turns bytes into events.
#[derive(Debug, Default)]
pub struct Decoder {
    limits: Limits,
    state: State,
    /// The bytes of a line whose end has not arrived.
    line: Vec<u8>,
    /// The event whose end has not arrived.
    kind: String,
    data: Option<String>,
    is_within_event: bool,
    n_comments: u64,
}

/// What the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Within the first line of the stream, where a byte order mark may be.
    #[default]
    FirstLine,
    /// Within any other line.
    Line,
    /// Right after a carriage return: a line feed here belongs to the end of the line before.
    AfterReturn,
    /// Beyond a limit.
    GivenUp(TooLong),
}

// === impl Limits ===

impl Default for Limits {
    /// A chunk of a chat has a few hundred bytes, with many log-probabilities some ten thousand; a mebibyte is
    /// a broken server.
    fn default() -> Self {
        Self { line_bytes: 1 << 20, event_bytes: 1 << 20 }
    }
}

// === impl Decoder ===

impl Decoder {
    /// A decoder with limits of its own.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes the next bytes and adds every event that they complete.
    ///
    /// # Errors
    /// Where a limit is passed, and from then on always. What was complete before has been added.
    pub fn push(&mut self, mut bytes: &[u8], events: &mut Vec<Event>) -> Result<(), TooLong> {
        if let State::GivenUp(too_long) = self.state {
            return Err(too_long);
        }
        while !bytes.is_empty() {
            if self.state == State::AfterReturn {
                bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
                self.state = State::Line;
                continue;
            }
            let n_before_end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (part, rest) = bytes.split_at(n_before_end.unwrap_or(bytes.len()));
            self.extend_line(part)?;
            let Some((end, rest)) = rest.split_first() else { break };
            self.end_line(events)?;
            self.state = if *end == b'\r' { State::AfterReturn } else { State::Line };
            bytes = rest;
        }
        Ok(())
    }

    /// Whether the stream could end here without cutting an event short.
    #[must_use]
    pub fn is_between_events(&self) -> bool {
        self.line.is_empty() && !self.is_within_event
    }

    /// Comments seen so far: servers send them to keep a connection alive.
    #[must_use]
    pub fn n_comments(&self) -> u64 {
        self.n_comments
    }

    fn extend_line(&mut self, part: &[u8]) -> Result<(), TooLong> {
        if part.len() > self.limits.line_bytes - self.line.len() {
            return Err(self.give_up(TooLong::Line(self.limits.line_bytes)));
        }
        self.line.extend_from_slice(part);
        Ok(())
    }

    /// Interprets the line that has ended; an empty one ends the event.
    fn end_line(&mut self, events: &mut Vec<Event>) -> Result<(), TooLong> {
        // Its buffer is kept for the next line.
        let mut bytes = mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&bytes);
        let line = match self.state {
            State::FirstLine => text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text),
            _ => &text,
        };
        let interpreted = if line.is_empty() {
            events.extend(self.end_event());
            Ok(())
        } else {
            self.is_within_event = true;
            self.field(line)
        };
        drop(text);
        bytes.clear();
        self.line = bytes;
        interpreted
    }

    /// A field and its value, or a comment.
    fn field(&mut self, line: &str) -> Result<(), TooLong> {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "" => self.n_comments += 1,
            "event" => value.clone_into(&mut self.kind),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            _ => {}
        }
        let n_bytes = self.kind.len() + self.data.as_ref().map_or(0, String::len);
        if n_bytes > self.limits.event_bytes {
            return Err(self.give_up(TooLong::Event(self.limits.event_bytes)));
        }
        Ok(())
    }

    /// An event without data is none.
    fn end_event(&mut self) -> Option<Event> {
        self.is_within_event = false;
        let kind = mem::take(&mut self.kind);
        self.data.take().map(|data| Event { kind, data })
    }

    fn give_up(&mut self, too_long: TooLong) -> TooLong {
        *self = Self { limits: self.limits, n_comments: self.n_comments, ..Self::default() };
        self.state = State::GivenUp(too_long);
        // Whatever it was, it was cut short.
        self.is_within_event = true;
        too_long
    }
}

// === impl TooLong ===

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(limit) => write!(f, "the server sent a line of more than {limit} bytes"),
            Self::Event(limit) => write!(f, "the server sent an event of more than {limit} bytes"),
        }
    }
}

impl Error for TooLong {}
