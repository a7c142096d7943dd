//! What the load tells the tally.

use std::sync::Arc;
use std::time::Duration;

use crate::ask::Ask;
use crate::exchange::{Exchange, HostileEnd};
use crate::plan::Strike;

/// One thing that happened. Times are those of the run's clock.
#[derive(Debug)]
pub enum Observation {
    /// A stage begins: calibration, or the phase of this index.
    Began(Stage, Duration),
    /// No more shots will be fired in it, and all that were have ended.
    Ended(Stage, Duration),
    /// A request was sent. (For what is on its way: sent, not yet answered.)
    Sent(Who),
    /// An exchange has ended.
    Exchanged {
        /// Whose it was.
        who: Who,
        /// What was asked.
        ask: Arc<Ask>,
        /// What came.
        exchange: Exchange,
    },
    /// A hostile connection has ended.
    Hostile {
        /// Whose it was.
        who: Who,
        /// When it began.
        began_at: Duration,
        /// When it ended.
        ended_at: Duration,
        /// How.
        end: HostileEnd,
    },
    /// An engine was struck.
    Struck(Strike),
    /// Resident memory of the target, bytes.
    Memory {
        /// When it was read.
        at: Duration,
        /// Bytes.
        n_bytes: u64,
    },
}

/// A part of the siege.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Quiet, before the first attack.
    Calibration,
    /// Quiet, with the requests of this phase's attacks, a few clients only.
    Quiet(usize),
    /// The phase of this index.
    Phase(usize),
}

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    /// The ordinary client beside the attack.
    Bystander,
    /// An attack, by its name.
    Attack(&'static str),
}
