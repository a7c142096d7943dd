//! How connections are made.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustix::io::Errno;
use thiserror::Error;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;

use super::stream::Stream;
use super::tls::Tls;
use crate::target::Place;

/// Before connecting is tried again where this machine itself has run out of ports or files: about as long as the
/// kernel keeps a port of a closed loopback connection apart.
const OWN_LIMIT_PAUSE: Duration = Duration::from_millis(50);

/// How often it is tried again: half a minute, longer than any patience.
const OWN_LIMIT_TRIES: u32 = 600;

/// The receive buffer of somebody who reads slowly, bytes. With the usual one the kernel would read in his place.
const SMALL_BUFFER_BYTES: u32 = 4096;

/// Makes connections to one server.
#[derive(Debug)]
pub struct Connector {
    address: SocketAddr,
    tls: Option<Tls>,
}

/// What the user gave cannot be used.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// It cannot stand in a header.
    #[error("the host {0:?} cannot stand in a header")]
    Host(String),
    /// It cannot stand in a header.
    #[error("the API key holds a character that cannot stand in a header")]
    ApiKey,
    /// TLS needs a name or an address that a certificate can be for.
    #[error("no certificate can be for the host {0:?}")]
    ServerName(String),
    /// Without roots no certificate can be verified.
    #[error(
        "this machine has no root certificates to verify the target's by: {0}; SSL_CERT_FILE names a file of them"
    )]
    Roots(String),
}

/// Whether the kernel may read ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadAhead {
    Usual,
    Little,
}

// === impl Connector ===

impl Connector {
    /// For the server at this place and address.
    ///
    /// # Errors
    /// For HTTPS, where the host is no name or the machine trusts nobody.
    pub fn new(place: &Place, address: SocketAddr) -> Result<Self, Unusable> {
        let tls = place.is_https.then(|| Tls::of_this_machine(&place.name)).transpose()?;
        Ok(Self { address, tls })
    }

    /// The same with other roots than this machine's.
    #[cfg(test)]
    pub(super) fn trusting(address: SocketAddr, tls: Tls) -> Self {
        Self { address, tls: Some(tls) }
    }

    pub(super) async fn connect(&self) -> io::Result<Stream> {
        self.connect_with(ReadAhead::Usual).await
    }

    pub(super) async fn connect_with(&self, read_ahead: ReadAhead) -> io::Result<Stream> {
        let stream = self.connect_tcp(read_ahead).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => Ok(Stream::plain(stream)),
            Some(tls) => Ok(Stream::tls(tls.greet(stream).await?)),
        }
    }

    /// What this machine lacks is not the target's fault: then it is tried again for a while.
    async fn connect_tcp(&self, read_ahead: ReadAhead) -> io::Result<TcpStream> {
        let mut tried = 0;
        loop {
            match self.socket(read_ahead) {
                Ok(socket) => match socket.connect(self.address).await {
                    Err(error) if is_own_limit(&error) && tried < OWN_LIMIT_TRIES => {}
                    connected => return connected,
                },
                Err(error) if is_own_limit(&error) && tried < OWN_LIMIT_TRIES => {}
                Err(error) => return Err(error),
            }
            tried += 1;
            sleep(OWN_LIMIT_PAUSE).await;
        }
    }

    fn socket(&self, read_ahead: ReadAhead) -> io::Result<TcpSocket> {
        let socket = if self.address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if read_ahead == ReadAhead::Little {
            socket.set_recv_buffer_size(SMALL_BUFFER_BYTES)?;
        }
        Ok(socket)
    }
}

/// No port, file or buffer is free on this side.
fn is_own_limit(error: &io::Error) -> bool {
    let own = [Errno::ADDRNOTAVAIL, Errno::MFILE, Errno::NFILE, Errno::NOBUFS];
    Errno::from_io_error(error).is_some_and(|errno| own.contains(&errno))
}
