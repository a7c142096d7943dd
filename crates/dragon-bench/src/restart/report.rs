//! The restarts as a table for people and as JSON for programs.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};

use super::streams::{Kills, Share};
use crate::host::Host;
use crate::measure::Spread;
use crate::report::write_both;

/// Everything that was found.
#[derive(Debug)]
pub(super) struct Report {
    host: Host,
    seed: u64,
    pub(super) version: String,
    /// How the server computes, in its own words.
    pub(super) computing: String,
    pub(super) rows: Vec<Row>,
    pub(super) memory: Vec<MemoryShare>,
}

/// Kills of one kind.
#[derive(Debug)]
pub(super) struct Row {
    /// The setting.
    pub(super) standby: &'static str,
    pub(super) scene: &'static str,
    pub(super) kills: Kills,
}

/// What engines hold of the machine's memory after one question, in bytes; `None` where it is not told.
#[derive(Debug, Clone, Copy)]
pub(super) struct MemoryShare {
    /// The setting.
    pub(super) standby: &'static str,
    pub(super) serving: Option<u64>,
    pub(super) second: Option<u64>,
}

// === impl Report ===

impl Report {
    pub(super) fn new(host: Host, seed: u64) -> Self {
        Self {
            host,
            seed,
            version: String::new(),
            computing: String::new(),
            rows: Vec::new(),
            memory: Vec::new(),
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
        writeln!(text, "Dragon: {}; {}", self.version, self.computing)?;
        writeln!(text, "Dice: {}\n", self.seed)?;
        writeln!(text, "| standby | killed | from the kill to | n | min | median | p95 | max |")?;
        writeln!(text, "|---|---|---|---:|---:|---:|---:|---:|")?;
        for row in &self.rows {
            for (what, spread) in row.figures().into_iter().filter(|(_, spread)| spread.n > 0) {
                let Spread { n, min, median, p95, max } = spread;
                let (standby, scene) = (row.standby, row.scene);
                writeln!(
                    text,
                    "| {standby} | {scene} | {what} | {n} | {min:.0} ms | {median:.0} ms | {p95:.0} ms | {max:.0} ms |"
                )?;
            }
        }
        for row in self.rows.iter().filter(|row| row.kills.equal_undisturbed.of > 0) {
            let Kills { equal, equal_undisturbed, n_missed, .. } = &row.kills;
            writeln!(
                text,
                "\nStandby {}, {}: {} texts equal to the undisturbed one, {} of the undisturbed ones to each other; {n_missed} streams were over before the kill.",
                row.standby,
                row.scene,
                equal.words(),
                equal_undisturbed.words(),
            )?;
        }
        for share in &self.memory {
            let second =
                share.second.map_or(String::new(), |bytes| format!(", the second one {}", mib(Some(bytes))));
            writeln!(
                text,
                "\nStandby {}: of the machine's memory the engine holds {}{second} (shared pages divided).",
                share.standby,
                mib(share.serving)
            )?;
        }
        if let Some(cost) = self.cost_of_standby() {
            writeln!(text, "\nThe second engine costs {}.", mib(Some(cost)))?;
        }
        Ok(())
    }

    /// What two engines hold more than one alone, where both were measured.
    fn cost_of_standby(&self) -> Option<u64> {
        let alone = self.memory.iter().find(|share| share.second.is_none())?.serving?;
        let both = self.memory.iter().find(|share| share.second.is_some())?;
        (both.serving? + both.second?).checked_sub(alone)
    }

    fn json(&self) -> Value {
        let host = &self.host;
        json!({
            "unix_seconds": host.unix_seconds,
            "cpu": host.cpu,
            "extensions": host.extensions,
            "cores": host.n_cores,
            "load_before": host.load_before,
            "command": host.command,
            "version": self.version,
            "computing": self.computing,
            "seed": self.seed,
            "rows": self.rows.iter().map(Row::json).collect::<Vec<_>>(),
            "memory": self.memory.iter().map(|share| json!({
                "standby": share.standby,
                "serving_bytes": share.serving,
                "second_bytes": share.second,
            })).collect::<Vec<_>>(),
            "standby_costs_bytes": self.cost_of_standby(),
        })
    }

    /// Writes both forms into `folder`; returns their paths.
    pub(super) fn write_to(&self, folder: &Path) -> Result<[PathBuf; 2]> {
        write_both(folder, &format!("restart-{}", self.host.unix_seconds), &self.markdown(), &self.json())
    }
}

fn mib(bytes: Option<u64>) -> String {
    bytes.map_or("an unknown amount".to_owned(), |bytes| format!("{} MiB", bytes >> 20))
}

// === impl Row ===

impl Row {
    fn figures(&self) -> [(&'static str, Spread); 3] {
        [
            ("ready", Spread::of(&self.kills.ready_ms)),
            ("next new text", Spread::of(&self.kills.new_text_ms)),
            ("(whole gap of the stream)", Spread::of(&self.kills.gap_ms)),
        ]
    }

    fn json(&self) -> Value {
        let share = |share: Share| json!({"n": share.n, "of": share.of});
        json!({
            "standby": self.standby,
            "scene": self.scene,
            "ready_ms": self.kills.ready_ms,
            "new_text_ms": self.kills.new_text_ms,
            "gap_ms": self.kills.gap_ms,
            "missed": self.kills.n_missed,
            "equal": share(self.kills.equal),
            "equal_undisturbed": share(self.kills.equal_undisturbed),
        })
    }
}

// === impl Share ===

impl Share {
    fn words(self) -> String {
        format!("{} of {}", self.n, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(standby: &'static str, serving: u64, second: Option<u64>) -> MemoryShare {
        MemoryShare { standby, serving: Some(serving << 20), second: second.map(|mib| mib << 20) }
    }

    #[test]
    fn a_second_engine_costs_what_both_hold_more_than_one() {
        let mut report = Report::new(Host::read(), 7);
        report.memory = vec![share("off", 300, None)];
        assert_eq!(report.cost_of_standby(), None);
        report.memory.push(share("on", 250, Some(240)));
        assert_eq!(report.cost_of_standby(), Some(190 << 20));
        assert!(report.markdown().contains("The second engine costs 190 MiB."));
    }

    #[test]
    fn what_was_not_measured_has_no_line() {
        let mut report = Report::new(Host::read(), 7);
        let kills = Kills { ready_ms: vec![100.0, 130.4, 120.0], ..Kills::default() };
        report.rows.push(Row { standby: "off", scene: "at rest", kills });
        let text = report.markdown();
        assert!(text.contains("| off | at rest | ready | 3 | 100 ms | 120 ms | 130 ms | 130 ms |"), "{text}");
        assert!(!text.contains("next new text"), "{text}");
        assert_eq!(report.json().pointer("/rows/0/ready_ms/1"), Some(&json!(130.4)));
    }
}
