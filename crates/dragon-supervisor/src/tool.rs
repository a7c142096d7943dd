//! One-shot runs of the engine program: measuring, comparing, converting, tokenizing.
//!
//! Each is a process of its own with the environment that a serving engine gets, so that what it measures is what
//! serving will see. It is killed when it takes too long, and the system ends it with the thread that started it.
//! [`run_tool`] waits for all that it prints; a [`Dialogue`] asks it line by line.

mod dialogue;

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::keeper;
pub use dialogue::Dialogue;

/// Lines of results that are kept: more than any mode writes.
const MAX_LINES: usize = 1000;

/// The end of what a process logged, for messages, in bytes.
const LOG_TAIL_BYTES: usize = 64 * 1024;

/// Pause between two looks at whether the process has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Why a run gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// It could not be started or watched.
    #[error("the engine program cannot be run: {0}")]
    Io(#[from] io::Error),
    /// It ended by itself, with another code than 0 or by a signal.
    #[error("the engine program failed ({status}): {message}")]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// The last error that it logged.
        message: String,
    },
    /// It took longer than it was given.
    #[error("the engine program did not end within {} s", .0.as_secs())]
    Late(Duration),
    /// It said nothing for longer than it may.
    #[error("the engine program said nothing for {} s", .0.as_secs())]
    Silent(Duration),
    /// It ended by itself and as if all were well, before it had answered.
    #[error("the engine program ended without an answer")]
    Unanswered,
    /// It said more than it was asked.
    #[error("the engine program said more than it was asked")]
    Unasked,
}

/// Runs the engine program with these arguments and returns the lines that it printed.
///
/// Blocks until it ends, at most for `limit`. Relative paths in the arguments would start from the root folder.
///
/// # Errors
/// See [`ToolError`].
pub fn run_tool(binary: &Path, arguments: &[OsString], limit: Duration) -> Result<Vec<String>, ToolError> {
    let mut child = keeper::command(binary)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let lines = child.stdout.take().map(|stdout| thread::spawn(move || read_lines(stdout)));
    let log = child.stderr.take().map(|stderr| thread::spawn(move || read_tail(stderr)));
    let status = wait(&mut child, limit)?;
    let lines = joined(lines);
    let log = joined(log);
    match status {
        Some(status) if status.success() => Ok(lines),
        Some(status) => Err(ToolError::Failed { status, message: last_error(&log) }),
        None => Err(ToolError::Late(limit)),
    }
}

/// `None`: it was late and has been killed.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let started_at = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started_at.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn read_lines(output: impl Read) -> Vec<String> {
    BufReader::new(output).lines().map_while(Result::ok).take(MAX_LINES).collect()
}

fn read_tail(mut output: impl Read) -> Vec<u8> {
    let mut tail = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(n_bytes) = output.read(&mut buffer) {
        if n_bytes == 0 {
            break;
        }
        tail.extend_from_slice(&buffer[..n_bytes]);
        let n_over = tail.len().saturating_sub(LOG_TAIL_BYTES);
        tail.drain(..n_over);
    }
    tail
}

fn joined<T: Default>(reader: Option<JoinHandle<T>>) -> T {
    reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
}

fn last_error(log: &[u8]) -> String {
    let log = String::from_utf8_lossy(log);
    let mut errors = log.lines().filter_map(|line| line.strip_prefix("ERROR "));
    errors.next_back().unwrap_or("it gave no reason").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<Vec<String>, ToolError> {
        run_tool(Path::new("/bin/sh"), &["-c".into(), script.into()], limit)
    }

    #[test]
    fn lines_come_back() {
        assert_eq!(shell("echo one; echo two", Duration::from_secs(20)).unwrap(), ["one", "two"]);
    }

    #[test]
    fn a_failure_says_the_last_error() {
        let error =
            shell("echo 'ERROR first' >&2; echo 'ERROR no such model' >&2; exit 65", Duration::from_secs(20));
        assert!(matches!(error, Err(ToolError::Failed { message, .. }) if message == "no such model"));
    }

    #[test]
    fn what_takes_too_long_is_ended() {
        let error = shell("exec sleep 60", Duration::from_millis(100));
        assert!(matches!(error, Err(ToolError::Late(_))));
    }
}
