//! The screen as a function of a snapshot: no clock, no terminal, nothing kept between two frames.
//!
//! What a small terminal has no room for is left out, the least important first; the stage and the counts stay.

mod brief;
mod faults;
mod figures;
mod header;
mod history;
mod sparks;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::Headline;
use crate::snapshot::Snapshot;

/// Whether the user has asked for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Not yet.
    Going,
    /// What is on its way is still waited for.
    Stopping,
}

/// Narrower screens get figures in words.
const MIN_WIDTH: u16 = 56;
/// Lower ones as well.
const MIN_HEIGHT: u16 = 9;
/// From this height on there is room for what happened to bystander, connections and memory.
const SPARKS_HEIGHT: u16 = 15;
/// From this height on there is room for faults.
const FAULTS_HEIGHT: u16 = 20;

/// Draws a snapshot.
pub fn draw(frame: &mut Frame<'_>, headline: &Headline, snapshot: &Snapshot, wanted: Wanted) {
    let area = frame.area();
    if area.width < MIN_WIDTH || area.height < MIN_HEIGHT {
        brief::draw(frame, area, snapshot);
        return;
    }
    let shown_if = |height: u16, min: u16| if area.height >= min { height } else { 0 };
    let [header, history, figures, sparks, faults, footer] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Min(3),
        Constraint::Length(3),
        Constraint::Length(shown_if(3, SPARKS_HEIGHT)),
        Constraint::Length(shown_if(area.height / 5, FAULTS_HEIGHT)),
        Constraint::Length(1),
    ])
    .areas(area);
    header::draw(frame, header, headline, snapshot);
    history::draw(frame, history, snapshot);
    figures::draw(frame, figures, snapshot);
    sparks::draw(frame, sparks, snapshot);
    faults::draw(frame, faults, snapshot);
    draw_footer(frame, footer, snapshot, wanted);
}

fn draw_footer(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot, wanted: Wanted) {
    let text = match wanted {
        _ if snapshot.is_over => "over; the report is being written",
        Wanted::Going => "q or Ctrl-C: end the siege, the report is still written",
        Wanted::Stopping => "ending: waiting for what is on its way",
    };
    let style = if wanted == Wanted::Stopping { Style::new().fg(Color::Yellow) } else { quiet() };
    frame.render_widget(Line::styled(text, style), area);
}

/// Columns of the scoreboard in the colours of all pictures. They can be told apart by people who see red and green
/// alike.
const COLUMNS: [(&str, Color); 4] = [
    ("served", Color::Cyan),
    ("refused", Color::Yellow),
    ("rejected", Color::Gray),
    ("faulty", Color::LightRed),
];

/// What is beside the figures.
fn quiet() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

/// What a part of the screen shows.
fn title(text: &str) -> Span<'_> {
    Span::styled(text, Style::new().add_modifier(Modifier::BOLD))
}

// === impl Wanted ===

impl From<bool> for Wanted {
    /// Whether it is stopping.
    fn from(is_stopping: bool) -> Self {
        if is_stopping { Self::Stopping } else { Self::Going }
    }
}

#[cfg(test)]
pub(super) mod made_up;
#[cfg(test)]
mod tests;
