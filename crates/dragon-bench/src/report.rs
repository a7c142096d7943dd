//! The report, for people as Markdown and for programs as JSON.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::host::Host;
pub(crate) use crate::measure::Figures;
use crate::memory::Memory;
use crate::server::ServerFigures;

/// Everything that was measured in one run.
#[derive(Debug)]
pub(crate) struct Report {
    host: Host,
    /// Start and idle memory, where the server was started for this run.
    pub(crate) server: Option<ServerFigures>,
    /// One row per server and number of parallel requests.
    pub(crate) rows: Vec<Row>,
    /// Memory after all the load, where the server was started for this run.
    pub(crate) memory_after_load: Option<Memory>,
}

/// The figures of one server at one number of parallel requests.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Name of the server.
    pub(crate) target: String,
    /// Requests at the same time.
    pub(crate) n_parallel: usize,
    /// What was measured.
    pub(crate) figures: Figures,
}

// === impl Report ===

impl Report {
    /// A report without figures yet.
    pub(crate) fn new(host: Host) -> Self {
        Self { host, server: None, rows: Vec::new(), memory_after_load: None }
    }

    /// For people.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_markdown(&mut text);
        text
    }

    fn write_markdown(&self, text: &mut String) -> std::fmt::Result {
        self.host.write_markdown(text)?;
        if let Some(server) = &self.server {
            writeln!(text, "Version: {}", server.version)?;
            writeln!(text, "Start to ready: {} ms", server.start_to_ready.as_millis())?;
            writeln!(text, "Memory idle: {}", memory(server.idle_memory))?;
        }
        if let Some(after) = self.memory_after_load {
            writeln!(text, "Memory after the load: {}", memory(after))?;
        }
        writeln!(text)?;
        writeln!(
            text,
            "| server | parallel | answers | tok/s | against 1 | tok/s per stream | first token p50 | p95 |"
        )?;
        writeln!(text, "|---|---:|---:|---:|---:|---:|---:|---:|")?;
        self.rows.iter().try_for_each(|row| self.write_row(text, row))
    }

    fn write_row(&self, text: &mut String, row: &Row) -> std::fmt::Result {
        let figures = &row.figures;
        let gain = self
            .single(&row.target)
            .map_or("".to_owned(), |one| format!("{:.2}x", figures.tokens_per_s / one));
        writeln!(
            text,
            "| {} | {} | {} | {:.1} | {gain} | {:.1} | {} ms | {} ms |",
            row.target,
            row.n_parallel,
            figures.n_answers,
            figures.tokens_per_s,
            figures.stream_tokens_per_s,
            figures.first_token_p50.as_millis(),
            figures.first_token_p95.as_millis(),
        )
    }

    /// Tokens per second of the same server with one request at a time.
    fn single(&self, target: &str) -> Option<f64> {
        let row = self.rows.iter().find(|row| row.target == target && row.n_parallel == 1)?;
        Some(row.figures.tokens_per_s).filter(|speed| *speed > 0.0)
    }

    /// For programs.
    fn json(&self) -> Value {
        let host = &self.host;
        json!({
            "unix_seconds": host.unix_seconds,
            "cpu": host.cpu,
            "extensions": host.extensions,
            "cores": host.n_cores,
            "load_before": host.load_before,
            "command": host.command,
            "version": self.server.as_ref().map(|server| server.version.clone()),
            "start_to_ready_ms": self.server.as_ref().map(|server| server.start_to_ready.as_secs_f64() * 1e3),
            "memory_idle": self.server.as_ref().map(|server| memory_json(server.idle_memory)),
            "memory_after_load": self.memory_after_load.map(memory_json),
            "rows": self.rows.iter().map(row_json).collect::<Vec<_>>(),
        })
    }

    /// Writes both forms into `folder`; returns their paths.
    pub(crate) fn write_to(&self, folder: &Path) -> Result<[PathBuf; 2]> {
        write_both(folder, &format!("bench-{}", self.host.unix_seconds), &self.markdown(), &self.json())
    }
}

/// Writes a report for people and for programs into `folder`; returns both paths.
pub(crate) fn write_both(folder: &Path, stem: &str, markdown: &str, json: &Value) -> Result<[PathBuf; 2]> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let paths = [folder.join(format!("{stem}.md")), folder.join(format!("{stem}.json"))];
    for (path, text) in paths.iter().zip([markdown, &format!("{json:#}\n")]) {
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(paths)
}

fn row_json(row: &Row) -> Value {
    let figures = &row.figures;
    json!({
        "target": row.target,
        "parallel": row.n_parallel,
        "answers": figures.n_answers,
        "prompt_tokens": figures.prompt_tokens,
        "tokens_per_s": figures.tokens_per_s,
        "stream_tokens_per_s": figures.stream_tokens_per_s,
        "first_token_p50_ms": figures.first_token_p50.as_secs_f64() * 1e3,
        "first_token_p95_ms": figures.first_token_p95.as_secs_f64() * 1e3,
    })
}

fn memory(memory: Memory) -> String {
    let mib = |bytes: Option<u64>| bytes.map_or("unknown".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
    format!("server {}, engine {}", mib(memory.server), mib(memory.engines))
}

fn memory_json(memory: Memory) -> Value {
    json!({"server_bytes": memory.server, "engines_bytes": memory.engines})
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn row(n_parallel: usize, tokens_per_s: f64) -> Row {
        let first = Duration::from_millis(40);
        let figures = Figures {
            n_answers: 3,
            tokens_per_s,
            stream_tokens_per_s: 50.0,
            first_token_p50: first,
            first_token_p95: first,
            prompt_tokens: 30.0,
        };
        Row { target: "dragon".into(), n_parallel, figures }
    }

    fn report() -> Report {
        let mut report = Report::new(Host::read());
        report.rows = vec![row(1, 60.0), row(8, 150.0)];
        report
    }

    #[test]
    fn the_table_compares_with_one_request() {
        let text = report().markdown();
        assert!(text.contains("| dragon | 8 | 3 | 150.0 | 2.50x | 50.0 | 40 ms | 40 ms |"), "{text}");
    }

    #[test]
    fn both_forms_are_written() {
        let folder = std::env::temp_dir().join(format!("dragon-bench-test-{}", std::process::id()));
        let [markdown, json] = report().write_to(&folder).unwrap();
        let value: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
        assert_eq!(value.pointer("/rows/1/tokens_per_s"), Some(&json!(150.0)));
        assert!(fs::read_to_string(markdown).unwrap().contains("CPU"));
        fs::remove_dir_all(folder).unwrap();
    }
}
