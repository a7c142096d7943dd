//! What a serving engine cannot do on this machine, tried out.
//!
//! For people who want to know what holds under their kernel or container. The test of the sandbox does the same in
//! an engine that serves.

use super::args::Args;
use super::{OneshotError, restrict, say};
use crate::sandbox::{Work, probe};

/// Its arguments.
pub(super) const NAMES: &[&str] = &["--model"];

/// Restricts itself as an engine does before it loads this model, tries, and says what came of it.
pub(super) fn run(args: &Args) -> Result<(), OneshotError> {
    let model = args.path("--model")?;
    restrict(Work::Compute { models: &[&model] })?;
    probe::run(&model).for_each(|line| say(&line));
    Ok(())
}
