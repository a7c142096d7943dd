//! The engine: a process around llama.cpp that does what the server tells it, a step at a time.
//!
//! It knows no clients, queues or deadlines. It is started by the server with a socket as standard input, says
//! what it did there, and logs to standard error. It may die at any instruction; the server survives it.
//!
//! Before it reads anything that strangers made, it gives up what it does not need ([`first_acts`], [`sandbox`]).
//!
//! Threads, all started after that: the main one owns model, context and samplers ([`batch_loop`]); one reads and one writes the socket
//! ([`link`]); two tokenize ([`tokenizer`]). llama.cpp's own compute for the main one.

mod batch_loop;
mod compute;
mod crew;
mod draft;
mod exit;
mod first_acts;
mod generation;
mod kept;
mod link;
mod llama;
mod load;
mod memory;
mod oneshot;
mod opening;
mod pace;
mod progress;
mod prompts;
mod ration;
mod sampler;
mod sandbox;
mod self_test;
mod slots;
mod startup;
mod tokenizer;

use std::sync::Arc;

use batch_loop::{BatchLoop, LoopError};
use dragon_ipc::{EngineExit, FromEngine, LoadFailure, LoadFailureKind, LoadSpec};
use exit::{end_process_on_panic, end_process_saying};
use link::Link;
use llama::log::{Level, write_line};
use opening::Opening;
use progress::Progress;
use sandbox::{Work, probe};

fn main() {
    end_process_on_panic();
    first_acts::perform();
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

/// Greets, restricts itself, loads, proves itself, works.
fn serve(socket: std::os::unix::net::UnixStream) -> ! {
    startup::warn_of_spinning_threads();
    let mut opening = Opening::begin(socket);
    let (spec, sandbox) = match prepare(&mut opening) {
        Ok(prepared) => prepared,
        Err((failure, exit)) => opening.fail(failure, exit),
    };
    let progress = Arc::new(Progress::default());
    let (socket, decoder) = opening.into_parts();
    match link::open(socket, decoder, Arc::clone(&progress)) {
        Ok(link) => run(link, &spec, sandbox, progress),
        Err(error) => end_process_saying(EngineExit::Internal, &format!("the socket's threads: {error}")),
    }
}

/// What to load, and how the process has restricted itself to it; unless this binary cannot work here or with this
/// server.
fn prepare(opening: &mut Opening) -> Result<(LoadSpec, sandbox::Report), (LoadFailure, EngineExit)> {
    dragon_cpu::check().map_err(|mismatch| {
        let failure = LoadFailure { kind: LoadFailureKind::UnfitBuild, message: mismatch.to_string() };
        (failure, EngineExit::UnfitBuild)
    })?;
    let spec = opening.wait_for_load().map_err(|error| (error.to_failure(), error.exit()))?;
    let models = [spec.path.as_path()];
    let work = match spec.n_gpu_layers {
        0 => Work::Compute { models: &models },
        1.. => Work::ComputeOnGpu,
    };
    let report = sandbox::enter(work).map_err(|error| (error.to_failure(), error.exit()))?;
    if let Some(warning) = report.warning() {
        write_line(Level::Warn, &warning);
    }
    Ok((spec, report))
}

/// Loads the model and works until something makes going on impossible.
fn run(link: Link, spec: &LoadSpec, sandbox: sandbox::Report, progress: Arc<Progress>) -> ! {
    let Link { inbox, texts, outbox } = link;
    let (loaded, mut ready) = match load::load(spec) {
        Ok(loaded) => loaded,
        Err(error) => outbox.send_last(FromEngine::Failed(error.to_failure()), error.exit()),
    };
    if let Err(error) = tokenizer::start(&loaded.vocab, texts, &outbox) {
        end_process_saying(EngineExit::Internal, &format!("the tokenizer's threads: {error}"));
    }
    ready.sandbox = sandbox.to_string();
    if spec.probe_sandbox {
        // Now that everything which will ever run in here does.
        ready.sandbox.extend(probe::run(&spec.path).map(|line| format!("\n{line}")));
    }
    outbox.send(FromEngine::Ready(ready));
    let Err(error) = BatchLoop::new(loaded, outbox, progress).run(&inbox);
    let exit = match error {
        LoopError::Unexpected(_) | LoopError::Prompts(_) => EngineExit::Protocol,
        LoopError::InboxClosed | LoopError::Context(_) => EngineExit::Internal,
    };
    end_process_saying(exit, &error.to_string())
}
