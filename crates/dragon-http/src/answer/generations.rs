//! The generations of one request, one for each prompt, listened to together.

use std::future::poll_fn;
use std::task::{Context, Poll};

use dragon_supervisor::{Event, Force, Generation, Outlived};

/// Dropping it cancels in the engine what has not ended.
pub(super) struct Generations {
    /// In the order of the prompts.
    all: Vec<Generation>,
    /// Whose event is looked for first, so that none is listened to before the others all the time.
    turn: usize,
}

// === impl Generations ===

impl Generations {
    pub(super) fn new(all: Vec<Generation>) -> Self {
        Self { all, turn: 0 }
    }

    /// The next event, with the index of its prompt; `None` after all have ended. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<(usize, Event)> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// Lets a choice go on from the server's words; whether the engine is told so.
    pub(super) fn force(&mut self, prompt: usize, choice: u32, force: Force) -> bool {
        self.all.get_mut(prompt).is_some_and(|generation| generation.force(choice, force))
    }

    /// Engines that the one which outlived most has outlived.
    pub(super) fn n_replays(&self) -> u32 {
        self.all.iter().map(Generation::n_replays).max().unwrap_or(0)
    }

    /// What each has outlived, for those who only look on.
    pub(super) fn outlived(&self) -> Vec<Outlived> {
        self.all.iter().map(Generation::outlived).collect()
    }

    /// Frees the slot of one choice whose end the engine does not know of.
    pub(super) fn cancel_choice(&mut self, prompt: usize, choice: u32) {
        if let Some(generation) = self.all.get_mut(prompt) {
            generation.cancel_choice(choice);
        }
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<(usize, Event)>> {
        let n_prompts = self.all.len();
        let mut n_ended = 0;
        for prompt in (self.turn..n_prompts).chain(0..self.turn) {
            match self.all.get_mut(prompt).map(|generation| generation.poll_next(context)) {
                Some(Poll::Ready(Some(event))) => {
                    self.turn = (prompt + 1) % n_prompts;
                    return Poll::Ready(Some((prompt, event)));
                }
                Some(Poll::Ready(None)) | None => n_ended += 1,
                Some(Poll::Pending) => {}
            }
        }
        if n_ended == n_prompts { Poll::Ready(None) } else { Poll::Pending }
    }
}
