//! The receiving end of a generation.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use dragon_ipc::GenerationId;
use tokio::sync::mpsc;

use crate::job::Event;
use crate::shared::Shared;

/// A generation in progress. Dropping it before its end cancels it: the engine frees its slots within a step.
#[derive(Debug)]
pub struct Generation {
    shared: Arc<Shared>,
    id: GenerationId,
    events: mpsc::Receiver<Event>,
    /// Choices of which nothing more is handed out.
    cancelled: Vec<u32>,
}

// === impl Generation ===

impl Generation {
    pub(crate) fn new(shared: Arc<Shared>, id: GenerationId, events: mpsc::Receiver<Event>) -> Self {
        Self { shared, id, events, cancelled: Vec::new() }
    }

    /// The next event; `None` after every choice has ended or was cancelled, and after [`Event::Lost`]. Cancel
    /// safe.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// [`Generation::next`] for those who wait for several at once.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            match ready!(self.events.poll_recv(context)) {
                // It had arrived before the choice was cancelled.
                Some(Event::Token(token)) if self.cancelled.contains(&token.choice) => {}
                event => return Poll::Ready(event),
            }
        }
    }

    /// Stops one choice: no more of its tokens come, and the engine frees its slot within a step. Nothing happens
    /// if it has ended, or if there is no such choice.
    pub fn cancel_choice(&mut self, index: u32) {
        self.cancelled.push(index);
        self.shared.traffic.lock().cancel_choice(self.id, index);
        self.shared.bell.notify_one();
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.shared.traffic.lock().abandon(self.id);
        self.shared.bell.notify_one();
    }
}
