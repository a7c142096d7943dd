//! Sieges that need no more than a name. A preset is data; flags change it.

use std::time::Duration;

use crate::attack::KILL_ENGINE;
use crate::plan::{Arrivals, Shape};

/// A siege without a target.
#[derive(Debug)]
pub struct Preset {
    /// As in `--preset`.
    pub name: &'static str,
    /// Quiet measurement, at most.
    pub calibration: Duration,
    /// Between two phases.
    pub rest: Duration,
    /// One after the other.
    pub steps: &'static [Step],
    /// Engines struck altogether, at most.
    pub max_strikes: u64,
}

/// A phase of a preset.
#[derive(Debug)]
pub struct Step {
    /// Shown in the report.
    pub name: &'static str,
    /// Attacks and their weights.
    pub attacks: &'static [(&'static str, u32)],
    /// When shots are fired.
    pub shape: Shape,
    /// Until so much has passed.
    pub lasts: Duration,
}

/// All of them; the first is what is meant where nothing is said.
pub const ALL: [&Preset; 3] = [&QUICK, &DUEL, &SOAK];

/// Thirty seconds. It kills nothing, so that it can be tried on whatever is running.
pub const QUICK: Preset = Preset {
    name: "quick",
    calibration: Duration::from_secs(8),
    rest: Duration::from_millis(500),
    steps: &[
        Step {
            name: "overload",
            attacks: &[("overload", 2), ("tyrolka", 1), ("many-small", 1)],
            shape: closed(32),
            lasts: Duration::from_secs(8),
        },
        Step {
            name: "wrong requests",
            attacks: &[("wrong-endpoint", 1), ("malformed", 1), ("unknown-model", 1)],
            shape: closed(8),
            lasts: Duration::from_secs(3),
        },
        Step {
            name: "greed",
            attacks: &[("max-tokens-bomb", 1), ("long-prompt", 1), ("loop-bait", 1)],
            shape: closed(8),
            lasts: Duration::from_secs(6),
        },
        Step {
            name: "bad manners",
            attacks: &[
                ("disconnect", 2),
                ("slow-header", 1),
                ("slow-body", 1),
                ("slow-reader", 1),
                ("reset-storm", 1),
            ],
            shape: closed(32),
            lasts: Duration::from_secs(3),
        },
    ],
    max_strikes: 0,
};

/// The day on which everything began: 490 requests at a time. Its three vectors were puzzles without an answer, wrong
/// endpoints, and models that are loaded because somebody names them; that evening 1677 services had been killed.
pub const DUEL: Preset = Preset {
    name: "duel",
    calibration: Duration::from_secs(48),
    rest: Duration::from_secs(2),
    steps: &[
        Step {
            name: "tyrolka",
            attacks: &[("tyrolka", 2), ("overload", 1)],
            shape: closed(DUEL_CLIENTS),
            lasts: Duration::from_secs(120),
        },
        Step {
            name: "wrong endpoints",
            attacks: &[("wrong-endpoint", 3), ("malformed", 1)],
            shape: closed(DUEL_CLIENTS),
            lasts: Duration::from_secs(60),
        },
        Step {
            name: "loading and memory",
            attacks: &[("unknown-model", 3), ("max-tokens-bomb", 1), ("long-prompt", 1)],
            shape: closed(DUEL_CLIENTS),
            lasts: Duration::from_secs(60),
        },
        Step {
            name: "loops",
            attacks: &[("loop-bait", 1)],
            shape: closed(DUEL_CLIENTS),
            lasts: Duration::from_secs(60),
        },
        Step {
            name: "the whole day",
            attacks: &[
                ("overload", 30),
                ("tyrolka", 30),
                ("wrong-endpoint", 15),
                ("malformed", 5),
                ("unknown-model", 5),
                ("disconnect", 5),
                ("loop-bait", 5),
                (KILL_ENGINE, 1),
            ],
            shape: closed(DUEL_CLIENTS),
            lasts: Duration::from_secs(600),
        },
    ],
    max_strikes: 1677,
};

/// Half an hour of combinations, in every shape.
pub const SOAK: Preset = Preset {
    name: "soak",
    calibration: Duration::from_secs(72),
    rest: Duration::from_secs(2),
    steps: &[
        Step {
            name: "crowd",
            attacks: &[("overload", 4), ("tyrolka", 2), ("many-small", 2), ("loop-bait", 1)],
            shape: Shape::Closed { n_clients: 64, ramp: Duration::from_secs(30) },
            lasts: Duration::from_secs(300),
        },
        Step {
            name: "steady stream",
            attacks: &[("overload", 2), ("wrong-endpoint", 3), ("malformed", 3), ("unknown-model", 2)],
            shape: Shape::Open { rate_per_s: 50.0, arrivals: Arrivals::Poisson, ramp: Duration::ZERO },
            lasts: Duration::from_secs(300),
        },
        Step {
            name: "bad manners",
            attacks: &[
                ("overload", 2),
                ("disconnect", 4),
                ("slow-header", 2),
                ("slow-body", 2),
                ("slow-reader", 2),
                ("reset-storm", 1),
            ],
            shape: closed(128),
            lasts: Duration::from_secs(300),
        },
        Step {
            name: "waves",
            attacks: &[("overload", 2), ("many-small", 2), ("tyrolka", 1)],
            shape: Shape::Bursts { n_at_once: 200, every: Duration::from_secs(10) },
            lasts: Duration::from_secs(300),
        },
        Step {
            name: "greed",
            attacks: &[("max-tokens-bomb", 1), ("long-prompt", 1), ("loop-bait", 1)],
            shape: closed(32),
            lasts: Duration::from_secs(300),
        },
        Step {
            name: "everything",
            attacks: &[
                ("overload", 30),
                ("tyrolka", 15),
                ("many-small", 15),
                ("wrong-endpoint", 10),
                ("malformed", 10),
                ("unknown-model", 5),
                ("max-tokens-bomb", 2),
                ("long-prompt", 2),
                ("loop-bait", 5),
                ("disconnect", 10),
                ("slow-header", 2),
                ("slow-body", 2),
                ("slow-reader", 2),
                ("reset-storm", 2),
                (KILL_ENGINE, 1),
            ],
            shape: closed(128),
            lasts: Duration::from_secs(300),
        },
    ],
    max_strikes: 60,
};

/// Parallel requests of that day.
const DUEL_CLIENTS: usize = 490;

const fn closed(n_clients: usize) -> Shape {
    Shape::Closed { n_clients, ramp: Duration::ZERO }
}

// === impl Preset ===

impl Preset {
    /// The one of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|preset| preset.name == name)
    }

    /// Quiet, attacks and rests; what is on its way at the end of a phase is waited for besides.
    #[must_use]
    pub fn lasts(&self) -> Duration {
        let rests = u32::try_from(self.steps.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let attacks: Duration = self.steps.iter().map(|step| step.lasts).sum();
        self.calibration + attacks + self.rest * rests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_last_as_long_as_the_help_says() {
        assert_eq!(QUICK.lasts().as_secs(), 29);
        assert_eq!(DUEL.lasts().as_secs(), 15 * 60 + 56);
        assert_eq!(SOAK.lasts().as_secs(), 31 * 60 + 22);
    }

    #[test]
    fn engines_are_struck_by_those_alone_that_say_so() {
        for preset in ALL {
            let attacks = preset.steps.iter().flat_map(|step| step.attacks);
            let kills = attacks.filter(|(name, _)| *name == KILL_ENGINE).count();
            assert_eq!(kills > 0, preset.max_strikes > 0, "{}", preset.name);
        }
    }
}
