//! `cargo xtask guard-eval`: the tables of docs/GUARD.md, one section after the other.
//!
//! The data are given by path; nothing of them comes into the repository. Whatever is drawn at random comes from the
//! seed, which is printed.

mod corpus;
mod cost;
mod false_alarms;
mod loops;
mod made_legit;
mod near_loops;
mod random;
mod reanalysis;
mod statistics;
mod table;
mod tokens;
mod watched;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::ambiguity::TablesArgs;

/// Arguments of `guard-eval`.
#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// Folder with `traces/`, `legit/`, `ambiguity/`, `landing/` and `attacks/`, as JSON lines, packed or not
    #[arg(long)]
    data: PathBuf,
    /// Print only these parts; may be repeated
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// What all random choices come from
    #[arg(long, default_value_t = 2_026)]
    seed: u64,
}

/// Sections that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Loops, near-loops, false alarms, re-analysis, and what all of it costs.
    Detect,
    /// The ambiguity score and readings, as `ambiguity-tables` prints them.
    Ambiguity,
}

/// Prints one section.
type Section = fn(&EvalArgs, &mut dyn Write) -> Result<()>;

const SECTIONS: [(Part, Section); 6] = [
    (Part::Detect, loops::print),
    (Part::Detect, near_loops::print),
    (Part::Detect, false_alarms::print),
    (Part::Detect, reanalysis::print),
    (Part::Detect, cost::print),
    (Part::Ambiguity, ambiguity),
];

/// Seeds of the folds of [`ambiguity`].
const N_SEEDS: u64 = 5;

fn ambiguity(args: &EvalArgs, out: &mut dyn Write) -> Result<()> {
    crate::ambiguity::tables(&TablesArgs::all(args.data.clone(), N_SEEDS), out)
}

/// Prints the sections that were asked for, all where none was.
pub(crate) fn run(args: &EvalArgs, out: &mut dyn Write) -> Result<()> {
    let wanted = SECTIONS.iter().filter(|(part, _)| args.only.is_empty() || args.only.contains(part));
    for (_, print) in wanted {
        print(args, out)?;
        writeln!(out)?;
    }
    Ok(())
}
