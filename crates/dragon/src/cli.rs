//! What can be typed.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use dragon_siege::{SiegeArgs, SiegeExit};

use crate::config::Flags;
use crate::exit::Exit;
use crate::guard_cli::GuardArgs;
use crate::key::KeyArgs;
use crate::tune::TuneArgs;

/// A local language model server that always answers.
#[derive(Debug, Parser)]
#[command(name = "dragon", version, long_version = long_version(), arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve models over the OpenAI API until SIGTERM or SIGINT.
    ///
    /// Without --config and --model it serves the default model from models/ in the current directory.
    Serve(ServeArgs),
    /// Attack a server of language models, check every answer, and report what survived.
    ///
    /// The target is any server with OpenAI's API. It is first measured in quiet, then attacked in phases, while one
    /// ordinary client asks beside the attack; every single answer is checked. In the end there is one verdict and a
    /// report. Exit codes: 0 survived (all criteria hold), 1 not, 2 there was no siege (usage errors, nobody there).
    Siege(Box<SiegeArgs>),
    /// Measure how this machine computes a model fastest, and keep the answer for `dragon serve`.
    ///
    /// Takes some minutes on an idle machine; see docs/TUNING.md.
    Tune(TuneArgs),
    /// Print a new API key and the block of the configuration that admits it.
    Key(KeyArgs),
    /// Ask the guard about given texts.
    Guard(GuardArgs),
}

/// Flags of `serve`. All are taken as text and checked together with the file: a typed flag would end the
/// program at its own mistake and hide the others.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Configuration file (TOML, see docs/CONFIG.md); none is read unless named here
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8080]; port 0 takes any free one
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// Serve this model file under this id; may be repeated, and replaces the models of the file
    #[arg(long = "model", value_name = "ID=PATH")]
    models: Vec<String>,
    /// The longest that a request may take, for models without a deadline of their own [default: 10000]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    deadline_ms: Option<String>,
}

/// The version of the C API that the engine is built on; kept equal to the lock file by a test.
const LLAMA_CPP_SYS_2: &str = "0.1.161";

/// Shows what clap has to say: help and version are answers, anything else is bad usage.
pub(crate) fn explain(error: &clap::Error) -> ExitCode {
    // A closed output is no reason to end differently.
    let _ = error.print();
    let command = std::env::args_os().nth(1);
    match command {
        _ if !error.use_stderr() => Exit::Drained.into(),
        // Its exit codes are its own: 1 says that a target fell, and 2 that there was no siege.
        Some(command) if command == "siege" => SiegeExit::Usage.into(),
        _ => Exit::Usage.into(),
    }
}

// === impl ServeArgs ===

impl From<ServeArgs> for Flags {
    fn from(args: ServeArgs) -> Self {
        let ServeArgs { config, listen, models, deadline_ms } = args;
        Self { config, listen, models, deadline_ms }
    }
}

fn long_version() -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!("{version}\nllama-cpp-sys-2 {LLAMA_CPP_SYS_2}\n{}", dragon_cpu::build_summary())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Cli, LLAMA_CPP_SYS_2};

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_version_of_the_engine_library_is_that_of_the_lock_file() {
        let lock = include_str!("../../../Cargo.lock");
        let entry = format!("name = \"llama-cpp-sys-2\"\nversion = \"{LLAMA_CPP_SYS_2}\"");
        assert!(lock.contains(&entry), "update LLAMA_CPP_SYS_2 in cli.rs");
    }
}
