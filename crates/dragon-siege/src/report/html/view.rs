//! What the page's template fills in: every figure in words already.

mod phase;
mod scoreboard;

use serde::Serialize;

use self::phase::{PhaseView, view};
use self::scoreboard::{Row, Tile, rows, tiles};
use crate::report::model::Report;
use crate::report::sentences::{facts, verdict, verdict_line};
use crate::words;

/// The whole page.
#[derive(Debug, Serialize)]
pub(super) struct Page<'a> {
    report: &'a Report,
    verdict: &'static str,
    /// Which phases held and which did not.
    verdict_line: String,
    lasted: String,
    made_at: String,
    tiles: Vec<Tile>,
    rows: Vec<Row>,
    phases: Vec<PhaseView<'a>>,
    facts: Vec<(&'static str, String)>,
}

// === impl Page ===

impl<'a> Page<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        Self {
            verdict: verdict(report),
            verdict_line: verdict_line(report),
            lasted: words::time(report.lasted_s * 1e3),
            made_at: report.made_at.replace('T', " ").replace('Z', " UTC"),
            tiles: tiles(report),
            rows: report.phases.iter().enumerate().flat_map(|(i, phase)| rows(phase, i + 1)).collect(),
            phases: report.phases.iter().enumerate().map(|(i, phase)| view(report, phase, i + 1)).collect(),
            facts: facts(report),
            report,
        }
    }
}

fn anchor(phase_number: usize) -> String {
    format!("phase-{phase_number}")
}
