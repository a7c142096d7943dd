//! Server-sent events as they arrive.
//!
//! [`EventLines`] reads what comes, whatever it is, and reports what breaks, for those who judge every line;
//! [`EventStream`] is for tests, where a stream that breaks is a failure.

use std::{
    collections::VecDeque,
    io::{self, BufRead as _, BufReader, Read},
    net::TcpStream,
};

use dragon_sse::Decoder;
use serde_json::Value;

use super::{
    body::{Body, malformed},
    client::{Head, read_streamed},
};

/// Bytes read at a time: more than most events have, and little for a thread's stack.
const READ_BYTES: usize = 4096;

/// A streamed answer. Iterates over the data of its events, up to and including `[DONE]`, and panics where
/// the stream breaks or is malformed.
#[derive(Debug)]
pub struct EventStream {
    /// Status and headers.
    pub head: Head,
    body: Body<TcpStream>,
    decoder: Decoder,
    /// What has arrived and was not asked for yet.
    arrived: VecDeque<dragon_sse::Event>,
}

/// The events of a body, each as its lines, without any judgement of what they hold.
#[derive(Debug)]
pub struct EventLines<R> {
    lines: BufReader<Body<R>>,
}

/// The data of one event.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A JSON chunk.
    Chunk(Value),
    /// `[DONE]`.
    Done,
}

// === impl EventStream ===

impl EventStream {
    pub(super) fn open(stream: TcpStream) -> io::Result<Self> {
        let (head, body) = read_streamed(stream)?;
        Ok(Self { head, body, decoder: Decoder::default(), arrived: VecDeque::new() })
    }

    /// All chunks.
    ///
    /// # Panics
    /// Where the stream does not end with `[DONE]`, or goes on after it.
    #[must_use]
    pub fn chunks(self) -> Vec<Value> {
        let mut events: Vec<Event> = self.collect();
        assert_eq!(events.pop(), Some(Event::Done), "the stream did not end with [DONE]");
        let chunk = |event| match event {
            Event::Chunk(chunk) => chunk,
            Event::Done => panic!("something came after [DONE]"),
        };
        events.into_iter().map(chunk).collect()
    }

    /// The next event, or `None` at the end of the body.
    fn next_event(&mut self) -> Option<dragon_sse::Event> {
        let mut buffer = [0; READ_BYTES];
        let mut events = Vec::new();
        while self.arrived.is_empty() {
            let n_read = self.body.read(&mut buffer).expect("the stream goes on");
            if n_read == 0 {
                assert!(self.decoder.is_between_events(), "the stream ended within an event");
                return None;
            }
            self.decoder.push(&buffer[..n_read], &mut events).expect("events are short");
            self.arrived.extend(events.drain(..));
        }
        self.arrived.pop_front()
    }
}

impl Iterator for EventStream {
    type Item = Event;

    /// Comments (lines that begin with a colon) are passed over.
    fn next(&mut self) -> Option<Event> {
        let event = self.next_event()?;
        if event.is_done() {
            return Some(Event::Done);
        }
        let chunk = serde_json::from_str(&event.data);
        Some(Event::Chunk(chunk.unwrap_or_else(|error| panic!("{error}: {}", event.data))))
    }
}

// === impl EventLines ===

impl<R: Read> EventLines<R> {
    /// The events of this body.
    #[must_use]
    pub fn new(body: Body<R>) -> Self {
        Self { lines: BufReader::new(body) }
    }

    /// The lines of the next event, or `None` at the end of the body.
    ///
    /// # Errors
    /// Where the body breaks off, also within an event, or is not UTF-8.
    pub fn next_lines(&mut self) -> io::Result<Option<Vec<String>>> {
        let mut block = Vec::new();
        loop {
            let mut line = String::new();
            let n_read = self.lines.read_line(&mut line)?;
            match line.trim_end_matches(['\r', '\n']) {
                "" if n_read == 0 && block.is_empty() => return Ok(None),
                "" if n_read == 0 => return Err(malformed(&format!("it ended within an event: {block:?}"))),
                "" if block.is_empty() => {}
                "" => return Ok(Some(block)),
                text => block.push(text.to_owned()),
            }
        }
    }
}
