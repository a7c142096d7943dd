//! Signals to the target's engine.

use super::{Attack, Context, Criterion};
use crate::ask::{Shot, Signal};

/// Of so many one is a stop, from which a server recovers only if it notices that nothing moves any more.
const STOP_EVERY: u32 = 16;

/// Signals to the engine.
#[derive(Debug)]
pub(super) struct KillEngine;

impl Attack for KillEngine {
    fn name(&self) -> &'static str {
        super::KILL_ENGINE
    }

    fn description(&self) -> &'static str {
        "SIGKILL, and now and then SIGSTOP, to the process that runs the model, as soon as another one is ready"
    }

    fn criterion(&self) -> Criterion {
        Criterion::BystanderThroughput
    }

    fn shot(&self, _: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        Shot::Kill(if dice.u32(..STOP_EVERY) == 0 { Signal::Stop } else { Signal::Kill })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shots;
    use super::*;

    #[test]
    fn stops_are_rare_and_there() {
        let shots = shots(&KillEngine, 1_600);
        let n_stops = shots.iter().filter(|shot| matches!(shot, Shot::Kill(Signal::Stop))).count();
        assert!((50..170).contains(&n_stops), "{n_stops}");
        assert!(shots.iter().all(|shot| matches!(shot, Shot::Kill(_))));
    }
}
