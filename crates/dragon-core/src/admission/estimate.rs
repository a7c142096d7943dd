//! How long things take at the measured speed.

use std::time::{Duration, Instant};

use super::input::Speeds;
use super::queue::Waiting;
use super::slots::{Running, Stage};

/// Weight of the newest answer in the mean length, in 1/n: the mean follows a change of traffic within a dozen
/// answers, and a single long one does not move it far.
const NEWEST_WEIGHT: u32 = 8;

/// Bringing an answer to its end takes about this part of a useful one.
const CONCLUDING_PART: u32 = 4;

/// What is known of the engine's speed and of how long answers are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Estimate {
    pub(super) speeds: Speeds,
    /// An answer of this many tokens is of use; fewer are not worth a slot that others wait for.
    pub(super) n_useful_tokens: u32,
    /// Mean tokens of a choice, recent ones counting more; `None` before the first.
    mean_answer: Option<u32>,
    /// Tokens of prompts that were not in the cache, of a thousand, recent prompts counting more.
    n_uncached_of_1000: u32,
}

// === impl Estimate ===

impl Estimate {
    pub(super) fn unknown(n_useful_tokens: u32) -> Self {
        Self { speeds: Speeds::default(), n_useful_tokens, mean_answer: None, n_uncached_of_1000: 1000 }
    }

    /// An answer ended with so many tokens of each choice.
    pub(super) fn answer_ended(&mut self, n_tokens: u32) {
        let mean = self.mean_answer.map_or(n_tokens, |mean| {
            // Rounded up, so that a mean of 1 can be left again.
            (mean.saturating_mul(NEWEST_WEIGHT - 1).saturating_add(n_tokens)).div_ceil(NEWEST_WEIGHT)
        });
        self.mean_answer = Some(mean);
    }

    /// A prompt has been read, so much of it from the cache.
    pub(super) fn prompt_read(&mut self, n_prompt: u32, n_cached: u32) {
        let n_uncached = u64::from(n_prompt.saturating_sub(n_cached)) * 1000 / u64::from(n_prompt.max(1));
        let n_uncached = u32::try_from(n_uncached).unwrap_or(1000);
        self.n_uncached_of_1000 =
            (self.n_uncached_of_1000 * (NEWEST_WEIGHT - 1) + n_uncached) / NEWEST_WEIGHT;
    }

    /// Reading so many tokens of prompts, of which as many are in the cache as lately.
    pub(super) fn prefill(&self, n_tokens: u32) -> Duration {
        let all = self.speeds.prefill_per_token.unwrap_or_default().saturating_mul(n_tokens);
        all.saturating_mul(self.n_uncached_of_1000) / 1000
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

    /// Tokens of a choice while others wait for its slot: it is concluded when it is of use.
    fn n_pressed_answer(&self, n_max_tokens: u32) -> u32 {
        self.n_answer(n_max_tokens).min(self.n_useful_tokens)
    }

    /// Making the answer of someone who has not started, at the least: a forecast of waiting must not be longer than
    /// the wait can be made.
    pub(super) fn answer(&self, n_max_tokens: u32) -> Duration {
        self.speeds.decode_step.unwrap_or_default().saturating_mul(self.n_pressed_answer(n_max_tokens))
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

    /// What is left of the answer of someone who runs while others wait: what it lacks of a useful one, and its
    /// conclusion. Not more than its limit allows.
    pub(super) fn answer_left(&self, running: &Running) -> Duration {
        let n_produced = running.n_produced_each();
        let n_concluding = self.n_useful_tokens / CONCLUDING_PART;
        let n_left = self.n_pressed_answer(running.n_max_tokens).saturating_sub(n_produced).max(n_concluding);
        let n_allowed = running.n_max_tokens.saturating_sub(n_produced);
        self.speeds.decode_step.unwrap_or_default().saturating_mul(n_left.min(n_allowed))
    }
}
