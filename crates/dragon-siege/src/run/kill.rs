//! Strikes the target's engine, one strike at a time.
//!
//! Only on this machine, and only a process of which it is certain whose it is: the one that the user gave, as long as
//! it lives, or one that `/ready` names and that comes from the process that listens at the target's port. What a
//! target says about itself is no reason to kill whatever it names.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal as ProcessSignal;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::RunError;
use crate::ask::{Ask, Signal};
use crate::client::{Caller, Client, Connector, page};
use crate::clock::Clock;
use crate::exchange::Reply;
use crate::plan::{Recovery, Strike, Target};
use crate::target::is_loopback;
use crate::target::process::{self, Handle};
use crate::target::ready::{Engine, engine_of};

/// Before a client that has nobody to strike tries again.
pub(super) const NOBODY_PAUSE: Duration = Duration::from_secs(1);

/// Before a client tries again while another one strikes.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// Longest random pause between a ready engine and the next strike, so that it is hit at all kinds of work.
const PAUSE_MAX_MS: u64 = 500;

/// Between two looks at `/ready`: the precision of the time to ready.
const POLL: Duration = Duration::from_millis(10);

/// The longest that `/ready` may take.
const LOOK_MAX: Duration = Duration::from_secs(2);

/// The longest that a target is given to have another engine ready.
const READY_MAX: Duration = Duration::from_secs(60);

/// The longest that a target is given to notice a stopped engine. After that the engine is set going again: a stopped
/// process must not stay behind.
const NOTICE_MAX: Duration = Duration::from_secs(15);

/// Whoever strikes.
#[derive(Debug)]
pub(super) struct Killer {
    model: String,
    server_pid: Option<u32>,
    given: Option<Arc<Handle>>,
    /// Held by the one who strikes.
    turn: Mutex<Turn>,
    ready: Ask,
    clock: Clock,
    stop: CancellationToken,
}

/// What only the one who strikes needs.
#[derive(Debug)]
struct Turn {
    client: Client,
    n_left: u64,
    /// Whether the target has ever told of its engine. One that does not answer just now may have no time to.
    shows_engine: bool,
}

/// A stopped process, which is set going again when this is dropped.
#[derive(Debug)]
struct Stopped(Arc<Handle>);

// === impl Killer ===

impl Killer {
    /// `None` where the target is elsewhere, nothing is known of its processes, or none may be struck.
    pub(super) fn new(
        target: &Target,
        max_strikes: u64,
        connector: &Arc<Connector>,
        clock: Clock,
        stop: &CancellationToken,
    ) -> Result<Option<Self>, RunError> {
        let is_known = target.engine_pid.or(target.server_pid).is_some();
        if max_strikes == 0 || !is_known || !is_loopback(&[target.address]) {
            return Ok(None);
        }
        let given = target.engine_pid.map(given).transpose()?.map(Arc::new);
        let key = target.api_key.as_deref();
        let caller = Caller::new(Arc::clone(connector), clock, &target.host, key, LOOK_MAX, LOOK_MAX)?;
        Ok(Some(Self {
            model: target.model.clone(),
            server_pid: target.server_pid,
            given,
            turn: Mutex::new(Turn {
                client: Client::new(Arc::new(caller)),
                n_left: max_strikes,
                shows_engine: false,
            }),
            ready: page("/ready"),
            clock,
            stop: stop.clone(),
        }))
    }

    /// Strikes once, and waits until another engine is ready where that can be seen. `None` where there was nobody to
    /// strike, or another strike is under way.
    pub(super) async fn strike(&self, signal: Signal, dice: &mut fastrand::Rng) -> Option<Strike> {
        let Ok(mut turn) = self.turn.try_lock() else {
            sleep(BUSY_PAUSE).await;
            return None;
        };
        let Turn { client, n_left, shows_engine } = &mut *turn;
        sleep(Duration::from_millis(dice.u64(..PAUSE_MAX_MS))).await;
        let engine = self.look(client).await;
        *shows_engine |= engine.is_some();
        let struck = match self.victim(engine.as_ref()).await {
            Some(victim) if *n_left > 0 && !self.stop.is_cancelled() => self.signal(signal, victim),
            _ => None,
        };
        let Some((victim, stopped, at)) = struck else {
            sleep(NOBODY_PAUSE).await;
            return None;
        };
        *n_left -= 1;
        let is_noticed = stopped.is_none() || self.is_noticed(client, victim.pid()).await;
        drop(stopped);
        let recovery = if *shows_engine {
            // Where it was not noticed, the same engine has to go on.
            self.recovery(client, is_noticed.then_some(victim.pid())).await
        } else {
            Recovery::Unseen
        };
        Some(Strike { signal, pid: victim.pid(), at, recovery })
    }

