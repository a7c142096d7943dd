//! A siege from its first question to its last shot.
//!
//! [`run`] is the whole of it, to be read from top to bottom. It runs on one thread; what it sees goes through a
//! bounded channel to whoever counts, and nothing else leaves it.

mod attackers;
mod bystander;
mod calibrate;
mod kill;
mod memory;
mod phase;
mod questions;
mod tell;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use crate::attack::Context;
use crate::client::{Caller, Connector, Unusable};
use crate::clock::Clock;
use crate::load::Fired;
use crate::observation::Observation;
use crate::plan::Plan;
use crate::target::{Place, PlaceError};
use bystander::Bystander;
use kill::Killer;
use tell::Tell;

/// Observations between the one who shoots and the one who counts: a tenth of a second at full speed, so that the one
/// who counts may be late by as much before anybody waits for it.
pub const CHANNEL_LEN: usize = 4_096;

/// What a run knows of itself in the end, besides what it has told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// The user stopped it.
    pub was_interrupted: bool,
    /// Questions with a checkable answer that the bystander has.
    pub n_questions: u64,
    /// Those that were answered right each time in quiet.
    pub n_right: u64,
    /// What was fired in each phase that ran.
    pub phases: Vec<Fired>,
    /// Requests that were sent again, because the server had closed the kept connection before any byte came.
    pub n_resent: u64,
    /// The bystander sends a key of its own, and the attackers none.
    pub has_own_key: bool,
    /// The longest that somebody who sends waited for whoever counts.
    pub longest_wait: Duration,
}

/// Why there was no siege.
#[derive(Debug, Error)]
pub enum RunError {
    /// The target's URL is none.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// What the user gave cannot be used.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// The engine that was to be struck is none of ours.
    #[error("the engine's process {pid} cannot be struck: {why}")]
    Engine {
        /// As it was given.
        pid: u32,
        /// In words.
        why: String,
    },
    /// The system has no timers or sockets for it.
    #[error("no runtime: {0}")]
    Runtime(#[from] io::Error),
}

/// What all parts of a run share.
#[derive(Debug)]
struct Siege {
    plan: Arc<Plan>,
    clock: Clock,
    tell: Tell,
    stop: CancellationToken,
    connector: Arc<Connector>,
    attackers: Arc<Caller>,
    killer: Option<Killer>,
    n_resent: AtomicU64,
}

/// Runs a whole siege and blocks until it is over; for a thread of its own.
///
/// What happens goes to `sender`, in the order in which it happens. Once `stop` is cancelled nothing more is sent, and
/// what is on its way has two seconds.
///
/// # Errors
/// Where it could not begin.
pub fn run_blocking(
    plan: Arc<Plan>,
    sender: Sender<Observation>,
    stop: CancellationToken,
) -> Result<Ended, RunError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(4).build()?;
    let ended = runtime.block_on(run(plan, sender, stop));
    // A look at /proc may be under way; nobody waits for it any more.
    runtime.shutdown_background();
    ended
}

/// Runs a whole siege on the runtime at hand, which has to be of one thread: all times are taken on it.
///
/// # Errors
/// Where it could not begin.
pub async fn run(
    plan: Arc<Plan>,
    sender: Sender<Observation>,
    stop: CancellationToken,
) -> Result<Ended, RunError> {
    let siege = Arc::new(Siege::prepare(plan, sender, stop)?);
    let _memory = memory::watch(&siege);
    let mut bystander = Bystander::new(&siege).await?;

    let (n_questions, n_right) = siege.calibrate(&mut bystander).await;
    for phase in siege.phases() {
        if siege.stop.is_cancelled() {
            break;
        }
        siege.measure_quiet(phase).await;
    }
    let mut phases = Vec::new();
    for phase in siege.phases() {
        if siege.stop.is_cancelled() {
            break;
        }
        phases.push(siege.attack(phase, &mut bystander).await);
        siege.rest().await;
    }

    Ok(Ended {
        was_interrupted: siege.stop.is_cancelled(),
        n_questions,
        n_right,
        phases,
        n_resent: siege.n_resent() + bystander.n_resent(),
        has_own_key: bystander.has_own_key(),
        longest_wait: siege.tell.longest_wait(),
    })
}

// === impl Siege ===

impl Siege {
    fn prepare(
        plan: Arc<Plan>,
        sender: Sender<Observation>,
        stop: CancellationToken,
    ) -> Result<Self, RunError> {
        let clock = Clock::start();
        let tell = Tell::new(sender, stop.clone(), clock);
        let target = &plan.target;
        let place = Place::parse(&target.url)?;
        let connector = Arc::new(Connector::new(&place, target.address)?);
        let attackers = Arc::new(Caller::new(
            Arc::clone(&connector),
            clock,
            &target.host,
            target.api_key.as_deref(),
            plan.rules.deadline,
            plan.patience,
        )?);
        let killer = Killer::new(target, plan.max_strikes, &connector, clock, &stop)?;
        let n_resent = AtomicU64::new(0);
        Ok(Self { plan, clock, tell, stop, connector, attackers, killer, n_resent })
    }

    fn phases(&self) -> std::ops::Range<usize> {
        0..self.plan.phases.len()
    }

    fn context(&self) -> Context<'_> {
        let target = &self.plan.target;
        Context { model: &target.model, host: &target.host, api_key: target.api_key.as_deref() }
    }

    fn n_resent(&self) -> u64 {
        self.n_resent.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Between two phases.
    async fn rest(&self) {
        self.sleep(self.plan.rest).await;
    }

    /// Sleeps, unless it is stopped.
    async fn sleep(&self, time: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(time) => {}
        }
    }
}

#[cfg(test)]
mod tests;
