//! Frames: length first, checked before a byte is allocated for it.

use serde::{Serialize, de::DeserializeOwned};

/// Longest payload of a frame. A corrupt peer can make the other side buffer this much and no more.
pub const MAX_FRAME_BYTES: usize = 256 * 1024;

const HEADER_BYTES: usize = size_of::<u32>();

/// What can be wrong with a frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The length in the header, or of a message to be sent, is over the limit.
    #[error("a frame of {0} bytes is over the limit of {MAX_FRAME_BYTES}")]
    TooLong(usize),
    /// The payload is not a message of this protocol.
    #[error("a frame holds no valid message: {0}")]
    Malformed(#[from] postcard::Error),
    /// The payload holds a message and more.
    #[error("a frame holds {0} bytes after its message")]
    TrailingBytes(usize),
}

/// One message as a frame.
///
/// # Errors
/// [`FrameError::TooLong`] where the message should have been sent in pieces.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let mut frame = postcard::to_extend(message, vec![0; HEADER_BYTES])?;
    let n_payload = frame.len() - HEADER_BYTES;
    if n_payload > MAX_FRAME_BYTES {
        return Err(FrameError::TooLong(n_payload));
    }
    let header = u32::try_from(n_payload).map_err(|_| FrameError::TooLong(n_payload))?;
    frame[..HEADER_BYTES].copy_from_slice(&header.to_le_bytes());
    Ok(frame)
}

/// Turns a stream of bytes, in any portions, into messages.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// How much of `buffer` has been handed out already.
    consumed: usize,
}

// === impl Decoder ===

impl Decoder {
    /// Adds bytes as they arrive.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.consumed > 0 {
            self.buffer.drain(..self.consumed);
            self.consumed = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message, or `None` until more bytes arrive. After an error the stream is lost.
    ///
    /// # Errors
    /// See [`FrameError`].
    pub fn next_message<T: DeserializeOwned>(&mut self) -> Result<Option<T>, FrameError> {
        let pending = &self.buffer[self.consumed..];
        let Some((header, rest)) = pending.split_first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let n_payload = u32::from_le_bytes(*header) as usize;
        if n_payload > MAX_FRAME_BYTES {
            return Err(FrameError::TooLong(n_payload));
        }
        let Some(payload) = rest.get(..n_payload) else {
            return Ok(None);
        };
        let (message, trailing) = postcard::take_from_bytes(payload)?;
        if !trailing.is_empty() {
            return Err(FrameError::TrailingBytes(trailing.len()));
        }
        self.consumed += HEADER_BYTES + n_payload;
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn messages_survive_any_portions(
            messages in prop::collection::vec((any::<u64>(), ".{0,40}"), 0..20),
            portion in 1_usize..50,
        ) {
            let bytes: Vec<u8> = messages.iter().flat_map(|message| encode(message).unwrap()).collect();
            let mut decoder = Decoder::default();
            let mut decoded: Vec<(u64, String)> = Vec::new();
            for part in bytes.chunks(portion) {
                decoder.push(part);
                while let Some(message) = decoder.next_message().unwrap() {
                    decoded.push(message);
                }
            }
            prop_assert_eq!(decoded, messages);
        }

        #[test]
        fn garbage_is_an_error_or_incomplete_but_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = Decoder::default();
            decoder.push(&bytes);
            while let Ok(Some(_)) = decoder.next_message::<crate::FromEngine>() {}
        }
    }

    #[test]
    fn an_oversized_length_is_refused_before_its_bytes_arrive() {
        let mut decoder = Decoder::default();
        decoder.push(&u32::MAX.to_le_bytes());
        assert!(matches!(decoder.next_message::<u8>(), Err(FrameError::TooLong(_))));
    }

    #[test]
    fn a_message_over_the_limit_is_not_encoded() {
        assert!(matches!(encode(&vec![7_u8; MAX_FRAME_BYTES + 1]), Err(FrameError::TooLong(_))));
    }

    #[test]
    fn bytes_after_the_message_are_an_error() {
        let mut decoder = Decoder::default();
        decoder.push(&[2, 0, 0, 0, 1, 1]);
        assert!(matches!(decoder.next_message::<u8>(), Err(FrameError::TrailingBytes(1))));
    }
}
