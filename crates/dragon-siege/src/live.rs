//! What is seen of a siege while it runs, and in the end.
//!
//! A thread of its own looks at the [`Board`] at a fixed rate, and draws a screen or writes a line. Nobody waits for it.
//! Keys that it reads end the siege early; signals do the same elsewhere.

mod draw;
mod plain;
mod screen;
mod summary;

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::cli::request::View;
use crate::snapshot::Board;

pub use draw::draw;
pub use summary::summary;

/// How often the screen is drawn.
const FRAME: Duration = Duration::from_millis(125);

/// What is known before the first snapshot, for the screen's first line.
#[derive(Debug, Clone)]
pub struct Headline {
    /// Its name, and its URL where that is another.
    pub target: String,
    /// The model that is asked.
    pub model: String,
}

/// The thread that shows.
#[derive(Debug)]
pub struct Watching {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

// === impl Watching ===

impl Watching {
    /// Begins to show what lies on the board: on a screen where that is wanted and there is a terminal, else in lines.
    /// Keys stop the siege.
    ///
    /// # Errors
    ///
    /// No thread can be started.
    pub fn begin(view: View, headline: Headline, board: Board, stop: CancellationToken) -> io::Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let until = Until(Arc::clone(&is_over));
        let show = move || {
            let has_terminal = io::stdout().is_terminal();
            let is_shown =
                view == View::Screen && has_terminal && screen::show(&headline, &board, &stop, &until);
            if !is_shown {
                plain::show(&board, &until);
            }
        };
        let thread = thread::Builder::new().name("screen".to_owned()).spawn(show)?;
        Ok(Self { is_over, thread })
    }

    /// Shows the last snapshot and gives the terminal back.
    pub fn end(self) {
        self.is_over.store(true, Ordering::Release);
        // A screen that failed has said so, and the siege's result is not its concern.
        let _ = self.thread.join();
    }
}

/// When to stop showing.
#[derive(Debug)]
struct Until(Arc<AtomicBool>);

impl Until {
    fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
