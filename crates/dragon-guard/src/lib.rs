//! Pure judgement of prompts and answers.
//!
//! - [`language`]: which language a prompt is in.
//! - [`ambiguity`]: how likely it is that a prompt can be understood in more than one way.
//! - [`readings`]: what it may mean then.
//! - [`finish`]: how many tokens an answer will take.
//! - [`fallback`]: what is said where no model says anything.
//! - [`landing`]: when an answer must be brought to its end, where it may be cut, and what is written there.
//! - [`loops`]: whether an answer repeats itself for ever.
//!
//! Nothing here does I/O, reads a clock, takes a lock or draws a random number; nothing here knows tokens' meaning,
//! processes or wire formats. Times come in as durations, text as text.

pub mod ambiguity;
pub mod assessment;
pub mod fallback;
pub mod finish;
pub mod landing;
pub mod language;
pub mod layout;
pub mod licence;
pub mod loops;
pub mod near;
mod open_points;
mod places;
mod prompt;
mod reader;
pub mod readings;
pub mod reanalysis;
pub mod repetition;
pub mod scan;
pub mod watch;
pub mod words;

pub use language::Language;
