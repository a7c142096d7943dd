//! The scoreboard of the stage: attack and bystander, counts and percentiles.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Cell, Row, Table};

use super::{COLUMNS, quiet};
use crate::live::plain::at_percentile;
use crate::report::model::{Counts, Latency};
use crate::snapshot::Snapshot;
use crate::words::{compact, time};

/// Percentiles and their names, the least important last: a narrow screen leaves those out.
const PERCENTILES: [(f64, &str); 5] =
    [(50.0, "p50"), (95.0, "p95"), (99.0, "p99"), (100.0, "max"), (99.9, "p99.9")];

/// Who is served, at the left.
const WHO_WIDTH: u16 = 9;
/// All requests, and each column of the scoreboard: wide enough for their names.
const COUNT_WIDTHS: [u16; 5] = [8, 7, 7, 8, 7];
/// A time.
const TIME_WIDTH: u16 = 7;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let counts_width: u16 = COUNT_WIDTHS.iter().map(|width| width + 1).sum();
    let room = area.width.saturating_sub(WHO_WIDTH + counts_width) / (TIME_WIDTH + 1);
    let mut percentiles = PERCENTILES.get(..usize::from(room)).unwrap_or(&PERCENTILES).to_vec();
    percentiles.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let mut names = vec!["requests"];
    names.extend(COLUMNS.map(|(name, _)| name));
    names.extend(percentiles.iter().map(|(_, name)| *name));
    let heads = std::iter::once(Cell::from("")).chain(names.into_iter().map(|name| right(name.to_owned())));
    let rows = [
        row("attack", &snapshot.attack, &snapshot.latency, &percentiles),
        row("bystander", &snapshot.bystander, &snapshot.bystander_latency, &percentiles),
    ];
    let counts_and_times = COUNT_WIDTHS.into_iter().chain(percentiles.iter().map(|_| TIME_WIDTH));
    let widths = std::iter::once(WHO_WIDTH).chain(counts_and_times).map(Constraint::Length);
    let table = Table::new(rows, widths).header(Row::new(heads).style(quiet()));
    frame.render_widget(table, area);
}

fn row<'a>(who: &'a str, counts: &Counts, latency: &Latency, percentiles: &[(f64, &str)]) -> Row<'a> {
    let classes = [counts.served, counts.refused, counts.rejected, counts.faulty];
    let coloured = COLUMNS.into_iter().zip(classes).map(|((_, color), n)| {
        let style = if n > 0 { Style::new().fg(color) } else { quiet() };
        right(compact(n)).style(style)
    });
    let times = percentiles.iter().map(|(percentile, _)| {
        let value = at_percentile(&latency.percentiles, *percentile).filter(|_| latency.n > 0);
        right(value.map_or_else(|| "-".to_owned(), time))
    });
    let first = [Cell::from(who), right(compact(counts.n))];
    Row::new(first.into_iter().chain(coloured).chain(times))
}

fn right<'a>(text: String) -> Cell<'a> {
    Cell::from(Text::from(Line::from(text).right_aligned()))
}
