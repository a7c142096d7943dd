//! Why a request is answered without the model.

use std::time::Duration;

/// Why a request is not served. Each says so in a sentence for whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The queue is full, and the caller has its share of it.
    #[error("{max} requests are waiting already, which is as many as the queue holds; ask again in a moment")]
    QueueFull {
        /// The bound.
        max: usize,
    },
    /// The caller's own part of the queue is full.
    #[error(
        "{max} of your requests are waiting already, which is as many as you may have; wait for their answers"
    )]
    OwnQueueFull {
        /// The bound.
        max: usize,
    },
    /// It waited, the queue was full, and someone with fewer requests came.
    #[error(
        "the queue is full, and this place in it went to someone with fewer requests; ask again in a moment"
    )]
    Displaced,
    /// By the time it could start, too little of its time would be left.
    #[error(
        "about {} ms of work come first, and the deadline is in {} ms; ask again in a moment", .wait.as_millis(), .left.as_millis()
    )]
    WillNotStart {
        /// Estimated time until it could start.
        wait: Duration,
        /// Time until its deadline.
        left: Duration,
    },
    /// Even if it started now, a useful answer would not be ready in time.
    #[error(
        "reading this prompt and beginning an answer takes about {} ms, and the deadline is in {} ms; allow more time or send less text", .needed.as_millis(), .left.as_millis()
    )]
    WillNotFit {
        /// Estimated time for the prompt and the least useful answer.
        needed: Duration,
        /// Time until its deadline.
        left: Duration,
    },
    /// Its deadline passed while it waited.
    #[error("the deadline passed before the model was free")]
    Expired,
    /// The server is stopping.
    #[error("the server is stopping; ask again when it is back")]
    Closed,
}

/// Every kind of denial once, for tests and documentation.
#[cfg(test)]
pub(super) const ALL: [Denial; 7] = [
    Denial::QueueFull { max: 100 },
    Denial::OwnQueueFull { max: 4 },
    Denial::Displaced,
    Denial::WillNotStart { wait: Duration::from_secs(12), left: Duration::from_secs(10) },
    Denial::WillNotFit { needed: Duration::from_secs(12), left: Duration::from_secs(10) },
    Denial::Expired,
    Denial::Closed,
];
