//! Counters that the batch loop writes and the heartbeat reads, without either waiting.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use dragon_ipc::Heartbeat;

use crate::llama::pulse;

/// See [`Heartbeat`] for the meaning of each.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    n_steps: AtomicU64,
    n_prefill_tokens: AtomicU64,
    n_cached_tokens: AtomicU64,
    n_decode_tokens: AtomicU64,
    n_decode_steps: AtomicU64,
    n_busy_slots: AtomicU32,
    prefill_us: AtomicU64,
    decode_us: AtomicU64,
}

/// The two kinds of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// A piece of one prompt.
    Prefill,
    /// One token of each running sequence.
    Decode,
}

// === impl Progress ===

impl Progress {
    /// Counts a finished call and returns its number, from 1.
    pub(crate) fn count_call(&self, call: Call, n_tokens: usize, took: Duration) -> u64 {
        let (tokens, time) = match call {
            Call::Prefill => (&self.n_prefill_tokens, &self.prefill_us),
            Call::Decode => (&self.n_decode_tokens, &self.decode_us),
        };
        tokens.fetch_add(n_tokens as u64, Ordering::Relaxed);
        time.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.n_decode_steps.fetch_add(u64::from(call == Call::Decode), Ordering::Relaxed);
        self.n_steps.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Counts tokens of a prompt that did not have to be computed.
    pub(crate) fn count_cached(&self, n_tokens: u32) {
        self.n_cached_tokens.fetch_add(u64::from(n_tokens), Ordering::Relaxed);
    }

    /// Sets the number of sequences that hold cells.
    pub(crate) fn set_busy_slots(&self, n_busy: usize) {
        self.n_busy_slots.store(u32::try_from(n_busy).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// All counters now. They need not be of one instant: each only tells its own story.
    pub(crate) fn heartbeat(&self) -> Heartbeat {
        Heartbeat {
            n_steps: self.n_steps.load(Ordering::Relaxed),
            n_prefill_tokens: self.n_prefill_tokens.load(Ordering::Relaxed),
            n_cached_tokens: self.n_cached_tokens.load(Ordering::Relaxed),
            n_decode_tokens: self.n_decode_tokens.load(Ordering::Relaxed),
            n_decode_steps: self.n_decode_steps.load(Ordering::Relaxed),
            n_busy_slots: self.n_busy_slots.load(Ordering::Relaxed),
            prefill_us: self.prefill_us.load(Ordering::Relaxed),
            decode_us: self.decode_us.load(Ordering::Relaxed),
            n_pulses: pulse::count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_call_has_counters_of_its_own() {
        let progress = Progress::default();
        assert_eq!(progress.count_call(Call::Prefill, 64, Duration::from_micros(900)), 1);
        assert_eq!(progress.count_call(Call::Decode, 3, Duration::from_micros(20)), 2);
        progress.count_cached(7);
        progress.set_busy_slots(4);
        let expected = Heartbeat {
            n_steps: 2,
            n_prefill_tokens: 64,
            n_cached_tokens: 7,
            n_decode_tokens: 3,
            n_decode_steps: 1,
            n_busy_slots: 4,
            prefill_us: 900,
            decode_us: 20,
            n_pulses: 0,
        };
        assert_eq!(progress.heartbeat(), expected);
    }
}
