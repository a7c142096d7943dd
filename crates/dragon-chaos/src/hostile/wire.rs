//! Sockets with manners of their own.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::time::Duration;

use dragon_testkit::harness::{read_response, request};
use rustix::net::{AddressFamily, SocketType, bind, connect, socket, sockopt};
use serde_json::Value;

use super::{End, Target};

/// Nothing is waited for longer: above every limit of the server.
const READ_MAX: Duration = Duration::from_secs(30);

/// Connects from an address of one's own.
pub(super) fn connected(target: &Target<'_>) -> io::Result<TcpStream> {
    connected_with(target, |_| Ok(()))
}

/// The same with a receive buffer that is soon full.
pub(super) fn connected_with_small_window(target: &Target<'_>) -> io::Result<TcpStream> {
    connected_with(target, |socket| {
        sockopt::set_socket_recv_buffer_size(socket, 4096).map_err(io::Error::from)
    })
}

fn connected_with(
    target: &Target<'_>,
    prepare: impl FnOnce(&std::os::fd::OwnedFd) -> io::Result<()>,
) -> io::Result<TcpStream> {
    connect_from(target.from, target.address, prepare)
}

/// Connects from this address.
pub(crate) fn connect_from(
    from: Ipv4Addr,
    to: SocketAddr,
    prepare: impl FnOnce(&std::os::fd::OwnedFd) -> io::Result<()>,
) -> io::Result<TcpStream> {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    prepare(&socket)?;
    bind(&socket, &SocketAddrV4::new(from, 0))?;
    connect(&socket, &to)?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(READ_MAX))?;
    Ok(stream)
}

/// The bytes of a POST of JSON.
pub(super) fn post(target: &Target<'_>, path: &str, body: &Value) -> Vec<u8> {
    let headers = [("content-type", "application/json")];
    request(target.address, "POST", path, &headers, body.to_string().as_bytes())
}

/// Sends bytes and reads the response.
pub(super) fn exchange(target: &Target<'_>, bytes: &[u8]) -> io::Result<End> {
    let mut stream = connected(target)?;
    // A server may refuse and close before it has read all: its answer is still to be read.
    let _ = stream.write_all(bytes);
    Ok(ending(&stream))
}

/// Waits for the response, or for the connection's end.
pub(super) fn ending(stream: &TcpStream) -> End {
    read_response(stream).map_or(End::Closed, |response| End::Answered(response.status))
}

/// Ends the connection by a reset instead of politely.
pub(super) fn reset(stream: TcpStream) -> io::Result<()> {
    sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?;
    drop(stream);
    Ok(())
}
