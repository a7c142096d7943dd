//! The instant by which a request must be answered.

use std::time::Duration;

use tokio::time::Instant;

/// After the deadline the connection has this long to take the last bytes; then it is cut.
pub(crate) const WRITE_GRACE: Duration = Duration::from_millis(250);

/// An absolute deadline, counted from the first byte of the request's head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    /// When the first byte came.
    pub(crate) arrived_at: Instant,
    /// What was allowed.
    pub(crate) allowed: Duration,
}

// === impl Deadline ===

impl Deadline {
    /// The shorter of what the server allows and what the client asked for.
    pub(crate) fn new(arrived_at: Instant, maximum: Duration, asked: Option<Duration>) -> Self {
        Self { arrived_at, allowed: asked.map_or(maximum, |asked| asked.min(maximum)) }
    }

    /// When the answer must be there.
    pub(crate) fn at(&self) -> Instant {
        self.arrived_at + self.allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_can_only_shorten_the_deadline() {
        let now = Instant::now();
        let maximum = Duration::from_secs(10);
        let allowed = |asked| Deadline::new(now, maximum, asked).allowed;
        assert_eq!(allowed(None), maximum);
        assert_eq!(allowed(Some(Duration::from_secs(60))), maximum);
        assert_eq!(allowed(Some(Duration::from_secs(2))), Duration::from_secs(2));
    }
}
