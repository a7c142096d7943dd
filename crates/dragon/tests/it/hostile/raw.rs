//! Bytes on a socket.

use std::io::{self, Read, Write as _};
use std::net::{Shutdown, TcpStream};

use dragon_testkit::harness::{Response, Server, read_response};

/// Reads at most a byte at a time, so that a reader above it never takes bytes of the next response.
pub(super) struct ByteByByte<'a>(pub(super) &'a TcpStream);

impl Read for ByteByByte<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_wanted = buffer.len().min(1);
        self.0.read(&mut buffer[..n_wanted])
    }
}

/// A connection on which these bytes were sent. The server may refuse and close before it has read all.
pub(super) fn sent(server: &Server, bytes: &[u8]) -> TcpStream {
    let mut stream = server.connect();
    let _ = stream.write_all(bytes);
    stream
}

/// The response to these bytes.
pub(super) fn exchange(server: &Server, bytes: &[u8]) -> Response {
    next_response(&sent(server, bytes))
}

/// The next response on a connection that goes on.
pub(super) fn next_response(stream: &TcpStream) -> Response {
    read_response(ByteByByte(stream)).unwrap_or_else(|error| panic!("no response: {error}"))
}

/// Everything until the connection ends.
pub(super) fn rest(mut stream: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        // Ended as well, only less politely.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the connection does not end: {error}"),
    }
    bytes
}

/// Says that nothing more will be sent, and goes on reading.
pub(super) fn half_close(stream: &TcpStream) {
    stream.shutdown(Shutdown::Write).unwrap();
}

/// A whole POST of JSON that leaves the connection open.
pub(super) fn post(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
