//! Reads text that arrives in pieces: words, and whether they stand in a fence of code.

use crate::landing::FenceTracker;
use crate::words::{Word, Words};

/// Follows a text.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    words: Words,
    fence: FenceTracker,
}

// === impl Reader ===

impl Reader {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Characters seen.
    pub(crate) fn n_chars(&self) -> usize {
        self.words.n_chars()
    }

    /// Adds text; `each` is called with every word that is over, and whether a fence is open after it.
    pub(crate) fn push(&mut self, text: &str, mut each: impl FnMut(Word, bool)) {
        for c in text.chars() {
            self.fence.push(c);
            let is_fenced = c == '\n' && self.fence.open().is_some();
            self.words.push_char(c, &mut |word| each(word, is_fenced));
        }
    }

    /// The last word, once nothing follows.
    pub(crate) fn finish(&mut self) -> Option<Word> {
        self.words.finish()
    }
}
