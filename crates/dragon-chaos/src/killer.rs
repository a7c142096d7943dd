//! Whoever kills the engines, at random instants while they have much to do.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use dragon_chaos::check::Death;
use dragon_testkit::rng::SplitMix64;
use rustix::process::{Signal, kill_process};

use crate::clock::Clock;
use crate::watch::{Look, Watcher};

/// Pause between two looks at `/ready` while waiting: the precision of the time to ready.
const POLL: Duration = Duration::from_millis(2);

/// The longest that a ready engine is waited for to be busy: then it is killed as it is, and counts as not hit.
const BUSY_MAX: Duration = Duration::from_millis(1_500);

/// The longest that the server is given to have another engine ready.
const READY_MAX: Duration = Duration::from_secs(60);

/// The longest that the server is given to notice a stopped engine; it should take about 3 s.
const NOTICE_MAX: Duration = Duration::from_secs(7);

/// Deaths that may still matter to an answer: deadline and patience of a client are shorter.
const REMEMBERED: Duration = Duration::from_secs(60);

/// How an engine was put out of action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// SIGKILL.
    Kill,
    /// SIGSTOP: the server has to notice, and to kill it.
    Stop,
}

/// One attack on an engine.
#[derive(Debug, Clone)]
pub(crate) struct Strike {
    pub(crate) how: How,
    pub(crate) at: Duration,
    /// What `/ready` said just before.
    pub(crate) state: String,
    /// Sequences that ran just before, as `/ready` says.
    pub(crate) n_running: u64,
    /// When another engine was ready.
    pub(crate) ready_at: Option<Duration>,
    /// Whether the server noticed by itself that the engine had stopped.
    pub(crate) is_noticed: bool,
}

/// Everything that was struck so far.
#[derive(Debug, Default)]
pub(crate) struct Deaths(Mutex<Vec<Strike>>);

/// The killer's tools and habits.
#[derive(Debug)]
pub(crate) struct Killer<'a> {
    pub(crate) watcher: Watcher,
    pub(crate) clock: Clock,
    pub(crate) deaths: &'a Deaths,
    /// A busy engine runs so many sequences.
    pub(crate) n_busy: u64,
    /// Longest random pause before a strike.
    pub(crate) pause_max: Duration,
}

/// When to strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// A random while after the engine is busy.
    Busy,
    /// As soon as there is a process, whatever it is doing.
    Wild,
}

// === impl Killer ===

impl Killer<'_> {
    /// Strikes once and waits for the next engine.
    pub(crate) fn strike(&mut self, how: How, when: When, rng: &mut SplitMix64) -> Result<()> {
        let look = match when {
            When::Busy => {
                self.wait_until_busy()?;
                std::thread::sleep(self.pause_max.mul_f32(rng.uniform()));
                self.watcher.look()?
            }
            When::Wild => self.wait_for(|look| look.pid.is_some())?,
        };
        let Some(process) = look.process() else {
            // It has died of something else meanwhile.
            return Ok(());
        };
        let signal = match how {
            How::Kill => Signal::KILL,
            How::Stop => Signal::STOP,
        };
        // Noted before: an answer may end before the signal returns.
        let index = self.deaths.begin(how, self.clock.now(), &look);
        if kill_process(process, signal).is_err() {
            self.deaths.withdraw(index);
            return Ok(());
        }
        if how == How::Stop {
            let pid = look.pid;
            let is_noticed = self.wait_at_most(NOTICE_MAX, |look| look.pid != pid)?.is_some();
            self.deaths.noticed(index, is_noticed);
            if !is_noticed {
                crate::say("the server has not noticed that its engine has stopped");
                // If it is gone just now, so much the better.
                let _ = kill_process(process, Signal::KILL);
            }
        }
        let next = self.wait_at_most(READY_MAX, |next| next.is_ready() && next.pid != look.pid)?;
        if next.is_none() {
            bail!("no engine was ready within {} s after a kill", READY_MAX.as_secs());
        }
        self.deaths.ready(index, self.clock.now());
        Ok(())
    }

    fn wait_until_busy(&mut self) -> Result<()> {
        self.wait_for(Look::is_ready)?;
        let n_busy = self.n_busy;
        self.wait_at_most(BUSY_MAX, |look| look.is_ready() && look.n_running >= n_busy)?;
        Ok(())
    }

    fn wait_for(&mut self, condition: impl Fn(&Look) -> bool) -> Result<Look> {
        self.wait_at_most(READY_MAX, condition)?.context("the engine does not come back")
    }

    fn wait_at_most(&mut self, limit: Duration, condition: impl Fn(&Look) -> bool) -> Result<Option<Look>> {
        let until = self.clock.now() + limit;
        loop {
            let look = self.watcher.look()?;
            if condition(&look) {
                return Ok(Some(look));
            }
            if self.clock.now() > until {
                return Ok(None);
            }
            std::thread::sleep(POLL);
        }
    }
}

// === impl Deaths ===

impl Deaths {
    fn begin(&self, how: How, at: Duration, look: &Look) -> usize {
        let mut strikes = self.lock();
        strikes.push(Strike {
            how,
            at,
            state: look.state.clone(),
            n_running: look.n_running,
            ready_at: None,
            is_noticed: how == How::Kill,
        });
        strikes.len() - 1
    }

    /// There was nobody to strike.
    fn withdraw(&self, index: usize) {
        self.lock().truncate(index);
    }

    fn noticed(&self, index: usize, is_noticed: bool) {
        if let Some(strike) = self.lock().get_mut(index) {
            strike.is_noticed = is_noticed;
        }
    }

    fn ready(&self, index: usize, at: Duration) {
        if let Some(strike) = self.lock().get_mut(index) {
            strike.ready_at = Some(at);
        }
    }

    /// Those that an answer that was sent at this moment can have met.
    pub(crate) fn since(&self, sent_at: Duration) -> Vec<Death> {
        let strikes = self.lock();
        let near = strikes.iter().filter(|strike| strike.at + REMEMBERED >= sent_at);
        near.map(|strike| Death { at: strike.at, ready_at: strike.ready_at }).collect()
    }

    pub(crate) fn all(&self) -> Vec<Strike> {
        self.lock().clone()
    }

    /// So many strikes of this kind so far.
    pub(crate) fn count(&self, how: How) -> u32 {
        let strikes = self.lock();
        let n = strikes.iter().filter(|strike| strike.how == how).count();
        u32::try_from(n).unwrap_or(u32::MAX)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Strike>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
