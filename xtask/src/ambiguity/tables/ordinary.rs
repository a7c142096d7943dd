//! How many ordinary prompts the score takes for ambiguous, with the weights that ship.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use dragon_guard::Language;
use dragon_guard::ambiguity::score;
use dragon_guard::assessment::Assessment;
use dragon_guard::readings::readings;

use super::super::data::{self, OWN, Row};
use super::super::generate;

/// Of texts that are no prompts so much is looked at, as if somebody had asked about it.
const N_HEAD: usize = 900;

/// Scores from which something might be done.
const THRESHOLDS: [f32; 3] = [0.5, 0.8, 0.9];

pub(super) fn print(rows: &[Row], folder: &Path, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "\n### Ordinary prompts\n")?;
    writeln!(out, "| prompts | n | at least 0.5 | 0.8 | 0.9 | acted on |\n|---|---|---|---|---|---|")?;
    for (name, problems) in data::texts(folder, "landing", "problem")? {
        line(&name, &problems, out)?;
    }
    for (name, texts) in data::texts(folder, "attacks", "text")? {
        line(&name, &texts, out)?;
    }
    for (name, texts) in data::texts(folder, "legit", "text")? {
        let heads: Vec<String> = texts.iter().map(|text| text.chars().take(N_HEAD).collect()).collect();
        line(&format!("{name}, their first {N_HEAD} characters"), &heads, out)?;
    }
    for source in super::sources(rows).iter().filter(|source| *source != OWN) {
        for is_ambiguous in [true, false] {
            let is_its = |row: &&Row| row.is_ambiguous == is_ambiguous && row.source == *source;
            let texts: Vec<String> = rows.iter().filter(is_its).map(|row| row.text.clone()).collect();
            let seen = if super::is_licensed(source) { " (trained on)" } else { "" };
            line(&format!("{source}, {}{seen}", kind(is_ambiguous)), &texts, out)?;
        }
    }
    let blind = generate::blind_rows();
    for (name, rows) in [("own puzzles", rows), ("blind puzzles", &blind)] {
        for is_ambiguous in [true, false] {
            let is_its = |row: &&Row| {
                row.is_ambiguous == is_ambiguous
                    && matches!(row.source.as_str(), OWN | generate::BLIND_SOURCE)
            };
            let texts: Vec<String> = rows.iter().filter(is_its).map(|row| row.text.clone()).collect();
            line(&format!("{name}, {}", kind(is_ambiguous)), &texts, out)?;
        }
    }
    Ok(())
}

const fn kind(is_ambiguous: bool) -> &'static str {
    if is_ambiguous { "ambiguous" } else { "clear" }
}

fn line(name: &str, prompts: &[String], out: &mut dyn Write) -> Result<()> {
    let scores: Vec<f32> = prompts.iter().map(|prompt| score(prompt)).collect();
    let share = |n: usize| 100.0 * n as f64 / prompts.len().max(1) as f64;
    let above = |threshold: f32| share(scores.iter().filter(|score| **score >= threshold).count());
    let [low, middle, high] = THRESHOLDS.map(above);
    let acted = prompts.iter().zip(&scores).filter(|(prompt, score)| {
        Assessment::new(**score, readings(prompt, Language::of(prompt))).is_ambiguous()
    });
    let acted = share(acted.count());
    writeln!(
        out,
        "| {name} | {} | {low:.1} % | {middle:.1} % | {high:.1} % | {acted:.1} % |",
        prompts.len()
    )?;
    Ok(())
}
