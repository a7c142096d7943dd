//! The comparison as a table for people and as JSON for programs.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};

use super::bare::Bare;
use super::window::Seen;
use crate::host::Host;
use crate::report::write_both;

/// Everything that was found.
#[derive(Debug)]
pub(super) struct Comparison {
    host: Host,
    peer_version: String,
    pub(super) dragon_version: String,
    /// How dragon computes, in its own words.
    pub(super) computing: String,
    pub(super) pairs: Vec<Pair>,
    pub(super) bare: Vec<Bare>,
    pub(super) facts: Vec<Fact>,
}

/// Neighbours in time: the same work, one server after the other.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) case: String,
    pub(super) n_parallel: usize,
    pub(super) dragon: Seen,
    pub(super) peer: Seen,
}

/// Something measured on dragon alone.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    what: String,
    result: String,
}

// === impl Fact ===

impl Fact {
    pub(super) fn new(what: String, result: String) -> Self {
        Self { what, result }
    }
}

// === impl Comparison ===

impl Comparison {
    pub(super) fn new(host: Host, peer_version: String) -> Self {
        Self {
            host,
            peer_version,
            dragon_version: String::new(),
            computing: String::new(),
            pairs: Vec::new(),
            bare: Vec::new(),
            facts: Vec::new(),
        }
    }

    pub(super) fn markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_markdown(&mut text);
        text
    }

    fn write_markdown(&self, text: &mut String) -> std::fmt::Result {
        self.host.write_markdown(text)?;
        writeln!(text, "Dragon: {}; {}", self.dragon_version, self.computing)?;
        writeln!(text, "Peer: llama-server, {}, its own defaults\n", self.peer_version)?;
        if !self.pairs.is_empty() {
            writeln!(
                text,
                "| case | dragon tok/s | peer tok/s | ratio (range) | decode, dragon | decode, peer | first token p50, dragon | peer | gap p99, dragon | peer |"
            )?;
            writeln!(text, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")?;
            self.cases().into_iter().try_for_each(|case| self.write_case(text, &case))?;
        }
        if !self.bare.is_empty() {
            writeln!(
                text,
                "\n| batch | dragon, decode at the client | bare loop | served / bare | llama-batched-bench |"
            )?;
            writeln!(text, "|---:|---:|---:|---:|---:|")?;
            self.bare.iter().try_for_each(|bare| self.write_bare(text, bare))?;
        }
        if !self.facts.is_empty() {
            writeln!(text, "\n| dragon alone | |\n|---|---|")?;
            self.facts.iter().try_for_each(|fact| writeln!(text, "| {} | {} |", fact.what, fact.result))?;
        }
        Ok(())
    }

    fn write_case(&self, text: &mut String, case: &str) -> std::fmt::Result {
        let pairs: Vec<&Pair> = self.pairs.iter().filter(|pair| pair.case == case).collect();
        let of = |value: fn(&Seen) -> f64| {
            (
                median(pairs.iter().map(|pair| value(&pair.dragon))),
                median(pairs.iter().map(|pair| value(&pair.peer))),
            )
        };
        let ratios: Vec<f64> = pairs.iter().map(|pair| pair.dragon.tok_s / pair.peer.tok_s).collect();
        let (low, high) = ratios
            .iter()
            .fold((f64::INFINITY, 0.0_f64), |(low, high), ratio| (low.min(*ratio), high.max(*ratio)));
        let (tok_s, decode) = (of(|seen| seen.tok_s), of(|seen| seen.decode_tok_s));
        let (first, gap) = (of(|seen| seen.first_text_ms_p50), of(|seen| seen.gap_ms_p99));
        writeln!(
            text,
            "| {case} | {:.1} | {:.1} | {:.2} ({low:.2} to {high:.2}) | {:.1} | {:.1} | {:.0} ms | {:.0} ms | {:.0} ms | {:.0} ms |",
            tok_s.0,
            tok_s.1,
            median(ratios.iter().copied()),
            decode.0,
            decode.1,
            first.0,
            first.1,
            gap.0,
            gap.1
        )
    }

    fn write_bare(&self, text: &mut String, bare: &Bare) -> std::fmt::Result {
        let is_short = |pair: &&Pair| pair.n_parallel == bare.n_batch && pair.case.starts_with("short,");
        let served = median(self.pairs.iter().filter(is_short).map(|pair| pair.dragon.decode_tok_s));
        let other = bare.batched_bench_tok_s.map_or("-".to_owned(), |speed| format!("{speed:.1}"));
        writeln!(
            text,
            "| {} | {served:.1} | {:.1} | {:.2} | {other} |",
            bare.n_batch,
            bare.engine_tok_s,
            served / bare.engine_tok_s
        )
    }

    /// In the order in which they were measured.
    fn cases(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        self.pairs.iter().filter(|pair| seen.insert(&pair.case)).map(|pair| pair.case.clone()).collect()
    }

    fn json(&self) -> Value {
        let bare = self.bare.iter().map(|bare| {
            json!({"batch": bare.n_batch, "engine_tok_s": bare.engine_tok_s, "batched_bench_tok_s": bare.batched_bench_tok_s})
        });
        let pairs = self.pairs.iter().map(|pair| {
            json!({"case": pair.case, "parallel": pair.n_parallel, "dragon": seen_json(&pair.dragon), "peer": seen_json(&pair.peer)})
        });
        json!({
            "unix_seconds": self.host.unix_seconds,
            "cpu": self.host.cpu,
            "extensions": self.host.extensions,
            "cores": self.host.n_cores,
            "load_before": self.host.load_before,
            "command": self.host.command,
            "dragon": self.dragon_version,
            "computing": self.computing,
            "peer": self.peer_version,
            "pairs": pairs.collect::<Vec<_>>(),
            "bare": bare.collect::<Vec<_>>(),
            "alone": self.facts.iter().map(|fact| json!({"what": fact.what, "result": fact.result})).collect::<Vec<_>>(),
        })
    }

    /// Writes both forms into `folder`; returns their paths.
    pub(super) fn write_to(&self, folder: &Path) -> Result<[PathBuf; 2]> {
        write_both(folder, &format!("compare-{}", self.host.unix_seconds), &self.markdown(), &self.json())
    }
}

