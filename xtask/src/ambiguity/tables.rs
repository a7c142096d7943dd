//! The tables of docs/GUARD.md about ambiguity and readings.

mod cost;
mod like_for_like;
mod ordinary;
mod puzzles;
mod readings;
mod reliability;
mod shipped;
mod unseen;

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;

use super::data::{OWN, Row};
use super::fit::Prepared;
use super::generate;

/// What to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Table {
    /// Each source, trained on a part of itself.
    LikeForLike,
    /// Each source, trained on all others.
    Unseen,
    /// Our puzzles by language and by kind.
    Puzzles,
    /// For how many puzzles readings are found.
    Readings,
    /// The weights that ship, by source, and how far their score can be taken for a probability.
    Shipped,
    /// How many ordinary prompts are taken for ambiguous.
    Ordinary,
    /// Time per prompt.
    Cost,
}

/// Decides folds and generated puzzles where one run says enough.
const SEED: u64 = 1;

pub(super) fn print(
    rows: &[Row],
    folder: &Path,
    only: &[Table],
    n_seeds: u64,
    out: &mut dyn Write,
) -> Result<()> {
    for table in Table::value_variants() {
        if !only.is_empty() && !only.contains(table) {
            continue;
        }
        match table {
            Table::LikeForLike => like_for_like::print(rows, n_seeds, out)?,
            Table::Unseen => unseen::print(rows, out)?,
            Table::Puzzles => puzzles::print(rows, n_seeds, out)?,
            Table::Readings => readings::print(rows, out)?,
            Table::Shipped => shipped::print(rows, out)?,
            Table::Ordinary => ordinary::print(rows, folder, out)?,
            Table::Cost => cost::print(rows, out)?,
        }
    }
    Ok(())
}

/// Names of all sources, sorted.
fn sources<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<String> {
    let names: std::collections::BTreeSet<&str> = rows.into_iter().map(|row| row.source.as_str()).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Whether the weights that ship may learn from a source: its files have a stated licence, or it is ours.
fn is_licensed(source: &str) -> bool {
    matches!(source, "ambignq" | "umwp" | "coconot" | OWN) || generate::is_generated(source)
}

/// Rows of one source, prepared.
fn of_source<'a>(rows: &'a [Row], source: &str) -> Prepared<'a> {
    Prepared::new(rows.iter().filter(|row| row.source == source))
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}
