//! How many threads compute: all of them on a quiet machine, fewer where another process wants a core.
//!
//! The threads of a call wait for each other hundreds of times. When one of them loses its core for a time slice,
//! all the others wait that long, so two threads beside one busy process are slower than one thread that waits for
//! nobody (default model, two cores, 1 and 8 sequences: 55 and 138 tok/s with two threads, 124 and 181 with one).
//! Nobody tells an engine how busy its machine is, so it finds out: when its own thread gets clearly less of its
//! core than a call takes, it tries fewer threads for a few calls and keeps what is faster; once in a while it tries
//! more again. Two engines on one machine share its cores in the same way: the trial of fewer threads is won when it
//! is not much slower.
//!
//! Pure: calls' durations go in, the number of threads comes out.

#[cfg(test)]
mod tests;
mod trial;

use std::time::Duration;

use trial::{Trial, Verdict};

/// Calls over which the share of the core is judged, where they are short ...
const N_JUDGED: u32 = 16;

/// ... and computing time after which a few calls are enough: beside another engine whose threads spin as well a call
/// takes ten times as long as it should, and sixteen of them whole seconds.
const JUDGED_FOR: Duration = Duration::from_millis(100);

/// Fewer calls than this say nothing.
const MIN_JUDGED: u32 = 4;

/// Below this share of its core the thread is disturbed enough for a trial. A quiet machine shows 0.95 and more, one
/// whose server answers thousands of small requests about 0.85, a busy process on the other core 0.5.
const DISTURBED_SHARE: f64 = 0.8;

/// Below this share somebody else keeps a core: then fewer threads are taken at once, without a comparison. Two engines
/// that disturb each other would both find that giving way alone brings little.
const LOST_SHARE: f64 = 0.6;

/// Computing time between trials of more threads, at first.
const FIRST_PATIENCE: Duration = Duration::from_millis(500);

/// The longest that it grows to while trials bring nothing. A trial that fails costs two or three slow calls.
const MAX_PATIENCE: Duration = Duration::from_secs(4);

/// One finished call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// Its size. Only calls of the same size are compared.
    pub(crate) n_rows: usize,
    /// How long it took.
    pub(crate) wall: Duration,
    /// How much of that the calling thread had its core, spinning included.
    pub(crate) cpu: Duration,
}

/// Decides the number of threads, call by call.
#[derive(Debug)]
pub(crate) struct Crew {
    /// Numbers of threads worth trying, most first. Never empty.
    levels: Vec<u32>,
    /// Index of the one in use.
    level: usize,
    trial: Option<Trial>,
    judged: Judged,
    /// Computing time since the last trial.
    waited: Duration,
    /// Computing time to wait before trying more threads.
    patience_up: Duration,
    /// Computing time to wait before trying fewer.
    patience_down: Duration,
    /// How many levels further down the next trial of fewer looks: where one thread less does not help, half of
    /// them may.
    reach_down: usize,
}

/// Calls since the last judgement.
#[derive(Debug, Default)]
struct Judged {
    n_calls: u32,
    wall: Duration,
    cpu: Duration,
}

// === impl Crew ===

impl Crew {
    /// At most `n_max` threads, at least one.
    pub(crate) fn new(n_max: u32) -> Self {
        let n_max = n_max.max(1);
        let mut levels = vec![n_max, n_max - 1, n_max / 2, 1];
        levels.retain(|n_threads| *n_threads > 0);
        levels.dedup();
        Self {
            levels,
            level: 0,
            trial: None,
            judged: Judged::default(),
            waited: Duration::ZERO,
            patience_up: FIRST_PATIENCE,
            patience_down: Duration::ZERO,
            reach_down: 1,
        }
    }

    /// Threads for the next call.
    pub(crate) fn n_threads(&self) -> u32 {
        let level = self.trial.as_ref().map_or(self.level, Trial::level);
        self.levels.get(level).copied().unwrap_or(1)
    }

    /// Learns from a call that was made with [`Self::n_threads`] threads.
    pub(crate) fn record(&mut self, call: Call) {
        let Some(mut trial) = self.trial.take() else {
            self.judge(call);
            return;
        };
        match trial.record(call) {
            Verdict::Open => self.trial = Some(trial),
            Verdict::Better => self.settle(trial.level()),
            Verdict::NotBetter => self.give_up(trial.level()),
        }
    }

    /// Without a trial: is it time for one?
    fn judge(&mut self, call: Call) {
        self.waited += call.wall;
        self.judged.n_calls += 1;
        self.judged.wall += call.wall;
        self.judged.cpu += call.cpu;
        let is_long = self.judged.n_calls >= MIN_JUDGED && self.judged.wall >= JUDGED_FOR;
        if self.judged.n_calls < N_JUDGED && !is_long {
            return;
        }
        let share = self.judged.cpu.as_secs_f64() / self.judged.wall.as_secs_f64().max(f64::MIN_POSITIVE);
        self.judged = Judged::default();
        let n_fewer = self.levels.len() - 1 - self.level;
        let may_give_way = n_fewer > 0 && self.waited >= self.patience_down;
        if share < LOST_SHARE && may_give_way {
            self.settle(self.level + 1);
        } else if share < DISTURBED_SHARE && may_give_way {
            self.trial = Some(Trial::new(self.level, self.level + self.reach_down.min(n_fewer)));
        } else if self.level > 0 && self.waited >= self.patience_up {
            self.trial = Some(Trial::new(self.level, self.level - 1));
        }
    }

    fn settle(&mut self, level: usize) {
        // Who has just found that more threads are better does not give them up again at the next disturbance.
        self.patience_down = if level < self.level { longer(self.patience_down) } else { Duration::ZERO };
        self.level = level;
        self.waited = Duration::ZERO;
        self.patience_up = FIRST_PATIENCE;
        self.reach_down = 1;
    }

    /// Stays, and is slower to try that again.
    fn give_up(&mut self, level: usize) {
        let n_fewer = self.levels.len() - 1 - self.level;
        if level > self.level && self.reach_down < n_fewer {
            // Next time further down, and soon.
            self.reach_down += 1;
        } else {
            let patience = if level < self.level { &mut self.patience_up } else { &mut self.patience_down };
            *patience = longer(*patience);
            self.reach_down = 1;
        }
        self.waited = Duration::ZERO;
    }
}

fn longer(patience: Duration) -> Duration {
    (patience * 2).clamp(FIRST_PATIENCE, MAX_PATIENCE)
}
