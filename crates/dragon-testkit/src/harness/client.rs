//! Requests and responses of HTTP/1.1.

use std::{
    io::{self, BufReader, Read, Write as _},
    net::{SocketAddr, TcpStream},
};

use serde_json::Value;

use super::body::{Body, Framing, malformed, read_line};

/// Status and headers of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Such as 200.
    pub status: u16,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
}

/// A whole response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Such as 200.
    pub status: u16,
    /// Status and headers.
    pub head: Head,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

// === impl Head ===

impl Head {
    /// The first header of a name, which is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    fn framing(&self) -> io::Result<Framing> {
        if self.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            return Ok(Framing::Chunked { left_in_chunk: 0 });
        }
        match self.header("content-length") {
            Some(text) => {
                let left = text.parse().map_err(|_| malformed(&format!("content-length {text:?}")))?;
                Ok(Framing::Length { left })
            }
            None => Ok(Framing::UntilClose),
        }
    }
}

// === impl Response ===

impl Response {
    /// The first header of a name, which is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The body as text.
    ///
    /// # Panics
    /// Where it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is not; the message shows it.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("status {}, not JSON ({error}): {}", self.status, String::from_utf8_lossy(&self.body))
        })
    }
}

/// Sends a request that closes the connection after its answer, see [`request`].
pub(super) fn send(
    stream: &mut TcpStream,
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) {
    // A server may refuse and close before it has read all: its answer is still to be read.
    let _ = stream.write_all(&request(address, method, path, headers, body));
}

/// The bytes of a request that closes the connection after its answer. A `host`, `connection` or `content-length`
/// among the headers replaces the usual one.
#[must_use]
pub fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let mut request = format!("{method} {path} HTTP/1.1\r\n");
    let has = |name: &str| headers.iter().any(|(header, _)| header.eq_ignore_ascii_case(name));
    if !has("connection") {
        request += "connection: close\r\n";
    }
    if !has("host") {
        request += &format!("host: {address}\r\n");
    }
    if !has("content-length") && (!body.is_empty() || method == "POST") {
        request += &format!("content-length: {}\r\n", body.len());
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    [request.as_bytes(), b"\r\n", body].concat()
}

/// Reads a whole response from a connection.
///
/// # Errors
/// Where the connection ends or stays silent before the response is complete, or what comes is not HTTP.
pub fn read_response(reader: impl Read) -> io::Result<Response> {
    let mut reader = BufReader::new(reader);
    let head = read_head(&mut reader)?;
    let mut body = Vec::new();
    let framing = head.framing()?;
    Body::new(reader, framing).read_to_end(&mut body)?;
    Ok(Response { status: head.status, head, body })
}

/// Reads a head and leaves the body to be read.
///
/// # Errors
/// As [`read_response`], for the head.
pub fn read_streamed<R: Read>(reader: R) -> io::Result<(Head, Body<R>)> {
    let mut reader = BufReader::new(reader);
    let head = read_head(&mut reader)?;
    let framing = head.framing()?;
    Ok((head, Body::new(reader, framing)))
}

/// Informational responses (`100 Continue`) are passed over.
fn read_head(reader: &mut BufReader<impl Read>) -> io::Result<Head> {
    loop {
        let status_line = read_line(reader)?;
        let mut words = status_line.splitn(3, ' ');
        let status = match (words.next(), words.next().map(str::parse)) {
            (Some("HTTP/1.1" | "HTTP/1.0"), Some(Ok(status))) => status,
            _ => return Err(malformed(&format!("status line {status_line:?}"))),
        };
        let headers = read_headers(reader)?;
        if status >= 200 {
            return Ok(Head { status, headers });
        }
    }
}

fn read_headers(reader: &mut BufReader<impl Read>) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        if line.is_empty() {
            return Ok(headers);
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed(&format!("header {line:?}")))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_read_with_its_headers() {
        let bytes =
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nX-A: b\r\n\r\n{}";
        let response = read_response(bytes.as_slice()).unwrap();
        assert_eq!((response.status, response.header("x-a"), response.text()), (404, Some("b"), "{}"));
    }

    #[test]
    fn a_connection_that_closes_without_an_answer_is_an_error() {
        assert!(read_response(b"".as_slice()).is_err());
        assert!(read_response(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc".as_slice()).is_err());
    }
}
