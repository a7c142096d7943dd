//! Three small histories: how long the bystander waits, how much is on its way, how much memory the target has.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{RenderDirection, Sparkline};

use super::history::latest;
use super::{quiet, title};
use crate::snapshot::Snapshot;
use crate::words::{bytes, grouped, time};

/// One of them.
struct Spark {
    title: &'static str,
    /// The latest value, and the highest.
    now: String,
    highest: String,
    values: Vec<u64>,
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    if area.is_empty() {
        return;
    }
    let sparks = [Some(waiting(snapshot)), Some(open(snapshot)), memory(snapshot)];
    let sparks: Vec<Spark> = sparks.into_iter().flatten().collect();
    let places = Layout::horizontal(sparks.iter().map(|_| Constraint::Fill(1))).spacing(2).split(area);
    for (spark, place) in sparks.iter().zip(places.iter()) {
        spark.draw(frame, *place);
    }
}

/// The bystander's slowest answer of each second.
fn waiting(snapshot: &Snapshot) -> Spark {
    let slowest = || snapshot.timeline.iter().map(|second| second.bystander_ms.max(0.0));
    let now = slowest().rev().find(|ms| *ms > 0.0);
    // Rounded to microseconds: whole time would show a fast server as none.
    let values = slowest().map(|ms| {
        u64::try_from(std::time::Duration::from_secs_f64(ms / 1e3).as_micros()).unwrap_or(u64::MAX)
    });
    Spark {
        title: "bystander waits",
        now: now.map_or_else(|| "-".to_owned(), time),
        highest: time(slowest().fold(0.0, f64::max)),
        values: values.collect(),
    }
}

fn open(snapshot: &Snapshot) -> Spark {
    let values: Vec<u64> = snapshot.timeline.iter().map(|second| second.n_open).collect();
    let highest = values.iter().copied().max().unwrap_or(0).max(snapshot.n_open);
    Spark { title: "open", now: grouped(snapshot.n_open), highest: grouped(highest), values }
}

/// Only where it can be known.
fn memory(snapshot: &Snapshot) -> Option<Spark> {
    let (now, highest) = (snapshot.memory.last()?, snapshot.memory.iter().max()?);
    Some(Spark {
        title: "memory",
        now: bytes(*now),
        highest: bytes(*highest),
        values: snapshot.memory.clone(),
    })
}

// === impl Spark ===

impl Spark {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect) {
        let [top, picture] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(area);
        let now = format!(" {}", self.now);
        let highest = format!("  top {}", self.highest);
        let mut line = Line::from(vec![title(self.title), Span::raw(now), Span::styled(highest, quiet())]);
        if line.width() > usize::from(top.width) {
            // Half a figure would be a wrong one.
            line.spans.pop();
        }
        frame.render_widget(line, top);
        // As above, now is at the right.
        let values = latest(&self.values, usize::from(picture.width)).iter().rev().copied();
        let sparkline = Sparkline::default().direction(RenderDirection::RightToLeft).data(values);
        frame.render_widget(sparkline.style(Style::new().fg(Color::Cyan)), picture);
    }
}
