//! Tokenizes beside the batch loop: a long prompt must not hold up a step.

use std::collections::HashMap;
use std::io;
use std::sync::mpsc::Receiver;

use dragon_ipc::{CallId, EngineExit, FromEngine, MAX_TOKENS_PER_PIECE, TokenizePiece, TokensPiece};

use crate::exit::end_process_saying;
use crate::link::Outbox;
use crate::llama::{Bounds, TokenId, Vocab};

/// Bytes of unfinished texts, of all calls together: the server's bodies are at most a few MiB, so more is a
/// bug there, and memory is bounded here.
const MAX_UNFINISHED_BYTES: usize = 64 * 1024 * 1024;

/// Texts of which the last piece has not come yet.
#[derive(Debug, Default)]
struct Unfinished {
    texts: HashMap<CallId, String>,
    n_bytes: usize,
}

/// The server sent more text than can be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MAX_UNFINISHED_BYTES} bytes of text wait for their last piece")]
struct TooMuchText;

/// Starts the thread. It ends with the process.
///
/// # Errors
/// When the thread cannot be started.
pub(crate) fn start(vocab: Vocab, texts: Receiver<TokenizePiece>, outbox: Outbox) -> io::Result<()> {
    let tokenize = move || tokenize_forever(&vocab, &texts, &outbox);
    std::thread::Builder::new().name("tokenizer".into()).spawn(tokenize).map(drop)
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
    fn push(&mut self, piece: TokenizePiece) -> Result<Option<String>, TooMuchText> {
        self.n_bytes += piece.text.len();
        if self.n_bytes > MAX_UNFINISHED_BYTES {
            return Err(TooMuchText);
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
        TokenizePiece { call, text: text.to_owned(), last, add_special: false }
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
