//! Server-sent events as they arrive.
//!
//! [`EventLines`] reads what comes, whatever it is, and reports what breaks; [`EventStream`] is for tests, where
//! a stream that breaks is a failure.

use std::{
    io::{self, BufRead as _, BufReader, Read},
    net::TcpStream,
};

use serde_json::Value;

use super::{
    body::{Body, malformed},
    client::{Head, read_streamed},
};

/// A streamed answer. Iterates over the data of its events, up to and including `[DONE]`, and panics where
/// the stream breaks or is malformed.
#[derive(Debug)]
pub struct EventStream {
    /// Status and headers.
    pub head: Head,
    events: EventLines<TcpStream>,
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
        Ok(Self { head, events: EventLines::new(body) })
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
}

impl Iterator for EventStream {
    type Item = Event;

    /// Comments (lines that begin with a colon) are passed over.
    fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.events.next_lines().expect("the stream goes on")?;
            let data: Vec<&str> =
                block.iter().filter_map(|line| line.strip_prefix("data:")).map(str::trim_start).collect();
            match data.join("\n").as_str() {
                "" => {}
                "[DONE]" => return Some(Event::Done),
                json => {
                    let chunk = serde_json::from_str(json);
                    return Some(Event::Chunk(chunk.unwrap_or_else(|error| panic!("{error}: {json}"))));
                }
            }
        }
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
