//! Work of the project's own that needs code: `cargo xtask COMMAND`.

mod ambiguity;
mod guard_eval;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use ambiguity::{PuzzlesArgs, TablesArgs, TrainArgs};
use guard_eval::EvalArgs;

/// Work of the project's own that needs code.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure the guard on data given by path, and print the tables of docs/GUARD.md.
    GuardEval(EvalArgs),
    /// Train the weights of the ambiguity score on data given by path, and write them to a file.
    TrainAmbiguity(TrainArgs),
    /// Print the tables of docs/GUARD.md about ambiguity and readings.
    AmbiguityTables(TablesArgs),
    /// Print the puzzles that are generated for training, one JSON object a line.
    AmbiguityPuzzles(PuzzlesArgs),
}

fn main() -> ExitCode {
    let Args { command } = Args::parse();
    let mut out = std::io::stdout().lock();
    let result = match command {
        Command::GuardEval(args) => guard_eval::run(&args, &mut out),
        Command::TrainAmbiguity(args) => ambiguity::train(&args),
        Command::AmbiguityTables(args) => ambiguity::tables(&args, &mut out),
        Command::AmbiguityPuzzles(args) => ambiguity::puzzles(&args, &mut out),
    };
    match result.and_then(|()| Ok(out.flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed standard error is no reason to end differently.
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Args::command().debug_assert();
    }
}
