//! The server's command line: parse, dispatch, end with an exit code that means something.

mod cli;
mod config;
mod exit;

use std::process::ExitCode;

use exit::Exit;

fn main() -> ExitCode {
    let mut problems = config::Problems::default();
    let plan = config::Plan::new(&config::Flags::default(), &mut problems);
    let _ = plan;
    problems.exit().unwrap_or(Exit::Drained).into()
}
