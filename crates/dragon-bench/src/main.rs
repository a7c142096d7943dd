//! Measures an OpenAI-compatible server under a fixed number of parallel streaming chats: tokens per second,
//! time to first token, start-up time and memory.
//!
//! The load is a closed loop: each worker sends its next request when the last one is answered. That measures
//! what the server can do; it does not measure how it behaves when more comes than it can do.

mod cli;
mod client;
mod compare;
mod host;
mod load;
mod measure;
mod memory;
mod overload;
mod prompts;
mod report;
mod restart;
mod server;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use cli::{Args, Command};
use load::{Expect, Target};
use report::{Figures, Report, Row};
use server::OwnServer;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<()> {
    match args.command {
        Some(Command::Compare(args)) => return compare::run(*args).await,
        Some(Command::Overload(args)) => return overload::run(args).await,
        Some(Command::Restart(args)) => return restart::run(args).await,
        None => {}
    }
    let mut report = Report::new(host::Host::read());
    let own = match &args.server {
        Some(program) => Some(OwnServer::start(program, &args.server_args).await?),
        None => None,
    };
    report.server = own.as_ref().map(OwnServer::figures);
    for target in targets(&args, own.as_ref()).await? {
        for &n_parallel in &args.parallel {
            say(&format!("{}: {n_parallel} in parallel, {} rounds", target.name, args.rounds));
            let answers = load::run(&target, n_parallel, args.rounds, args.tokens).await?;
            report.rows.push(Row { target: target.name.clone(), n_parallel, figures: Figures::of(&answers) });
        }
    }
    if let Some(own) = own {
        report.memory_after_load = Some(own.memory());
        own.stop().await?;
    }
    finish(&report, &args)
}

/// Whom to measure: our own server, a running one, a peer; each with the model to ask for.
async fn targets(args: &Args, own: Option<&OwnServer>) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    if let Some(address) = own.map(|own| own.address.clone()).or_else(|| args.url.clone()) {
        targets.push(Target::find("dragon", &address, args.model.clone(), Expect::Label).await?);
    }
    if let Some(address) = &args.peer_url {
        let name = args.peer_name.as_str();
        targets.push(Target::find(name, address, args.peer_model.clone(), Expect::UsageOnly).await?);
    }
    Ok(targets)
}

fn finish(report: &Report, args: &Args) -> Result<()> {
    print(&report.markdown())?;
    for path in report.write_to(&args.out)? {
        say(&format!("written {}", path.display()));
    }
    Ok(())
}

fn print(markdown: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{markdown}").context("cannot print the report")
}

fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "==> {line}");
}
