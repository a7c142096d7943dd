//! Looks at the bytes of a request head before the HTTP library does: where it ends, whether it stays within its
//! limits, and whether two readers could disagree about it.
//!
//! This parses no values: that is the library's work. It refuses what RFC 9112 lets a server refuse and what
//! smuggling is made of, because a proxy in front of this server may read such a head differently.

use dragon_api::ApiError;

/// Longest request target. Ours are short; a longer one is a mistake.
const MAX_TARGET_BYTES: usize = 8 * 1024;

/// All of a head but its target. Browsers with many cookies stay below it.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Header fields of a request. Clients send ten or twenty.
const MAX_HEADER_FIELDS: usize = 100;

/// The largest head that passes.
pub(super) const MAX_HEAD_BYTES: usize = MAX_TARGET_BYTES + MAX_HEADER_BYTES;

const CONTENT_LENGTH: &[u8] = b"content-length";
const TRANSFER_ENCODING: &[u8] = b"transfer-encoding";

/// The longest name that matters here.
const MAX_NAME_BYTES: usize = TRANSFER_ENCODING.len();

/// How far into a head the bytes have come.
#[derive(Debug, Default)]
pub(super) struct HeadScan {
    n_bytes: usize,
    n_target_bytes: usize,
    /// Lines that are complete; the first is the request line.
    n_lines: usize,
    /// Bytes of the current line, without its end.
    n_line_bytes: usize,
    is_after_cr: bool,
    part: Part,
    /// The beginning of the current field's name, in lower case.
    name: Vec<u8>,
    has_length: bool,
    has_coding: bool,
}

/// Where in its line a byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    #[default]
    Method,
    Target,
    Version,
    Name,
    Value,
}

/// How many of some bytes belong to the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// All, and it is not complete.
    All,
    /// So many; there it ends.
    UpTo(usize),
}

/// What makes a head unfit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// A line that ends with LF alone: others take it for part of the line.
    BareLineFeed,
    /// A field continued on the next line, which RFC 9112 has abolished.
    Folded,
    /// A length and chunks at once: the classic of smuggling.
    LengthAndChunks,
    /// More than one length, or more than one coding.
    Twice(&'static str),
    TargetTooLong,
    TooLarge,
}

// === impl HeadScan ===

impl HeadScan {
    /// Looks at more bytes. At the head's end it is ready for the next one.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<Taken, Flaw> {
        for (at, byte) in bytes.iter().enumerate() {
            if self.ends_with(*byte)? {
                *self = Self::default();
                return Ok(Taken::UpTo(at + 1));
            }
        }
        Ok(Taken::All)
    }

    /// Whether this byte is the head's last.
    fn ends_with(&mut self, byte: u8) -> Result<bool, Flaw> {
        let is_after_cr = std::mem::replace(&mut self.is_after_cr, byte == b'\r');
        self.n_bytes += 1;
        if self.n_bytes - self.n_target_bytes > MAX_HEADER_BYTES {
            return Err(Flaw::TooLarge);
        }
        match byte {
            b'\n' if !is_after_cr => Err(Flaw::BareLineFeed),
            b'\n' => self.line_ended(),
            // Elsewhere than before LF the library refuses it.
            b'\r' => Ok(false),
            _ => self.byte_of_line(byte).map(|()| false),
        }
    }

    fn line_ended(&mut self) -> Result<bool, Flaw> {
        let is_empty = std::mem::take(&mut self.n_line_bytes) == 0;
        match (is_empty, self.n_lines) {
            // Old clients send an empty line after a body; it belongs to nothing.
            (true, 0) => Ok(false),
            (true, _) => Ok(true),
            (false, n_lines) => {
                self.n_lines = n_lines + 1;
                self.part = Part::Name;
                self.name.clear();
                if self.n_lines > MAX_HEADER_FIELDS + 1 { Err(Flaw::TooLarge) } else { Ok(false) }
            }
        }
    }

    fn byte_of_line(&mut self, byte: u8) -> Result<(), Flaw> {
        let is_first = self.n_line_bytes == 0;
        self.n_line_bytes += 1;
        match (self.part, byte) {
            (Part::Method, b' ') => self.part = Part::Target,
            (Part::Target, b' ') => self.part = Part::Version,
            (Part::Target, _) => {
                self.n_target_bytes += 1;
                if self.n_target_bytes > MAX_TARGET_BYTES {
                    return Err(Flaw::TargetTooLong);
                }
            }
            (Part::Name, b' ' | b'\t') if is_first => return Err(Flaw::Folded),
            (Part::Name, b':') => {
                self.part = Part::Value;
                self.field_named()?;
            }
            // One byte more than matters, so that a longer name is not taken for a shorter one.
            (Part::Name, _) if self.name.len() <= MAX_NAME_BYTES => self.name.push(byte.to_ascii_lowercase()),
            (Part::Method | Part::Version | Part::Name | Part::Value, _) => {}
        }
        Ok(())
    }

    fn field_named(&mut self) -> Result<(), Flaw> {
        // "Content-Length : 1" is refused by the library; until then it counts as what it looks like.
        let (seen, name) = match self.name.trim_ascii_end() {
            CONTENT_LENGTH => (&mut self.has_length, "Content-Length"),
            TRANSFER_ENCODING => (&mut self.has_coding, "Transfer-Encoding"),
            _ => return Ok(()),
        };
        if std::mem::replace(seen, true) {
            return Err(Flaw::Twice(name));
        }
        if self.has_length && self.has_coding { Err(Flaw::LengthAndChunks) } else { Ok(()) }
    }
}

