//! Who must not be held up: those who take no more than their share of the slots, while others take more.
//!
//! The engine lets the others have half as much of its time as those had, and no more.

use std::collections::HashMap;

use dragon_core::admission::{Admission, Standing, Ticket};
use dragon_ipc::{GenerationId, Ration};

/// While a ration holds the others have a third of the time, so their tokens take so many times as long.
const SLOWER: u32 = 3;

/// What the engine is told; with nobody favoured everyone runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rationed(pub(super) Ration);

// === impl Rationed ===

impl Rationed {
    /// For those who run now.
    pub(super) fn of(admission: &Admission, running: &HashMap<Ticket, Vec<GenerationId>>) -> Self {
        let mut favoured = Vec::<GenerationId>::new();
        let mut n_others = 0;
        for (ticket, standing) in admission.standings() {
            let Some(running) = running.get(&ticket) else { continue };
            match standing {
                Standing::Within => favoured.extend(running),
                Standing::Over => n_others += running.len(),
            }
        }
        if favoured.is_empty() || n_others == 0 {
            return Self::default();
        }
        Self(Ration { favoured })
    }

    /// How many of so many take turns with the favoured.
    pub(super) fn n_paused(&self, n_running: usize) -> usize {
        if self.0.favoured.is_empty() { 0 } else { n_running.saturating_sub(self.0.favoured.len()) }
    }

    /// How many times as long as a token's usual time one of the others takes.
    pub(super) fn slowdown(&self) -> u32 {
        if self.0.favoured.is_empty() { 1 } else { SLOWER }
    }
}
