//! One connection.

use std::{
    io,
    os::fd::{AsFd as _, OwnedFd},
    sync::Arc,
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rustix::net::sockopt::set_socket_linger;
use tokio::net::TcpStream;

use super::server::Shared;

/// Ends its connection with a reset instead of an end.
#[derive(Debug)]
pub(super) struct Resetter(OwnedFd);

/// Answers requests until the client has none, or a fault ends it.
pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // A second descriptor each, so only where one is needed: there may be thousands of connections.
    let resetter = if shared.resets() { Resetter::of(&stream).ok().map(Arc::new) } else { None };
    let service = service_fn(|request| {
        let (shared, resetter) = (Arc::clone(&shared), resetter.clone());
        async move { shared.answer(request, resetter.as_deref()).await }
    });
    // How it ends is what the client sees; there is nobody else to tell.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

// === impl Resetter ===

impl Resetter {
    fn of(stream: &TcpStream) -> io::Result<Self> {
        stream.as_fd().try_clone_to_owned().map(Self)
    }

    /// Whatever ends the connection from now on ends it with a reset.
    pub(super) fn reset(&self) -> io::Error {
        match set_socket_linger(&self.0, Some(Duration::ZERO)) {
            Ok(()) => io::Error::other("reset on purpose"),
            Err(error) => error.into(),
        }
    }
}
