//! A buffer that refuses to grow over its limit.

use std::io::{self, Write};

/// Collects what a template writes, up to a limit.
#[derive(Debug)]
pub(crate) struct BoundedBuffer {
    bytes: Vec<u8>,
    limit_bytes: usize,
    is_over: bool,
}

// === impl BoundedBuffer ===

impl BoundedBuffer {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self { bytes: Vec::new(), limit_bytes, is_over: false }
    }

    /// Whether something did not fit.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// What was written. Templates write whole strings, so nothing is lost here.
    pub(crate) fn into_text(self) -> String {
        String::from_utf8(self.bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

impl Write for BoundedBuffer {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(piece.len()) > self.limit_bytes {
            self.is_over = true;
            return Err(io::Error::other("the output is over its limit"));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_exact() {
        let mut buffer = BoundedBuffer::new(3);
        assert!(buffer.write_all(b"abc").is_ok());
        assert!(!buffer.is_over());
        assert!(buffer.write_all(b"d").is_err());
        assert!(buffer.is_over());
        assert_eq!(buffer.into_text(), "abc");
    }
}
