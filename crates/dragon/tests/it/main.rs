//! The program as it is started: exit codes, what it says, how it stops.
#![allow(clippy::unwrap_used, clippy::panic, reason = "that is how a test fails")]

mod exact;
mod guard;
mod hostile;
mod kills;
mod program;
mod refusals;
mod siege;
mod stopping;
mod tuning;
