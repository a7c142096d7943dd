//! A one-shot run that is asked line by line.
//!
//! One question, then its answer, then the next: so memory is bounded by one line each way, and answers are in the order
//! of the questions by themselves. Threads of their own write and read, so that a line longer than what a pipe holds
//! gets through although the process answers while it is still being asked, and so that every wait has an end.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{ToolError, joined, last_error, read_tail, wait};
use crate::keeper;

/// The longest answer, in bytes: fifteen for each byte of the longest question that any mode takes, and some more.
const MAX_ANSWER_BYTES: u64 = 64 * 1024 * 1024;

/// How long a process that has closed its output may take to end.
const END_LIMIT: Duration = Duration::from_secs(5);

/// A running process that answers every line with a line. Killed when this is dropped.
#[derive(Debug)]
pub struct Dialogue {
    child: Child,
    silence: Duration,
    /// `None` once nothing more is asked.
    questions: Option<SyncSender<String>>,
    answers: Receiver<io::Result<String>>,
    log: Option<JoinHandle<Vec<u8>>>,
}

// === impl Dialogue ===

impl Dialogue {
    /// Starts the engine program with these arguments. It may be silent for `silence` at most while somebody waits for
    /// it: for an answer, or for its end.
    ///
    /// Relative paths in the arguments would start from the root folder. The process ends with the thread that starts it.
    ///
    /// # Errors
    /// [`ToolError::Io`].
    pub fn start(binary: &Path, arguments: &[OsString], silence: Duration) -> Result<Self, ToolError> {
        let mut child = keeper::command(binary)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (questions, asked) = sync_channel(1);
        let (answer, answers) = sync_channel(1);
        if let Some(stdin) = child.stdin.take() {
            thread::spawn(move || write_questions(stdin, &asked));
        }
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || read_answers(stdout, &answer));
        }
        let log = child.stderr.take().map(|stderr| thread::spawn(move || read_tail(stderr)));
        Ok(Self { child, silence, questions: Some(questions), answers, log })
    }

    /// Asks a line, which must hold no line end, and waits for the line that answers it.
    ///
    /// # Errors
    /// See [`ToolError`]. After one the process is of no use any more.
    pub fn ask(&mut self, question: &str) -> Result<String, ToolError> {
        let sent = self.questions.as_ref().map(|questions| questions.try_send(format!("{question}\n")));
        match sent {
            Some(Ok(())) => {}
            // The one before was answered, and yet nobody has begun to write it.
            Some(Err(TrySendError::Full(_))) => return Err(ToolError::Unasked),
            Some(Err(TrySendError::Disconnected(_))) | None => return Err(self.death()),
        }
        match self.answers.recv_timeout(self.silence) {
            Ok(answer) => Ok(answer?),
            Err(RecvTimeoutError::Timeout) => Err(ToolError::Silent(self.silence)),
            Err(RecvTimeoutError::Disconnected) => Err(self.death()),
        }
    }

    /// Says that nothing more will be asked, and waits for the process's end.
    ///
    /// # Errors
    /// See [`ToolError`].
    pub fn end(mut self) -> Result<(), ToolError> {
        self.questions = None;
        match self.answers.recv_timeout(self.silence) {
            Ok(Ok(_)) => return Err(ToolError::Unasked),
            Ok(Err(error)) => return Err(error.into()),
            Err(RecvTimeoutError::Timeout) => return Err(ToolError::Silent(self.silence)),
            Err(RecvTimeoutError::Disconnected) => {}
        }
        match self.death() {
            ToolError::Unanswered => Ok(()),
            error => Err(error),
        }
    }

    /// How it ended, once it has closed its output; [`ToolError::Unanswered`] where it says that all was well.
    fn death(&mut self) -> ToolError {
        match wait(&mut self.child, END_LIMIT) {
            Ok(Some(status)) if status.success() => ToolError::Unanswered,
            Ok(Some(status)) => ToolError::Failed { status, message: last_error(&joined(self.log.take())) },
            Ok(None) => ToolError::Silent(END_LIMIT),
            Err(error) => ToolError::Io(error),
        }
    }
}

impl Drop for Dialogue {
    fn drop(&mut self) {
        // Both fail only where it has ended, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Until nothing more is asked, or the process reads no more.
fn write_questions(mut stdin: ChildStdin, questions: &Receiver<String>) {
    for question in questions {
        if stdin.write_all(question.as_bytes()).is_err() {
            break;
        }
    }
}

/// Until the process's output ends, or nobody waits any more.
fn read_answers(output: impl Read, answers: &SyncSender<io::Result<String>>) {
    let mut output = BufReader::new(output);
    while let Some(answer) = read_answer(&mut output).transpose() {
        let is_over = answer.is_err();
        if answers.send(answer).is_err() || is_over {
            break;
        }
    }
}

/// `None` at the end. A last line without a line end is what is left of an answer, and none.
fn read_answer(output: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    output.take(MAX_ANSWER_BYTES).read_line(&mut line)?;
    match line.pop() {
        Some('\n') => Ok(Some(line)),
        Some(_) if line.len() as u64 >= MAX_ANSWER_BYTES - 1 => {
            Err(io::Error::other(format!("an answer of more than {MAX_ANSWER_BYTES} bytes")))
        }
        Some(_) | None => Ok(None),
    }
}

#[cfg(test)]
mod tests;
