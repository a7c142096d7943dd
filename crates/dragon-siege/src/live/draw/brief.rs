//! The screen of a terminal that has no room for pictures: a few lines, the most important first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::report::model::Counts;
use crate::snapshot::Snapshot;
use crate::words::{compact, harmless};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let lines = [
        harmless(&snapshot.stage),
        counts("attack", &snapshot.attack),
        counts("bystander", &snapshot.bystander),
        format!("{:.0} %, {} open", snapshot.progress * 100.0, compact(snapshot.n_open)),
        "q: end".to_owned(),
    ];
    for (line, y) in lines.into_iter().zip(area.top()..area.bottom()) {
        frame.render_widget(Line::raw(line), Rect { y, height: 1, ..area });
    }
}

fn counts(who: &str, counts: &Counts) -> String {
    format!("{who} {}/{}, {} faulty", compact(counts.served), compact(counts.n), compact(counts.faulty))
}
