//! Who runs in the next steps while some take more than their share of the slots and others do not.
//!
//! Every sequence in a step makes the step longer, for everyone in it. So beside those who take no more than their
//! share only so many of the others run that a step stays within twice the time of a step alone; the engine lets the
//! others take turns.

use std::collections::HashMap;
use std::time::Duration;

use dragon_core::admission::{Admission, Standing, Ticket};
use dragon_ipc::{GenerationId, Ration};
use dragon_supervisor::Tempo;

use super::Running;

/// A step beside others takes at most so many times as long as a step alone.
const MAX_SLOWDOWN: u32 = 2;

/// What the engine is told; with nobody favoured everyone runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rationed(pub(super) Ration);

// === impl Rationed ===

impl Default for Rationed {
    fn default() -> Self {
        Self(Ration { favoured: Vec::new(), n_others: 0 })
    }
}

impl Rationed {
    /// For those who run now.
    pub(super) fn of(admission: &Admission, running: &HashMap<Ticket, Running>, tempo: &Tempo) -> Self {
        let (mut favoured, mut landing) = (Vec::new(), Vec::<GenerationId>::new());
        let mut n_others = 0;
        for (ticket, standing) in admission.standings() {
            let Some(running) = running.get(&ticket) else { continue };
            match standing {
                Standing::Within => favoured.extend(&running.generations),
                // It has a few steps left before its deadline, and pausing it would waste what was made of it.
                Standing::Over if running.is_landing => landing.extend(&running.generations),
                Standing::Over => n_others += running.generations.len(),
            }
        }
        if favoured.is_empty() || n_others == 0 {
            return Self::default();
        }
        // As many as the favoured at least, so that these do not get more than the others together.
        let n_fair = favoured.len().min(n_others);
        favoured.extend(landing);
        let n_others = n_beside(favoured.len(), n_others, tempo).max(n_fair);
        Self(Ration { favoured, n_others: u32::try_from(n_others).unwrap_or(u32::MAX) })
    }

    /// How many of so many are left out of a step.
    pub(super) fn n_paused(&self, n_running: usize) -> usize {
        let Ration { favoured, n_others } = &self.0;
        let n_others = usize::try_from(*n_others).unwrap_or(usize::MAX);
        if favoured.is_empty() {
            0
        } else {
            n_running.saturating_sub(favoured.len()).saturating_sub(n_others)
        }
    }

    /// In how many turns each of the others has one, with so many requests running.
    pub(super) fn n_turns(&self, n_running: usize) -> u32 {
        let Ration { favoured, n_others } = &self.0;
        let n_paused = u32::try_from(n_running.saturating_sub(favoured.len())).unwrap_or(u32::MAX);
        if favoured.is_empty() { 1 } else { n_paused.div_ceil((*n_others).max(1)).max(1) }
    }
}

/// How many of the others run beside so many; one at least.
fn n_beside(n_favoured: usize, n_others: usize, tempo: &Tempo) -> usize {
    let alone = tempo.step_alone().unwrap_or(Duration::MAX);
    let is_short =
        |n_rows: usize| tempo.step_of(n_rows).is_none_or(|step| step <= alone.saturating_mul(MAX_SLOWDOWN));
    (1..=n_others).take_while(|n| is_short(n_favoured + n)).last().unwrap_or(1)
}
