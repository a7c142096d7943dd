//! The path of a generating request, top to bottom.

mod ask;
mod choice;
mod deliver;
mod dispatch;
mod foresight;
mod generations;
mod group;
mod inquiry;
mod lookout;
mod making;
mod member;
mod pilot;
mod prompt;
mod remark;
mod run;
mod speaker;

use std::hash::{BuildHasher, Hasher, RandomState};

use bytes::Bytes;
use dragon_api::{ApiError, Endpoint};
use dragon_core::label::Reason;
use dragon_supervisor::EngineError;
use http::HeaderMap;
use http_body::Body;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::arrival::ArrivalClock;
use crate::body;
use crate::deadline::WRITE_GRACE;
use crate::identity::Identity;
use crate::reply::Reply;

use ask::Ask;
pub(crate) use foresight::Lengths;
pub(crate) use group::Group;
pub(crate) use lookout::Doubts;

/// How and when a request came.
#[derive(Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) arrived_at: Instant,
    pub(crate) request_id: &'a str,
    pub(crate) clock: &'a ArrivalClock,
    /// Where the task of a stream is counted, so that shutdown waits for it.
    pub(crate) tasks: &'a TaskTracker,
}

/// A request whose head has been read and whose body has not.
pub(crate) struct Call<'a> {
    pub(crate) arrival: Arrival<'a>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) identity: Identity,
}

/// Why the model says nothing to a request that is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unserved {
    pub(crate) reason: Reason,
    /// The decision in a sentence, with its numbers.
    pub(crate) detail: Option<String>,
}

/// Either kind of "no": the client's mistake, or ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    Mistake(ApiError),
    Unserved(Unserved),
}

/// Answers a request: with the model's text or a labelled fallback.
///
/// # Errors
/// An error of the API, which says what to do.
pub(crate) async fn answer<B>(
    app: &App,
    endpoint: Endpoint,
    call: Call<'_>,
    body: B,
) -> Result<Reply, ApiError>
where
    B: Body<Data = Bytes, Error: std::error::Error + 'static> + Unpin,
{
    let request_id = call.arrival.request_id.to_owned();
    let reply = try_answer(app, endpoint, call, body).await;
    match &reply {
        Ok(reply) => tracing::debug!(request_id, status = reply.status().as_u16(), "answered"),
        Err(error) => {
            tracing::debug!(request_id, status = error.status(), code = error.code(), "refused");
        }
    }
    reply
}

async fn try_answer<B>(app: &App, endpoint: Endpoint, call: Call<'_>, body: B) -> Result<Reply, ApiError>
where
    B: Body<Data = Bytes, Error: std::error::Error + 'static> + Unpin,
{
    // parse: everything that is wrong with the request by itself is said here
    let body = body::read_json(call.headers, body, app.settings.max_body_bytes).await?;
    call.arrival.clock.body_read();
    let request = match endpoint {
        Endpoint::Chat => dragon_api::parse_chat(&body)?,
        Endpoint::Completions => dragon_api::parse_completion(&body)?,
    };
    drop(body);
    let model = app.model(&request.model)?;
    let ask = Ask::new(endpoint, &call, request, model, app.drain())?;
    call.arrival.clock.cut_at(ask.deadline().at() + WRITE_GRACE);

    // join or admit and dispatch: a place in the queue, the prompt, its tokens, the slots, the engine
    let making = making::begin(&ask, model).await?;

    // deliver and settle: what is being made holds the permit until the last token
    deliver::deliver(ask, making, call.arrival.tasks).await
}

/// A random number, for ids and for seeds that clients leave to the server. `RandomState` is seeded by the
/// operating system; it is no source of secrets.
pub(crate) fn draw() -> u64 {
    RandomState::new().build_hasher().finish()
}

// === impl Unserved ===

impl Unserved {
    pub(crate) fn new(reason: Reason) -> Self {
        Self { reason, detail: None }
    }
}

impl From<&EngineError> for Unserved {
    /// The word for the client; the details are in the log.
    fn from(error: &EngineError) -> Self {
        Self::new(match error {
            EngineError::Down | EngineError::Broken | EngineError::Aborted { .. } => Reason::EngineDown,
            EngineError::Quarantined => Reason::Quarantined,
            EngineError::Stopping => Reason::Shutdown,
            EngineError::Busy => Reason::Busy,
        })
    }
}

// === impl Refusal ===

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Mistake(error)
    }
}

impl From<Unserved> for Refusal {
    fn from(unserved: Unserved) -> Self {
        Self::Unserved(unserved)
    }
}
