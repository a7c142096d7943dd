//! Bringing an answer to its end before its deadline, by the clock.
//!
//! ```text
//! first token ....... flight ....... | boundary | cue | tail .......| margin | deadline
//!                                    ^ land     "In short:"  model
//! ```
//!
//! - [`decide`] says when, from measured speeds ([`StepTimes`]) and the pressure of the queue ([`Pressure`]).
//! - [`Tracker`] says where: at the end of a sentence or a word, and what is open there (a fence of code).
//! - [`cue`] says what is written: whatever closes what is open, and a cue in the prompt's language.
//! - [`Tail`] keeps what follows the cue until a sentence of it is whole, so that it does not end within one.
//!
//! A landing happens once: whoever holds these pieces gives them up with it, so nothing can begin it again.

mod boundary;
pub mod cue;
mod fence;
mod plan;
mod pressure;
mod speed;
mod tail;
mod trim;

pub use boundary::{Boundary, Tracker};
pub use fence::Fence;
pub(crate) use fence::FenceTracker;
pub use plan::{Landing, MIN_TAIL, Moment, Urgency, Why, decide};
pub use pressure::Pressure;
pub use speed::StepTimes;
pub use tail::{Tail, closes_from};
pub use trim::word_end;
