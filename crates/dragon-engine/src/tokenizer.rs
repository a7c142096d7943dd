//! Tokenizes beside the batch loop: a long prompt must not hold up a step, nor a short one.
//!
//! Two threads, one for short texts and one for long: a megabyte takes about a second, and who asks for a line
//! behind it should not notice.

use std::collections::HashMap;
use std::io;
use std::sync::mpsc::Receiver;

use dragon_ipc::{
    CallId, EngineExit, FromEngine, MAX_SHORT_TEXT_BYTES, MAX_TOKENS_PER_PIECE, TextLane, TokenizePiece,
    TokensPiece,
};

use crate::exit::end_process_saying;
use crate::link::{Outbox, Texts};
use crate::llama::{Bounds, MAX_RUN_BYTES, STACK_PER_MATCHED_BYTE, TokenId, Vocab};

/// Stack for all but the matching of expressions, in bytes: what threads have by default.
const PLAIN_STACK_BYTES: usize = 2 * 1024 * 1024;

/// Stack of the thread for short texts, 34 MiB: a short text may be one match, see [`STACK_PER_MATCHED_BYTE`].
const SHORT_STACK_BYTES: usize = MAX_SHORT_TEXT_BYTES * STACK_PER_MATCHED_BYTE + PLAIN_STACK_BYTES;

/// Stack of the thread for long texts, 514 MiB: longer matches are prevented. It is address space; memory is
/// taken only for what a text really needs, which for a text of words is a few pages.
pub(crate) const LONG_STACK_BYTES: usize = MAX_RUN_BYTES * STACK_PER_MATCHED_BYTE + PLAIN_STACK_BYTES;

/// Bytes of unfinished texts, of all calls together: the server's bodies are at most a few MiB, so more is a
/// bug there, and memory is bounded here.
const MAX_UNFINISHED_BYTES: usize = 64 * 1024 * 1024;

/// Texts of which the last piece has not come yet.
#[derive(Debug, Default)]
struct Unfinished {
    texts: HashMap<CallId, String>,
    n_bytes: usize,
}

/// What the server may not send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum TextError {
    /// More than can be meant.
    #[error("more than {MAX_UNFINISHED_BYTES} bytes of text wait for their last piece")]
    TooMuch,
    /// It would need more stack than its thread has.
    #[error("a text of more than {MAX_SHORT_TEXT_BYTES} bytes, or of several pieces, was called short")]
    NotShort,
}

/// Starts both threads. They end with the process.
///
/// # Errors
/// When a thread cannot be started, for example for want of address space.
pub(crate) fn start(vocab: &Vocab, texts: Texts, outbox: &Outbox) -> io::Result<()> {
    let lanes =
        [("short texts", SHORT_STACK_BYTES, texts.short), ("long texts", LONG_STACK_BYTES, texts.long)];
    lanes.into_iter().try_for_each(|(name, n_stack_bytes, texts)| {
        let (vocab, outbox) = (vocab.clone(), outbox.clone());
        let tokenize = move || tokenize_forever(&vocab, &texts, &outbox);
        let thread = std::thread::Builder::new().name(name.into()).stack_size(n_stack_bytes);
        thread.spawn(tokenize).map(drop)
    })
}

fn tokenize_forever(vocab: &Vocab, texts: &Receiver<TokenizePiece>, outbox: &Outbox) {
    let mut unfinished = Unfinished::default();
    for piece in texts {
        let (call, bounds) = (piece.call, if piece.add_special { Bounds::Add } else { Bounds::AsWritten });
        match unfinished.push(piece) {
            Ok(Some(text)) => match vocab.tokenize(&text, bounds) {
                Some(tokens) => in_pieces(call, &tokens).for_each(|piece| outbox.send(piece)),
                None => end_process_saying(EngineExit::Internal, "a text could not be tokenized"),
            },
            Ok(None) => {}
            Err(error) => end_process_saying(EngineExit::Protocol, &error.to_string()),
        }
    }
}

