//! Whole configurations: every mistake with its line, precedence, defaults, and the documentation.

mod documentation;
mod mistakes;
mod precedence;

use std::path::Path;

use super::file::{FileConfig, Models};
use super::source::Source;
use super::{Flags, Plan, Problems};

/// Where the configurations of these tests pretend to be.
const FILE: &str = "/etc/dragon/dragon.toml";

/// The plan for a text and flags, and every problem line.
fn plan(text: &str, flags: &Flags) -> (Plan, Vec<String>) {
    let mut problems = Problems::default();
    let from = if flags.models.is_empty() { Models::FromFile } else { Models::FromFlags };
    let source = Source::new(Path::new(FILE), text.to_owned());
    let file = FileConfig::parse(&source, from, &mut problems);
    let plan = Plan::resolve(file, flags, &mut problems);
    (plan, problems.lines())
}

/// The problems of a text without flags.
fn problems_of(text: &str) -> Vec<String> {
    plan(text, &Flags::default()).1
}

/// The plan of a text that has to be right.
pub(crate) fn plan_of(text: &str) -> Plan {
    let (plan, problems) = plan(text, &Flags::default());
    assert_eq!(problems, Vec::<String>::new());
    plan
}