fn seen_json(seen: &Seen) -> Value {
    json!({
        "tok_s": seen.tok_s,
        "decode_tok_s": seen.decode_tok_s,
        "first_text_ms_p50": seen.first_text_ms_p50,
        "first_text_ms_p95": seen.first_text_ms_p95,
        "gap_ms_p50": seen.gap_ms_p50,
        "gap_ms_p99": seen.gap_ms_p99,
        "answers": seen.n_answers,
        "prompt_tokens": seen.n_prompt_tokens,
        "cached_tokens": seen.n_cached,
    })
}

/// The middle value, or the mean of the two in the middle; 0 for none.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.as_slice() {
        [] => 0.0,
        values if values.len().is_multiple_of(2) => f64::midpoint(values[half - 1], values[half]),
        values => values[half],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(tok_s: f64) -> Seen {
        Seen {
            tok_s,
            decode_tok_s: tok_s,
            first_text_ms_p50: 1.0,
            first_text_ms_p95: 1.0,
            gap_ms_p50: 1.0,
            gap_ms_p99: 1.0,
            n_answers: 1,
            n_prompt_tokens: 30.0,
            n_cached: 0,
        }
    }

    fn comparison() -> Comparison {
        let mut comparison = Comparison::new(Host::read(), "version 1".to_owned());
        for (dragon, peer) in [(300.0, 200.0), (400.0, 200.0), (250.0, 250.0)] {
            let case = "short, 8 parallel".to_owned();
            comparison.pairs.push(Pair { case, n_parallel: 8, dragon: seen(dragon), peer: seen(peer) });
        }
        comparison.bare.push(Bare { n_batch: 8, engine_tok_s: 320.0, batched_bench_tok_s: None });
        comparison
    }

    #[test]
    fn ratios_are_those_of_neighbours_with_their_range() {
        let text = comparison().markdown();
        assert!(text.contains("| short, 8 parallel | 300.0 | 200.0 | 1.50 (1.00 to 2.00) |"), "{text}");
        assert!(text.contains("| 8 | 300.0 | 320.0 | 0.94 | - |"), "{text}");
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median([3.0, 1.0].into_iter()), 2.0);
        assert_eq!(median([5.0, 1.0, 3.0].into_iter()), 3.0);
        assert_eq!(median(std::iter::empty()), 0.0);
    }

    #[test]
    fn both_forms_are_written() {
        let folder = std::env::temp_dir().join(format!("dragon-compare-test-{}", std::process::id()));
        let [_, json] = comparison().write_to(&folder).unwrap();
        let value: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
        assert_eq!(value.pointer("/pairs/1/dragon/tok_s"), Some(&json!(400.0)));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
