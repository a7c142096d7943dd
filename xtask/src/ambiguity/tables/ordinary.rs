//! How many ordinary prompts the score takes for ambiguous, with the weights that ship.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use dragon_guard::Language;
use dragon_guard::ambiguity::score;
use dragon_guard::readings::readings;

use super::super::data::{self, OWN, Row};
use super::super::generate;

/// Scores from which something might be done.
const THRESHOLDS: [f32; 3] = [0.5, 0.8, 0.9];

pub(super) fn print(rows: &[Row], folder: &Path, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "\n### Ordinary prompts\n")?;
    writeln!(
        out,
        "| prompts | n | at least 0.5 | 0.8 | 0.9 | 0.8 and readings |\n|---|---|---|---|---|---|"
    )?;
    for (name, problems) in data::problems(folder)? {
        line(&name, &problems, out)?;
    }
    let blind = generate::blind_rows();
    for (name, rows) in [("own puzzles", rows), ("blind puzzles", &blind)] {
        for is_ambiguous in [true, false] {
            let is_its = |row: &&Row| {
                row.is_ambiguous == is_ambiguous
                    && matches!(row.source.as_str(), OWN | generate::BLIND_SOURCE)
            };
            let texts: Vec<String> = rows.iter().filter(is_its).map(|row| row.text.clone()).collect();
            let kind = if is_ambiguous { "ambiguous" } else { "clear" };
            line(&format!("{name}, {kind}"), &texts, out)?;
        }
    }
    Ok(())
}

fn line(name: &str, prompts: &[String], out: &mut dyn Write) -> Result<()> {
    let scores: Vec<f32> = prompts.iter().map(|prompt| score(prompt)).collect();
    let share = |n: usize| 100.0 * n as f64 / prompts.len().max(1) as f64;
    let above = |threshold: f32| share(scores.iter().filter(|score| **score >= threshold).count());
    let [low, middle, high] = THRESHOLDS.map(above);
    let acted = prompts.iter().zip(&scores).filter(|(prompt, score)| {
        **score >= THRESHOLDS[1] && !readings(prompt, Language::of(prompt)).is_empty()
    });
    let acted = share(acted.count());
    writeln!(
        out,
        "| {name} | {} | {low:.0} % | {middle:.0} % | {high:.0} % | {acted:.0} % |",
        prompts.len()
    )?;
    Ok(())
}
