//! SIGINT and SIGTERM: the siege ends early, and its report is still written.

use std::io;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A thread that waits for them.
#[derive(Debug)]
pub(super) struct Signals {
    over: CancellationToken,
    thread: JoinHandle<()>,
}

// === impl Signals ===

impl Signals {
    /// From now on both stop the siege instead of ending the process.
    pub(super) fn watch(stop: CancellationToken) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (interrupt, terminate) = {
            let _entered = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        let over = CancellationToken::new();
        let until = over.clone();
        let wait = move || wait(&runtime, interrupt, terminate, &stop, &until);
        let thread = thread::Builder::new().name("signals".to_owned()).spawn(wait)?;
        Ok(Self { over, thread })
    }

    /// Waits no longer.
    pub(super) fn end(self) {
        self.over.cancel();
        // It has nothing to say.
        let _ = self.thread.join();
    }
}

fn wait(
    runtime: &Runtime,
    mut interrupt: tokio::signal::unix::Signal,
    mut terminate: tokio::signal::unix::Signal,
    stop: &CancellationToken,
    over: &CancellationToken,
) {
    runtime.block_on(async {
        tokio::select! {
            _ = interrupt.recv() => stop.cancel(),
            _ = terminate.recv() => stop.cancel(),
            () = over.cancelled() => {}
        }
    });
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use rustix::process::{Signal, getpid, kill_process};

    use super::*;

    #[test]
    fn a_signal_stops_the_siege_and_not_the_process() {
        for sent in [Signal::INT, Signal::TERM] {
            let stop = CancellationToken::new();
            let signals = Signals::watch(stop.clone()).unwrap();
            kill_process(getpid(), sent).unwrap();
            let began = Instant::now();
            while !stop.is_cancelled() {
                assert!(began.elapsed() < Duration::from_secs(10), "{sent:?} is not seen");
                thread::sleep(Duration::from_millis(5));
            }
            signals.end();
        }
    }
}
