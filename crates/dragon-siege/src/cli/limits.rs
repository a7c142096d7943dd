//! What no siege exceeds, whatever is asked for; and what the system lets this process have.

use std::ops::RangeInclusive;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::Mistake;

/// Clients, or requests of a burst. One loopback address has 28,000 ports to connect from.
pub const CONNECTIONS: RangeInclusive<u64> = 1..=20_000;
/// Requests a second: more than one core can send.
pub const RATE_PER_S: RangeInclusive<f64> = 0.01..=100_000.0;
/// Seconds of attack altogether: a working day.
pub const DURATION_S: RangeInclusive<f64> = 1.0..=28_800.0;
/// Seconds of a phase: a shorter one measures nothing.
pub const MIN_PHASE_S: f64 = 0.5;
/// Seconds of ramp.
pub const RAMP_S: RangeInclusive<f64> = 0.0..=3_600.0;
/// Seconds from burst to burst.
pub const EVERY_S: RangeInclusive<f64> = 0.01..=3_600.0;
/// Seconds of quiet measurement; where it is too short for a slow target, less of what it answers can be judged.
pub const CALIBRATION_S: RangeInclusive<f64> = 1.0..=3_600.0;
/// Shots altogether.
pub const COUNT: RangeInclusive<u64> = 1..=1_000_000_000;
/// Shots of a phase where no `--count` is given: hours at what one core can send.
pub const DEFAULT_MAX_SHOTS: u64 = 100_000_000;
/// Milliseconds for an answer.
pub const DEADLINE_MS: RangeInclusive<u64> = 50..=3_600_000;
/// Milliseconds that an answer may be late.
pub const GRACE_MS: RangeInclusive<u64> = 0..=60_000;

/// Files that the tool itself has open: standard streams, the report, pipes of runtime and terminal, the bystander and
/// look-ups of the target's state; generously.
const OWN_FILES: u64 = 64;

/// Makes sure that so many connections can be open at once: raises the soft limit of open files up to the hard one.
///
/// # Errors
///
/// The hard limit is too low.
pub fn allow_connections(n_connections: u64) -> Result<(), Mistake> {
    let n_needed = n_connections + OWN_FILES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    match raise(n_needed, current, maximum) {
        Raise::NotNeeded => Ok(()),
        Raise::To(n_files) => {
            let raised = Rlimit { current: Some(n_files), maximum };
            let n_allowed = current.unwrap_or(u64::MAX);
            setrlimit(Resource::Nofile, raised).map_err(|_| Mistake::FileLimit { n_needed, n_allowed })
        }
        Raise::Impossible { n_allowed } => Err(Mistake::FileLimit { n_needed, n_allowed }),
    }
}

/// What to do about the soft limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Raise {
    NotNeeded,
    To(u64),
    Impossible { n_allowed: u64 },
}

/// `None` as a limit means that there is none.
fn raise(n_needed: u64, soft: Option<u64>, hard: Option<u64>) -> Raise {
    match (soft, hard) {
        (None, _) => Raise::NotNeeded,
        (Some(soft), _) if soft >= n_needed => Raise::NotNeeded,
        (Some(_), Some(hard)) if hard < n_needed => Raise::Impossible { n_allowed: hard },
        (Some(_), _) => Raise::To(n_needed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_raised_only_as_far_as_needed_and_the_hard_one_allows() {
        assert_eq!(raise(100, Some(1024), Some(4096)), Raise::NotNeeded);
        assert_eq!(raise(1024, Some(1024), Some(4096)), Raise::NotNeeded);
        assert_eq!(raise(2000, Some(1024), Some(4096)), Raise::To(2000));
        assert_eq!(raise(4096, Some(1024), Some(4096)), Raise::To(4096));
        assert_eq!(raise(4097, Some(1024), Some(4096)), Raise::Impossible { n_allowed: 4096 });
        assert_eq!(raise(1_000_000, Some(1024), None), Raise::To(1_000_000));
        assert_eq!(raise(1_000_000, None, None), Raise::NotNeeded);
    }

    #[test]
    fn more_connections_than_the_system_allows_are_a_mistake_that_says_how_many_it_allows() {
        let Some(hard) = getrlimit(Resource::Nofile).maximum else { return };
        let Some(too_many) = hard.checked_add(1) else { return };
        let mistake = allow_connections(too_many).unwrap_err();
        assert_eq!(mistake, Mistake::FileLimit { n_needed: too_many + OWN_FILES, n_allowed: hard });
        assert!(mistake.to_string().contains(&format!("may open {hard}")), "{mistake}");
    }
}
