//! Deliberately broken servers: every fault is found and named, in a single exchange and in a whole siege.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "that is how a test fails")]

mod asking;
mod exchanges;
mod odd_servers;
mod sieges;
