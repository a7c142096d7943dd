//! What a siege consists of: phases one after the other, each with attacks, a shape and a bound.

use std::net::SocketAddr;
use std::time::Duration;

use crate::ask::Signal;
use crate::attack::{Attack, Criterion};
use crate::judge::Rules;
use crate::words::{counted, duration, grouped};

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

// === impl Shape ===

impl Shape {
    /// `490 clients`, `12.5 a second evenly, all after 5 s`.
    #[must_use]
    pub fn in_words(self) -> String {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let after = |ramp: Duration| match ramp {
            Duration::ZERO => String::new(),
            _ => format!(", all after {}", duration(ramp)),
        };
        match self {
            Self::Closed { n_clients, ramp } => {
                format!("{}{}", counted(count(n_clients), "client"), after(ramp))
            }
            Self::Open { rate_per_s, arrivals, ramp } => {
                let how = match arrivals {
                    Arrivals::Constant => "evenly",
                    Arrivals::Poisson => "at random (Poisson)",
                };
                format!("{rate_per_s} a second {how}{}", after(ramp))
            }
            Self::Bursts { n_at_once, every } => {
                format!("{} at once, every {}", grouped(count(n_at_once)), duration(every))
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_its_words() {
        let ramp = Duration::from_secs(5);
        assert_eq!(Shape::Closed { n_clients: 1, ramp }.in_words(), "1 client, all after 5 s");
        let open = Shape::Open { rate_per_s: 12.5, arrivals: Arrivals::Poisson, ramp: Duration::ZERO };
        assert_eq!(open.in_words(), "12.5 a second at random (Poisson)");
        let bursts = Shape::Bursts { n_at_once: 1_200, every: Duration::from_millis(1500) };
        assert_eq!(bursts.in_words(), "1,200 at once, every 1.5 s");
    }
}
