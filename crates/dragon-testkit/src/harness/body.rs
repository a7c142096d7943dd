//! Bodies of responses, of a known length or in chunks. A body that ends early is an error: that is what
//! tests look for.

use std::io::{self, BufRead, BufReader, Read};

/// A body on its way.
#[derive(Debug)]
pub struct Body<R> {
    reader: BufReader<R>,
    framing: Framing,
}

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// `Content-Length`.
    Length { left: u64 },
    /// `Transfer-Encoding: chunked`, so many bytes before the end of the current chunk.
    Chunked { left_in_chunk: u64 },
    /// The last chunk has been read.
    Ended,
    /// The connection's end.
    UntilClose,
}

// === impl Body ===

impl<R: Read> Body<R> {
    pub(super) fn new(reader: BufReader<R>, framing: Framing) -> Self {
        Self { reader, framing }
    }

    /// The size of the next chunk. The line end after the chunk before has been read already.
    fn next_chunk(&mut self) -> io::Result<u64> {
        let line = read_line(&mut self.reader)?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(digits, 16).map_err(|_| malformed(&format!("chunk size {line:?}")))?;
        if size == 0 {
            while !read_line(&mut self.reader)?.is_empty() {}
        }
        Ok(size)
    }

    /// Reads within the current stretch of bytes, at most `left` of them.
    fn read_within(&mut self, buffer: &mut [u8], left: u64) -> io::Result<u64> {
        let n_read = (&mut self.reader).take(left).read(buffer)?;
        if n_read == 0 && left > 0 && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the body ended too early"));
        }
        Ok(n_read as u64)
    }
}

impl<R: Read> Read for Body<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.framing {
            Framing::Ended => Ok(0),
            Framing::UntilClose => self.reader.read(buffer),
            Framing::Length { left } => {
                let n_read = self.read_within(buffer, left)?;
                self.framing = Framing::Length { left: left - n_read };
                Ok(n_read as usize)
            }
            Framing::Chunked { left_in_chunk: 0 } => {
                self.framing = match self.next_chunk()? {
                    0 => Framing::Ended,
                    size => Framing::Chunked { left_in_chunk: size },
                };
                self.read(buffer)
            }
            Framing::Chunked { left_in_chunk } => {
                let n_read = self.read_within(buffer, left_in_chunk)?;
                let left_in_chunk = left_in_chunk - n_read;
                if left_in_chunk == 0 && !read_line(&mut self.reader)?.is_empty() {
                    return Err(malformed("a chunk is longer than it said"));
                }
                self.framing = Framing::Chunked { left_in_chunk };
                Ok(n_read as usize)
            }
        }
    }
}

/// One line without its end.
pub(super) fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection was closed"));
    }
    let text = line.strip_suffix("\r\n").ok_or_else(|| malformed(&format!("line {line:?}")))?;
    Ok(text.to_owned())
}

pub(super) fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed HTTP: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], framing: Framing) -> io::Result<String> {
        let mut text = String::new();
        Body::new(BufReader::new(bytes), framing).read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn chunks_are_joined_up_to_the_last() {
        let chunked = Framing::Chunked { left_in_chunk: 0 };
        assert_eq!(read(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\nnext", chunked).unwrap(), "abcde");
        assert!(read(b"3\r\nabc\r\n", chunked).is_err(), "no last chunk");
        assert!(read(b"3\r\nabcd\r\n0\r\n\r\n", chunked).is_err(), "longer than it said");
    }

    #[test]
    fn a_short_body_is_an_error() {
        assert_eq!(read(b"abcd", Framing::Length { left: 3 }).unwrap(), "abc");
        assert!(read(b"ab", Framing::Length { left: 3 }).is_err());
    }
}
