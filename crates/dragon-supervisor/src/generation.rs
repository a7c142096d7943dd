//! The receiving end of a generation.

use std::sync::Arc;

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
}

// === impl Generation ===

impl Generation {
    pub(crate) fn new(shared: Arc<Shared>, id: GenerationId, events: mpsc::Receiver<Event>) -> Self {
        Self { shared, id, events }
    }

    /// The next event; `None` after every choice has ended, and after [`Event::Lost`]. Cancel safe.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.shared.traffic.lock().abandon(self.id);
        self.shared.bell.notify_one();
    }
}
