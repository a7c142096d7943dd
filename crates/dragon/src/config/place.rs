//! Where a setting was made, so that a problem found later can still name the line.

use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A configuration file, at a line counted from 1; no line where the problem is the file itself.
    File { file: Rc<Path>, line: Option<usize> },
    /// The command line.
    CommandLine,
    /// Nobody said it: a default.
    Default,
}

/// A value and where it was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

/// Values that were set before, each with the place of the first.
pub(crate) fn twins<'a>(
    values: &'a [&'a Located<String>],
) -> impl Iterator<Item = (&'a Located<String>, &'a Place)> {
    values.iter().enumerate().filter_map(|(idx, twin)| {
        let earlier = values.iter().take(idx).find(|earlier| earlier.value == twin.value)?;
        Some((*twin, &earlier.place))
    })
}

// === impl Place ===

impl Place {
    /// The order in which problems are shown: by line, then what has none.
    pub(crate) fn line(&self) -> Option<usize> {
        match self {
            Self::File { line, .. } => *line,
            Self::CommandLine | Self::Default => None,
        }
    }

    /// The directory that a relative path set here starts from; `None` is the current one.
    pub(crate) fn directory(&self) -> Option<PathBuf> {
        match self {
            Self::File { file, .. } => file.parent().map(Path::to_path_buf),
            Self::CommandLine | Self::Default => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line: Some(line) } => write!(f, "{}:{line}", file.display()),
            Self::File { file, line: None } => write!(f, "{}", file.display()),
            Self::CommandLine => f.write_str("command line"),
            Self::Default => f.write_str("defaults"),
        }
    }
}

// === impl Located ===

impl<T> Located<T> {
    /// The same place with another value.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: change(self.value), place: self.place }
    }
}
