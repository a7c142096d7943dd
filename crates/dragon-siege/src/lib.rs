//! `dragon siege`: attacks a server of language models over its OpenAI-compatible API, checks every single answer, and
//! reports what survived.
//!
//! The way of a request through this crate:
//!
//! 1. an [`attack`] says what to send ([`ask::Shot`]),
//! 2. [`load`] says when: so many at a time, or at so many a second,
//! 3. [`client`] sends it and writes down what comes back ([`exchange::Exchange`]),
//! 4. [`judge`] compares the two ([`judge::Verdict`]); it is pure,
//! 5. [`tally`] counts, and keeps samples,
//! 6. [`live`] shows the counts meanwhile, and [`report`] in the end.
//!
//! It knows servers by what they send, never by their name: the label `dragon` is checked where there is one.

pub mod ask;
pub mod attack;
pub mod cli;
pub mod criteria;
pub mod exchange;
pub mod judge;
pub mod live;
pub mod observation;
pub mod plan;
pub mod report;
pub mod secret;
mod siege;
pub mod snapshot;
pub mod tally;
pub mod words;

pub use cli::SiegeArgs;
pub use siege::{SiegeExit, siege};
pub mod client;
pub mod clock;
pub mod load;
pub mod run;
pub mod target;
