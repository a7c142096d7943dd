//! How long the loss of an engine lasts: from the kill to the next one that is ready, and for the streams that run.
//!
//! The server is started here, twice: without and with a second engine that waits to take over. Its engine is killed as a
//! stranger would do it, at rest, in the middle of one stream and in the middle of several. All answers are greedy, and each
//! is asked for twice undisturbed before, so that the share of answers which a kill changed can be told from the share that
//! changes by itself.

mod dice;
mod kill;
mod report;
mod streams;

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::ValueEnum;
use serde_json::Value;

use crate::host::Host;
use crate::load::{self, Expect, Target};
use crate::memory;
use crate::server::OwnServer;
use dice::Dice;
use kill::Victim;
use report::{MemoryShare, Report, Row};
use streams::Kills;

/// Slots, so that streams in parallel need not wait.
const N_SLOTS: usize = 8;
/// Cells of each slot: 8,192 in all.
const N_CTX: u32 = 1024;
/// Rest between two kills: those of a crash loop are another matter, and the disk of the last one is quiet again.
const REST: Duration = Duration::from_millis(300);

/// Flags of the restarts.
#[derive(Debug, clap::Args)]
pub(crate) struct RestartArgs {
    /// The `dragon` program
    #[arg(long)]
    server: PathBuf,
    /// The model file that it serves
    #[arg(long)]
    model: PathBuf,
    /// Kills of each kind
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1000))]
    kills: u32,
    /// What the engine does when it is killed
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Scene::Idle, Scene::One, Scene::Eight])]
    only: Vec<Scene>,
    /// Whether a second engine waits to take over; both, one after the other, where nothing is named
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Standby::Off, Standby::On])]
    standby: Vec<Standby>,
    /// New tokens per answer
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(8..=512))]
    tokens: u32,
    /// Where the dice for the instants of kills begin; the clock's where none is given, and printed
    #[arg(long)]
    seed: Option<u64>,
    /// Folder for the report, as Markdown and as JSON
    #[arg(long, default_value = "bench-results", value_name = "FOLDER")]
    out: PathBuf,
}

/// What an engine is killed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scene {
    /// Nothing
    Idle,
    /// One stream
    One,
    /// As many streams as there are slots
    Eight,
}

/// The setting of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Standby {
    /// No second engine
    Off,
    /// A second engine, and no kill before it waits
    On,
}

/// Measures all of it and writes the report.
pub(crate) async fn run(args: RestartArgs) -> Result<()> {
    let seed = args.seed.unwrap_or_else(dice_of_the_clock);
    crate::say(&format!("the dice begin at {seed}"));
    let mut dice = Dice::new(seed);
    let mut report = Report::new(Host::read(), seed);
    for &standby in &args.standby {
        measure(&args, standby, &mut dice, &mut report).await?;
    }
    crate::print(&report.markdown())?;
    for path in report.write_to(&args.out)? {
        crate::say(&format!("written {}", path.display()));
    }
    Ok(())
}

/// One server, with all kinds of kills.
async fn measure(args: &RestartArgs, standby: Standby, dice: &mut Dice, report: &mut Report) -> Result<()> {
    let server = OwnServer::start_victim(&args.server, &config(args, standby)).await?;
    report.version = server.figures().version;
    report.computing = server.computing();
    // Asks a question, so that the memory is that of an engine which has worked.
    let target = Target::find("dragon", &server.address, None, Expect::Label).await?;
    let victim = Victim { server: &server, standby };
    report.memory.push(share_of_memory(&victim).await?);
    for scene in &args.only {
        crate::say(&format!("standby {}, {}: {} kills", standby.word(), scene.words(), args.kills));
        let kills = match scene {
            Scene::Idle => at_rest(&victim, args.kills).await?,
            Scene::One => streams::killed(&victim, &target, 1, args.kills, args.tokens, dice).await?,
            Scene::Eight => streams::killed(&victim, &target, N_SLOTS, args.kills, args.tokens, dice).await?,
        };
        report.rows.push(Row { standby: standby.word(), scene: scene.words(), kills });
    }
    server.stop().await
}

async fn at_rest(victim: &Victim<'_>, n_kills: u32) -> Result<Kills> {
    let mut kills = Kills::default();
    for _ in 0..n_kills {
        tokio::time::sleep(REST).await;
        let serving = victim.at_its_post().await?;
        kills.ready_ms.push(victim.kill(serving).await?.as_secs_f64() * 1e3);
    }
    Ok(kills)
}

async fn share_of_memory(victim: &Victim<'_>) -> Result<MemoryShare> {
    let serving = victim.at_its_post().await?;
    let second = match victim.standby {
        Standby::Off => None,
        Standby::On => Some(victim.server.standby_beside(serving).await?),
    };
    Ok(MemoryShare {
        standby: victim.standby.word(),
        serving: memory::proportional(serving),
        second: second.and_then(memory::proportional),
    })
}

/// The question of each stream is another one each time, so that no engine has read it before the undisturbed ones did.
fn bodies(target: &Target, n_streams: usize, n_tokens: u32) -> Vec<Value> {
    (0..n_streams).map(|_| load::next_body(&target.model, n_tokens)).collect()
}

fn config(args: &RestartArgs, standby: Standby) -> String {
    let path = Value::from(args.model.display().to_string());
    let word = standby.word();
    format!(
        "[[model]]\nid = \"bench\"\npath = {path}\nslots = {N_SLOTS}\nctx = {N_CTX}\nstandby = \"{word}\"\n"
    )
}

fn dice_of_the_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

// === impl Scene ===

impl Scene {
    fn words(self) -> &'static str {
        match self {
            Self::Idle => "at rest",
            Self::One => "1 stream",
            Self::Eight => "8 streams",
        }
    }
}

// === impl Standby ===

impl Standby {
    fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
        }
    }
}
