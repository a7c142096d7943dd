//! Two servers on the same work, in turn: ratios within one run, because a machine is never the same twice.
//!
//! Both servers are started here, with the same model file, threads, slots and context, and everything else left to
//! each one's own defaults. Both stay loaded; while one is measured the other gets nothing to do. Rounds go A B A B, and
//! a ratio is that of a pair of neighbours, so that what changes on the machine changes both.

mod alone;
mod bare;
mod cases;
mod noise;
mod peer;
mod report;
mod text;
mod window;

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::client::Answer;
use crate::host::Host;
use crate::load::{self, Expect, Target};
use crate::server::OwnServer;
use bare::Bare;
use cases::{Case, Group};
use peer::Peer;
use report::{Comparison, Pair};
use window::Seen;

/// Flags of the comparison.
#[derive(Debug, clap::Args)]
pub(crate) struct CompareArgs {
    /// The `dragon` program
    #[arg(long)]
    server: PathBuf,
    /// The `dragon-engine` program, for the bare loops
    #[arg(long)]
    engine: PathBuf,
    /// The `llama-server` program
    #[arg(long)]
    peer: PathBuf,
    /// The `llama-batched-bench` program; left out, its figures are missing
    #[arg(long)]
    batched_bench: Option<PathBuf>,
    /// The model file that both serve
    #[arg(long)]
    model: PathBuf,
    /// Threads of both servers
    #[arg(long, default_value_t = 2)]
    threads: u32,
    /// Lines of a `[[model]]` section for dragon besides, such as 'cache_type = "f16"'; may be repeated
    #[arg(long = "setting", value_name = "LINE")]
    settings: Vec<String>,
    /// Pairs of measurements per case
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// All cases; left out, a selection that ends within 25 minutes
    #[arg(long)]
    full: bool,
    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Folder for the report, as Markdown and as JSON
    #[arg(long, default_value = "bench-results", value_name = "FOLDER")]
    out: PathBuf,
}

/// Measures everything and writes the report.
pub(crate) async fn run(args: CompareArgs) -> Result<()> {
    let mut comparison = Comparison::new(Host::read(), peer::version(&args.peer).await?);
    for group in cases::groups(args.full, args.only.as_deref()) {
        measure_group(&args, &group, &mut comparison).await?;
    }
    if args.only.as_deref().is_none_or(|only| "alone".contains(only)) {
        alone::run(&args, &mut comparison).await?;
    }
    crate::print(&comparison.markdown())?;
    for path in comparison.write_to(&args.out)? {
        crate::say(&format!("written {}", path.display()));
    }
    Ok(())
}

/// Cases that need the same number of slots share their servers.
async fn measure_group(args: &CompareArgs, group: &Group, comparison: &mut Comparison) -> Result<()> {
    let own = OwnServer::start_with(&args.server, &config(args, group)).await?;
    comparison.dragon_version = own.figures().version;
    comparison.computing = own.computing();
    let peer = Peer::start(&args.peer, &args.model, args.threads, group).await?;
    let dragon = Target::find("dragon", &own.address, None, Expect::Label).await?;
    let other = Target::find("llama-server", &peer.address, None, Expect::UsageOnly).await?;
    for case in &group.cases {
        for round in 0..args.rounds {
            crate::say(&format!("{}, round {} of {}", case.name, round + 1, args.rounds));
            let pair = Pair {
                case: case.name.clone(),
                n_parallel: case.n_parallel,
                dragon: measure(&dragon, case, round).await?,
                peer: measure(&other, case, round).await?,
            };
            comparison.pairs.push(pair);
        }
    }
    own.stop().await?;
    peer.stop().await?;
    let bare = Bare::measure(args, group, &comparison.computing).await;
    comparison.bare.extend(bare.context("the bare loops cannot be measured")?);
    Ok(())
}

/// One measurement: `n_parallel` workers, each with so many requests one after the other.
async fn measure(target: &Target, case: &Case, round: u32) -> Result<Seen> {
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..case.n_parallel {
        let (target, case) = (target.clone(), case.clone());
        workers.spawn(async move {
            let mut answers: Vec<Answer> = Vec::new();
            for turn in 0..case.n_turns {
                let body = case.body(&target.model, round, worker, turn);
                answers.push(load::ask_checked(&target, &body, case.n_new).await?);
            }
            anyhow::Ok(answers)
        });
    }
    let mut answers = Vec::new();
    while let Some(worker) = workers.join_next().await {
        answers.extend(worker??);
    }
    Ok(Seen::of(&answers, case.n_parallel))
}

/// Dragon's configuration: what both share, and what the command line adds.
fn config(args: &CompareArgs, group: &Group) -> String {
    let path = Value::from(args.model.display().to_string());
    let mut text = format!(
        "[server]\nqueue_max = 1000\n[[model]]\nid = \"bench\"\npath = {path}\nslots = {}\nctx = {}\nthreads = {}\n",
        group.n_slots, group.n_ctx, args.threads
    );
    for line in &args.settings {
        text.push_str(line);
        text.push('\n');
    }
    text
}
