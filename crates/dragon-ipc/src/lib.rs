//! What the server and an engine process say to each other, and how it is framed.
//!
//! A frame is a little-endian `u32` length, at most [`MAX_FRAME_BYTES`], and that many bytes of postcard.
//! The channel is a Unix socket pair; the engine's end is its standard input. Anything longer than a frame
//! (a prompt, a text to tokenize) goes in pieces.
//!
//! The order of a conversation: both sides send `Hello`; the server sends `Load`; the engine answers
//! `Ready` or `Failed`; then any number of tokenizations and generations interleave.

mod exit;
mod frame;
mod message;

pub use exit::EngineExit;
pub use frame::{Decoder, FrameError, MAX_FRAME_BYTES, encode};
pub use message::*;

/// Both sides must send the same number in their `Hello`; it changes with any change of a message.
pub const PROTOCOL_VERSION: u32 = 6;

/// Pieces of prompts hold at most this many tokens, so that a frame of worst-case varints (5 bytes a token)
/// stays well under [`MAX_FRAME_BYTES`].
pub const MAX_TOKENS_PER_PIECE: usize = 32 * 1024;

/// Pieces of text hold at most this many bytes.
pub const MAX_TEXT_BYTES_PER_PIECE: usize = 128 * 1024;

/// A text of at most this many bytes is short: one piece, tokenized in milliseconds at the worst.
pub const MAX_SHORT_TEXT_BYTES: usize = 16 * 1024;

/// The longest text that the one-shot mode `tokens` takes in a line, in bytes: more than a million tokens.
pub const MAX_LINE_TEXT_BYTES: usize = 4 * 1024 * 1024;

/// Short texts that the server has given to one engine and not got back. The engine tokenizes one at a time, so
/// more would only hold copies of texts; fewer would leave it idle between two.
pub const MAX_SHORT_TEXTS_IN_FLIGHT: usize = 8;

/// Long texts that the server has given to one engine and not got back. One: a long text cannot be called back
/// from the tokenizer, and those behind it must be able to leave the line when their clients do.
pub const MAX_LONG_TEXTS_IN_FLIGHT: usize = 1;

/// Sequences that one engine can hold: llama.cpp's own limit.
pub const MAX_SEQUENCES: u32 = 256;

/// Tokens that the server can force into an answer at once: some short sentences, in any tokenizer.
pub const MAX_FORCED_TOKENS: usize = 512;

/// Alternatives reported per token: OpenAI's limit for `top_logprobs`.
pub const MAX_TOP_LOGPROBS: u8 = 20;
