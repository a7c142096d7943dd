//! What happens to requests, each decision one variant: the log and the metrics are made from these and nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::label::{Outcome, Reason};

/// A decision, or what came of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A request joined the generation of another.
    Joined,
    /// A request got its slots.
    Started {
        /// Since it arrived.
        waited: Duration,
    },
    /// A prompt was read.
    Prefilled {
        /// Tokens of it.
        n_prompt: u32,
        /// Of these, tokens that were in the cache.
        n_cached: u32,
    },
    /// An answer is brought to its end.
    Landing(Reason),
    /// A request has its answer.
    Settled {
        /// How it was made.
        outcome: Outcome,
        /// Why it is not complete.
        reason: Option<Reason>,
        /// Tokens of the model that are this request's own: none for who joined another's generation.
        n_completion: u32,
        /// Engines that it outlived.
        n_replays: u32,
        /// Since it arrived.
        took: Duration,
    },
    /// A model ended an answer by itself.
    Ended(Length),
    /// A client went away before it had its answer.
    Left,
}

/// How long an answer became, against what was expected when it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Length {
    /// It is one of the shorter half.
    UpToMedian,
    /// It is longer, and one of nine in ten.
    UpToHigh,
    /// One in ten is as long.
    Longer,
}

/// Upper ends of the time classes, in milliseconds; longer times are in a class of their own.
pub const TIME_CLASSES_MS: [u64; 10] = [1, 5, 20, 50, 100, 250, 1_000, 2_500, 5_000, 10_000];

/// Counts of everything that happened to the requests of one model. Its size does not depend on what clients send.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Requests by outcome and reason.
    pub settled: BTreeMap<(Outcome, Option<Reason>), u64>,
    /// Clients that went away.
    pub n_left: u64,
    /// Requests that joined others.
    pub n_joined: u64,
    /// Landings by reason.
    pub landings: BTreeMap<Reason, u64>,
    /// Answers that the model ended, by their length.
    pub lengths: BTreeMap<Length, u64>,
    /// Tokens of prompts that were read.
    pub n_prompt_tokens: u64,
    /// Of these, tokens that were in the cache.
    pub n_cached_tokens: u64,
    /// Tokens of answers.
    pub n_completion_tokens: u64,
    /// Engines that requests outlived, all together.
    pub n_replays: u64,
    /// From arrival to slots.
    pub waited: Times,
    /// From arrival to the end of the answer.
    pub took: Times,
}

/// How many durations lie in which class.
#[derive(Debug, Clone, Default)]
pub struct Times {
    /// By class: those up to each of [`TIME_CLASSES_MS`], the rest last.
    pub counts: [u64; TIME_CLASSES_MS.len() + 1],
    /// All together.
    pub sum: Duration,
}

// === impl Length ===

impl Length {
    /// Its name in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UpToMedian => "up_to_median",
            Self::UpToHigh => "up_to_high",
            Self::Longer => "longer",
        }
    }
}

// === impl Tally ===

impl Tally {
    /// Counts an event.
    pub fn count(&mut self, event: &Event) {
        match *event {
            Event::Joined => self.n_joined += 1,
            Event::Started { waited } => self.waited.add(waited),
            Event::Prefilled { n_prompt, n_cached } => {
                self.n_prompt_tokens += u64::from(n_prompt);
                self.n_cached_tokens += u64::from(n_cached);
            }
            Event::Landing(reason) => *self.landings.entry(reason).or_default() += 1,
            Event::Settled { outcome, reason, n_completion, n_replays, took } => {
                self.n_replays += u64::from(n_replays);
                *self.settled.entry((outcome, reason)).or_default() += 1;
                self.n_completion_tokens += u64::from(n_completion);
                self.took.add(took);
            }
            Event::Ended(length) => *self.lengths.entry(length).or_default() += 1,
            Event::Left => self.n_left += 1,
        }
    }
}

// === impl Times ===

impl Times {
    fn add(&mut self, time: Duration) {
        let class = TIME_CLASSES_MS.iter().position(|end| time <= Duration::from_millis(*end));
        if let Some(count) = self.counts.get_mut(class.unwrap_or(TIME_CLASSES_MS.len())) {
            *count += 1;
        }
        self.sum = self.sum.saturating_add(time);
    }

    /// How many there are.
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn settled(outcome: Outcome, reason: Option<Reason>, took_ms: u64) -> Event {
        Event::Settled {
            outcome,
            reason,
            n_completion: 5,
            n_replays: 2,
            took: Duration::from_millis(took_ms),
        }
    }

    #[test]
    fn everything_is_counted_once_and_in_its_class() {
        let mut tally = Tally::default();
        for event in [
            settled(Outcome::Complete, None, 3),
            settled(Outcome::Landed, Some(Reason::Load), 20),
            settled(Outcome::Landed, Some(Reason::Load), 20_000),
            Event::Joined,
            Event::Left,
            Event::Ended(Length::Longer),
            Event::Prefilled { n_prompt: 30, n_cached: 20 },
            Event::Started { waited: Duration::from_millis(1) },
        ] {
            tally.count(&event);
        }
        assert_eq!(tally.settled[&(Outcome::Landed, Some(Reason::Load))], 2);
        assert_eq!(tally.took.counts, [0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!((tally.took.n(), tally.took.sum), (3, Duration::from_millis(20_023)));
        assert_eq!((tally.n_completion_tokens, tally.n_prompt_tokens, tally.n_cached_tokens), (15, 30, 20));
        assert_eq!((tally.n_joined, tally.n_left, tally.waited.n()), (1, 1, 1));
        assert_eq!((tally.n_replays, tally.lengths[&Length::Longer]), (6, 1));
    }
}
