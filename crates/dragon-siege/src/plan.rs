//! What a siege consists of: phases one after the other, each with attacks, a shape and a bound.

use std::net::SocketAddr;
use std::time::Duration;

use crate::ask::Signal;
use crate::attack::{Attack, Criterion};
use crate::judge::Rules;

/// A whole siege, bounded in rate, count and time.
#[derive(Debug)]
pub struct Plan {
    /// Whom it attacks.
    pub target: Target,
    /// How answers are judged.
    pub rules: Rules,
    /// How long a client waits before it gives up. Longer than the deadline, so that late and never are told apart.
    pub patience: Duration,
    /// Of all dice.
    pub seed: u64,
    /// How long the quiet measurement before the first attack takes at most.
    pub calibration: Duration,
    /// One after the other.
    pub phases: Vec<Phase>,
    /// Rest between two phases, for connections to end and queues to empty.
    pub rest: Duration,
    /// No more engines than this are struck, all phases together.
    pub max_strikes: u64,
}

/// The server that is attacked.
#[derive(Debug, Clone)]
pub struct Target {
    /// As the user wrote it, without a path.
    pub url: String,
    /// Where it is.
    pub address: SocketAddr,
    /// For the `host` header (and the name in its certificate).
    pub host: String,
    /// Whether it speaks TLS.
    pub is_https: bool,
    /// Sent as `authorization: Bearer`.
    pub api_key: Option<String>,
    /// The model that is asked.
    pub model: String,
    /// A name for it in reports; the URL unless the user gave one.
    pub name: String,
    /// The engine's process, where the user gave it.
    pub engine_pid: Option<u32>,
    /// The process whose memory is watched, where the user gave it or it could be found.
    pub server_pid: Option<u32>,
}

/// Attacks at the same time, and how many.
#[derive(Debug)]
pub struct Phase {
    /// Shown in the report, such as `overload`.
    pub name: String,
    /// Each with its weight: of the phase's shots so many parts are of this attack.
    pub attacks: Vec<(Box<dyn Attack>, u32)>,
    /// When shots are fired.
    pub shape: Shape,
    /// When it ends.
    pub bound: Bound,
}

/// When shots are fired.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// So many clients, each its next shot after its last has ended.
    Closed {
        /// Clients.
        n_clients: usize,
        /// They begin one after the other over this time.
        ramp: Duration,
    },
    /// At a rate of their own, whatever the target does.
    Open {
        /// Shots a second, when the ramp is over.
        rate_per_s: f64,
        /// How they are spread.
        arrivals: Arrivals,
        /// The rate grows from zero over this time.
        ramp: Duration,
    },
    /// So many at once, again and again.
    Bursts {
        /// Shots of a burst.
        n_at_once: usize,
        /// From one burst to the next.
        every: Duration,
    },
}

/// How arrivals are spread in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrivals {
    /// At equal distances.
    Constant,
    /// Independent of each other.
    Poisson,
}

/// When a phase ends. Requests that are on their way then are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// No shot is fired after this.
    pub lasts: Duration,
    /// No more shots than this.
    pub n_max: u64,
}

/// What the plan says about kills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strike {
    /// Which signal.
    pub signal: Signal,
    /// To whom it went.
    pub pid: u32,
    /// When, on the run's clock.
    pub at: Duration,
    /// What was seen after it.
    pub recovery: Recovery,
}

/// What is seen of a target's engines after one of them was struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// An engine was ready again, at this time on the run's clock.
    Ready(Duration),
    /// None was, as long as anybody waits for one.
    Never,
    /// It cannot be said: the target does not tell of its engines, or the siege was stopped meanwhile.
    Unseen,
}

// === impl Plan ===

impl Plan {
    /// Phases of which an attack is measured in quiet, because its throughput is compared with that.
    #[must_use]
    pub fn n_measured(&self) -> usize {
        let is_measured = |phase: &&Phase| {
            phase.attacks.iter().any(|(attack, _)| attack.criterion() == Criterion::OwnThroughput)
        };
        self.phases.iter().filter(is_measured).count()
    }
}
