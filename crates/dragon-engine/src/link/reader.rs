//! Reads frames and hands the messages on. Ends the process when the server is gone.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::SyncSender;

use dragon_ipc::{Decoder, EngineExit, TextLane, ToEngine, TokenizePiece};

use crate::exit::{end_process, end_process_saying};

/// Bytes asked of the socket at once.
const READ_BYTES: usize = 64 * 1024;

/// Whom the messages are handed to.
#[derive(Debug)]
pub(super) struct Receivers {
    /// The batch loop: all but texts.
    pub(super) inbox: SyncSender<ToEngine>,
    /// The tokenizer of short texts.
    pub(super) short: SyncSender<TokenizePiece>,
    /// The tokenizer of long texts.
    pub(super) long: SyncSender<TokenizePiece>,
}

/// Starts the thread.
pub(super) fn start(socket: UnixStream, decoder: Decoder, receivers: Receivers) -> io::Result<()> {
    let read = move || read_forever(socket, decoder, &receivers);
    std::thread::Builder::new().name("reader".into()).spawn(read).map(drop)
}

/// A server that has gone wants nothing any more, so the process ends at once, even inside a decode. (While the
/// inbox is full this thread waits instead, and the writer notices: its next heartbeat fails.)
fn read_forever(mut socket: UnixStream, mut decoder: Decoder, receivers: &Receivers) -> ! {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        hand_on(&mut decoder, receivers);
        match socket.read(&mut buffer) {
            Ok(0) => end_process(EngineExit::ParentGone),
            Ok(n_bytes) => decoder.push(&buffer[..n_bytes]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => end_process(EngineExit::ParentGone),
        }
    }
}

fn hand_on(decoder: &mut Decoder, receivers: &Receivers) {
    loop {
        let delivered = match decoder.next_message() {
            Ok(Some(ToEngine::Tokenize(piece))) => match piece.lane {
                TextLane::Short => receivers.short.send(piece).is_ok(),
                TextLane::Long => receivers.long.send(piece).is_ok(),
            },
            Ok(Some(message)) => receivers.inbox.send(message).is_ok(),
            Ok(None) => return,
            Err(error) => {
                end_process_saying(EngineExit::Protocol, &format!("a frame cannot be read: {error}"))
            }
        };
        if !delivered {
            // All receivers live as long as the process.
            end_process(EngineExit::Internal);
        }
    }
}
