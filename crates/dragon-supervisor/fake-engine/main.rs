//! An engine without a model: it speaks the protocol, echoes prompts, and fails on command.
//!
//! What it does is said by the model path that it is told to load, `/fake/WORD=VALUE,WORD,...` (see
//! [`script`]). What it does before that is said by its file name: `.../fake-engine.hello-FAULT`.
//! As `fake-engine parent` it is a server with two such engines, for tests that kill the server.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool of tests"
)]

mod engine;
mod fault;
mod parent;
mod script;

fn main() {
    if std::env::args().nth(1).as_deref() == Some("parent") {
        parent::run();
    } else {
        engine::run();
    }
}
