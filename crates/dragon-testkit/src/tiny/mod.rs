//! The tiny model: a `llama` architecture small enough to load in milliseconds, with F32 weights.
//!
//! Its vocabulary is the 256 bytes and six specials ([`vocabulary`]), so a text's tokens can be counted by
//! eye. Its weights are random (`weights.rs`) except for two designed parts: four reserved dimensions that
//! keep its text valid UTF-8 ([`grammar`]), and an output matrix that was taught a few answers
//! ([`lessons`], `teaching.rs`).
//!
//! Why taught: tests that compare whole texts are sharp only if every step has one clear favourite, or else
//! the last bits of floating point choose. With random logits of deviation `s` over 100 tokens, the gap
//! between the two best is below one logit with a probability of about `3 / s`, so 400 wide gaps in a row do
//! not occur for any seed, unless `s` is so large that sampling at temperature 2 is no longer random. A
//! linear output layer fitted to a margin over the random hidden states gives both: wide gaps on the
//! lessons, and a natural spread everywhere else.
//!
//! [`forward`] computes the model in plain Rust, independently of llama.cpp. That is where expected texts
//! come from.

pub mod forward;
pub mod grammar;
pub mod lessons;
pub mod vocabulary;

mod file;
mod teaching;
mod weights;

pub use file::{POISON, poisoned_model_path, tiny_model_bytes, tiny_model_path};
pub use forward::{Greedy, expected_greedy, greedy};
pub use lessons::{EQUALITY_PROMPTS, EqualityPrompt, GREETING, GREETING_WITH_THOUGHT, Lesson};
pub use teaching::tiny_model;
pub use weights::{Shape, TinyModel};
