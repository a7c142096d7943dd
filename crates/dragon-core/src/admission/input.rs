//! What the gate tells admission, and what it is told to do.

use std::time::{Duration, Instant};

use super::caller::Caller;
use super::denial::Denial;

/// Names one request at the gate; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What happens. Tickets that are not known (any more) are no error: whoever was denied may still be leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A request asks for slots.
    Arrive(Arrival),
    /// More is known of the length of its prompt. It can start only after it was counted exactly.
    Measured {
        /// Whose prompt.
        ticket: Ticket,
        /// All its prompts together.
        prompt: PromptSize,
    },
    /// Its prompt has been read.
    Prefilled {
        /// Whose prompt.
        ticket: Ticket,
        /// Tokens of it that the engine had computed before. They cost nothing.
        n_cached: u32,
    },
    /// It got tokens.
    Produced {
        /// Who got them.
        ticket: Ticket,
        /// How many, over all its choices.
        n_tokens: u32,
    },
    /// Some of its choices have ended; their slots are free, and it holds the others.
    Released {
        /// Who holds fewer now.
        ticket: Ticket,
        /// Slots given back.
        n_slots: u32,
    },
    /// It is going to end by this instant, which is before its deadline: whoever plans the end of an answer
    /// (because of load, say) tells it here, so that those who wait are not told of a longer wait.
    EndsBy {
        /// Who is going to end.
        ticket: Ticket,
        /// By when.
        at: Instant,
    },
    /// The request has ended, waiting or running, for whatever reason.
    Leave(Ticket),
    /// How fast the engine is now. Also the time to drop whoever has become hopeless while waiting.
    Speeds(Speeds),
    /// The engine is ready with so many slots.
    EngineUp {
        /// Sequences that it can run at once.
        n_slots: u32,
    },
    /// The engine is gone; those running leave as they settle, those waiting go on waiting.
    EngineDown,
    /// The server stops: nobody new, nobody waiting.
    Close,
}

/// A request at the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its name.
    pub ticket: Ticket,
    /// Who sends it.
    pub caller: Caller,
    /// Sequences that it needs at once; at least 1.
    pub n_slots: u32,
    /// What is known of its prompts by now.
    pub prompt: PromptSize,
    /// The most tokens of each of its choices.
    pub n_max_tokens: u32,
    /// After this instant starting it is useless.
    pub deadline_at: Instant,
}

/// Tokens of a request's prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptSize {
    /// Not counted yet, but its bytes cannot be fewer tokens than this.
    AtLeast(u32),
    /// Counted.
    Exactly(u32),
}

/// How fast the engine has been lately. What is not known counts as no time at all, so that nobody is turned away
/// on a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Speeds {
    /// Time per token of a prompt that is not in the cache.
    pub prefill_per_token: Option<Duration>,
    /// Time from one token of a sequence to its next, beside as many others as have been running.
    pub decode_step: Option<Duration>,
}

/// What must be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// The request starts now and holds its slots until it leaves.
    Start(Ticket),
    /// The request is answered now, without the model.
    Deny(Ticket, Denial),
}

// === impl PromptSize ===

impl PromptSize {
    /// The fewest tokens that it can be.
    pub const fn least(self) -> u32 {
        match self {
            Self::AtLeast(n) | Self::Exactly(n) => n,
        }
    }
}
