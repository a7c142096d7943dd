//! The command line.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Parser, Subcommand};

use crate::scene::Model;

/// Kills engines under load, attacks the server, and judges every answer.
#[derive(Debug, Parser)]
#[command(name = "dragon-chaos")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Kill engines under load, at random instants.
    Kill(KillArgs),
    /// Attack with everything at once and see whether what the server holds stays flat.
    Soak(SoakArgs),
}

/// What all commands share.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Common {
    /// The `dragon` program; the one beside this program by default
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) server: Option<PathBuf>,
    /// The model that is served
    #[arg(long, value_enum, default_value_t = Model::Tiny)]
    pub(crate) model: Model,
    /// Clients that ask at the same time, each one request after the other
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=128))]
    pub(crate) parallel: u16,
    /// Distinct requests
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(8..=1024))]
    pub(crate) cases: u16,
    /// Decides the requests, their order and the instants of kills; drawn and printed where left out
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Fewest tokens of an answer; the model decides by default
    #[arg(long)]
    pub(crate) min_tokens: Option<usize>,
    /// Most tokens of an answer; the model decides by default
    #[arg(long)]
    pub(crate) max_tokens: Option<usize>,
    /// The server's deadline
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub(crate) deadline_ms: u64,
    /// How much later than deadline + 250 ms an answer may be there: time that the clients themselves need to be
    /// scheduled beside server and engine
    #[arg(long, default_value_t = 100)]
    pub(crate) tolerance_ms: u64,
    /// Folder for the report and for samples of faults
    #[arg(long, default_value = "chaos-results", value_name = "FOLDER")]
    pub(crate) out: PathBuf,
}

/// Flags of `kill`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct KillArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Engines to kill with SIGKILL
    #[arg(long, default_value_t = 60)]
    pub(crate) kills: u32,
    /// Engines to stop with SIGSTOP, spread among the kills; the server has to notice
    #[arg(long, default_value_t = 0)]
    pub(crate) stops: u32,
    /// Of a hundred kills so many come at any moment, also while an engine is still loading
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) wild_percent: u8,
    /// Longest random pause between a ready engine and its death
    #[arg(long, default_value_t = 500)]
    pub(crate) pause_max_ms: u64,
    /// A kill hits where so many sequences run
    #[arg(long, default_value_t = 8)]
    pub(crate) running: u64,
    /// Least percentage of kills that hit
    #[arg(long, default_value_t = 90.0)]
    pub(crate) min_hit_percent: f64,
    /// Least percentage of answers that are complete with the undisturbed text; not asked of the default model
    #[arg(long, default_value_t = 95.0)]
    pub(crate) min_complete_percent: f64,
    /// Largest percentage of answers that are fallbacks; not asked of the default model
    #[arg(long, default_value_t = 1.0)]
    pub(crate) max_fallback_percent: f64,
}

/// Flags of `soak`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SoakArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// How long
    #[arg(long, default_value_t = 30.0)]
    pub(crate) minutes: f64,
    /// Hostile clients alone: no honest load, no kills; the server at rest is judged as well
    #[arg(long)]
    pub(crate) attack_only: bool,
}

// === impl Common ===

impl Common {
    /// Sequences that the engine can run: one for each client, and as many as the two choices of one need.
    pub(crate) fn slots(&self) -> u16 {
        self.parallel.max(2)
    }

    /// Fewest and most tokens of an answer.
    pub(crate) fn n_tokens(&self) -> (usize, usize) {
        let (fewest, most) = self.model.n_tokens();
        let fewest = self.min_tokens.unwrap_or(fewest).max(1);
        (fewest, self.max_tokens.unwrap_or(most).max(fewest))
    }

    /// The seed that was given, or one drawn from the time.
    pub(crate) fn seed(&self) -> u64 {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
        self.seed.unwrap_or_else(now)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }
}
