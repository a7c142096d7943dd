//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::compare::CompareArgs;
use crate::overload::OverloadArgs;
use crate::restart::RestartArgs;

/// Measures tokens per second and time to first token of an OpenAI-compatible server.
#[derive(Debug, Parser)]
#[command(name = "dragon-bench")]
#[group(skip)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Measure a running Dragon at this address, such as http://127.0.0.1:8080.
    #[arg(long, required_unless_present_any = ["server", "peer_url"], conflicts_with = "server")]
    pub(crate) url: Option<String>,

    /// Start this `dragon` program, measure its start, its memory and its speed, and stop it.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) server: Option<PathBuf>,

    /// One more argument for the started `dragon serve`; may be given several times.
    #[arg(long = "server-arg", value_name = "ARG", requires = "server", allow_hyphen_values = true)]
    pub(crate) server_args: Vec<String>,

    /// Model id to ask for; the first of /v1/models by default.
    #[arg(long)]
    pub(crate) model: Option<String>,

    /// Also measure another OpenAI-compatible server, which needs no `dragon` label.
    #[arg(long, value_name = "URL")]
    pub(crate) peer_url: Option<String>,

    /// What to call the other server in the table.
    #[arg(long, default_value = "peer")]
    pub(crate) peer_name: String,

    /// Model id to ask the other server for; the first of its /v1/models by default.
    #[arg(long)]
    pub(crate) peer_model: Option<String>,

    /// How many requests run at the same time, one measurement for each number.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4, 8, 16])]
    pub(crate) parallel: Vec<usize>,

    /// Requests that each of the parallel workers sends, one after the other.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// New tokens per answer; the end of the text is ignored, so every answer has exactly as many.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(2..))]
    pub(crate) tokens: u32,

    /// Folder for the report, as Markdown and as JSON.
    #[arg(long, default_value = "bench-results", value_name = "FOLDER")]
    pub(crate) out: PathBuf,
}

/// Other measurements.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compare with llama.cpp's own server, on the same work, in turn.
    Compare(Box<CompareArgs>),
    /// Ask a running server for more than it can do, and see what becomes of every request.
    Overload(OverloadArgs),
    /// Kill the engine of a server again and again, and see how soon work goes on.
    Restart(RestartArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn somebody_has_to_be_measured() {
        assert!(Args::try_parse_from(["dragon-bench"]).is_err());
        let args = Args::try_parse_from(["dragon-bench", "--url", "http://127.0.0.1:1"]).unwrap();
        assert_eq!(args.parallel, [1, 4, 8, 16]);
        assert!(Args::try_parse_from(["dragon-bench", "--url", "http://x", "--server", "dragon"]).is_err());
    }

    #[test]
    fn zero_rounds_measure_nothing_and_are_refused() {
        assert!(Args::try_parse_from(["dragon-bench", "--url", "http://x", "--rounds", "0"]).is_err());
    }
}
