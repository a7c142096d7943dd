//! Canned answers as fast as a socket takes them.

use std::{io, net::SocketAddr, sync::Arc};

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::answer::Answer;
use super::background::Background;
use super::documents;
use super::question::{Endpoint, Question};

/// Bytes read at a time.
const READ_BYTES: usize = 16 << 10;

/// What is not whole after so many bytes is no request of a load generator.
const MAX_REQUEST_BYTES: usize = 4 << 20;

/// A server that reads no more of a request than it has to, and gives the same answers always: `Paris.`, in the form
/// that was asked for. For measuring who sends requests; it rejects nothing.
#[derive(Debug)]
pub struct StaticLlm(Background);

/// The responses.
#[derive(Debug)]
struct Canned {
    models: Bytes,
    /// Whole, streamed, streamed with usage.
    chat: [Bytes; 3],
    completions: [Bytes; 3],
}

/// What is read of a request.
#[derive(Debug, PartialEq, Eq)]
struct Request<'a> {
    path: &'a [u8],
    body: &'a [u8],
    n_bytes: usize,
}

// === impl StaticLlm ===

impl StaticLlm {
    /// Starts on this loopback port; 0: a free one.
    ///
    /// # Errors
    /// Where the port cannot be had.
    pub fn start(port: u16) -> io::Result<Self> {
        let canned = Arc::new(Canned::new());
        let serve = move |stream| {
            let canned = Arc::clone(&canned);
            async move {
                // A client that leaves is none of its business.
                let _ = serve(stream, &canned).await;
            }
        };
        Background::start(port, serve).map(Self)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }
}

async fn serve(mut stream: TcpStream, canned: &Canned) -> io::Result<()> {
    let mut read = BytesMut::with_capacity(READ_BYTES);
    let mut written = BytesMut::new();
    loop {
        while let Some(request) = Request::find(&read) {
            written.extend_from_slice(canned.response(&request));
            let n_bytes = request.n_bytes;
            let _ = read.split_to(n_bytes);
        }
        if !written.is_empty() {
            stream.write_all(&written).await?;
            written.clear();
        }
        if read.len() > MAX_REQUEST_BYTES {
            return Ok(());
        }
        read.reserve(READ_BYTES);
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
    }
}

// === impl Canned ===

impl Canned {
    fn new() -> Self {
        let of = |endpoint| {
            let question = Question { prompt: "the capital of France".to_owned(), ..Question::any(endpoint) };
            let answer = Answer::to(question, 1, 0, false);
            let with_usage = Question { wants_usage: true, ..answer.question.clone() };
            let streamed = Answer { question: with_usage, ..answer.clone() };
            [json(&documents::whole(&answer)), stream(&answer), stream(&streamed)]
        };
        Self {
            models: json(&documents::models()),
            chat: of(Endpoint::Chat),
            completions: of(Endpoint::Completions),
        }
    }

    fn response(&self, request: &Request<'_>) -> &Bytes {
        let [whole, streamed, with_usage] = match request.path {
            b"/v1/models" => return &self.models,
            b"/v1/completions" => &self.completions,
            _ => &self.chat,
        };
        let says = |what: &str| has(request.body, what.as_bytes());
        if !says("\"stream\":true") && !says("\"stream\": true") {
            whole
        } else if says("\"include_usage\":true") || says("\"include_usage\": true") {
            with_usage
        } else {
            streamed
        }
    }
}

fn json(document: &Value) -> Bytes {
    response("application/json", &document.to_string())
}

fn stream(answer: &Answer) -> Bytes {
    let tokens = answer.tokens.iter().map(|token| documents::piece(answer, token));
    let chunks = documents::opening(answer).into_iter().chain(tokens).chain(documents::closing(answer));
    let events = chunks.map(|chunk| documents::event(&chunk)).chain([Bytes::from_static(documents::DONE)]);
    let body: Vec<u8> = events.flatten().collect();
    response("text/event-stream", &String::from_utf8(body).expect("events are text"))
}

fn response(content_type: &str, body: &str) -> Bytes {
    let n_bytes = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {n_bytes}\r\n\r\n{body}")
        .into()
}

fn has(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

// === impl Request ===

impl<'a> Request<'a> {
    /// The first request, where it is whole.
    fn find(bytes: &'a [u8]) -> Option<Self> {
        let head_len = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = &bytes[..head_len];
        let mut lines = head.split(|byte| *byte == b'\n');
        let path = lines.next()?.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        let n_body_bytes = lines.find_map(content_length).unwrap_or(0);
        let n_bytes = head_len.checked_add(n_body_bytes)?;
        let body = bytes.get(head_len..n_bytes)?;
        Some(Self { path, body, n_bytes })
    }
}

fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    if !name.eq_ignore_ascii_case(NAME) {
        return None;
    }
    str::from_utf8(value).ok()?.trim().parse().ok()
}
