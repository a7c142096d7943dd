//! Tries to get out of the sandbox, and says what came of each attempt.
//!
//! An attempt is made so that it does no harm where it succeeds: a signal of number 0, a program that does not exist,
//! pointers to nothing. Controls are things that must work, because a probe to which everything is forbidden shows
//! nothing.

#[cfg(target_os = "linux")]
mod attempts;

use std::io;
use std::path::Path;

/// One thing to try.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "there is nothing to try elsewhere"))]
pub(crate) struct Attempt {
    name: &'static str,
    expected: Expected,
    outcome: io::Result<()>,
}

/// What a sandbox makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Works,
    Denied,
}

/// Tries everything, from this thread, and reports in lines that begin with `held` or `BROKEN`. The last one lists the
/// descriptors that are open.
#[cfg(target_os = "linux")]
pub(crate) fn run(model: &Path) -> impl Iterator<Item = String> {
    let attempts = attempts::all(model);
    attempts.into_iter().map(|attempt| attempt.line()).chain([attempts::descriptors()])
}

/// Elsewhere there is no sandbox.
#[cfg(not(target_os = "linux"))]
pub(crate) fn run(_model: &Path) -> impl Iterator<Item = String> {
    std::iter::once("BROKEN: this system has no sandbox".to_owned())
}

// === impl Attempt ===

impl Attempt {
    /// Whether it came as it should.
    fn held(&self) -> bool {
        match self.expected {
            Expected::Works => self.outcome.is_ok(),
            Expected::Denied => self.outcome.as_ref().is_err_and(is_denial),
        }
    }

    fn line(&self) -> String {
        let verdict = if self.held() { "held" } else { "BROKEN" };
        let outcome = match &self.outcome {
            Ok(()) => "done".to_owned(),
            Err(error) => error.to_string(),
        };
        format!("{verdict}: {}: {outcome}", self.name)
    }
}

/// What a sandbox says: landlock that access is denied, seccomp that there is no such call. Any other error comes from
/// the call itself, so it was let through.
fn is_denial(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::PERM, Errno::ACCESS, Errno::NOSYS]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_sandbox_says_is_a_denial() {
        let outcome = |errno: rustix::io::Errno| io::Error::from_raw_os_error(errno.raw_os_error());
        for errno in [rustix::io::Errno::PERM, rustix::io::Errno::ACCESS, rustix::io::Errno::NOSYS] {
            assert!(is_denial(&outcome(errno)), "{errno}");
        }
        for errno in [rustix::io::Errno::NOENT, rustix::io::Errno::FAULT, rustix::io::Errno::INVAL] {
            assert!(!is_denial(&outcome(errno)), "{errno}");
        }
    }
}
