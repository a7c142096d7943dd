//! Server-sent events as they arrive.

use std::{
    collections::VecDeque,
    io::{self, Read as _},
    net::TcpStream,
};

use dragon_sse::Decoder;
use serde_json::Value;

use super::{
    body::Body,
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
