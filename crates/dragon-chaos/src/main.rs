//! `dragon-chaos kill` kills engines under load; `dragon-chaos soak` attacks the server for half an hour.
//!
//! Both start a server of their own on a free loopback port, judge every answer, and fail where a criterion does not
//! hold. docs/CHAOS.md explains the reports.

mod cases;
mod cli;
mod client;
mod clock;
mod flood;
mod hostile;
mod kill;
mod killer;
mod load;
mod reference;
mod report;
mod scene;
mod soak;
mod tally;
mod vitals;
mod watch;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use cli::{Args, Command};

/// Whether all criteria held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Yes,
    No,
}

fn main() -> ExitCode {
    let held = match Args::parse().command {
        Command::Kill(args) => kill::run(&args),
        Command::Soak(args) => soak::run(&args),
    };
    match held {
        Ok(Held::Yes) => ExitCode::SUCCESS,
        Ok(Held::No) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Progress, beside the report on standard output.
fn say(line: &str) {
    // Nobody has to listen.
    let _ = writeln!(std::io::stderr(), "==> {line}");
}
