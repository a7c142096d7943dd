//! The server's program: parses the command line, does what it says, and ends with an exit code that means
//! something.

mod banner;
mod cli;
mod computing;
mod config;
mod exit;
mod guard_cli;
mod host;
mod key;
mod log;
mod measuring;
mod named_model;
mod prepare;
mod report;
mod serve;
mod signals;
mod size;
mod tls;
mod tune;
mod weights;

use std::num::NonZero;
use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use cli::{Cli, Command};
use exit::Exit;

/// Threads of the server itself. It parses, schedules and copies; the work is done in engine processes, and
/// more threads here would only take their cores.
const MAX_WORKER_THREADS: usize = 4;

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(Cli { command: Command::Serve(args) }) => serve(args).into(),
        Ok(Cli { command: Command::Siege(args) }) => dragon_siege::siege(&args).into(),
        Ok(Cli { command: Command::Tune(args) }) => {
            log::start();
            tune::run(&args).into()
        }
        Ok(Cli { command: Command::Key(args) }) => key::run(&args).into(),
        Ok(Cli { command: Command::Guard(args) }) => guard_cli::run(&args).into(),
        Err(usage) => cli::explain(&usage),
    }
}

fn serve(args: cli::ServeArgs) -> Exit {
    log::start();
    match runtime() {
        Ok(runtime) => runtime.block_on(serve::serve(&args.into())),
        Err(error) => report::failure(Exit::Internal, &format!("the runtime cannot be started: {error}")),
    }
}

fn runtime() -> std::io::Result<Runtime> {
    let n_cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    // One thread alone would let a single long computation hold up all other requests.
    let n_threads = n_cores.clamp(2, MAX_WORKER_THREADS);
    Builder::new_multi_thread().worker_threads(n_threads).enable_all().build()
}
