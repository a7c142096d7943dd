//! When the request on a connection began, and until when it can keep the connection busy.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::body::BODY_TIMEOUT;
use crate::deadline::WRITE_GRACE;

/// A client that takes not one byte for this long is gone as far as we are concerned. Answers have their
/// own, absolute deadline; this one frees connections whose answer was complete but is not read.
const WRITE_STALL: Duration = Duration::from_secs(10);

/// The times of the request that is being read or answered, shared between the stream and its requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct ArrivalClock {
    times: Arc<Mutex<Times>>,
}

#[derive(Debug, Default)]
struct Times {
    first_byte_at: Option<Instant>,
    cut_at: Option<Instant>,
    body: RequestBody,
}

/// What is known of the body of the request whose head came last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum RequestBody {
    /// There is none, or it has been read.
    #[default]
    Read,
    /// Some of it may still be coming.
    Unread,
}

// === impl ArrivalClock ===

impl ArrivalClock {
    /// When the first byte of the request came whose head is complete now. Nothing of an earlier request on
    /// this connection counts any more.
    pub(crate) fn head_read(&self, body: RequestBody) -> Instant {
        let until_read = Instant::now() + BODY_TIMEOUT + WRITE_GRACE;
        let now = Times { first_byte_at: None, cut_at: Some(until_read), body };
        let before = std::mem::replace(&mut *self.times.lock(), now);
        before.first_byte_at.unwrap_or_else(Instant::now)
    }

    /// The body has been read: the next byte that arrives begins another request.
    pub(crate) fn body_read(&self) {
        *self.times.lock() = Times::default();
    }

    /// A client that does not take its answer is cut at this instant.
    pub(crate) fn cut_at(&self, cut_at: Instant) {
        self.times.lock().cut_at = Some(cut_at);
    }

    /// Until when the request whose head came last can keep the connection busy.
    pub(crate) fn busy_until(&self) -> Option<Instant> {
        self.times.lock().cut_at
    }

    /// Whether the client may still be sending a body that nobody reads.
    pub(crate) fn is_body_unread(&self) -> bool {
        self.times.lock().body == RequestBody::Unread
    }

    /// A byte of a request has come.
    pub(crate) fn byte_came(&self) {
        self.times.lock().first_byte_at.get_or_insert_with(Instant::now);
    }

    /// Whether part of a request has come that is not being answered.
    pub(crate) fn is_in_mid_request(&self) -> bool {
        self.times.lock().first_byte_at.is_some()
    }

    /// Until when a write may wait that begins to wait now.
    pub(crate) fn write_until(&self) -> Instant {
        let stalled_at = Instant::now() + WRITE_STALL;
        self.times.lock().cut_at.map_or(stalled_at, |cut_at| cut_at.min(stalled_at))
    }
}
