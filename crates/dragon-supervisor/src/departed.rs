//! Those whom the engine worked on when their clients left. Pure.
//!
//! The engine learns of it between two calls, so until it has shown that it goes on without them, they are still what it
//! does: where it fails in that time they are suspects like all others, and a hang is a hang although nobody waits.

use std::collections::VecDeque;

use crate::blame::Fingerprint;

/// Signs of progress after which the engine surely has put it down: its order to stop may be behind some steps that were
/// on their way already.
const N_SIGNS: u32 = 4;

/// Remembered at most: as many as an engine has sequences. The oldest are forgotten first.
const MAX_REMEMBERED: usize = dragon_ipc::MAX_SEQUENCES as usize;

/// All of one engine.
#[derive(Debug, Default)]
pub(crate) struct Departed(VecDeque<Entry>);

#[derive(Debug)]
struct Entry {
    who: Fingerprint,
    n_signs: u32,
}

// === impl Departed ===

impl Departed {
    pub(crate) fn push(&mut self, who: Fingerprint) {
        if self.0.len() == MAX_REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(Entry { who, n_signs: 0 });
    }

    /// The engine has finished a step.
    pub(crate) fn progressed(&mut self) {
        for entry in &mut self.0 {
            entry.n_signs += 1;
        }
        self.0.retain(|entry| entry.n_signs < N_SIGNS);
    }

    /// The engine is idle, or gone.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = Fingerprint> {
        self.0.iter().map(|entry| entry.who)
    }
}
