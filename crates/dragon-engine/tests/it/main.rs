//! The real binary, driven over its socket as the server drives it, with the tiny model.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in tests this is how a test fails"
)]

mod conversation;
mod driver;
mod equality;
mod lifetime;
mod oneshot;
mod prefixes;
mod texts;
