//! A server in a thread of its own, with a runtime of its own, until it is dropped.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::{self, Runtime},
    sync::oneshot,
    time::sleep,
};

/// Connections that wait to be accepted: a burst of thousands must not be lost in the kernel.
const BACKLOG: u32 = 4096;

/// How long it waits for a free descriptor.
const DESCRIPTOR_PAUSE: Duration = Duration::from_millis(10);

/// The thread, as long as this is kept.
#[derive(Debug)]
pub(super) struct Background {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

// === impl Background ===

impl Background {
    /// Listens on this loopback port (0: a free one) and serves each connection.
    pub(super) fn start<F>(port: u16, serve: impl Fn(TcpStream) -> F + Send + 'static) -> io::Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::sync_channel(1);
        // The runtime is made in the thread, because a test may have one of its own in this one.
        let run = move || {
            let (runtime, listener) = match prepare(port) {
                Ok(prepared) => prepared,
                Err(error) => return drop(tell.send(Err(error))),
            };
            // Whoever starts it waits for this.
            let _ = tell.send(listener.local_addr());
            runtime.block_on(async move {
                tokio::select! {
                    () = accept(listener, serve) => {}
                    _ = stopped => {}
                }
            });
            // With the runtime ends everything that is on its way.
        };
        let thread = thread::Builder::new().name("fake-llm".to_owned()).spawn(run)?;
        let address = told.recv().map_err(io::Error::other)??;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its panic has been printed, and the test has failed over it or does not care.
            let _ = thread.join();
        }
    }
}

fn prepare(port: u16) -> io::Result<(Runtime, TcpListener)> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        socket.listen(BACKLOG)
    })?;
    Ok((runtime, listener))
}

async fn accept<F>(listener: TcpListener, serve: impl Fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        match listener.accept().await {
            Ok((stream, _peer)) => {
                // Nagle's pauses would be taken for the server's. Who has left already needs none.
                let _ = stream.set_nodelay(true);
                tokio::spawn(serve(stream));
            }
            // No descriptor is free: somebody has to leave first.
            Err(_) => sleep(DESCRIPTOR_PAUSE).await,
        }
    }
}