    /// Whom to strike: whom the user named, else whom the target names.
    async fn victim(&self, engine: Option<&Engine>) -> Option<Arc<Handle>> {
        if let Some(given) = &self.given
            && process::is_alive(given.pid())
        {
            return Some(Arc::clone(given));
        }
        let (pid, server_pid) = (engine?.pid?, self.server_pid?);
        // Opened first: what is looked at then is what is struck.
        let handle = Handle::open(pid).ok()?;
        let tree = spawn_blocking(move || process::tree_of(server_pid)).await.ok()?;
        tree.contains(&pid).then(|| Arc::new(handle))
    }

    fn signal(
        &self,
        signal: Signal,
        victim: Arc<Handle>,
    ) -> Option<(Arc<Handle>, Option<Stopped>, Duration)> {
        let at = self.clock.now();
        let stopped = match signal {
            Signal::Kill => {
                victim.send(ProcessSignal::KILL).ok()?;
                None
            }
            Signal::Stop => {
                victim.send(ProcessSignal::STOP).ok()?;
                Some(Stopped(Arc::clone(&victim)))
            }
        };
        Some((victim, stopped, at))
    }

    /// Whether the target has ended the process that does not move any more.
    async fn is_noticed(&self, client: &mut Client, pid: u32) -> bool {
        let until = self.clock.now() + NOTICE_MAX;
        while self.clock.now() < until && !self.stop.is_cancelled() {
            let other = self.look(client).await.and_then(|engine| engine.pid).filter(|other| *other != pid);
            if other.is_some() || !process::is_alive(pid) {
                return true;
            }
            sleep(POLL).await;
        }
        false
    }

    /// Waits until an engine other than this one is ready.
    async fn recovery(&self, client: &mut Client, other_than: Option<u32>) -> Recovery {
        let until = self.clock.now() + READY_MAX;
        while self.clock.now() < until && !self.stop.is_cancelled() {
            if let Some(Engine { pid: Some(pid), is_ready: true }) = self.look(client).await
                && Some(pid) != other_than
            {
                return Recovery::Ready(self.clock.now());
            }
            sleep(POLL).await;
        }
        if self.stop.is_cancelled() { Recovery::Unseen } else { Recovery::Never }
    }

    async fn look(&self, client: &mut Client) -> Option<Engine> {
        match client.ask(&self.ready, self.clock.now()).await.reply {
            Reply::Response(response) => engine_of(&self.model, &response.body),
            Reply::None(_) => None,
        }
    }
}

fn given(pid: u32) -> Result<Handle, RunError> {
    let refused = |why: String| RunError::Engine { pid, why };
    if pid <= 1 || pid == std::process::id() {
        return Err(refused("that is no engine".to_owned()));
    }
    Handle::open(pid).map_err(|error: io::Error| refused(error.to_string()))
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // Whoever has ended need not go on.
        let _ = self.0.send(ProcessSignal::CONT);
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::process::Command;

    use super::*;

    fn state(pid: u32) -> char {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit_once(") ").unwrap().1.chars().next().unwrap()
    }

    #[test]
    fn a_stopped_process_does_not_stay_stopped() {
        let mut child = Command::new("sleep").arg("10").spawn().unwrap();
        let handle = Arc::new(Handle::open(child.id()).unwrap());
        handle.send(ProcessSignal::STOP).unwrap();
        let stopped = Stopped(Arc::clone(&handle));
        while state(child.id()) != 'T' {
            std::thread::sleep(Duration::from_millis(1));
        }
        drop(stopped);
        while state(child.id()) == 'T' {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
