//! Reads little-endian numbers and texts, never beyond the file or the header limit.

use std::io::{BufReader, Read, Seek};

use super::{MAX_HEADER_BYTES, error::Problem};

/// Longest piece that is allocated and read at once. A length is checked against the file before, but a
/// sparse file can claim any size.
const PORTION_BYTES: u64 = 64 * 1024;

/// A reader that knows where it is and how much is left.
pub(super) struct Source<R> {
    reader: BufReader<R>,
    position: u64,
    file_len: u64,
}

// === impl Source ===

impl<R: Read + Seek> Source<R> {
    /// Starts at the reader's current position, which must be the start of a file of `file_len` bytes.
    pub(super) fn new(reader: R, file_len: u64) -> Self {
        Self { reader: BufReader::new(reader), position: 0, file_len }
    }

    /// Bytes consumed so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Length of the whole file.
    pub(super) fn file_len(&self) -> u64 {
        self.file_len
    }

    pub(super) fn u8(&mut self) -> Result<u8, Problem> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Problem> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Problem> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A fixed number of bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        self.reserve(N as u64)?;
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// A length and that many bytes.
    pub(super) fn bytes(&mut self, what: &'static str, limit: u64) -> Result<Vec<u8>, Problem> {
        let n_bytes = self.length(what, limit)?;
        self.reserve(n_bytes)?;
        let mut bytes = Vec::new();
        let mut left = n_bytes;
        while left > 0 {
            let portion = left.min(PORTION_BYTES);
            let n_read = (&mut self.reader).take(portion).read_to_end(&mut bytes)? as u64;
            if n_read < portion {
                return Err(Problem::Truncated { needed: left, left: n_read });
            }
            left -= portion;
        }
        Ok(bytes)
    }

    /// A length within a limit.
    pub(super) fn length(&mut self, what: &'static str, limit: u64) -> Result<u64, Problem> {
        match self.u64()? {
            length if length <= limit => Ok(length),
            found => Err(Problem::OverLimit { what, found, limit }),
        }
    }

    /// Passes over bytes without looking at them.
    pub(super) fn skip(&mut self, n_bytes: u64) -> Result<(), Problem> {
        self.reserve(n_bytes)?;
        let distance = i64::try_from(n_bytes).map_err(|_| Problem::Overflow { what: "a length" })?;
        self.reader.seek_relative(distance)?;
        Ok(())
    }

    /// Counts bytes as consumed, if the file and the header limit have them.
    fn reserve(&mut self, n_bytes: u64) -> Result<(), Problem> {
        let left = self.file_len.saturating_sub(self.position);
        if n_bytes > left {
            return Err(Problem::Truncated { needed: n_bytes, left });
        }
        // No overflow: the sum is at most the file's length.
        let end = self.position + n_bytes;
        if end > MAX_HEADER_BYTES {
            return Err(Problem::HeaderTooLong);
        }
        self.position = end;
        Ok(())
    }
}
