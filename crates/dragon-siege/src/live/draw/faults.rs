//! What was wrong: how often each kind, and the latest in words.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::history::{FAULTY, latest};
use super::{quiet, title};
use crate::snapshot::Snapshot;
use crate::words::{grouped, harmless};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    if area.is_empty() {
        return;
    }
    let [top, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    frame.render_widget(kinds(snapshot), top);
    // Oldest first: the newest takes the lowest line.
    let shown = latest(&snapshot.latest_faults, usize::from(rest.height));
    for (fault, y) in shown.iter().zip(rest.top()..) {
        let line = Line::styled(harmless(fault), quiet());
        frame.render_widget(line, Rect { y, height: 1, ..rest });
    }
}

/// The kinds of both, attack and bystander, together.
fn kinds(snapshot: &Snapshot) -> Line<'_> {
    let mut kinds: Vec<(&str, u64)> = Vec::new();
    for (kind, n) in snapshot.attack.faults.iter().chain(&snapshot.bystander.faults) {
        match kinds.iter_mut().find(|(known, _)| known == kind) {
            Some((_, sum)) => *sum += n,
            None => kinds.push((kind, *n)),
        }
    }
    let mut spans = vec![title("faults")];
    if kinds.is_empty() {
        spans.push(Span::styled("  none", quiet()));
    }
    for (kind, n) in kinds {
        spans.push(Span::raw(format!("  {kind} ")));
        spans.push(Span::styled(grouped(n), Style::new().fg(FAULTY)));
    }
    Line::from(spans)
}
