//! How far a score can be taken for a probability.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;

use super::super::fit::{self, HeldBack, Prepared};

/// Bins of a tenth each.
const N_BINS: usize = 10;

/// Rows of one source in one bin.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    n_rows: usize,
    n_ambiguous: usize,
    scores: f64,
}

pub(super) fn print(prepared: &Prepared, held: &[HeldBack], out: &mut dyn Write) -> Result<()> {
    let mut by_source: BTreeMap<&str, [Count; N_BINS]> = BTreeMap::new();
    for (score, row) in scores(prepared, held) {
        let bins = by_source.entry(&row.source).or_default();
        let count = &mut bins[bin(score)];
        count.n_rows += 1;
        count.n_ambiguous += usize::from(row.is_ambiguous);
        count.scores += score;
    }
    let names: Vec<&str> = by_source.keys().copied().collect();
    writeln!(out, "\n### Reliability\n")?;
    writeln!(out, "| score | rows | ambiguous, each source counting alike | {} |", names.join(" | "))?;
    writeln!(out, "|{}", "---|".repeat(3 + names.len()))?;
    let mut error = 0.0;
    for bin in 0..N_BINS {
        let counts: Vec<Count> = by_source.values().map(|bins| bins[bin]).collect();
        let totals = by_source.values().map(|bins| bins.iter().map(|count| count.n_rows).sum::<usize>());
        // Each source weighs 1 in all bins together.
        let (mut weight, mut ambiguous, mut scores) = (0.0, 0.0, 0.0);
        for (count, total) in counts.iter().zip(totals) {
            weight += count.n_rows as f64 / total as f64;
            ambiguous += count.n_ambiguous as f64 / total as f64;
            scores += count.scores / total as f64;
        }
        error += (ambiguous - scores).abs() / names.len() as f64;
        let (low, high) = (bin as f64 / N_BINS as f64, (bin + 1) as f64 / N_BINS as f64);
        let n_rows: usize = counts.iter().map(|count| count.n_rows).sum();
        let cells: Vec<String> = counts.iter().map(Count::to_string).collect();
        let share = ambiguous / weight;
        writeln!(out, "| {low:.1} to {high:.1} | {n_rows} | {share:.2} | {} |", cells.join(" | "))?;
    }
    writeln!(out, "\nExpected calibration error: {error:.3}")?;
    Ok(())
}

/// Scores of one half of the rows that were held back under a curve that was drawn through the other half.
fn scores<'a>(prepared: &Prepared<'a>, held: &[HeldBack]) -> Vec<(f64, &'a super::Row)> {
    let mut scores = Vec::new();
    for half in [false, true] {
        let is_tested = |held: &&HeldBack| is_second_half(prepared.rows[held.at].group()) == half;
        let (tested, others): (Vec<&HeldBack>, Vec<&HeldBack>) = held.iter().partition(is_tested);
        let curve = fit::calibration(prepared, others);
        #[expect(clippy::cast_possible_truncation, reason = "a sum of some units")]
        let score = |held: &HeldBack| f64::from(curve.probability(held.sum as f32));
        scores.extend(tested.into_iter().map(|held| (score(held), prepared.rows[held.at])));
    }
    scores
}

/// Twins fall into the same half.
fn is_second_half(group: &str) -> bool {
    group.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) / 7 % 2 == 1
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a score from 0 to 1")]
fn bin(score: f64) -> usize {
    ((score * N_BINS as f64) as usize).min(N_BINS - 1)
}

// === impl Count ===

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.n_rows {
            0 => f.write_str("-"),
            n_rows => write!(f, "{:.2} of {n_rows}", self.n_ambiguous as f64 / n_rows as f64),
        }
    }
}
