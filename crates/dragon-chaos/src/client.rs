//! One request, one connection, and a transcript of all that comes back. Whatever goes wrong is part of it.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use dragon_chaos::check::{Asked, Event, Reply, StreamEnd, Transcript};
use dragon_testkit::harness::{EventLines, Head, read_streamed, request};
use serde_json::Value;

use crate::clock::{Clock, Pulse};
use crate::hostile::connect_from;

/// Time to connect: the server is on this machine.
const CONNECT_MAX: Duration = Duration::from_secs(2);

/// The client waits for so long beyond the deadline before it gives up: far enough to tell late from never.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whoever asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Clock,
    pub(crate) pulse: &'a Pulse,
    /// The own address; any where it is `None`.
    pub(crate) from: Option<Ipv4Addr>,
}

// === impl Client ===

impl Client<'_> {
    /// Asks and reads the answer to its end.
    pub(crate) fn ask(&self, asked: &Asked, body: &Value, request_id: &str) -> Transcript {
        let sent_at = self.clock.now();
        let reply =
            self.reply(asked, body, request_id).unwrap_or_else(|error| Reply::None(error.to_string()));
        Transcript { request_id: request_id.to_owned(), sent_at, ended_at: self.clock.now(), reply }
    }

    fn reply(&self, asked: &Asked, body: &Value, request_id: &str) -> io::Result<Reply> {
        let mut stream = match self.from {
            Some(from) => connect_from(from, self.address, |_| Ok(()))?,
            None => TcpStream::connect_timeout(&self.address, CONNECT_MAX)?,
        };
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(asked.deadline + PATIENCE))?;
        let headers = [("content-type", "application/json"), ("x-request-id", request_id)];
        let body = body.to_string();
        stream.write_all(&request(self.address, "POST", asked.endpoint.path(), &headers, body.as_bytes()))?;
        let (head, mut body) = read_streamed(stream)?;
        let is_stream = head.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
        if is_stream {
            return Ok(self.stream(head, EventLines::new(body)));
        }
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes)?;
        Ok(Reply::Whole { status: head.status, headers: head.headers, body: bytes })
    }

    fn stream(&self, head: Head, mut lines: EventLines<TcpStream>) -> Reply {
        let mut events = Vec::new();
        let end = loop {
            match lines.next_lines() {
                Ok(Some(lines)) => {
                    let at = self.clock.now();
                    self.pulse.beat(at);
                    events.push(Event { at, lines });
                }
                Ok(None) => break StreamEnd::Closed,
                Err(error) => break StreamEnd::Broken(error.to_string()),
            }
        };
        Reply::Stream { status: head.status, headers: head.headers, events, end }
    }
}
