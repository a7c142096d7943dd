//! A second engine process that has loaded its model and waits to take over.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use crate::life::{NotPrepared, Prepared};

/// Whether a second process is kept ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeepStandby {
    /// A lost engine is replaced by a new process, which loads the model first.
    #[default]
    No,
    /// A lost engine is replaced by one that has loaded it already: much faster, for the memory of a second cache (the
    /// weights are shared as far as they are mapped from the file).
    Yes,
}

/// How long the serving engine has been at work before a second one is loaded beside it: those who were interrupted come
/// first.
const AFTER: Duration = Duration::from_secs(1);

/// The same after a second one could not be loaded, or ended by itself.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// How a process comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begun {
    /// In the place of a lost one: everyone may know of it at once.
    Openly,
    /// Beside one that serves.
    Aside,
}

/// How a process is made ready.
pub(crate) type Preparing<'a> = Pin<Box<dyn Future<Output = Result<Prepared, NotPrepared>> + Send + 'a>>;

/// The second process.
pub(crate) struct Standby<'a> {
    make: Box<dyn Fn(Begun) -> Preparing<'a> + Send + Sync + 'a>,
    state: State<'a>,
    keep: KeepStandby,
}

enum State<'a> {
    None { wait: Duration },
    Preparing(Preparing<'a>),
    Waiting(Box<Prepared>),
}

// === impl Standby ===

impl<'a> Standby<'a> {
    /// None yet; `make` makes one.
    pub(crate) fn new(keep: KeepStandby, make: impl Fn(Begun) -> Preparing<'a> + Send + Sync + 'a) -> Self {
        Self { make: Box::new(make), state: State::None { wait: AFTER }, keep }
    }

    /// Looks after it while another one serves. Cancel safe: what was begun goes on with the next call.
    pub(crate) async fn tend(&mut self) -> Infallible {
        if self.keep == KeepStandby::No {
            std::future::pending::<()>().await;
        }
        loop {
            match &mut self.state {
                State::None { wait } => {
                    tokio::time::sleep(*wait).await;
                    self.state = State::Preparing((self.make)(Begun::Aside));
                }
                State::Preparing(preparing) => {
                    self.state = match preparing.await {
                        Ok(prepared) => {
                            tracing::info!(pid = prepared.pid(), "a second engine waits to take over");
                            State::Waiting(Box::new(prepared))
                        }
                        Err(why) => {
                            tracing::warn!("a second engine could not be made ready: {why}");
                            State::None { wait: AFTER_FAILURE }
                        }
                    };
                }
                State::Waiting(prepared) => {
                    prepared.until_lost().await;
                    tracing::warn!("the engine that waited to take over has ended");
                    self.state = State::None { wait: AFTER_FAILURE };
                }
            }
        }
    }

    /// The next process to serve: the one that waits, the one that is being made ready, or a new one.
    pub(crate) async fn take(&mut self) -> Result<Prepared, NotPrepared> {
        match std::mem::replace(&mut self.state, State::None { wait: AFTER }) {
            State::Waiting(mut prepared) => {
                // What killed the other one may have killed this one too.
                let is_lost = tokio::select! {
                    biased;
                    () = prepared.until_lost() => true,
                    () = std::future::ready(()) => false,
                };
                if is_lost { (self.make)(Begun::Openly).await } else { Ok(*prepared) }
            }
            State::Preparing(preparing) => preparing.await,
            State::None { .. } => (self.make)(Begun::Openly).await,
        }
    }

    /// Gives up the one that there may be: it would only fail like the others.
    pub(crate) fn discard(&mut self) {
        self.state = State::None { wait: AFTER };
    }

    /// Ends the one that there may be, and waits for its end.
    pub(crate) async fn end(self) {
        if let State::Waiting(prepared) = self.state {
            prepared.end().await;
        }
    }
}
