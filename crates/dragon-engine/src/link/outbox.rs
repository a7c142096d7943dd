//! Where messages to the server are put.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use dragon_ipc::{EngineExit, FromEngine};

use crate::exit::end_process;

/// Messages that may wait for the socket. When the server reads slower than the engine computes, the batch
/// loop waits here: better a pause than memory without bound.
const OUTBOX_MESSAGES: usize = 256;

/// Puts messages in line for the writer.
#[derive(Debug, Clone)]
pub(crate) struct Outbox(SyncSender<Outgoing>);

/// What the writer is told.
#[derive(Debug, PartialEq)]
pub(crate) enum Outgoing {
    /// Send this.
    Message(FromEngine),
    /// Send this, then end the process.
    Last(FromEngine, EngineExit),
}

// === impl Outbox ===

impl Outbox {
    /// An outbox and the writer's end of it.
    pub(crate) fn new() -> (Self, Receiver<Outgoing>) {
        let (sender, receiver) = sync_channel(OUTBOX_MESSAGES);
        (Self(sender), receiver)
    }

    /// Sends a message; waits while the line is full.
    pub(crate) fn send(&self, message: FromEngine) {
        self.put(Outgoing::Message(message));
    }

    /// Sends a last message and ends the process once it is written.
    pub(crate) fn send_last(&self, message: FromEngine, exit: EngineExit) -> ! {
        self.put(Outgoing::Last(message, exit));
        loop {
            std::thread::park();
        }
    }

    fn put(&self, outgoing: Outgoing) {
        if self.0.send(outgoing).is_err() {
            // The writer never ends before the process does.
            end_process(EngineExit::Internal);
        }
    }
}
