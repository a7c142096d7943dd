//! What to do, taken from the model path.
//!
//! | word | meaning |
//! |---|---|
//! | `load-ms=N` | loading takes this long |
//! | `load-fault=FAULT` | instead of `Ready`, see [`crate::fault`] |
//! | `slots=N` | claims this many |
//! | `after=N` and `fault=FAULT` | when N tokens have been sent |
//! | `once=PATH` | such a fault is committed only if there is no such file; then there is one |
//! | `until=PATH` | such a fault is committed only until there is such a file |
//! | `poison=TOKEN` and `fault=FAULT` | each time that a prompt with this token is to be continued |
//! | `step-ms=N` | time between steps, 1 by default |
//! | `long-text-ms=N` | a long text takes this long, one after the other |
//! | `mute` | answers no text, see `once` and `until` |
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

    /// Whether a fault that happens once has not happened yet, and one that can be mended has not been.
    pub(crate) fn may_fail(&self) -> bool {
        let is_mended = self.text("until").is_some_and(|path| Path::new(path).exists());
        !is_mended && self.text("once").is_none_or(|path| std::fs::File::create_new(path).is_ok())
    }
}
