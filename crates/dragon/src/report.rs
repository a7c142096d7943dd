//! What is said on standard error when the server cannot start: plain lines, not log lines, because they are
//! for the person who just typed the command.

use std::io::Write;

use crate::config::Problems;
use crate::exit::Exit;
use crate::serve::LoadFailure;

/// Shows every problem.
pub(crate) fn problems(problems: &Problems) {
    for line in problems.lines() {
        say(&line);
    }
}

/// Shows one failure and passes the exit on.
pub(crate) fn failure(exit: Exit, message: &str) -> Exit {
    say(message);
    exit
}

/// Shows why models could not be loaded.
pub(crate) fn load_failures(failures: &[LoadFailure]) -> Exit {
    for LoadFailure { id, error } in failures {
        say(&format!("model {id}: {error}"));
    }
    Exit::ModelUnavailable
}

/// A closed standard error is no reason to end differently.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
