//! The socket to the server: one thread reads, one writes, so that neither waits for the batch loop.

mod outbox;
mod reader;
mod writer;

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use dragon_ipc::{ToEngine, TokenizePiece};

use crate::progress::Progress;

pub(crate) use outbox::{Outbox, Outgoing};

/// Messages for the batch loop that may wait while it is inside a call. A flood of cancels fits; when it is
/// full the reader waits, and with it the server.
const INBOX_MESSAGES: usize = 4096;

/// Pieces of text that may wait for the tokenizer, at most 128 KiB each.
const TEXT_PIECES: usize = 256;

/// Our end of the conversation.
#[derive(Debug)]
pub(crate) struct Link {
    /// From the server, all but texts.
    pub(crate) inbox: Receiver<ToEngine>,
    /// From the server, texts to tokenize.
    pub(crate) texts: Receiver<TokenizePiece>,
    /// To the server.
    pub(crate) outbox: Outbox,
}

/// Starts both threads on the socket.
///
/// # Errors
/// When the socket cannot be duplicated or a thread cannot be started.
pub(crate) fn open(socket: UnixStream, progress: Arc<Progress>) -> io::Result<Link> {
    let (to_inbox, inbox) = sync_channel(INBOX_MESSAGES);
    let (to_texts, texts) = sync_channel(TEXT_PIECES);
    let (outbox, outgoing) = Outbox::new();
    reader::start(socket.try_clone()?, to_inbox, to_texts)?;
    writer::start(socket, outgoing, progress)?;
    Ok(Link { inbox, texts, outbox })
}
