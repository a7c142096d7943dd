//! A small HTTP client: one request, one connection.
//!
//! Raw hyper instead of a client library, so that nothing (pool, retry, buffer) stands between the server and
//! the clock.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use dragon_sse::Decoder;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// The longest that one answer may take: far above anything sensible, so that a server that hangs ends the
/// measurement instead of holding it for ever.
const ANSWER_MAX: Duration = Duration::from_secs(600);

/// One streamed answer as the client saw it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// When the request was about to be sent.
    pub(crate) sent_at: Instant,
    /// When the first chunk with text arrived.
    pub(crate) first_text_at: Instant,
    /// When the last chunk with text arrived.
    pub(crate) last_text_at: Instant,
    /// When each chunk with text arrived; most hold one token.
    pub(crate) texts_at: Vec<Instant>,
    /// Tokens of the answer, as the server counts them in `usage`.
    pub(crate) n_tokens: u32,
    /// Tokens of the prompt, as the server counts them in `usage`.
    pub(crate) n_prompt_tokens: u32,
    /// Of the prompt's tokens, those that the server did not compute again, where it says so.
    pub(crate) n_cached: u32,
    /// `dragon.outcome` of the last chunk, where the server sends it.
    pub(crate) outcome: Option<String>,
    /// All of it.
    pub(crate) text: String,
    /// `dragon.replays`: engines that the answer outlived.
    pub(crate) n_replays: u32,
}

/// Fetches a JSON document.
pub(crate) async fn get_json(base: &str, path: &str) -> Result<(StatusCode, Value)> {
    read_json(send(base, path, Method::GET, Bytes::new(), None).await?).await
}

/// Sends a JSON document under a key and reads the one that comes back.
pub(crate) async fn post_json(
    base: &str,
    path: &str,
    body: &Value,
    key: &str,
) -> Result<(StatusCode, Value)> {
    read_json(send(base, path, Method::POST, body.to_string().into(), Some(key)).await?).await
}

async fn read_json(response: Response<Incoming>) -> Result<(StatusCode, Value)> {
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    let value = serde_json::from_slice(&body).context("the answer is not JSON")?;
    Ok((status, value))
}

/// Sends one streaming chat request and reads its answer to the end.
pub(crate) async fn chat(base: &str, body: &Value) -> Result<Answer> {
    tokio::time::timeout(ANSWER_MAX, chat_to_the_end(base, body))
        .await
        .with_context(|| format!("no complete answer within {} s", ANSWER_MAX.as_secs()))?
}

async fn chat_to_the_end(base: &str, body: &Value) -> Result<Answer> {
    let sent_at = Instant::now();
    let response = send(base, "/v1/chat/completions", Method::POST, body.to_string().into(), None).await?;
    let status = response.status();
    let mut body = response.into_body();
    if status != StatusCode::OK {
        let text = body.collect().await?.to_bytes();
        bail!("the server answered {status}: {}", String::from_utf8_lossy(&text));
    }
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    let mut seen = Seen::default();
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame?.into_data() else { continue };
        let now = Instant::now();
        decoder.push(&bytes, &mut events)?;
        for event in events.drain(..) {
            seen.take(&event.data, now)?;
        }
    }
    seen.into_answer(sent_at)
}

async fn send(
    base: &str,
    path: &str,
    method: Method,
    body: Bytes,
    key: Option<&str>,
) -> Result<Response<Incoming>> {
    let uri: Uri =
        base.parse().with_context(|| format!("{base} is not an address like http://127.0.0.1:8080"))?;
    let authority = uri.authority().with_context(|| format!("{base} names no host"))?.clone();
    let address = (authority.host().to_owned(), authority.port_u16().unwrap_or(80));
    let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {base}"))?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the response; an error also shows up where the response is read.
    tokio::spawn(connection);
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", authority.as_str())
        .header("content-type", "application/json");
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Full::new(body))?;
    Ok(sender.send_request(request).await?)
}

/// What the chunks of a stream have told so far.
#[derive(Debug, Default)]
struct Seen {
    texts_at: Vec<Instant>,
    usage: Option<(u32, u32)>,
    n_cached: u32,
    outcome: Option<String>,
    text: String,
    n_replays: u32,
    done: bool,
}

// === impl Seen ===

