//! Whom, since when, which stage.

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::symbols::line;
use ratatui::text::Line;
use ratatui::widgets::LineGauge;

use super::{quiet, title};
use crate::live::Headline;
use crate::snapshot::Snapshot;
use crate::words::{counted, harmless};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, headline: &Headline, snapshot: &Snapshot) {
    let [first, second] = Layout::vertical([Constraint::Length(1), Constraint::Length(1)]).areas(area);

    let seconds = snapshot.at.as_secs();
    let mut right = format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if snapshot.n_strikes > 0 {
        right = format!("{}  {right}", counted(snapshot.n_strikes, "kill"));
    }
    let right_width = u16::try_from(right.chars().count()).unwrap_or(u16::MAX);
    let [left_area, right_area] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(right_width)]).spacing(1).areas(first);
    let whom = format!("  {}, model {}", harmless(&headline.target), harmless(&headline.model));
    frame.render_widget(Line::from(vec![title("dragon siege"), whom.into()]), left_area);
    frame.render_widget(Line::from(right).alignment(Alignment::Right), right_area);

    let gauge = LineGauge::default()
        .label(Line::raw(harmless(&snapshot.stage)))
        .ratio(ratio(snapshot.progress))
        .filled_symbol(line::THICK_HORIZONTAL)
        .unfilled_symbol(line::HORIZONTAL)
        .filled_style(Style::new().fg(Color::Cyan))
        .unfilled_style(quiet());
    frame.render_widget(gauge, second);
}

/// A gauge takes nothing outside 0 to 1.
fn ratio(progress: f64) -> f64 {
    if progress.is_finite() { progress.clamp(0.0, 1.0) } else { 0.0 }
}
