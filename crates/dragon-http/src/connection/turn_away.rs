//! Answers for connections on which no request can be served: written without the HTTP library, because it is
//! not, or no longer, on the connection.

use std::time::Duration;

use dragon_api::ApiError;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::linger;
use crate::reply;

/// A client that does not take this short answer within this time does not get it.
const WRITE_TIME: Duration = Duration::from_millis(250);

/// Bytes of a request that are read in passing.
const READ_BYTES: usize = 4 * 1024;

/// Says why, reads on for a while so that the client sees it, and closes.
pub(super) async fn turn_away(mut stream: impl AsyncRead + AsyncWrite + Unpin, error: &ApiError) {
    let message = message(error);
    let written = timeout(WRITE_TIME, async {
        stream.write_all(&message).await?;
        stream.shutdown().await
    });
    if let Ok(Ok(())) = written.await {
        linger::linger(stream).await;
    }
}

/// Says why without waiting for anything, and is done: for a flood, and for a connection whose descriptor is needed
/// elsewhere. A fresh connection takes so short an answer at once; whether its client sees it depends on what it sends
/// meanwhile, since bytes that stay unread make the kernel reset the connection.
pub(super) fn say_in_passing(stream: &TcpStream, error: &ApiError) {
    let mut request = [0; READ_BYTES];
    let read = stream.try_read(&mut request);
    let written = stream.try_write(&message(error));
    tracing::trace!(?read, ?written, "turned away in passing");
}

/// The whole answer.
fn message(error: &ApiError) -> Vec<u8> {
    let body = error.body();
    let reply = reply::error(error);
    let mut head =
        format!("HTTP/1.1 {}\r\ncontent-length: {}\r\nconnection: close\r\n", reply.status(), body.len());
    for (name, value) in reply.headers() {
        head.push_str(&format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes())));
    }
    [head.as_bytes(), b"\r\n", &body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_whole_answer_with_the_errors_headers() {
        let text = String::from_utf8(message(&ApiError::TooManyConnections { limit: 3 })).unwrap();
        assert!(text.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{text}");
        assert!(text.contains("\r\nretry-after: 1\r\n"), "{text}");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{text}");
        assert!(body.contains("too_many_connections"), "{text}");
    }
}
