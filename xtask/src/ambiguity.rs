//! The ambiguity score: its training, and how far it can be trusted.

mod data;
mod figures;
mod fit;
mod folds;
mod generate;
mod logistic;
mod random;
mod tables;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use data::{Licence, Row};

/// Arguments of `train-ambiguity`.
#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    /// Folder of the data; rows are read from its subfolder `ambiguity`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// File to write the weights to
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Train on these sources only; may be repeated [default: all that have a licence]
    #[arg(long = "source", value_name = "NAME")]
    sources: Vec<String>,
    /// Use rows of no_stated_licence/ as well: for measuring, never for weights that ship
    #[arg(long)]
    unlicensed: bool,
    /// Decides folds, generated puzzles and the order of training
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Arguments of `ambiguity-tables`.
#[derive(Debug, Args)]
pub(crate) struct TablesArgs {
    /// Folder of the data; rows are read from its subfolders `ambiguity` and, as ordinary prompts, `landing`, `legit` and `attacks`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Only these tables; may be repeated
    #[arg(long = "only", value_name = "TABLE")]
    only: Vec<tables::Table>,
    /// Seeds of the folds; figures are means over them
    #[arg(long, value_name = "N", default_value_t = 3)]
    seeds: u64,
}

/// Arguments of `ambiguity-puzzles`.
#[derive(Debug, Args)]
pub(crate) struct PuzzlesArgs {
    /// Decides places, prices and wordings
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Twins of each template
    #[arg(long, value_name = "N", default_value_t = 1)]
    twins: usize,
}

// === impl TablesArgs ===

impl TablesArgs {
    /// Asks for every table.
    pub(crate) fn all(data: PathBuf, seeds: u64) -> Self {
        Self { data, only: Vec::new(), seeds }
    }
}

pub(crate) fn train(args: &TrainArgs) -> anyhow::Result<()> {
    let licence = if args.unlicensed { Licence::AnyOrNone } else { Licence::Stated };
    let mut rows = data::read(&args.data, licence)?;
    if !args.sources.is_empty() {
        rows.retain(|row| args.sources.contains(&row.source));
        anyhow::ensure!(!rows.is_empty(), "no rows of these sources: {}", args.sources.join(", "));
    } else {
        rows.extend(generate::training_rows(args.seed));
    }
    let model = fit::calibrated(&rows, args.seed);
    std::fs::write(&args.out, model.to_bytes())
        .with_context(|| format!("cannot write {}", args.out.display()))
}

pub(crate) fn tables(args: &TablesArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let rows = data::read(&args.data, Licence::AnyOrNone)?;
    tables::print(&rows, &args.data, &args.only, args.seeds, out)
}

pub(crate) fn puzzles(args: &PuzzlesArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    for Row { id, language, text, is_ambiguous, .. } in generate::rows(args.seed, args.twins) {
        let label = u8::from(is_ambiguous);
        writeln!(out, "{}", serde_json::json!({ "id": id, "lang": language, "text": text, "label": label }))?;
    }
    Ok(())
}