/// At least one piece, so that an empty text is answered too.
fn in_pieces(call: CallId, tokens: &[TokenId]) -> impl Iterator<Item = FromEngine> {
    let n_pieces = tokens.len().div_ceil(MAX_TOKENS_PER_PIECE).max(1);
    (1..=n_pieces).map(move |number| {
        let start = (number - 1) * MAX_TOKENS_PER_PIECE;
        let end = tokens.len().min(number * MAX_TOKENS_PER_PIECE);
        FromEngine::Tokens(TokensPiece {
            call,
            tokens: tokens[start..end].to_vec(),
            last: number == n_pieces,
        })
    })
}

// === impl Unfinished ===

impl Unfinished {
    /// Appends a piece; the whole text if it was the last.
    fn push(&mut self, piece: TokenizePiece) -> Result<Option<String>, TextError> {
        let is_short = piece.last && piece.text.len() <= MAX_SHORT_TEXT_BYTES;
        if piece.lane == TextLane::Short && !is_short {
            return Err(TextError::NotShort);
        }
        self.n_bytes += piece.text.len();
        if self.n_bytes > MAX_UNFINISHED_BYTES {
            return Err(TextError::TooMuch);
        }
        let text = self.texts.entry(piece.call).or_default();
        text.push_str(&piece.text);
        if !piece.last {
            return Ok(None);
        }
        let text = self.texts.remove(&piece.call).unwrap_or_default();
        self.n_bytes -= text.len();
        Ok(Some(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(call: CallId, text: &str, last: bool) -> TokenizePiece {
        TokenizePiece { call, lane: TextLane::Long, text: text.to_owned(), last, add_special: false }
    }

    #[test]
    fn what_would_need_more_stack_than_its_thread_has_is_refused() {
        let mut unfinished = Unfinished::default();
        let text = "x".repeat(MAX_SHORT_TEXT_BYTES);
        let short = |text: &str, last| TokenizePiece { lane: TextLane::Short, ..piece(1, text, last) };
        assert_eq!(unfinished.push(short(&text, true)), Ok(Some(text.clone())));
        assert_eq!(unfinished.push(short(&(text + "x"), true)), Err(TextError::NotShort));
        assert_eq!(unfinished.push(short("x", false)), Err(TextError::NotShort));
    }

    #[test]
    fn interleaved_texts_are_put_together() {
        let mut unfinished = Unfinished::default();
        assert_eq!(unfinished.push(piece(1, "ab", false)), Ok(None));
        assert_eq!(unfinished.push(piece(2, "x", true)), Ok(Some("x".to_owned())));
        assert_eq!(unfinished.push(piece(1, "c", true)), Ok(Some("abc".to_owned())));
        assert_eq!(unfinished.n_bytes, 0);
    }

    #[test]
    fn text_without_end_is_an_error() {
        let mut unfinished = Unfinished::default();
        let megabyte = "x".repeat(1024 * 1024);
        let sent = (0..100).map(|call| unfinished.push(piece(call, &megabyte, false)));
        assert_eq!(sent.filter(Result::is_ok).count(), 64);
    }

    #[test]
    fn tokens_come_in_pieces_and_the_last_says_so() {
        let tokens: Vec<TokenId> = (0..).take(MAX_TOKENS_PER_PIECE + 1).collect();
        let sizes = |tokens: &[TokenId]| -> Vec<(usize, bool)> {
            in_pieces(7, tokens)
                .map(|message| match message {
                    FromEngine::Tokens(piece) => (piece.tokens.len(), piece.last),
                    other => panic!("{other:?}"),
                })
                .collect()
        };
        assert_eq!(sizes(&tokens), [(MAX_TOKENS_PER_PIECE, false), (1, true)]);
        assert_eq!(sizes(&tokens[..3]), [(3, true)]);
        assert_eq!(sizes(&[]), [(0, true)]);
    }
}
