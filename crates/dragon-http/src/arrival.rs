//! What a connection is doing, since when, and until when it may: shared between the stream under the HTTP library
//! and the requests that are answered on it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::body::BODY_TIMEOUT;
use crate::deadline::WRITE_GRACE;

/// The head of a request must have arrived within this time, counted from its first byte; and the first byte on a
/// new connection within the same, since who connects has something to say.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection on which something was answered is kept for this long for the next request. Longer than the pools of
/// common clients keep theirs (5 s in httpx, 15 s in aiohttp), so that it is mostly they who close: a request that
/// crosses with our closing is lost.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// A client has this long to take an answer that needs no generation. Generated ones have their deadline.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that takes not one byte for this long is gone as far as we are concerned, also where its deadline is
/// longer.
const WRITE_STALL: Duration = Duration::from_secs(10);

/// The state of one connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct ArrivalClock {
    times: Arc<Mutex<Times>>,
}

#[derive(Debug)]
struct Times {
    phase: Phase,
    phase_since: Instant,
    /// Whether something was answered on this connection.
    use_of: Use,
    /// Of the request whose head is being read.
    first_byte_at: Option<Instant>,
    cut_at: Option<Instant>,
    body: RequestBody,
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Waiting for a head, or in the middle of one: whatever is written now is the HTTP library's own.
    Head,
    /// A request is being answered; so much of its body is still to come.
    Request(Framing),
    /// The answer is made; its last bytes are on their way to the client.
    Answered,
}

/// How the end of a request's body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes are left; 0: there is none, or all of it is here.
    Left(u64),
    /// Chunks: only the HTTP library knows. The connection ends after such a request.
    Chunked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Fresh,
    Kept,
}

/// What is known of the body of the request whose head came last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RequestBody {
    /// There is none, or it has been read.
    Read,
    /// Some of it may still be coming.
    Unread,
}

// === impl ArrivalClock ===

impl ArrivalClock {
    /// When the first byte of the request came whose head is complete now. Nothing of an earlier request on
    /// this connection counts any more.
    pub(crate) fn head_read(&self, framing: Framing) -> Instant {
        let now = Instant::now();
        let mut times = self.times.lock();
        let (body, until) = match framing {
            Framing::Left(0) => (RequestBody::Read, ANSWER_TIMEOUT),
            Framing::Left(_) | Framing::Chunked => (RequestBody::Unread, BODY_TIMEOUT + WRITE_GRACE),
        };
        let first_byte_at = times.first_byte_at.take();
        times.enter(Phase::Request(framing), now);
        times.body = body;
        times.cut_at = Some(now + until);
        first_byte_at.unwrap_or(now)
    }

    /// The body has been read.
    pub(crate) fn body_read(&self) {
        let mut times = self.times.lock();
        times.body = RequestBody::Read;
        times.cut_at = Some(Instant::now() + ANSWER_TIMEOUT);
    }

    /// So many bytes of the body came.
    pub(crate) fn body_came(&self, n_bytes: usize) {
        let mut times = self.times.lock();
        if let Phase::Request(Framing::Left(left)) = &mut times.phase {
            *left = left.saturating_sub(n_bytes as u64);
        }
    }

    /// A client that does not take its answer is cut at this instant.
    pub(crate) fn cut_at(&self, cut_at: Instant) {
        self.times.lock().cut_at = Some(cut_at);
    }

    /// The last byte of the answer was given to the HTTP library.
    pub(crate) fn answered(&self) {
        let mut times = self.times.lock();
        if matches!(times.phase, Phase::Request(_)) {
            times.enter(Phase::Answered, Instant::now());
        }
    }

    /// Everything written is with the operating system. Whether that was the end of an answer, so that the next
    /// request may come.
    pub(crate) fn flushed(&self) -> bool {
        let mut times = self.times.lock();
        if times.phase != Phase::Answered {
            return false;
        }
        times.enter(Phase::Head, Instant::now());
        times.use_of = Use::Kept;
        times.cut_at = None;
        true
    }

    /// A byte of a head came at this instant.
    pub(crate) fn byte_came(&self, at: Instant) {
        self.times.lock().first_byte_at.get_or_insert(at);
    }

    pub(crate) fn phase(&self) -> Phase {
        self.times.lock().phase
    }

    /// Until when the request whose head came last can keep the connection busy.
    pub(crate) fn busy_until(&self) -> Option<Instant> {
        self.times.lock().cut_at
    }

    /// Whether the client may still be sending a body that nobody reads.
    pub(crate) fn is_body_unread(&self) -> bool {
        self.times.lock().body == RequestBody::Unread
    }

    /// Whether part of a head has come.
    pub(crate) fn is_in_mid_head(&self) -> bool {
        let times = self.times.lock();
        times.phase == Phase::Head && times.first_byte_at.is_some()
    }

    /// Until when a head may be waited for.
    pub(crate) fn head_until(&self) -> Instant {
        let times = self.times.lock();
        match (times.first_byte_at, times.use_of) {
            // Bytes that came while an earlier request was answered could not be read then.
            (Some(first_byte_at), _) => first_byte_at.max(times.phase_since) + HEAD_TIMEOUT,
            (None, Use::Fresh) => times.phase_since + HEAD_TIMEOUT,
            (None, Use::Kept) => times.phase_since + IDLE_TIMEOUT,
        }
    }

    /// Until when a write may wait that begins to wait now.
    pub(crate) fn write_until(&self) -> Instant {
        let stalled_at = Instant::now() + WRITE_STALL;
        self.times.lock().cut_at.map_or(stalled_at, |cut_at| cut_at.min(stalled_at))
    }
}

// === impl Times ===

impl Times {
    fn enter(&mut self, phase: Phase, now: Instant) {
        self.phase = phase;
        self.phase_since = now;
    }
}

impl Default for Times {
    fn default() -> Self {
        Self {
            phase: Phase::Head,
            phase_since: Instant::now(),
            use_of: Use::Fresh,
            first_byte_at: None,
            cut_at: None,
            body: RequestBody::Read,
        }
    }
}
