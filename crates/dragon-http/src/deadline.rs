//! The instant by which a request must be answered.

use std::time::Duration;

use dragon_core::label::Reason;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

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

/// When an answer has to be whole: at its deadline, or earlier where the server stops.
#[derive(Debug, Clone)]
pub(crate) struct Closing {
    pub(crate) deadline: Deadline,
    drain: Drain,
    /// The earliest deadline of those who share the answer.
    earliest: watch::Receiver<Option<Instant>>,
}

/// By when the server wants to have answered everything; `None` while it does not stop.
pub(crate) type Drain = watch::Receiver<Option<Instant>>;

// === impl Closing ===

impl Closing {
    pub(crate) fn new(deadline: Deadline, drain: Drain) -> Self {
        Self { deadline, drain, earliest: watch::Sender::new(None).subscribe() }
    }

    /// The same for an answer that is shared by others, whose earliest deadline `earliest` tells.
    pub(crate) fn shared(self, earliest: watch::Receiver<Option<Instant>>) -> Self {
        Self { earliest, ..self }
    }

    /// When that is, as things are, and what it will have been.
    pub(crate) fn at(&self) -> (Instant, Reason) {
        let own = self.deadline.at();
        let deadline_at = self.earliest.borrow().map_or(own, |earliest| earliest.min(own));
        match *self.drain.borrow() {
            Some(drained_at) if drained_at < deadline_at => (drained_at, Reason::Shutdown),
            Some(_) | None => (deadline_at, Reason::Deadline),
        }
    }

    /// Waits for it. Cancel safe.
    pub(crate) async fn reached(&mut self) -> Reason {
        loop {
            let (at, reason) = self.at();
            tokio::select! {
                () = sleep_until(at) => return reason,
                Ok(()) = self.drain.changed() => {}
                Ok(()) = self.earliest.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_stops_ends_answers_before_their_deadline_and_says_so() {
        let (stop, drain) = watch::channel(None);
        let start = Instant::now();
        let deadline = Deadline::new(start, Duration::from_secs(10), None);
        let mut closing = Closing::new(deadline, drain);
        assert_eq!(closing.at(), (deadline.at(), Reason::Deadline));
        let waiting = tokio::spawn(async move { closing.reached().await });
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.send_replace(Some(start + Duration::from_secs(3)));
        assert_eq!(waiting.await.unwrap(), Reason::Shutdown);
        assert_eq!(start.elapsed(), Duration::from_secs(3));
    }

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
