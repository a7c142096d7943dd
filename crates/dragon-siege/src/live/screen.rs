//! The terminal: taken over, drawn at a fixed rate, and given back whatever happens.

use std::time::{Duration, Instant};

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio_util::sync::CancellationToken;

use super::{FRAME, Headline, Until, draw};
use crate::snapshot::Board;

/// Draws until it is over. `false` where the terminal cannot be used, or no longer.
pub(super) fn show(headline: &Headline, board: &Board, stop: &CancellationToken, until: &Until) -> bool {
    let Some(mut taken) = Taken::over() else { return false };
    loop {
        // Looked at first, so that the last snapshot is surely drawn.
        let is_over = until.is_over();
        let snapshot = board.look();
        let is_stopping = stop.is_cancelled();
        let drawn = taken.0.draw(|frame| draw::draw(frame, headline, &snapshot, is_stopping.into()));
        if drawn.is_err() {
            return false;
        }
        if is_over {
            return true;
        }
        if read_keys(FRAME).is_some_and(|wish| wish == Wish::Stop) {
            stop.cancel();
        }
    }
}

/// What keys can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Stop,
}

/// Waits for keys until the next frame is due. A terminal that cannot be read is only drawn.
fn read_keys(within: Duration) -> Option<Wish> {
    let due_at = Instant::now() + within;
    let mut wish = None;
    loop {
        let left = due_at.saturating_duration_since(Instant::now());
        match event::poll(left) {
            Ok(true) => match event::read() {
                Ok(Event::Key(key)) => wish = wish.or(meaning(key)),
                Ok(_) => {}
                Err(_) => break,
            },
            Ok(false) => return wish,
            Err(_) => break,
        }
    }
    std::thread::sleep(due_at.saturating_duration_since(Instant::now()));
    wish
}

/// In raw mode Ctrl-C is a key as any other.
fn meaning(key: KeyEvent) -> Option<Wish> {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        _ if key.kind == KeyEventKind::Release => None,
        KeyCode::Char('q' | 'Q') if !is_control => Some(Wish::Stop),
        KeyCode::Char('c' | 'C') if is_control => Some(Wish::Stop),
        _ => None,
    }
}

/// The terminal in raw mode on its other screen. Dropped, it is as it was; a panic anywhere gives it back as well.
struct Taken(DefaultTerminal);

impl Taken {
    fn over() -> Option<Self> {
        let mut taken = Self(ratatui::try_init().ok()?);
        // Only what changes is drawn later, and not every terminal clears its other screen by itself.
        taken.0.clear().ok()?;
        Some(taken)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_and_control_c_stop_and_nothing_else_does() {
        let key = |code, modifiers| meaning(KeyEvent::new(code, modifiers));
        assert_eq!(key(KeyCode::Char('q'), KeyModifiers::NONE), Some(Wish::Stop));
        assert_eq!(key(KeyCode::Char('Q'), KeyModifiers::SHIFT), Some(Wish::Stop));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Wish::Stop));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::NONE), None);
        assert_eq!(key(KeyCode::Char('q'), KeyModifiers::CONTROL), None);
        assert_eq!(key(KeyCode::Enter, KeyModifiers::NONE), None);
        let release = KeyEvent::new_with_kind(KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(meaning(release), None);
    }
}
