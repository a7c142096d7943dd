//! Test support: a tiny language model that this crate writes itself, (in [`harness`]) the real server as a child
//! process with a small HTTP client, and (in [`fake_llm`]) servers without a model, each with one fault.
//!
//! Nothing here runs in production, so a broken precondition panics with a sentence.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "test support: a panic is how a test fails, and all sizes are small"
)]

pub mod fake_llm;
pub mod gguf_writer;
pub mod harness;
pub mod rng;
pub mod tiny;
