//! Dragon's policy, pure: the words every crate shares (outcomes, reasons, sampling), the admission queue,
//! and the assembly of text from the bytes of tokens.
//!
//! Nothing here does I/O, reads a clock, takes a lock or draws a random number: time and seeds come in as
//! arguments, so that a test can run years of traffic in seconds. Nothing here derives `Serialize`: wire
//! formats belong to `dragon-api` and `dragon-ipc`.

pub mod admission;
pub mod budget;
pub mod event;
pub mod label;
pub mod rate;
pub mod sampling;
pub mod text;
