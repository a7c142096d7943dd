//! Reads a stream of server-sent events piece by piece.
//!
//! Only what OpenAI-compatible servers send: events with `data:` lines, separated by empty lines; other fields
//! and comments are skipped (WHATWG HTML, "Server-sent events", parsing an event stream).

/// Longest line that is accepted, in bytes: a chunk of a chat is a few hundred, so more is a broken server.
const LINE_MAX_BYTES: usize = 1 << 20;

/// A line was longer than [`LINE_MAX_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineTooLong;

/// Splits bytes that arrive in any pieces into the data of events.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The bytes of a line whose end has not arrived.
    line: Vec<u8>,
    /// The data lines of an event whose end has not arrived.
    data: Option<String>,
}

// === impl Decoder ===

impl Decoder {
    /// Takes the next bytes; returns the data of every event that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, LineTooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            if byte == b'\n' {
                events.extend(self.end_line());
            } else if self.line.len() == LINE_MAX_BYTES {
                return Err(LineTooLong);
            } else {
                self.line.push(byte);
            }
        }
        Ok(events)
    }

    /// Interprets the finished line; an empty one ends the event.
    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        if line.is_empty() {
            return self.data.take();
        }
        if let Some(value) = line.strip_prefix(b"data:") {
            let value = value.strip_prefix(b" ").unwrap_or(value);
            let data = self.data.get_or_insert_default();
            if !data.is_empty() {
                data.push('\n');
            }
            data.push_str(&String::from_utf8_lossy(value));
        }
        None
    }
}

impl std::fmt::Display for LineTooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the server sent a line of more than {LINE_MAX_BYTES} bytes")
    }
}

impl std::error::Error for LineTooLong {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn data_is_given_out_at_the_empty_line() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.push(b"data: {\"a\":1}\n"), Ok(vec![]));
        assert_eq!(decoder.push(b"\ndata: [DONE]\r\n\r\n"), Ok(vec!["{\"a\":1}".into(), "[DONE]".into()]));
    }

    #[test]
    fn comments_and_other_fields_are_skipped_and_data_lines_are_joined() {
        let mut decoder = Decoder::default();
        let events = decoder.push(b": keep-alive\n\nevent: x\ndata: one\ndata:two\nid: 7\n\n");
        assert_eq!(events, Ok(vec!["one\ntwo".into()]));
    }

    #[test]
    fn a_line_without_end_is_refused_and_not_collected() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.push(&vec![b'x'; LINE_MAX_BYTES]), Ok(vec![]));
        assert_eq!(decoder.push(b"x"), Err(LineTooLong));
    }

    proptest! {
        #[test]
        fn the_pieces_in_which_bytes_arrive_do_not_matter(
            texts in proptest::collection::vec("[^\r\n]{1,20}", 1..8),
            cut in 1usize..9,
        ) {
            let bytes: Vec<u8> = texts.iter().flat_map(|text| format!("data: {text}\n\n").into_bytes()).collect();
            let mut decoder = Decoder::default();
            let mut events = Vec::new();
            for piece in bytes.chunks(cut) {
                events.extend(decoder.push(piece).unwrap());
            }
            prop_assert_eq!(events, texts);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Decoder::default().push(&bytes);
        }
    }
}
