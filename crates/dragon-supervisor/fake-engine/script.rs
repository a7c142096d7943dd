//! What to do, taken from the model path.
//!
//! | word | meaning |
//! |---|---|
//! | `load-ms=N` | loading takes this long |
//! | `load-fault=FAULT` | instead of `Ready`, see [`crate::fault`] |
//! | `slots=N` | claims this many |
//! | `after=N` and `fault=FAULT` | when N tokens have been sent |
//! | `step-ms=N` | time between steps, 1 by default |
//! | `long-text-ms=N` | a long text takes this long, one after the other |
//! | `deaf` | does not end when the connection is closed |
//! | `orphan` | does not ask for the parent-death signal |

use std::path::Path;

pub(crate) struct Script(String);

impl Script {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_str().unwrap().trim_start_matches("/fake/").to_owned())
    }

    pub(crate) fn has(&self, word: &str) -> bool {
        self.0.split(',').any(|part| part == word)
    }

    pub(crate) fn text(&self, word: &str) -> Option<&str> {
        self.0.split(',').find_map(|part| part.strip_prefix(word)?.strip_prefix('='))
    }

    pub(crate) fn number(&self, word: &str) -> Option<u64> {
        self.text(word).map(|value| value.parse().unwrap())
    }
}
