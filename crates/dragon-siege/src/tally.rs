//! Counts what happens, keeps samples of what is wrong, and shows a copy of the counts a few times a second.
//!
//! The tally runs on a thread of its own, so that judging never delays who sends. It knows time in two ways: what it
//! counts carries its own times, and only the screen's copy looks at the clock.

mod book;
mod counting;
mod samples;
mod stage;
mod timeline;
mod times;

use std::io;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Receiver;
use tokio::time::timeout_at;

use self::book::Book;
use crate::ask::Ask;
use crate::exchange::Exchange;
use crate::judge::{self, Rules, Verdict};
use crate::observation::Observation;
use crate::plan::{Plan, Shape};
use crate::report::curl::Origin;
use crate::report::model::{Latency, Sample, Second, Serving, StrikeReport};
use crate::secret::Secret;
use crate::snapshot::Board;

/// What the tally has to know of the siege.
#[derive(Debug, Clone)]
pub struct Facts {
    /// When the run's clock stood at zero.
    pub began: Instant,
    /// How answers are judged.
    pub rules: Rules,
    /// For the commands that repeat a request.
    pub origin: Origin,
    /// What is shown and kept nowhere.
    pub secret: Secret,
    /// How long each quiet stage takes, about.
    pub calibration: Duration,
    /// The phases in their order.
    pub phases: Vec<PhaseFacts>,
}

/// What the tally has to know of a phase.
#[derive(Debug, Clone)]
pub struct PhaseFacts {
    /// Such as `overload`.
    pub name: String,
    /// No shot is fired after this.
    pub lasts: Duration,
    /// Whether shots have a time of their own, so that the tool can be late.
    pub is_open: bool,
}

/// Everything that was counted.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// The bystander alone, in quiet.
    pub calibration: Serving,
    /// The bystander in all phases together.
    pub bystander: Serving,
    /// Every phase that began, in order.
    pub phases: Vec<PhaseTally>,
    /// How late shots with a time of their own were sent.
    pub send_lag: Latency,
    /// The `server` header of the first response that had one.
    pub server: Option<String>,
    /// Whether any answer carried the label `dragon`.
    pub is_labelled: bool,
    /// Whether it left out the usage in quiet that streams were asked for.
    pub lacks_usage: bool,
}

/// One phase.
#[derive(Debug, Clone, Default)]
pub struct PhaseTally {
    /// Which of the plan's phases it is.
    pub index: usize,
    /// When it began, seconds since the run did.
    pub began_s: f64,
    /// How each attack's requests were served.
    pub attacks: Vec<(&'static str, Serving)>,
    /// The same requests in quiet, where they were asked there.
    pub quiet: Vec<(&'static str, Serving)>,
    /// The ordinary client beside them.
    pub bystander: Serving,
    /// Second by second.
    pub timeline: Vec<Second>,
    /// Resident memory of the target: seconds since the run began, bytes.
    pub memory: Vec<(f64, u64)>,
    /// Engines that were struck.
    pub strikes: Vec<StrikeReport>,
    /// A few of each kind of fault.
    pub samples: Vec<Sample>,
}

/// How often the screen gets a new copy.
const SHOW_EVERY: Duration = Duration::from_millis(250);

/// Observations taken at a time: enough to make waking up cheap, few enough to look at the clock often.
const N_AT_ONCE: usize = 256;

/// Counts until the last sender is gone. It takes its thread until then.
///
/// # Errors
/// When the runtime, of which it needs the timer only, cannot be made.
pub fn run(receiver: Receiver<Observation>, facts: Facts, board: &Board) -> io::Result<Tally> {
    run_with(receiver, facts, board, judge::judge)
}

/// The same with another judge.
fn run_with(
    mut receiver: Receiver<Observation>,
    facts: Facts,
    board: &Board,
    judge: impl Fn(&Ask, &Exchange, Rules) -> Verdict,
) -> io::Result<Tally> {
    let (began, rules) = (facts.began, facts.rules);
    let mut book = Book::open(facts);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let mut batch = Vec::with_capacity(N_AT_ONCE);
        let mut show_at = tokio::time::Instant::now();
        loop {
            let arrived = timeout_at(show_at, receiver.recv_many(&mut batch, N_AT_ONCE)).await;
            if arrived == Ok(0) {
                break;
            }
            for observation in batch.drain(..) {
                book.enter(observation, |ask, exchange| judge(ask, exchange, rules));
            }
            if tokio::time::Instant::now() >= show_at {
                board.show(book.snapshot(began.elapsed()));
                show_at = tokio::time::Instant::now() + SHOW_EVERY;
            }
        }
    });
    board.show(book.last_snapshot(began.elapsed()));
    Ok(book.close())
}

/// Milliseconds to the microsecond.
fn millis(time: Duration) -> f64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX) as f64 / 1e3
}

/// Seconds to the millisecond.
fn seconds(time: Duration) -> f64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX) as f64 / 1e3
}

// === impl Facts ===

impl Facts {
    /// Of a plan whose run's clock stood at zero at `began`.
    #[must_use]
    pub fn of(plan: &Plan, began: Instant) -> Self {
        Self {
            began,
            rules: plan.rules,
            origin: Origin {
                url: plan.target.url.clone(),
                has_api_key: plan.target.api_key.is_some(),
                deadline: plan.rules.deadline,
            },
            secret: Secret::new(plan.target.api_key.as_deref()),
            calibration: plan.calibration,
            phases: plan
                .phases
                .iter()
                .map(|phase| PhaseFacts {
                    name: phase.name.clone(),
                    lasts: phase.bound.lasts,
                    is_open: !matches!(phase.shape, Shape::Closed { .. }),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
