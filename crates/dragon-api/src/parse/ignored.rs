//! The names of fields that are not known.

use super::child_path;
use super::field::Fields;
use crate::fields::{TakenBy, is_known};
use crate::limits::MAX_IGNORED;

/// Paths of unknown fields, in the order of the body; the first [`MAX_IGNORED`] of them.
#[derive(Debug)]
pub(super) struct Ignored {
    names: Vec<String>,
}

impl Ignored {
    /// The unknown fields at the top of the body. `null` asks for nothing, but the name is listed all the same:
    /// it may be a typing error.
    pub(super) fn of_body(fields: &Fields<'_>, endpoint: TakenBy) -> Self {
        let unknown = fields.entries().keys().filter(|name| !is_known(name, endpoint));
        Self { names: unknown.take(MAX_IGNORED).map(|name| child_path("", name)).collect() }
    }

    /// Adds the path of one more.
    pub(super) fn add(&mut self, path: &str) {
        if self.names.len() < MAX_IGNORED {
            self.names.push(path.to_owned());
        }
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }
}