// === impl Flaw ===

impl From<Flaw> for ApiError {
    fn from(flaw: Flaw) -> Self {
        let problem = match flaw {
            Flaw::BareLineFeed => "a line of its head ends with LF instead of CR LF".to_owned(),
            Flaw::Folded => "a header is continued on the next line; write it on one".to_owned(),
            Flaw::LengthAndChunks => {
                "it has both Content-Length and Transfer-Encoding; send one of the two".to_owned()
            }
            Flaw::Twice(name) => format!("it has more than one {name}"),
            Flaw::TargetTooLong => return Self::UriTooLong { limit_bytes: MAX_TARGET_BYTES },
            Flaw::TooLarge => {
                return Self::HeadersTooLarge {
                    limit_bytes: MAX_HEADER_BYTES,
                    limit_fields: MAX_HEADER_FIELDS,
                };
            }
        };
        Self::NotHttp { problem }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: &str = "POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n";

    fn scan(text: &str) -> Result<Taken, Flaw> {
        HeadScan::default().take(text.as_bytes())
    }

    #[test]
    fn a_head_ends_at_its_empty_line_and_the_next_one_begins() {
        assert_eq!(scan(PLAIN), Ok(Taken::UpTo(PLAIN.len())));
        assert_eq!(scan(&PLAIN[..PLAIN.len() - 1]), Ok(Taken::All));
        let two = format!("\r\n\r\n{PLAIN}\r\n{PLAIN}");
        let mut scan = HeadScan::default();
        assert_eq!(scan.take(two.as_bytes()), Ok(Taken::UpTo(PLAIN.len() + 4)));
        assert_eq!(scan.take(&two.as_bytes()[PLAIN.len() + 4..]), Ok(Taken::UpTo(PLAIN.len() + 2)));
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for (head, flaw) in [
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", Flaw::BareLineFeed),
            ("GET / HTTP/1.1\r\nHost: a\n\r\n", Flaw::BareLineFeed),
            ("GET / HTTP/1.1\r\nHost: a\r\n\n", Flaw::BareLineFeed),
            ("GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n", Flaw::Folded),
            ("GET / HTTP/1.1\r\n\tX: a\r\n\r\n", Flaw::Folded),
            (
                "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
                Flaw::LengthAndChunks,
            ),
            (
                "POST / HTTP/1.1\r\ntransfer-ENCODING : chunked\r\ncontent-length:3\r\n\r\n",
                Flaw::LengthAndChunks,
            ),
            (
                "POST / HTTP/1.1\r\nContent-Length: 3\r\nX: y\r\nContent-Length: 3\r\n\r\n",
                Flaw::Twice("Content-Length"),
            ),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n",
                Flaw::Twice("Transfer-Encoding"),
            ),
        ] {
            assert_eq!(scan(head), Err(flaw), "{head:?}");
        }
        let alike = "POST / HTTP/1.1\r\nX-Content-Length: 1\r\nContent-Lengths: 1\r\nTransfer-Encoding-X: 1\r\n\
                     Content-Length: 1\r\n\r\n";
        assert_eq!(scan(alike), Ok(Taken::UpTo(alike.len())));
    }

    #[test]
    fn limits_hold_before_the_head_is_complete() {
        assert_eq!(scan(&format!("GET /{}", "x".repeat(MAX_TARGET_BYTES - 1))), Ok(Taken::All));
        assert_eq!(scan(&format!("GET /{}", "x".repeat(MAX_TARGET_BYTES))), Err(Flaw::TargetTooLong));
        assert_eq!(scan(&"X".repeat(MAX_HEADER_BYTES)), Ok(Taken::All));
        assert_eq!(scan(&"X".repeat(MAX_HEADER_BYTES + 1)), Err(Flaw::TooLarge));
        assert_eq!(
            scan(&format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(MAX_HEADER_BYTES))),
            Err(Flaw::TooLarge)
        );
        let fields = |n: usize| format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(n));
        assert!(matches!(scan(&fields(MAX_HEADER_FIELDS)), Ok(Taken::UpTo(_))));
        assert_eq!(scan(&fields(MAX_HEADER_FIELDS + 1)), Err(Flaw::TooLarge));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_bytes_are_cut(
            head in "(GET|P) /[a-z ]{0,9}\r?\n([a-zA-Z \t:-]{0,12}\r?\n|content-length:1\r\n){0,4}\r?\n?.{0,5}",
            cuts in prop::collection::vec(0_usize..40, 0..4),
        ) {
            let bytes = head.as_bytes();
            let whole = HeadScan::default().take(bytes);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut scan = HeadScan::default();
            let mut pieces = Ok(Taken::All);
            for pair in cuts.windows(2) {
                pieces = scan.take(&bytes[pair[0]..pair[1]]);
                match &mut pieces {
                    Ok(Taken::All) => {}
                    Ok(Taken::UpTo(n)) => { *n += pair[0]; break }
                    Err(_) => break,
                }
            }
            prop_assert_eq!(pieces, whole);
        }
    }
}
