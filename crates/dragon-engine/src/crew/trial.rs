//! One comparison of two numbers of threads, on calls of the same size.

use std::time::Duration;

use super::Call;

/// Calls on each side: enough to even out a time slice or two, few enough to cost little.
const N_CALLS: u32 = 3;

/// Calls after which a trial ends without a verdict, because sizes change all the time.
const MAX_CALLS: u32 = 64;

/// More threads must be faster by this factor: a change for less would only be noise.
const GAIN: f64 = 0.95;

/// Fewer threads may even be slower by this factor: they leave more to whoever disturbs, and where two engines share a
/// machine, it is only when both have given way that both are fast.
const CONCESSION: f64 = 1.05;

/// Compares the level in use with another one.
#[derive(Debug)]
pub(super) struct Trial {
    from: usize,
    to: usize,
    /// Rows of the calls that count; those of the first.
    n_rows: Option<usize>,
    base: Side,
    tried: Side,
    n_seen: u32,
}

/// Calls of one level.
#[derive(Debug, Default)]
struct Side {
    n_calls: u32,
    wall: Duration,
}

/// What is known after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing yet.
    Open,
    /// The other level is faster.
    Better,
    /// It is not, or could not be compared.
    NotBetter,
}

// === impl Trial ===

impl Trial {
    /// First some calls with `from`, then as many with `to`.
    pub(super) fn new(from: usize, to: usize) -> Self {
        Self { from, to, n_rows: None, base: Side::default(), tried: Side::default(), n_seen: 0 }
    }

    /// The level for the next call.
    pub(super) fn level(&self) -> usize {
        if self.base.n_calls < N_CALLS { self.from } else { self.to }
    }

    /// Takes a call of [`Self::level`].
    pub(super) fn record(&mut self, call: Call) -> Verdict {
        self.n_seen += 1;
        if self.n_seen > MAX_CALLS {
            return Verdict::NotBetter;
        }
        if *self.n_rows.get_or_insert(call.n_rows) != call.n_rows {
            return Verdict::Open;
        }
        let side = if self.base.n_calls < N_CALLS { &mut self.base } else { &mut self.tried };
        side.n_calls += 1;
        side.wall += call.wall;
        self.verdict()
    }

    fn verdict(&self) -> Verdict {
        // Levels count from the most threads.
        let factor = if self.to > self.from { CONCESSION } else { GAIN };
        let bound = self.base.wall.mul_f64(factor);
        if self.tried.n_calls > 0 && self.tried.wall >= bound {
            // Lost already: the calls that are left would only cost.
            Verdict::NotBetter
        } else if self.tried.n_calls == N_CALLS {
            Verdict::Better
        } else {
            Verdict::Open
        }
    }
}
