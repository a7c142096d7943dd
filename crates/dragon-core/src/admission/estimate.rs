//! How long things take at the measured speed.

use std::time::{Duration, Instant};

use super::input::Speeds;
use super::queue::Waiting;
use super::slots::{Running, Stage};

/// Weight of the newest answer in the mean length, in 1/n: the mean follows a change of traffic within a dozen
/// answers, and a single long one does not move it far.
const NEWEST_WEIGHT: u32 = 8;

/// What is known of the engine's speed and of how long answers are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Estimate {
    pub(super) speeds: Speeds,
    /// An answer of this many tokens is of use; fewer are not worth a slot that others wait for.
    pub(super) n_useful_tokens: u32,
    /// Mean tokens of a choice, recent ones counting more; `None` before the first.
    mean_answer: Option<u32>,
}

// === impl Estimate ===

impl Estimate {
    pub(super) fn unknown(n_useful_tokens: u32) -> Self {
        Self { speeds: Speeds::default(), n_useful_tokens, mean_answer: None }
    }

    /// An answer ended with so many tokens of each choice.
    pub(super) fn answer_ended(&mut self, n_tokens: u32) {
        let mean = self.mean_answer.map_or(n_tokens, |mean| {
            // Rounded up, so that a mean of 1 can be left again.
            (mean.saturating_mul(NEWEST_WEIGHT - 1).saturating_add(n_tokens)).div_ceil(NEWEST_WEIGHT)
        });
        self.mean_answer = Some(mean);
    }

    /// Reading so many tokens of prompts.
    pub(super) fn prefill(&self, n_tokens: u32) -> Duration {
        self.speeds.prefill_per_token.unwrap_or_default().saturating_mul(n_tokens)
    }

    /// The least time from start to an answer that is worth it: the prompt, and then the tokens of a useful
    /// answer, or fewer where that would take more than half of what its whole time allows. So a slow engine, or
    /// a client in a hurry, gets short answers rather than none.
    pub(super) fn needed(&self, waiting: &Waiting) -> Duration {
        let prefill = self.prefill(waiting.arrival.prompt.least());
        let step = self.speeds.decode_step.unwrap_or_default();
        let useful = step.saturating_mul(self.n_useful_tokens.min(waiting.arrival.n_max_tokens));
        let half = waiting.allowed.saturating_sub(prefill) / 2;
        // At least one token, however long it takes.
        prefill.saturating_add(useful.min(half.max(step)))
    }

    /// Tokens of a choice that is still to come.
    pub(super) fn n_answer(&self, n_max_tokens: u32) -> u32 {
        self.mean_answer.unwrap_or(self.n_useful_tokens).min(n_max_tokens)
    }

    /// Making the answer of someone who has not started.
    pub(super) fn answer(&self, n_max_tokens: u32) -> Duration {
        self.speeds.decode_step.unwrap_or_default().saturating_mul(self.n_answer(n_max_tokens))
    }

    /// What is left of reading the prompt of someone who runs, if nobody else's were read meanwhile.
    pub(super) fn prefill_left(&self, running: &Running, now: Instant) -> Duration {
        match running.stage {
            Stage::Prefill { started_at } => {
                self.prefill(running.n_prompt).saturating_sub(now.saturating_duration_since(started_at))
            }
            Stage::Decode => Duration::ZERO,
        }
    }

    /// What is left of the answer of someone who runs. How much it has made already says nothing about how much is
    /// to come, so it is a whole mean answer, as far as its limit allows.
    pub(super) fn answer_left(&self, running: &Running) -> Duration {
        self.answer(running.n_max_tokens.saturating_sub(running.n_produced_each()))
    }
}
