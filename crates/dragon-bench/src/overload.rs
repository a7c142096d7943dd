//! More than a server can do: bursts of hundreds, a polite client beside a flood, arrivals that do not wait for answers.
//!
//! Every answer is read to its end and judged; who gets none within the patience of the client counts as unanswered.

mod ask;
mod burst;
mod open;
mod polite;
mod puzzle;

use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::client;
use crate::host::Host;
use ask::Question;

/// Flags of the overload.
#[derive(Debug, clap::Args)]
pub(crate) struct OverloadArgs {
    /// The running server, such as <http://127.0.0.1:8080>
    #[arg(long)]
    url: String,
    /// What to call it in the table
    #[arg(long, default_value = "dragon")]
    name: String,
    /// What to do to it; all but the arrivals, where nothing is named
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Kind::Identical, Kind::Distinct, Kind::Polite])]
    only: Vec<Kind>,
    /// Requests at once in a burst, and of the flood
    #[arg(long, default_value_t = 490, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    parallel: u32,
    /// Keys under which the flood asks
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    flood_keys: u32,
    /// Seconds that a flood or a rate of arrivals lasts
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(5..=300))]
    seconds: u64,
    /// The deadline of the server; a client waits for four times as long
    #[arg(long, default_value_t = 10_000)]
    deadline_ms: u64,
    /// Tokens asked for
    #[arg(long, default_value_t = 512)]
    tokens: u32,
}

/// A kind of overload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// So many requests at once, all the same
    Identical,
    /// So many requests at once, all different
    Distinct,
    /// One client, one request at a time, beside a flood of another
    Polite,
    /// Arrivals at 0.5 to 10 times of what the server can do
    Open,
}

/// What all measurements share.
#[derive(Debug, Clone)]
struct Scene {
    question: Question,
    n_parallel: usize,
    n_flood_keys: usize,
    lasts: Duration,
    deadline: Duration,
}

/// Measures and prints a line for each kind.
pub(crate) async fn run(args: OverloadArgs) -> Result<()> {
    let (_, models) = client::get_json(&args.url, "/v1/models").await?;
    let model = models.pointer("/data/0/id").and_then(|id| id.as_str()).context("it serves no model")?;
    let scene = Scene {
        question: Question {
            address: args.url.clone(),
            model: model.to_owned(),
            text: String::new(),
            max_tokens: args.tokens,
            key: "bench".to_owned(),
        },
        n_parallel: args.parallel as usize,
        n_flood_keys: args.flood_keys as usize,
        lasts: Duration::from_secs(args.seconds),
        deadline: Duration::from_millis(args.deadline_ms),
    };
    let host = Host::read();
    crate::print(&format!("{}, {} cores; {} at {}", host.cpu, host.n_cores, args.name, args.url))?;
    for kind in &args.only {
        let told = match kind {
            Kind::Identical => burst::run(&scene, |_| puzzle::ORIGINAL.to_owned()).await?,
            Kind::Distinct => burst::run(&scene, puzzle::variation).await?,
            Kind::Polite => polite::run(&scene).await,
            Kind::Open => open::run(&scene).await,
        };
        crate::print(&format!("\n## {}: {kind:?}\n\n{told}", args.name))?;
    }
    Ok(())
}

// === impl Scene ===

impl Scene {
    fn question(&self, text: String) -> Question {
        Question { text, ..self.question.clone() }
    }

    /// How long a client waits.
    fn patience(&self) -> Duration {
        self.deadline * 4
    }

    /// By when an answer has to be there.
    fn in_time(&self) -> Duration {
        self.deadline + Duration::from_millis(250)
    }
}
