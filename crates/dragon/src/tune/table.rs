//! The result, for people.

use std::fmt::Write as _;

use super::search::{Candidate, Entry, Search, State};
use crate::computing::{attention_word, cache_word};
use crate::measuring::Mix;
use crate::measuring::results::Measured;
use crate::size::Size;

/// All candidates in the order of their speed, with a word about each.
pub(super) fn table(search: &Search, mix: Mix, batches: &[u32]) -> String {
    let mut entries: Vec<&Entry> = search.entries().iter().collect();
    let seconds = |entry: &Entry| entry.seconds().unwrap_or(f64::INFINITY);
    entries.sort_by(|a, b| seconds(a).total_cmp(&seconds(b)));
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = heading(&mut text, mix, batches);
    for entry in entries {
        let _ = row(&mut text, entry, search.recommended(), batches);
    }
    text
}

fn heading(text: &mut String, mix: Mix, batches: &[u32]) -> std::fmt::Result {
    writeln!(
        text,
        "The mix: {} requests at a time, {} prompt tokens, {} new ones.\n",
        mix.n_parallel, mix.n_prompt, mix.n_new
    )?;
    let decode: String = batches.iter().map(|batch| format!(" decode at {batch} |")).collect();
    let lines: String = batches.iter().map(|_| "---:|").collect();
    writeln!(
        text,
        "| weights | cache | flash attention | threads | piece | memory | prefill |{decode} mix | KL | equal tops | |"
    )?;
    writeln!(text, "|---|---|---|---:|---:|---:|---:|{lines}---:|---:|---:|---|")
}

fn row(text: &mut String, entry: &Entry, recommended: Candidate, batches: &[u32]) -> std::fmt::Result {
    let Candidate { computing, weights } = entry.candidate;
    write!(
        text,
        "| {} | {} | {} | {} | {} |",
        weights.word(),
        cache_word(computing.cache_type),
        attention_word(computing.flash_attention),
        computing.threads,
        computing.prefill_chunk
    )?;
    match entry.runs.last() {
        Some(run) => measured(text, run, entry.seconds().unwrap_or_default(), batches)?,
        None => write!(text, " - | - |{} - |", " - |".repeat(batches.len()))?,
    }
    match entry.divergence {
        Some(found) => write!(text, " {:.4} | {:.1} % |", found.mean_kl_nats, 100.0 * found.equal_top)?,
        None => write!(text, " - | - |")?,
    }
    let word = match entry.state {
        _ if entry.candidate == recommended => "recommended",
        State::TooFar => "loses too much",
        State::Failed => "failed",
        State::Admitted | State::NotCompared => "",
    };
    writeln!(text, " {word} |")
}

fn measured(text: &mut String, run: &Measured, seconds: f64, batches: &[u32]) -> std::fmt::Result {
    write!(text, " {} | {:.0} |", Size(run.memory_bytes), run.prefill_tok_s)?;
    for batch in batches {
        match run.decode_tok_s.iter().find(|(measured, _)| measured == batch) {
            Some((_, speed)) => write!(text, " {speed:.0} |")?,
            None => write!(text, " - |")?,
        }
    }
    write!(text, " {seconds:.2} s |")
}
