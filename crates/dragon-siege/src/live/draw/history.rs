//! What became of requests, second by second: a column for each, stacked.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

use super::{COLUMNS, quiet, title};
use crate::report::model::Second;
use crate::snapshot::Snapshot;
use crate::words::compact;

/// A cell has so many parts one above the other.
const PARTS: u64 = 8;
/// A cell of which so many parts are filled, from below.
const FILLED: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Rates are means over so many seconds: shorter ones flicker.
const RATE_SECONDS: usize = 3;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let [top, chart] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(area);
    let shown = latest(&snapshot.timeline, usize::from(chart.width));
    let most = shown.iter().map(total).max().unwrap_or(0);
    frame.render_widget(legend(&snapshot.timeline, most), top);
    let first_x = chart.right().saturating_sub(u16::try_from(shown.len()).unwrap_or(u16::MAX));
    for (second, x) in shown.iter().zip(first_x..) {
        draw_second(frame.buffer_mut(), chart, x, second, most);
    }
}

fn legend(timeline: &[Second], most: u64) -> Line<'static> {
    let rates = rates(timeline);
    let mut spans = vec![title("a second")];
    for ((name, color), rate) in COLUMNS.into_iter().zip(rates) {
        spans.push(Span::raw("  "));
        spans.push(Span::styled("■ ", Style::new().fg(color)));
        spans.push(Span::raw(format!("{name} {}", rate_in_words(rate))));
    }
    spans.push(Span::styled(format!("   top {}", compact(most)), quiet()));
    Line::from(spans)
}

fn rate_in_words(rate: f64) -> String {
    if rate < 9.95 { format!("{rate:.1}") } else { format!("{rate:.0}") }
}

/// What ended in each second lately, by column. The last second is not over, and so not counted.
fn rates(timeline: &[Second]) -> [f64; 4] {
    let (_, over) = timeline.split_last().unwrap_or((&EMPTY, &[]));
    let lately = latest(over, RATE_SECONDS);
    let n_seconds = u32::try_from(lately.len()).unwrap_or(u32::MAX).max(1);
    [0, 1, 2, 3].map(|column: usize| {
        let sum: u64 = lately.iter().filter_map(|second| parts(second).get(column).copied()).sum();
        sum as f64 / f64::from(n_seconds)
    })
}

const EMPTY: Second = Second { served: 0, refused: 0, rejected: 0, faulty: 0, bystander_ms: 0.0, n_open: 0 };

