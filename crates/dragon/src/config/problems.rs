//! The collector of everything that is wrong.

use std::fmt;

use super::Place;
use crate::exit::Exit;

/// One mistake, told in one line: `PLACE: SETTING: what is wrong; what to do`. Setting and remedy may be
/// empty, and are then left out, as is the place of what nobody set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    place: Place,
    setting: String,
    wrong: String,
    remedy: String,
    blame: Blame,
}

/// Whom a problem concerns; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    /// The command line or the configuration file: visible without opening a model.
    Configuration,
    /// A model file, or what this machine can do with it.
    Model,
}

/// All problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<Problem>,
}

// === impl Problem ===

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, setting, wrong, remedy, .. } = self;
        if *place != Place::Default {
            write!(f, "{place}: ")?;
        }
        if !setting.is_empty() {
            write!(f, "{setting}: ")?;
        }
        write!(f, "{wrong}")?;
        if remedy.is_empty() { Ok(()) } else { write!(f, "; {remedy}") }
    }
}

// === impl Problems ===

impl Problems {
    /// Notes a mistake in the configuration. `setting` may be empty where it concerns the whole file.
    pub(crate) fn configuration(
        &mut self,
        place: Place,
        setting: impl Into<String>,
        wrong: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.note(Blame::Configuration, place, setting.into(), wrong.into(), remedy.into());
    }

    /// Notes a model that cannot be loaded. `remedy` may be empty where `wrong` says it already.
    pub(crate) fn model(
        &mut self,
        place: Place,
        setting: impl Into<String>,
        wrong: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.note(Blame::Model, place, setting.into(), wrong.into(), remedy.into());
    }

    /// How the program has to end because of these problems; `None` if there are none. A mistake in the
    /// configuration outweighs a model that cannot be loaded: it has to be mended first.
    pub(crate) fn exit(&self) -> Option<Exit> {
        let blames = |blame| self.found.iter().any(|problem| problem.blame == blame);
        match (blames(Blame::Configuration), blames(Blame::Model)) {
            (true, _) => Some(Exit::Usage),
            (false, true) => Some(Exit::ModelUnavailable),
            (false, false) => None,
        }
    }

    /// One line per problem, in the order of the lines of the file, then what has no line.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut sorted: Vec<&Problem> = self.found.iter().collect();
        sorted.sort_by_key(|problem| problem.place.line().unwrap_or(usize::MAX));
        sorted.into_iter().map(Problem::to_string).collect()
    }

    fn note(&mut self, blame: Blame, place: Place, setting: String, wrong: String, remedy: String) {
        self.found.push(Problem { place, setting, wrong, remedy, blame });
    }
}
