//! Each source, trained on a part of itself and tested on the rest.

use std::io::Write;

use anyhow::Result;

use super::super::data::Row;
use super::super::figures::{Scored, area, half_width, recall_at};
use super::super::fit::Prepared;
use super::super::folds::{N_FOLDS, folds};
use super::{mean, of_source, sources};

pub(super) fn print(rows: &[Row], n_seeds: u64, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "\n### Like for like ({n_seeds} seeds)\n")?;
    writeln!(out, "| source | how | AUROC | recall at 1 % / 5 % false alarms |\n|---|---|---|---|")?;
    for source in sources(rows) {
        let prepared = of_source(rows, &source);
        let has_split = prepared.rows.iter().any(|row| row.split.is_some());
        let (mut areas, mut low, mut high) = (Vec::new(), Vec::new(), Vec::new());
        for seed in 1..=n_seeds {
            let scored = if has_split { split_scores(&prepared, seed) } else { fold_scores(&prepared, seed) };
            areas.extend(area(&scored));
            low.push(recall_at(&scored, 0.01));
            high.push(recall_at(&scored, 0.05));
        }
        let how = if has_split { "train part to dev part" } else { "5 folds, twins together" };
        let tested = prepared.rows.iter().filter(|row| !has_split || !is_train(row));
        let (positive, negative): (Vec<&Row>, Vec<&Row>) = tested.copied().partition(|row| row.is_ambiguous);
        let area = mean(&areas);
        let width = half_width(area, positive.len(), negative.len());
        let (low, high) = (mean(&low), mean(&high));
        writeln!(out, "| {source} | {how} | {area:.3} ±{width:.3} | {low:.3} / {high:.3} |")?;
    }
    Ok(())
}

fn is_train(row: &Row) -> bool {
    row.split.as_deref() == Some("train")
}

fn split_scores(prepared: &Prepared, seed: u64) -> Vec<Scored> {
    let weights = prepared.fit(&prepared.pick(|_, row| is_train(row)), seed);
    prepared.scored(&weights, &prepared.pick(|_, row| !is_train(row)))
}

/// Areas of small folds are noisy, and sums of models that are alike have the same zero: they are pooled.
fn fold_scores(prepared: &Prepared, seed: u64) -> Vec<Scored> {
    let folds = folds(&prepared.rows, seed);
    let of_fold = |fold: usize| {
        let weights = prepared.fit(&prepared.pick(|at, _| folds[at] != fold), seed);
        prepared.scored(&weights, &prepared.pick(|at, _| folds[at] == fold))
    };
    (0..N_FOLDS).flat_map(of_fold).collect()
}
