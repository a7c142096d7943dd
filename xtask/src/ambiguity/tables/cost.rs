//! Time per prompt.

use std::io::Write;
use std::time::Instant;

use anyhow::Result;
use dragon_guard::Language;
use dragon_guard::ambiguity::{Model, score, shipped};
use dragon_guard::readings::readings;

use super::super::data::Row;

/// Times of single prompts, in microseconds.
pub(super) fn print(rows: &[Row], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "\n### Cost\n\n| what | prompts | p50 µs | p99 µs | longest µs |\n|---|---|---|---|---|")?;
    let long: Vec<String> = rows
        .chunks(rows.len() / 200)
        .map(|rows| rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>().join("\n"))
        .collect();
    let short: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    for (name, prompts) in [("prompts of the data", &short), ("prompts of some kilobytes", &long)] {
        times(
            &format!("score, {name}"),
            prompts,
            |prompt| {
                std::hint::black_box(score(prompt));
            },
            out,
        )?;
        times(
            &format!("readings, {name}"),
            prompts,
            |prompt| {
                std::hint::black_box(readings(prompt, Language::of(prompt)));
            },
            out,
        )?;
    }
    let bytes = shipped().to_bytes();
    let started_at = Instant::now();
    let _ = std::hint::black_box(Model::parse(&bytes));
    writeln!(out, "\nWeights: {} bytes, read in {} µs", bytes.len(), started_at.elapsed().as_micros())?;
    Ok(())
}

/// Times that each prompt is measured; the shortest counts.
const N_TIMES: usize = 5;

fn times(name: &str, prompts: &[&str], work: impl Fn(&str), out: &mut dyn Write) -> Result<()> {
    prompts.iter().take(100).for_each(|prompt| work(prompt));
    let once = |prompt: &&str| {
        let started_at = Instant::now();
        work(prompt);
        started_at.elapsed().as_nanos() as f64 / 1000.0
    };
    // Of several, so that what else runs on the machine does not count.
    let time = |prompt: &&str| (0..N_TIMES).map(|_| once(prompt)).fold(f64::INFINITY, f64::min);
    let mut times: Vec<f64> = prompts.iter().map(time).collect();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
        let place = (share * (times.len() - 1) as f64) as usize;
        times[place]
    };
    writeln!(out, "| {name} | {} | {:.0} | {:.0} | {:.0} |", prompts.len(), at(0.5), at(0.99), at(1.0))?;
    Ok(())
}
