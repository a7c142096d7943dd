//! `dragon guard`: what the guard says about given texts, for evaluations from outside.
//!
//! Each command reads one JSON object a line, from files or standard input, and writes one a line.

mod lines;
mod score;

use clap::{Args, Subcommand};

use crate::exit::Exit;

/// Arguments of `guard`.
#[derive(Debug, Args)]
pub(crate) struct GuardArgs {
    #[command(subcommand)]
    command: GuardCommand,
}

#[derive(Debug, Subcommand)]
enum GuardCommand {
    /// Say how likely it is that prompts can be understood in more than one way.
    ///
    /// Reads {"id", "text"}, one JSON object a line. Writes {"id", "score"}: a probability from 0 to 1.
    Score(score::ScoreArgs),
}

/// Does what was asked for.
pub(crate) fn run(args: &GuardArgs) -> Exit {
    match &args.command {
        GuardCommand::Score(args) => score::run(args),
    }
}
