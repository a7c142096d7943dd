//! Sends requests and writes down what comes back, byte for byte and with its times. Judges nothing.
//!
//! A [`Client`] is one caller with one connection that it keeps as long as the server does. Raw hyper instead of a
//! client library, so that nothing (pool, retry, buffer) stands between the server and the clock; and the connection
//! is driven by the very task that asks, because handing each request over to another task and back would cost more
//! than sending it.
//!
//! One thing is done twice: a request on a connection that was used before and that the server has closed meanwhile,
//! as is seen at once and before any byte came. That is no fault of the server's (HTTP/1.1 lets it close an idle
//! connection at any time), and whoever kept the connection has to expect it. It is counted ([`Client::n_resent`]).
//! A server that closes later had the request and dropped it.

mod asking;
mod connector;
mod failure;
mod script;
mod stream;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use tokio::time::timeout_at;

use crate::ask::{Ask, Expects};
use crate::clock::Clock;
use crate::exchange::{BodyEnd, Exchange, Reply, Silence};
use asking::{Connection, Received};
pub use connector::{Connector, Unusable};
pub use script::play;

/// Tells Dragon by when an answer is wanted; other servers ignore it.
const DEADLINE: HeaderName = HeaderName::from_static("x-dragon-deadline-ms");

/// A close that crossed the request on its way is seen this soon after sending: a round trip within a machine or a house,
/// and some milliseconds for a busy machine. Whoever closes later has worked on the request.
const CROSSED_WITHIN: Duration = Duration::from_millis(25);

/// How a client calls itself and how long it waits: the same for all of one kind.
#[derive(Debug)]
pub struct Caller {
    connector: Arc<Connector>,
    clock: Clock,
    host: HeaderValue,
    authorization: Option<HeaderValue>,
    deadline_ms: HeaderValue,
    patience: Duration,
}

/// One caller with one connection.
#[derive(Debug)]
pub struct Client {
    caller: Arc<Caller>,
    kept: Option<Connection>,
    n_resent: u64,
}

/// A page that is looked at without anybody judging what comes.
pub(crate) fn page(path: &str) -> Ask {
    Ask {
        method: Method::GET,
        path: path.to_owned(),
        headers: Vec::new(),
        body: Bytes::new(),
        expects: Expects::Rejection,
    }
}

// === impl Caller ===

impl Caller {
    /// Those who send this key, or none, tell this deadline and give up after this patience.
    ///
    /// # Errors
    /// Where host or key cannot stand in a header.
    pub fn new(
        connector: Arc<Connector>,
        clock: Clock,
        host: &str,
        api_key: Option<&str>,
        deadline: Duration,
        patience: Duration,
    ) -> Result<Self, Unusable> {
        let host = HeaderValue::from_str(host).map_err(|_| Unusable::Host(host.to_owned()))?;
        let authorization = api_key.map(|key| HeaderValue::from_str(&format!("Bearer {key}")));
        let mut authorization = authorization.transpose().map_err(|_| Unusable::ApiKey)?;
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        let deadline_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
        Ok(Self { connector, clock, host, authorization, deadline_ms: deadline_ms.into(), patience })
    }

    fn request(&self, ask: &Ask) -> Result<Request<Full<Bytes>>, Silence> {
        let uri = Uri::try_from(ask.path.as_str())
            .map_err(|error| Silence::Unreachable(format!("{:?} cannot be asked for: {error}", ask.path)))?;
        let mut request = Request::new(Full::new(ask.body.clone()));
        *request.method_mut() = ask.method.clone();
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.reserve(ask.headers.len() + 4);
        headers.insert(HOST, self.host.clone());
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        headers.insert(DEADLINE, self.deadline_ms.clone());
        // An empty POST has a length as well: without one, servers may ask for it instead of saying what is wrong.
        headers.insert(CONTENT_LENGTH, ask.body.len().into());
        for (name, value) in &ask.headers {
            headers.append(name.clone(), value.clone());
        }
        Ok(request)
    }
}

// === impl Client ===

impl Client {
    /// A client that is not connected yet.
    #[must_use]
    pub fn new(caller: Arc<Caller>) -> Self {
        Self { caller, kept: None, n_resent: 0 }
    }

    /// Requests that were sent a second time, because the server had closed the kept connection.
    #[must_use]
    pub fn n_resent(&self) -> u64 {
        self.n_resent
    }

    /// Sends one request and waits for its end, or until patience is over.
    pub async fn ask(&mut self, ask: &Ask, intended_at: Duration) -> Exchange {
        let clock = self.caller.clock;
        let sent_at = clock.now();
        let give_up_at = clock.instant(sent_at + self.caller.patience);
        let mut received = Received::default();
        let end = timeout_at(give_up_at, self.ask_and_read(ask, &mut received)).await;
        let end = end.unwrap_or(if received.has_begun() { Ok(BodyEnd::Hung) } else { Err(Silence::Hung) });
        let reply = match end {
            Ok(end) => received.into_reply(end),
            Err(silence) => Reply::None(silence),
        };
        Exchange { intended_at, sent_at, ended_at: clock.now(), reply }
    }

    /// The connection is kept only where all went well: in every other case it is dropped here, also when the patience
    /// of whoever called ends.
    async fn ask_and_read(&mut self, ask: &Ask, received: &mut Received) -> Result<BodyEnd, Silence> {
        let request = self.caller.request(ask)?;
        if let Some(mut kept) = self.kept.take()
            && kept.is_ready().await
        {
            let clock = self.caller.clock;
            let (n_bytes_before, sent_at) = (kept.n_bytes_read(), clock.now());
            let end = kept.ask(request.clone(), clock, received).await;
            let has_crossed = end.is_err()
                && kept.n_bytes_read() == n_bytes_before
                && clock.now().saturating_sub(sent_at) <= CROSSED_WITHIN;
            if !has_crossed {
                return self.settle(kept, end).await;
            }
            self.n_resent += 1;
        }
        let mut connection = Connection::open(&self.caller.connector).await?;
        let end = connection.ask(request, self.caller.clock, received).await;
        self.settle(connection, end).await
    }

    async fn settle(
        &mut self,
        mut connection: Connection,
        end: Result<BodyEnd, Silence>,
    ) -> Result<BodyEnd, Silence> {
        if end == Ok(BodyEnd::Whole) && connection.is_ready().await {
            self.kept = Some(connection);
        }
        end
    }
}

#[cfg(test)]
pub(crate) mod tests;