fn draw_second(buffer: &mut Buffer, area: Rect, x: u16, second: &Second, most: u64) {
    let heights = heights(second, most, u64::from(area.height) * PARTS);
    for (y, row) in (area.top()..area.bottom()).rev().zip(0_u64..) {
        let (symbol, style) = cell(heights, row * PARTS);
        if let Some(cell) = buffer.cell_mut((x, y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    }
}

/// A cell whose lowest part is at this height: what fills it from below, before what follows. Of more than two the
/// middle ones are not seen, and where it is not filled to its top only the uppermost is.
fn cell(heights: [u64; 4], from: u64) -> (&'static str, Style) {
    let tops = tops(heights);
    let colour_at = |height: u64| {
        let idx = tops.iter().position(|top| height < *top)?;
        Some((COLUMNS.get(idx)?.1, *tops.get(idx)?))
    };
    let whole = tops.last().copied().unwrap_or(0);
    let (end, last) = (from + PARTS, colour_at((from + PARTS).min(whole).saturating_sub(1)));
    let (Some((lower, lower_top)), Some((upper, _))) = (colour_at(from), last) else {
        return (" ", Style::new());
    };
    let filled = |n_parts: u64| usize::try_from(n_parts).ok().and_then(|idx| FILLED.get(idx).copied());
    match whole {
        _ if whole < end => (filled(whole - from).unwrap_or(" "), Style::new().fg(upper)),
        _ if lower_top >= end => ("█", Style::new().fg(lower)),
        _ => (filled(lower_top - from).unwrap_or(" "), Style::new().fg(lower).bg(upper)),
    }
}

/// Where each column of the scoreboard ends, stacked.
fn tops(heights: [u64; 4]) -> [u64; 4] {
    let mut top = 0;
    heights.map(|height| {
        top += height;
        top
    })
}

/// How high each column of the scoreboard is, of `full` for `most`. Whatever there is can be seen, a single fault among
/// thousands of answers as well.
fn heights(second: &Second, most: u64, full: u64) -> [u64; 4] {
    let mut heights = parts(second).map(|n| scaled(n, most, full));
    // What was made higher to be seen is taken from the highest.
    let excess = heights.iter().sum::<u64>().saturating_sub(full);
    if let Some(highest) = heights.iter_mut().max() {
        *highest = highest.saturating_sub(excess);
    }
    heights
}

fn scaled(n: u64, most: u64, full: u64) -> u64 {
    if n == 0 || most == 0 {
        return 0;
    }
    let exact = u128::from(n) * u128::from(full) / u128::from(most);
    u64::try_from(exact).unwrap_or(full).clamp(1, full.max(1))
}

fn parts(second: &Second) -> [u64; 4] {
    [second.served, second.refused, second.rejected, second.faulty]
}

fn total(second: &Second) -> u64 {
    parts(second).iter().sum()
}

/// The last so many.
pub(super) fn latest<T>(values: &[T], n: usize) -> &[T] {
    values.get(values.len().saturating_sub(n)..).unwrap_or(values)
}

/// The colour of faults, for the other parts of the screen.
pub(super) const FAULTY: Color = COLUMNS[3].1;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn second(served: u64, refused: u64, rejected: u64, faulty: u64) -> Second {
        Second { served, refused, rejected, faulty, ..Second::default() }
    }

    #[test]
    fn a_single_fault_among_thousands_is_seen() {
        assert_eq!(heights(&second(9_999, 0, 0, 1), 10_000, 48), [47, 0, 0, 1]);
        assert_eq!(heights(&second(0, 0, 0, 0), 0, 48), [0, 0, 0, 0]);
    }

    #[test]
    fn a_cell_shows_what_fills_it() {
        let heights = [12, 4, 0, 3];
        let (cyan, yellow, red) = (COLUMNS[0].1, COLUMNS[1].1, COLUMNS[3].1);
        assert_eq!(cell(heights, 0), ("█", Style::new().fg(cyan)));
        assert_eq!(cell(heights, 8), ("▄", Style::new().fg(cyan).bg(yellow)));
        assert_eq!(cell(heights, 16), ("▃", Style::new().fg(red)));
        assert_eq!(cell(heights, 24), (" ", Style::new()));
    }

    #[test]
    fn rates_leave_out_the_second_that_is_not_over() {
        let timeline = [
            second(99, 99, 99, 99),
            second(10, 0, 3, 0),
            second(20, 0, 0, 0),
            second(30, 3, 0, 0),
            second(1, 0, 0, 50),
        ];
        assert_eq!(rates(&timeline), [20.0, 1.0, 1.0, 0.0]);
        assert_eq!(rates(&[]), [0.0; 4]);
        assert_eq!(rates(&timeline[..1]), [0.0; 4]);
    }

    proptest! {
        #[test]
        fn a_column_is_never_higher_than_its_picture(
            parts in prop::array::uniform4(prop_oneof![Just(0), 0..10_u64, any::<u32>().prop_map(u64::from)]),
            more in 0..1000_u64,
            n_rows in 1..40_u64,
        ) {
            let second = second(parts[0], parts[1], parts[2], parts[3]);
            let full = n_rows * PARTS;
            let heights = heights(&second, total(&second) + more, full);
            prop_assert!(heights.iter().sum::<u64>() <= full);
            for (part, height) in parts.iter().zip(heights) {
                prop_assert_eq!(*part > 0, height > 0);
            }
            for row in 0..n_rows {
                let (symbol, style) = cell(heights, row * PARTS);
                let is_empty = heights.iter().sum::<u64>() <= row * PARTS;
                prop_assert_eq!(is_empty, symbol == " ", "{:?} {:?}", symbol, style);
            }
        }
    }
}
