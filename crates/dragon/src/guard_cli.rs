//! `dragon guard`: what the guard says about given texts, for evaluations from outside.
//!
//! Each command reads one JSON object a line, from files or standard input, and writes one a line.

mod lines;
mod scan;
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
    /// Say where texts begin to repeat themselves for ever.
    ///
    /// Reads {"id", "text"}, and "prompt" where it is known, one JSON object a line. Writes {"id", "flag_at_chars",
    /// "kind"}: the number of characters after which a loop is proven and "exact" or "near", or null and null.
    ///
    /// Counts words, and a loop needs at least 200 of them. With --model it counts that model's tokens, at least 256, as
    /// the guard of a server does that serves it.
    Scan(scan::ScanArgs),
}

/// Does what was asked for.
pub(crate) fn run(args: &GuardArgs) -> Exit {
    match &args.command {
        GuardCommand::Score(args) => score::run(args),
        GuardCommand::Scan(args) => scan::run(args),
    }
}
