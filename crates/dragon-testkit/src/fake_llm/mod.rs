//! Servers that speak OpenAI's API without a model: one that does everything right, and one for each thing that can be
//! wrong. What judges servers is tested with them.
//!
//! They know a few answers (sums, capitals, what is to be repeated, small JSON) and say filler words to everything else,
//! a word being a token. The fault is there always, or only under load ([`When`]), so that whoever measures in quiet
//! first finds nothing. [`StaticLlm`] is something else: canned bytes as fast as a socket takes them, for measuring
//! whoever sends requests.

mod answer;
mod background;
mod behaviour;
mod body;
mod canned;
mod connection;
mod documents;
mod knowledge;
mod question;
mod reply;
mod server;

#[cfg(test)]
mod tests;

pub use behaviour::{Behaviour, When};
pub use canned::StaticLlm;
pub use server::{FakeLlm, Settings};

/// The only model that these servers have.
pub const MODEL: &str = "fake-1";
