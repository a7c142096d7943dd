//! The socket to the server: one thread reads, one writes, so that neither waits for the batch loop.

mod outbox;
mod reader;
mod writer;

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use dragon_ipc::{Decoder, MAX_LONG_TEXTS_IN_FLIGHT, MAX_SHORT_TEXTS_IN_FLIGHT, ToEngine, TokenizePiece};

use crate::progress::Progress;

use reader::Receivers;

pub(crate) use outbox::{Outbox, Outgoing};

/// Messages for the batch loop that may wait while it is inside a call. A flood of cancels fits; when it is
/// full the reader waits, and with it the server.
const INBOX_MESSAGES: usize = 4096;

/// Short texts that may wait for their tokenizer: all that the server has in flight, each one message, so the
/// reader never waits here.
const SHORT_TEXTS: usize = MAX_SHORT_TEXTS_IN_FLIGHT;

/// Pieces of long texts that may wait for their tokenizer, at most 128 KiB each. The server has one long text in
/// flight, and until its last piece has come the thread does nothing but collect them: so the reader waits here
/// for a copy of one piece at the longest.
const LONG_TEXT_PIECES: usize = 16;
const _: () = assert!(MAX_LONG_TEXTS_IN_FLIGHT == 1, "a second long text would wait in the channel");

/// Our end of the conversation.
#[derive(Debug)]
pub(crate) struct Link {
    /// From the server, all but texts.
    pub(crate) inbox: Receiver<ToEngine>,
    /// From the server, texts to tokenize.
    pub(crate) texts: Texts,
    /// To the server.
    pub(crate) outbox: Outbox,
}

/// Texts to tokenize, by lane.
#[derive(Debug)]
pub(crate) struct Texts {
    /// Each in one piece.
    pub(crate) short: Receiver<TokenizePiece>,
    /// In pieces.
    pub(crate) long: Receiver<TokenizePiece>,
}

/// Starts both threads on the socket; `decoder` holds what has been read from it already.
///
/// # Errors
/// When the socket cannot be duplicated or a thread cannot be started.
pub(crate) fn open(socket: UnixStream, decoder: Decoder, progress: Arc<Progress>) -> io::Result<Link> {
    let (to_inbox, inbox) = sync_channel(INBOX_MESSAGES);
    let (to_short, short) = sync_channel(SHORT_TEXTS);
    let (to_long, long) = sync_channel(LONG_TEXT_PIECES);
    let (outbox, outgoing) = Outbox::new();
    let receivers = Receivers { inbox: to_inbox, short: to_short, long: to_long };
    reader::start(socket.try_clone()?, decoder, receivers)?;
    writer::start(socket, outgoing, progress)?;
    Ok(Link { inbox, texts: Texts { short, long }, outbox })
}
