//! Clients that mean no good, each kind its own small function. Some want an answer (a refusal), most want to hold on
//! to something of the server's.
//!
//! They come from loopback addresses of their own (127.0.1.x), as strangers come from other addresses than those whom
//! one wants to serve.

mod leave;
mod refuse;
mod slow;
mod wire;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dragon_testkit::rng::SplitMix64;

pub(crate) use wire::connect_from;

/// Longest pause of a hostile client between two strikes: with two dozens of them some hundred strikes a second.
const PAUSE_MAX: Duration = Duration::from_millis(120);

/// A step of waiting, after which one looks whether all is over.
const STEP: Duration = Duration::from_millis(100);

/// What a hostile client knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) from: Ipv4Addr,
    pub(crate) model: &'a str,
    /// The server's deadline.
    pub(crate) deadline: Duration,
    pub(crate) is_over: &'a AtomicBool,
}

/// How a strike ended for whoever struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With a response of this status.
    Answered(u16),
    /// It wanted no response, and left.
    Left,
    /// The server closed the connection.
    Closed,
}

/// One kind of hostile client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// Statuses that are right where a response comes; 503 (too many connections) and 429 always are.
    right: &'static [u16],
    strike: fn(&Target<'_>, &mut SplitMix64) -> io::Result<End>,
}

/// Every kind.
pub(crate) const ATTACKS: [Attack; 15] = [
    Attack { name: "slow_header", right: &[408], strike: slow::header },
    Attack { name: "slow_body", right: &[408], strike: slow::body },
    Attack { name: "slow_reader", right: &[200], strike: slow::reader },
    Attack { name: "idle", right: &[], strike: slow::idle },
    Attack { name: "half_body", right: &[400, 408], strike: leave::half_body },
    Attack { name: "reset_storm", right: &[], strike: leave::reset_storm },
    Attack { name: "disconnect_at_connect", right: &[], strike: leave::at_connect },
    Attack { name: "disconnect_mid_prefill", right: &[], strike: leave::mid_prefill },
    Attack { name: "disconnect_mid_stream", right: &[], strike: leave::mid_stream },
    Attack { name: "malformed_json", right: &[400], strike: refuse::malformed_json },
    Attack { name: "wrong_endpoint", right: &[404, 405], strike: refuse::wrong_endpoint },
    Attack { name: "unknown_model", right: &[404], strike: refuse::unknown_model },
    Attack { name: "huge_header", right: &[400, 414, 431], strike: refuse::huge_header },
    Attack { name: "huge_body", right: &[413], strike: refuse::huge_body },
    Attack { name: "broken_http", right: &[400, 408, 431], strike: refuse::broken_http },
];

/// What came of all strikes.
#[derive(Debug, Default)]
pub(crate) struct Strikes(Mutex<BTreeMap<&'static str, Counts>>);

/// What came of the strikes of one kind.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) n: u64,
    pub(crate) n_answered: u64,
    pub(crate) n_closed: u64,
    /// Responses with a status that is not right.
    pub(crate) n_wrong: u64,
    pub(crate) last_wrong: u16,
    /// Strikes that the system refused, or that broke.
    pub(crate) n_failed: u64,
}

// === impl Target ===

impl Target<'_> {
    /// Waits, and gives up as soon as all is over.
    pub(crate) fn wait(&self, time: Duration) {
        let mut waited = Duration::ZERO;
        while waited < time && !self.is_over() {
            let step = STEP.min(time - waited);
            std::thread::sleep(step);
            waited += step;
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

// === impl Attack ===

impl Attack {
    /// Strikes again and again until all is over.
    pub(crate) fn run(&self, target: &Target<'_>, strikes: &Strikes, seed: u64) {
        let mut rng = SplitMix64::new(seed);
        while !target.is_over() {
            strikes.add(self, (self.strike)(target, &mut rng));
            target.wait(PAUSE_MAX.mul_f32(rng.uniform()));
        }
    }
}

// === impl Strikes ===

impl Strikes {
    fn add(&self, attack: &Attack, end: io::Result<End>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = all.entry(attack.name).or_default();
        counts.n += 1;
        match end {
            Ok(End::Left) => {}
            Ok(End::Closed) => counts.n_closed += 1,
            Ok(End::Answered(status)) => {
                counts.n_answered += 1;
                if !attack.right.contains(&status) && ![429, 503].contains(&status) {
                    counts.n_wrong += 1;
                    counts.last_wrong = status;
                }
            }
            Err(_) => counts.n_failed += 1,
        }
    }

    pub(crate) fn all(&self) -> BTreeMap<&'static str, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_the_wrong_kind_is_counted_and_overload_is_not() {
        let strikes = Strikes::default();
        let [attack, ..] = ATTACKS;
        for end in [End::Answered(408), End::Answered(503), End::Answered(500), End::Closed, End::Left] {
            strikes.add(&attack, Ok(end));
        }
        let counts = strikes.all()[attack.name];
        assert_eq!((counts.n, counts.n_answered, counts.n_closed), (5, 3, 1));
        assert_eq!((counts.n_wrong, counts.last_wrong), (1, 500));
    }
}
