//! Our puzzles and the blind ones, by language and by kind.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::Result;

use super::super::data::{OWN, Row};
use super::super::figures::{Scored, area};
use super::super::fit::{Prepared, Weights};
use super::super::generate;
use super::{is_licensed, mean};

pub(super) fn print(rows: &[Row], n_seeds: u64, out: &mut dyn Write) -> Result<()> {
    let blind = generate::blind_rows();
    let owned: Vec<&Row> = rows.iter().filter(|row| row.source == OWN).collect();
    let languages = |row: &Row| row.language.clone();
    let kinds = |row: &Row| row.kind.clone().unwrap_or_default();
    let is_other = |row: &Row| is_licensed(&row.source) && row.source != OWN;
    writeln!(out, "\n### Puzzles\n")?;
    writeln!(
        out,
        "| set | group | trained on generated ones alone | on licensed others | kind or language left out |\n|---|---|---|---|---|"
    )?;
    for (set, held) in [(OWN, owned), (generate::BLIND_SOURCE, blind.iter().collect::<Vec<_>>())] {
        let tested = Prepared::new(held.iter().copied());
        let everything: Vec<usize> = tested.pick(|_, _| true);
        let mut alone = Vec::new();
        let mut others = Vec::new();
        let (mut by_kind, mut by_language) = (Vec::new(), Vec::new());
        for seed in 1..=n_seeds {
            let generated = generate::training_rows(seed);
            let trained = Prepared::new(rows.iter().filter(|row| is_other(row)).chain(&generated));
            let fit =
                |is_wanted: &dyn Fn(&Row) -> bool| trained.fit(&trained.pick(|_, row| is_wanted(row)), seed);
            let is_generated = |row: &Row| generate::is_generated(&row.source);
            alone.push(tested.scored(&fit(&is_generated), &everything));
            others.push(tested.scored(&fit(&|_| true), &everything));
            by_kind.push(left_out(&tested, &fit, &|row| related(&kinds(row)).to_owned()));
            by_language.push(left_out(&tested, &fit, &languages));
        }
        let mut line = |name: &str, at: &[usize], left_out: &[Vec<Scored>]| {
            let of = |runs: &[Vec<Scored>]| {
                let picked =
                    |run: &Vec<Scored>| at.iter().filter_map(|at| run.get(*at).copied()).collect::<Vec<_>>();
                mean(&runs.iter().filter_map(|run| area(&picked(run))).collect::<Vec<_>>())
            };
            writeln!(out, "| {set} | {name} | {:.3} | {:.3} | {:.3} |", of(&alone), of(&others), of(left_out))
        };
        for (group, runs) in [(&languages as &dyn Fn(&Row) -> String, &by_language), (&kinds, &by_kind)] {
            for name in groups(&tested, group) {
                line(&name, &tested.pick(|_, row| group(row) == name), runs)?;
            }
        }
        line("all, a language left out", &everything, &by_language)?;
        line("all, a kind left out", &everything, &by_kind)?;
    }
    Ok(())
}

/// Names of the groups that there are, sorted.
fn groups(tested: &Prepared, group: &dyn Fn(&Row) -> String) -> BTreeSet<String> {
    tested.rows.iter().map(|row| group(row)).collect()
}

/// Trains on the rows that are wanted.
type Fit<'a> = &'a dyn Fn(&dyn Fn(&Row) -> bool) -> Weights;

/// Scores of each group of rows from weights that saw no generated puzzle of that group.
fn left_out(tested: &Prepared, fit: Fit<'_>, group: &dyn Fn(&Row) -> String) -> Vec<Scored> {
    let mut scored = vec![(0.0, false); tested.rows.len()];
    for name in groups(tested, group) {
        let of_group = |row: &Row| group(row) == name;
        let weights = fit(&|row| !generate::is_generated(&row.source) || !of_group(row));
        let at = tested.pick(|_, row| of_group(row));
        at.iter().zip(tested.scored(&weights, &at)).for_each(|(at, one)| scored[*at] = one);
    }
    scored
}

/// One name for the kinds of our puzzles and of the generator that are about the same.
fn related(kind: &str) -> &str {
    match kind {
        "price_sign" | "sign" | "offer_condition" | "offer" => "price",
        "scope" | "each" | "adjective" | "allnot" => "scope",
        "elided_unit" | "unit" => "unit",
        other => other,
    }
}
