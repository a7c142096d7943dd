//! The engine: a process around llama.cpp that does what the server tells it, a step at a time.
//!
//! It knows no clients, queues or deadlines. It is started by the server with a socket as standard input, says
//! what it did there, and logs to standard error. It may die at any instruction; the server survives it.
//!
//! Threads: the main one owns model, context and samplers ([`batch_loop`]); one reads and one writes the socket
//! ([`link`]); two tokenize ([`tokenizer`]). llama.cpp's own compute for the main one.

mod batch_loop;
mod compute;
mod crew;
mod draft;
mod exit;
mod generation;
mod kept;
mod link;
mod llama;
mod load;
mod oneshot;
mod pace;
mod progress;
mod prompts;
mod ration;
mod sampler;
mod self_test;
mod slots;
mod startup;
mod tokenizer;

use std::sync::Arc;

use batch_loop::{BatchLoop, LoopError};
use dragon_ipc::{EngineExit, FromEngine, LoadFailure, LoadFailureKind, LoadSpec};
use exit::{end_process_on_panic, end_process_saying};
use link::Link;
use progress::Progress;
use startup::StartupError;

fn main() {
    end_process_on_panic();
    startup::tie_to_parent();
    match oneshot::run(std::env::args_os().skip(1).collect()) {
        None => {}
        Some(Ok(())) => return,
        Some(Err((exit, why))) => end_process_saying(exit, &why),
    }
    match startup::socket() {
        Ok(socket) => serve(socket),
        Err(error) => end_process_saying(error.exit(), &error.to_string()),
    }
}

/// Greets, loads, proves itself, works.
fn serve(socket: std::os::unix::net::UnixStream) -> ! {
    startup::warn_of_spinning_threads();
    let progress = Arc::new(Progress::default());
    let link = match link::open(socket, Arc::clone(&progress)) {
        Ok(link) => link,
        Err(error) => end_process_saying(EngineExit::Internal, &format!("the socket's threads: {error}")),
    };
    link.outbox.send(FromEngine::Hello(startup::hello()));
    let spec = match greet(&link) {
        Ok(spec) => spec,
        Err((failure, exit)) => link.outbox.send_last(FromEngine::Failed(failure), exit),
    };
    run(link, &spec, progress)
}

/// What to load, unless this binary cannot work here or with this server.
fn greet(link: &Link) -> Result<LoadSpec, (LoadFailure, EngineExit)> {
    dragon_cpu::check().map_err(|mismatch| {
        let failure = LoadFailure { kind: LoadFailureKind::UnfitBuild, message: mismatch.to_string() };
        (failure, EngineExit::UnfitBuild)
    })?;
    startup::wait_for_load(&link.inbox).map_err(|error: StartupError| (error.to_failure(), error.exit()))
}

/// Loads the model and works until something makes going on impossible.
fn run(link: Link, spec: &LoadSpec, progress: Arc<Progress>) -> ! {
    let Link { inbox, texts, outbox } = link;
    let (loaded, ready) = match load::load(spec) {
        Ok(loaded) => loaded,
        Err(error) => outbox.send_last(FromEngine::Failed(error.to_failure()), error.exit()),
    };
    if let Err(error) = tokenizer::start(&loaded.vocab, texts, &outbox) {
        end_process_saying(EngineExit::Internal, &format!("the tokenizer's threads: {error}"));
    }
    outbox.send(FromEngine::Ready(ready));
    let Err(error) = BatchLoop::new(loaded, outbox, progress).run(&inbox);
    let exit = match error {
        LoopError::Unexpected(_) | LoopError::Prompts(_) => EngineExit::Protocol,
        LoopError::InboxClosed | LoopError::Context(_) => EngineExit::Internal,
    };
    end_process_saying(exit, &error.to_string())
}