impl Seen {
    fn take(&mut self, event: &str, now: Instant) -> Result<()> {
        if event == dragon_sse::DONE {
            self.done = true;
            return Ok(());
        }
        let chunk: Value =
            serde_json::from_str(event).with_context(|| format!("a chunk is not JSON: {event}"))?;
        ensure!(chunk.get("error").is_none(), "the stream ended with an error: {event}");
        let text = chunk.pointer("/choices/0/delta/content").and_then(Value::as_str).unwrap_or_default();
        if !text.is_empty() {
            self.texts_at.push(now);
            self.text.push_str(text);
        }
        if let Some(usage) = chunk.get("usage").filter(|usage| usage.is_object()) {
            self.usage = Some((count(usage, "prompt_tokens")?, count(usage, "completion_tokens")?));
            let cached = usage.pointer("/prompt_tokens_details/cached_tokens").and_then(Value::as_u64);
            self.n_cached = cached.and_then(|cached| u32::try_from(cached).ok()).unwrap_or(0);
        }
        if let Some(outcome) = chunk.pointer("/dragon/outcome").and_then(Value::as_str) {
            self.outcome = Some(outcome.to_owned());
        }
        if let Some(n_replays) = chunk.pointer("/dragon/replays").and_then(Value::as_u64) {
            self.n_replays = u32::try_from(n_replays).unwrap_or(u32::MAX);
        }
        Ok(())
    }

    fn into_answer(self, sent_at: Instant) -> Result<Answer> {
        ensure!(self.done, "the stream broke off before [DONE]");
        let ends = self.texts_at.first().zip(self.texts_at.last());
        let (first_text_at, last_text_at) =
            ends.map(|(a, b)| (*a, *b)).context("the stream carried no text")?;
        let (n_prompt_tokens, n_tokens) = self.usage.context("the stream carried no usage")?;
        Ok(Answer {
            sent_at,
            first_text_at,
            last_text_at,
            texts_at: self.texts_at,
            n_tokens,
            n_prompt_tokens,
            n_cached: self.n_cached,
            outcome: self.outcome,
            text: self.text,
            n_replays: self.n_replays,
        })
    }
}

fn count(usage: &Value, field: &str) -> Result<u32> {
    let number = usage.get(field).and_then(Value::as_u64).with_context(|| format!("usage has no {field}"))?;
    u32::try_from(number).with_context(|| format!("{field} is {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(events: &[&str]) -> Result<Answer> {
        let start = Instant::now();
        let mut seen = Seen::default();
        for (step, event) in (1u64..).zip(events) {
            seen.take(event, start + Duration::from_millis(10 * step))?;
        }
        seen.into_answer(start)
    }

    const ROLE: &str = r#"{"choices":[{"delta":{"role":"assistant","content":""}}],"usage":null}"#;
    const TEXT: &str = r#"{"choices":[{"delta":{"content":"hi"}}],"usage":null}"#;
    const USAGE: &str = r#"{"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":2},"dragon":{"outcome":"complete","replays":1}}"#;

    #[test]
    fn the_first_token_counts_from_the_first_chunk_with_text() {
        let answer = seen(&[ROLE, TEXT, TEXT, USAGE, "[DONE]"]).unwrap();
        assert_eq!(answer.first_text_at - answer.sent_at, Duration::from_millis(20));
        assert_eq!(answer.last_text_at - answer.sent_at, Duration::from_millis(30));
        assert_eq!((answer.n_prompt_tokens, answer.n_tokens), (30, 2));
        assert_eq!(answer.outcome.as_deref(), Some("complete"));
        assert_eq!((answer.text.as_str(), answer.n_replays), ("hihi", 1));
    }

    #[test]
    fn a_stream_that_breaks_off_is_no_answer() {
        assert!(seen(&[ROLE, TEXT, USAGE]).is_err());
        assert!(seen(&[ROLE, TEXT, "[DONE]"]).is_err());
        assert!(seen(&[ROLE, USAGE, "[DONE]"]).is_err());
        assert!(seen(&[r#"{"error":{"message":"no"}}"#]).is_err());
    }

    /// A server for one connection that reads the request head and sends what it was given.
    async fn server_that_sends(response: String) -> String {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(response.as_bytes()).await.unwrap();
        });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn a_stream_is_read_to_its_end() {
        let events = [ROLE, TEXT, USAGE, "[DONE]"].map(|event| format!("data: {event}\n\n")).concat();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        let address = server_that_sends(format!("{head}{events}")).await;
        let answer = chat(&address, &Value::Null).await.unwrap();
        assert_eq!(answer.n_tokens, 2);
    }

    #[tokio::test]
    async fn a_refusal_tells_its_status_and_its_words() {
        let head = "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 9\r\n\r\n";
        let address = server_that_sends(format!("{head}slow down")).await;
        let error = chat(&address, &Value::Null).await.unwrap_err().to_string();
        assert!(error.contains("429") && error.contains("slow down"), "{error}");
    }
}
