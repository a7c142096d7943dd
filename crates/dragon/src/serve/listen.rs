//! The address that the server listens on.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use crate::config::{Located, Problems};
use crate::exit::Exit;

/// Connections that the operating system keeps until they are accepted: enough for a burst of several
/// hundred, and for those that come while models are loading. The system's own maximum may be lower.
const BACKLOG: u32 = 4096;

/// A socket that listens.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) listener: TcpListener,
    /// With the real port where port 0 was asked for.
    pub(super) address: SocketAddr,
}

/// Takes the address, before any model is loaded: two servers must not both load and then find out. Connections
/// that come early wait in the backlog. Not tried where the configuration is wrong anyway.
pub(super) fn bind(listen: &Located<SocketAddr>, problems: &mut Problems) -> Option<Bound> {
    if problems.exit() == Some(Exit::Usage) {
        return None;
    }
    match try_bind(listen.value) {
        Ok(bound) => Some(bound),
        Err(error) => {
            let wrong = format!("cannot listen on {} ({})", listen.value, in_words(&error));
            let remedy = "choose another with --listen ADDR:PORT; port 0 takes a free one";
            problems.configuration(listen.place.clone(), "server.listen", wrong, remedy);
            None
        }
    }
}

/// Says aloud that the models can be used by others.
pub(super) fn warn_beyond_loopback(address: SocketAddr) {
    if !address.ip().to_canonical().is_loopback() {
        tracing::warn!(
            "{address} can be reached from other machines, and there is no authentication: whoever reaches it can use the models"
        );
    }
}

/// Says aloud that whoever listens on the way can read keys and texts.
pub(super) fn warn_of_plain_keys(address: SocketAddr) {
    if !address.ip().to_canonical().is_loopback() {
        tracing::warn!(
            "{address} can be reached from other machines and speaks plain HTTP: keys and texts can be read on the way. \
             Set server.tls_certificate and server.tls_key, or put a proxy that speaks TLS in front"
        );
    }
}

fn try_bind(address: SocketAddr) -> io::Result<Bound> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait until the connections of the server before it are forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    Ok(Bound { listener, address })
}

fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program uses it".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        io::ErrorKind::PermissionDenied => "ports under 1024 need a privilege".to_owned(),
        _ => error.to_string(),
    }
}
