//! Server-sent events as they arrive.

use std::{
    io::{self, BufRead as _, BufReader},
    net::TcpStream,
};

use serde_json::Value;

use super::{
    body::Body,
    client::{Head, read_streamed},
};

/// A streamed answer. Iterates over the data of its events, up to and including `[DONE]`, and panics where
/// the stream breaks or is malformed.
#[derive(Debug)]
pub struct EventStream {
    /// Status and headers.
    pub head: Head,
    lines: BufReader<Body<TcpStream>>,
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
        Ok(Self { head, lines: BufReader::new(body) })
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

    /// The lines of the next event, or `None` at the end of the body.
    fn next_block(&mut self) -> Option<Vec<String>> {
        let mut block = Vec::new();
        loop {
            let mut line = String::new();
            let n_read = self.lines.read_line(&mut line).expect("the stream goes on");
            match line.trim_end_matches(['\r', '\n']) {
                "" if n_read == 0 => {
                    assert!(block.is_empty(), "the stream ended within an event: {block:?}");
                    return None;
                }
                "" if block.is_empty() => {}
                "" => return Some(block),
                text => block.push(text.to_owned()),
            }
        }
    }
}

impl Iterator for EventStream {
    type Item = Event;

    /// Comments (lines that begin with a colon) are passed over.
    fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.next_block()?;
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
