//! llama.cpp's log, as lines `LEVEL text` on standard error.
//!
//! The server reads standard error and puts the lines into its own log. llama.cpp hands out pieces of lines
//! and continuation marks; only complete lines leave here, and rows of progress dots do not.

use std::ffi::{CStr, c_char, c_void};
use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use llama_cpp_sys_2 as sys;

/// Longest line that is kept while it waits for its end, in bytes; what is over is cut, as a bound on memory.
const MAX_LINE_BYTES: usize = 8 * 1024;

static LINES: Mutex<Lines> = Mutex::new(Lines { level: Level::Info, line: String::new(), last_error: None });

/// What else sees every complete line.
static WATCHER: Mutex<Option<Watcher>> = Mutex::new(None);

/// Looks at lines. It must log nothing itself: it is called while a line is being written.
pub(crate) type Watcher = Box<dyn FnMut(&str) + Send>;

/// Severity, the first word of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// For developers of llama.cpp; not passed on.
    Debug,
    /// Facts.
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something failed.
    Error,
}

/// Assembles lines from pieces.
#[derive(Debug)]
struct Lines {
    level: Level,
    line: String,
    last_error: Option<String>,
}

/// Installs our callback in llama.cpp and ggml.
pub(super) fn install() {
    // SAFETY: the callback has the signature asked for, uses no user data and never unwinds.
    unsafe { sys::llama_log_set(Some(on_log), std::ptr::null_mut()) };
}

/// Writes one line to standard error. A closed standard error is no reason to stop serving.
pub(crate) fn write_line(level: Level, text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{} {text}", level.as_str());
}

/// The last error that llama.cpp logged, for messages; forgets it.
pub(crate) fn take_last_error() -> Option<String> {
    lines().last_error.take()
}

/// Lets `watcher` see the lines from now on, in place of the one before.
pub(crate) fn watch(watcher: Option<Watcher>) {
    *WATCHER.lock().unwrap_or_else(PoisonError::into_inner) = watcher;
}

fn pass_on(level: Level, text: &str) {
    write_line(level, text);
    if let Some(watcher) = WATCHER.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        watcher(text);
    }
}

fn lines() -> MutexGuard<'static, Lines> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "C" fn on_log(level: sys::ggml_log_level, text: *const c_char, _user_data: *mut c_void) {
    if text.is_null() {
        return;
    }
    // SAFETY: ggml passes a NUL-terminated string that lives as long as this call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    lines().push(Level::from_ggml(level), &text, pass_on);
}

// === impl Level ===

impl Level {
    /// `None` for a continuation of the line before.
    fn from_ggml(level: sys::ggml_log_level) -> Option<Self> {
        match level {
            sys::GGML_LOG_LEVEL_CONT => None,
            sys::GGML_LOG_LEVEL_ERROR => Some(Self::Error),
            sys::GGML_LOG_LEVEL_WARN => Some(Self::Warn),
            sys::GGML_LOG_LEVEL_DEBUG => Some(Self::Debug),
            _ => Some(Self::Info),
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

// === impl Lines ===

impl Lines {
    fn push(&mut self, level: Option<Level>, text: &str, mut write: impl FnMut(Level, &str)) {
        self.level = level.unwrap_or(self.level);
        let mut parts = text.split('\n');
        self.extend(parts.next().unwrap_or_default());
        for part in parts {
            self.end_line(&mut write);
            self.extend(part);
        }
    }

    fn extend(&mut self, part: &str) {
        let room = MAX_LINE_BYTES.saturating_sub(self.line.len());
        self.line.push_str(&part[..part.floor_char_boundary(room)]);
    }

    fn end_line(&mut self, mut write: impl FnMut(Level, &str)) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_end();
        if line.chars().all(|character| character == '.') || self.level == Level::Debug {
            return;
        }
        if self.level == Level::Error {
            self.last_error = Some(line.to_owned());
        }
        write(self.level, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pieces: &[(Option<Level>, &str)]) -> (Vec<String>, Option<String>) {
        let mut lines = Lines { level: Level::Info, line: String::new(), last_error: None };
        let mut out = Vec::new();
        for (level, text) in pieces {
            lines.push(*level, text, |level, line| out.push(format!("{} {line}", level.as_str())));
        }
        (out, lines.last_error)
    }

    #[test]
    fn pieces_become_lines_with_the_level_of_their_start() {
        let (out, last_error) = written(&[
            (Some(Level::Error), "no "),
            (None, "such "),
            (None, "file\nnext\n"),
            (None, "unfinished"),
        ]);
        assert_eq!(out, ["ERROR no such file", "ERROR next"]);
        assert_eq!(last_error.as_deref(), Some("next"));
    }

    #[test]
    fn progress_dots_empty_lines_and_debug_are_dropped() {
        let (out, _) = written(&[
            (Some(Level::Info), "."),
            (None, "."),
            (None, ".\n"),
            (Some(Level::Info), "\n"),
            (Some(Level::Debug), "detail\n"),
            (Some(Level::Info), "loaded\n"),
        ]);
        assert_eq!(out, ["INFO loaded"]);
    }

    #[test]
    fn an_endless_line_is_cut_at_a_character() {
        let (out, _) = written(&[(Some(Level::Warn), &"ž".repeat(MAX_LINE_BYTES)), (None, "\n")]);
        assert!(out[0].len() <= MAX_LINE_BYTES + "WARN ".len());
    }
}
