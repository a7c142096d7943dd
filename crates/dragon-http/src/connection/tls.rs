//! The beginning of a connection over TLS.

use std::sync::Arc;
use std::time::Duration;

use dragon_api::ApiError;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::transport::Transport;

/// From the connection's start to the end of its handshake. It takes a round trip or two; a client that dawdles
/// longer holds a place.
pub(super) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// The first byte of every handshake of TLS: the type of its record.
const HANDSHAKE_RECORD: u8 = 0x16;

/// What came of it.
pub(super) enum Handshake {
    Done(Transport),
    /// The client speaks something else, and can be told so in plain text.
    Refused(TcpStream, ApiError),
    /// It failed, took too long, or the client left. rustls has sent the alert that says why.
    Failed,
}

/// Waits for the client's hello and answers it.
pub(super) async fn shake_hands(stream: TcpStream, config: &Arc<ServerConfig>) -> Handshake {
    timeout(HANDSHAKE_TIMEOUT, try_shake_hands(stream, config)).await.unwrap_or(Handshake::Failed)
}

async fn try_shake_hands(stream: TcpStream, config: &Arc<ServerConfig>) -> Handshake {
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(1) if first == [HANDSHAKE_RECORD] => {}
        Ok(1) => return Handshake::Refused(stream, ApiError::TlsRequired),
        Ok(_) | Err(_) => return Handshake::Failed,
    }
    match TlsAcceptor::from(Arc::clone(config)).accept(stream).await {
        Ok(stream) => Handshake::Done(Transport::Tls(Box::new(stream))),
        Err(error) => {
            tracing::debug!(%error, "a TLS handshake failed");
            Handshake::Failed
        }
    }
}
