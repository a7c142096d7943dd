//! What an engine prints, as lines of the server's log; the last of them are kept for the report of its end.

use std::collections::VecDeque;
use std::io::{self, PipeReader};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

/// Lines kept for the report of an engine's end: llama.cpp's last words before an abort are about this long.
const N_KEPT_LINES: usize = 40;

/// Longer lines are cut: an engine that prints without end must not fill the memory or the log.
const MAX_LINE_BYTES: usize = 2048;

/// Bytes taken from the pipe at once.
const READ_BYTES: usize = 4096;

/// How long the pipe may stay open after the process was reaped. Only a grandchild, which engines do not
/// have, could hold it that long.
const DRAIN_LIMIT: Duration = Duration::from_millis(200);

/// Follows the output of one process until it ends.
#[derive(Debug)]
pub(crate) struct Follower {
    task: JoinHandle<()>,
    tail: Arc<Mutex<Tail>>,
}

/// The last lines.
#[derive(Debug, Default)]
struct Tail(VecDeque<String>);

/// Cuts bytes into lines of bounded length.
#[derive(Debug, Default)]
struct LineCutter {
    line: Vec<u8>,
}

/// Logs every line that comes out of `output`. Must be called within the runtime.
///
/// # Errors
/// When the runtime cannot watch the pipe.
pub(crate) fn follow(output: PipeReader, model: &str, tasks: &TaskTracker) -> io::Result<Follower> {
    let pipe = pipe::Receiver::from_owned_fd(OwnedFd::from(output))?;
    let tail = Arc::new(Mutex::new(Tail::default()));
    let task = tasks.spawn(read_lines(pipe, model.to_owned(), Arc::clone(&tail)));
    Ok(Follower { task, tail })
}

async fn read_lines(mut pipe: pipe::Receiver, model: String, tail: Arc<Mutex<Tail>>) {
    let mut buffer = vec![0; READ_BYTES];
    let mut cutter = LineCutter::default();
    let mut take_line = |line: String| {
        emit(&model, &line);
        tail.lock().push(line);
    };
    while let Ok(n_read @ 1..) = pipe.read(&mut buffer).await {
        cutter.push(&buffer[..n_read], &mut take_line);
    }
    cutter.finish(&mut take_line);
}

fn emit(model: &str, line: &str) {
    match line.split_once(' ') {
        Some(("ERROR", text)) => tracing::error!(target: "engine", model, "{text}"),
        Some(("WARN", text)) => tracing::warn!(target: "engine", model, "{text}"),
        Some(("DEBUG", text)) => tracing::debug!(target: "engine", model, "{text}"),
        Some(("INFO", text)) => tracing::info!(target: "engine", model, "{text}"),
        // Without a level it is none of the engine's own lines: a panic, or a library that prints.
        _ => tracing::warn!(target: "engine", model, "{line}"),
    }
}

// === impl Follower ===

impl Follower {
    /// The last lines of a process that has been reaped.
    pub(crate) async fn last_lines(mut self) -> Vec<String> {
        if tokio::time::timeout(DRAIN_LIMIT, &mut self.task).await.is_err() {
            self.task.abort();
        }
        std::mem::take(&mut *self.tail.lock()).0.into()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

// === impl Tail ===

impl Tail {
    fn push(&mut self, line: String) {
        if self.0.len() == N_KEPT_LINES {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }
}

// === impl LineCutter ===

impl LineCutter {
    fn push(&mut self, bytes: &[u8], take_line: &mut impl FnMut(String)) {
        for portion in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = match portion.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (portion, false),
            };
            let n_free = MAX_LINE_BYTES - self.line.len();
            self.line.extend_from_slice(&text[..text.len().min(n_free)]);
            if ended {
                self.finish(take_line);
            }
        }
    }

    /// Hands out what there is as a line. Control characters become spaces: they could forge or colour the log.
    fn finish(&mut self, take_line: &mut impl FnMut(String)) {
        let text = String::from_utf8_lossy(&self.line);
        let text = text.trim_end();
        if !text.is_empty() {
            take_line(text.replace(char::is_control, " "));
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(portions: &[&[u8]]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut cutter = LineCutter::default();
        let mut take_line = |line| lines.push(line);
        for portion in portions {
            cutter.push(portion, &mut take_line);
        }
        cutter.finish(&mut take_line);
        lines
    }

    #[test]
    fn lines_are_put_together_from_portions() {
        assert_eq!(cut(&[b"INFO lo", b"ading\n\nWARN x\nla", b"st"]), ["INFO loading", "WARN x", "last"]);
    }

    #[test]
    fn control_characters_cannot_forge_lines() {
        assert_eq!(cut(&[b"a\x1b[31mb\rc\n"]), ["a [31mb c"]);
    }

    /// Everything logged while `action` runs, as text.
    fn logged(action: impl FnOnce()) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(std::sync::Mutex::new(file.reopen().unwrap()))
            .finish();
        tracing::subscriber::with_default(subscriber, action);
        std::fs::read_to_string(file.path()).unwrap()
    }

    #[test]
    fn the_level_comes_from_the_line() {
        for (line, expected) in [
            ("ERROR out of memory", "ERROR engine: out of memory model=\"m\""),
            ("WARN slow", "WARN engine: slow"),
            ("INFO loaded", "INFO engine: loaded"),
            ("DEBUG detail", "DEBUG engine: detail"),
            ("free(): invalid pointer", "WARN engine: free(): invalid pointer"),
        ] {
            let text = logged(|| emit("m", line));
            assert!(text.contains(expected), "{line:?} became {text:?}");
        }
    }

    #[test]
    fn the_oldest_lines_are_forgotten() {
        let mut tail = Tail::default();
        for n in 0..N_KEPT_LINES + 2 {
            tail.push(n.to_string());
        }
        assert_eq!(tail.0.len(), N_KEPT_LINES);
        assert_eq!(tail.0.front().map(String::as_str), Some("2"));
    }

    proptest! {
        #[test]
        fn lines_are_bounded_whatever_comes(portions in prop::collection::vec(
            (any::<u8>(), 0_usize..2 * MAX_LINE_BYTES).prop_map(|(byte, n)| vec![byte; n]), 0..8,
        )) {
            let portions: Vec<_> = portions.iter().map(Vec::as_slice).collect();
            for line in cut(&portions) {
                // A byte that is no text becomes a mark of three bytes.
                prop_assert!(line.len() <= 3 * MAX_LINE_BYTES);
            }
        }
    }
}
