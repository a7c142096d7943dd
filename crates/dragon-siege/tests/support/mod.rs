//! A client that writes exchanges down, and the questions that fake servers know.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use dragon_siege::ask::{Ask, Check, Endpoint, Expects, Wanted, Way};
use dragon_siege::exchange::{Arrival, BodyEnd, Exchange, Reply, Response, Silence};
use dragon_siege::judge::Rules;
use dragon_testkit::fake_llm::MODEL;
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::timeout_at;

/// Short, so that a late answer does not make a slow test.
pub(crate) const RULES: Rules =
    Rules { deadline: Duration::from_millis(1_200), grace: Duration::from_millis(300) };

/// Then the client gives up.
pub(crate) const PATIENCE: Duration = Duration::from_millis(2_500);

/// All ways of asking.
pub(crate) const WAYS: [Way; 3] = [Way::Whole, Way::Streamed, Way::StreamedWithUsage];

/// A question with its answer.
pub(crate) fn question(endpoint: Endpoint, way: Way, text: &str, answer: &str) -> Ask {
    let mut body = json!({"model": MODEL, "max_tokens": 64, "temperature": 0});
    match endpoint {
        Endpoint::Chat => body["messages"] = json!([{"role": "user", "content": text}]),
        Endpoint::Completions => body["prompt"] = json!(text),
    }
    if way.is_streamed() {
        body["stream"] = json!(true);
    }
    if way == Way::StreamedWithUsage {
        body["stream_options"] = json!({"include_usage": true});
    }
    let check = Some(Check::OneOf(vec![answer.to_owned()]));
    let wanted = Wanted { endpoint, way, model: MODEL.to_owned(), max_tokens: Some(64), check };
    post(endpoint.path(), body.to_string(), Expects::Answer(wanted))
}

/// A request that is wrong.
pub(crate) fn wrong(path: &str, body: &str) -> Ask {
    post(path, body.to_owned(), Expects::Rejection)
}

fn post(path: &str, body: String, expects: Expects) -> Ask {
    let json = (http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ask { method: Method::POST, path: path.to_owned(), headers: vec![json], body: body.into(), expects }
}

fn deadline_ms() -> HeaderValue {
    u64::try_from(RULES.deadline.as_millis()).expect("a short deadline").into()
}

/// Sends a request on a connection of its own and writes down what comes.
pub(crate) async fn exchange(address: SocketAddr, ask: &Ask, began_at: Instant) -> Exchange {
    let sent_at = began_at.elapsed();
    let until = tokio::time::Instant::now() + PATIENCE;
    let mut received = None;
    let reply = match timeout_at(until, receive(address, ask, began_at, &mut received)).await {
        Ok(Ok(())) => received.map_or(Reply::None(Silence::Hung), Reply::Response),
        Ok(Err(silence)) => Reply::None(silence),
        Err(_) => received.map_or(Reply::None(Silence::Hung), Reply::Response),
    };
    Exchange { intended_at: sent_at, sent_at, ended_at: began_at.elapsed(), reply }
}

async fn receive(
    address: SocketAddr,
    ask: &Ask,
    began_at: Instant,
    received: &mut Option<Response>,
) -> Result<(), Silence> {
    let closed = |error: hyper::Error| Silence::Closed(error.to_string());
    let stream =
        TcpStream::connect(address).await.map_err(|error| Silence::Unreachable(error.to_string()))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(closed)?;
    let driver = tokio::spawn(connection);
    let mut request = Request::new(Full::new(ask.body.clone()));
    *request.method_mut() = ask.method.clone();
    *request.uri_mut() = ask.path.parse().expect("a path");
    request.headers_mut().extend(ask.headers.iter().cloned());
    request.headers_mut().insert("host", address.to_string().parse().expect("a host"));
    request.headers_mut().insert("x-dragon-deadline-ms", deadline_ms());
    let (head, mut body) = sender.send_request(request).await.map_err(closed)?.into_parts();
    // Hung until it ends: whoever waits may give up at any time.
    let response = received.insert(Response {
        status: head.status,
        headers: head.headers,
        body: Bytes::new(),
        arrivals: Vec::new(),
        end: BodyEnd::Hung,
    });
    let mut bytes = BytesMut::new();
    loop {
        match body.frame().await {
            None => response.end = BodyEnd::Whole,
            Some(Err(error)) => response.end = BodyEnd::Cut(error.to_string()),
            Some(Ok(frame)) => {
                bytes.extend_from_slice(&frame.into_data().unwrap_or_default());
                response.body = bytes.clone().freeze();
                response.arrivals.push(Arrival { at: began_at.elapsed(), body_len: bytes.len() });
                continue;
            }
        }
        driver.abort();
        return Ok(());
    }
}
