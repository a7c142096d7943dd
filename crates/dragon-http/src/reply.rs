//! Answers as HTTP: status, headers, body.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use dragon_api::ApiError;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use tokio::sync::mpsc;

use crate::arrival::ArrivalClock;

/// What every route returns.
pub(crate) type Reply = Response<ReplyBody>;

/// A whole document, or chunks as they are made.
#[derive(Debug)]
pub(crate) enum ReplyBody {
    Whole(Full<Bytes>),
    /// The sending half lives in the task that makes the answer; when hyper drops this half because the
    /// client went away, that task notices and ends.
    Stream(mpsc::Receiver<Bytes>),
}

/// A JSON document with status 200.
pub(crate) fn document(json: Vec<u8>) -> Reply {
    json_reply(StatusCode::OK, json)
}

/// A JSON document with any status.
pub(crate) fn json_reply(status: StatusCode, json: Vec<u8>) -> Reply {
    let mut reply = Response::new(ReplyBody::Whole(Full::new(json.into())));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

/// A text of any kind.
pub(crate) fn text(media_type: &'static str, text: String) -> Reply {
    let mut reply = Response::new(ReplyBody::Whole(Full::new(text.into())));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    reply
}

/// An error in the API's format.
pub(crate) fn error(error: &ApiError) -> Reply {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = json_reply(status, error.body());
    for (name, value) in error.headers() {
        set_header(&mut reply, name, &value);
    }
    reply
}

/// A stream of server-sent events.
pub(crate) fn event_stream(events: mpsc::Receiver<Bytes>) -> Reply {
    let mut reply = Response::new(ReplyBody::Stream(events));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Proxies that buffer would make a stream arrive at once.
    reply.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    reply
}

/// Sets a header; a value that HTTP cannot carry is left out.
pub(crate) fn set_header(reply: &mut Reply, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

/// The body of an answer on a connection, which learns from it when its last byte is made.
#[derive(Debug)]
pub(crate) struct Delivery {
    body: ReplyBody,
    clock: ArrivalClock,
}

// === impl Delivery ===

impl Delivery {
    pub(crate) fn new(body: ReplyBody, clock: ArrivalClock) -> Self {
        Self { body, clock }
    }
}

impl Drop for Delivery {
    /// hyper drops a body once it has all of it.
    fn drop(&mut self) {
        self.clock.answered();
    }
}

impl Body for Delivery {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

// === impl ReplyBody ===

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.get_mut() {
            Self::Whole(whole) => Pin::new(whole).poll_frame(context),
            Self::Stream(events) => {
                events.poll_recv(context).map(|event| event.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(whole) => whole.is_end_stream(),
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => whole.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}
