//! Prefixes that were computed before: prompts and answers that have left the cache, kept in memory.
//!
//! Computing a token of a prompt costs a hundred times as much as putting it back (0.65 ms against 5 µs with the
//! default model), so what has been computed is kept as long as there is room, and a prompt that begins like it
//! starts from there. What lies here costs running sequences nothing: it is not in the cache.
//!
//! Pure: it neither computes nor copies states, it only decides which ones stay.

#[cfg(test)]
mod tests;

use crate::llama::TokenId;

/// Fewer common tokens are not worth a copy and the bookkeeping: a prefill call of a handful of tokens costs much
/// the same as of sixteen more.
pub(crate) const MIN_COMMON: usize = 16;

/// A copy takes the whole sequence, so what is common must be at least this part of it: a cell costs 5 to 10 µs to copy
/// and a token 600 µs to compute.
const MAX_COPIED_PER_COMMON: usize = 32;

/// Entries at most, whatever their size: a prompt is compared with every one of them, some microseconds in all.
const MAX_ENTRIES: usize = 256;

/// A sequence is kept only if at least this many of its tokens, and this share, are not kept already ...
const MIN_NEW_TOKENS: usize = 32;

/// ... so that a hundred answers to one long system prompt do not fill the memory with a hundred copies of it.
const MIN_NEW_SHARE: usize = 10;

/// States of sequences by their tokens; the least recently used ones make room.
#[derive(Debug)]
pub(crate) struct Kept {
    entries: Vec<Entry>,
    n_max_bytes: usize,
    n_bytes: usize,
    /// Grows with every use.
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    tokens: Vec<TokenId>,
    state: Vec<u8>,
    used_at: u64,
}

/// The entry that has most in common with a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    index: usize,
    /// Tokens in common.
    pub(crate) n_common: usize,
}

/// Whether starting from `n_common` tokens of a sequence of `n_tokens` saves more than the copy costs.
pub(crate) fn is_worth(n_common: usize, n_tokens: usize) -> bool {
    n_common >= MIN_COMMON && n_common * MAX_COPIED_PER_COMMON >= n_tokens
}

/// Length of the longest common prefix.
pub(crate) fn n_common(a: &[TokenId], b: &[TokenId]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

// === impl Kept ===

impl Kept {
    /// Nothing yet; the states together never take more than `n_max_bytes`.
    pub(crate) fn new(n_max_bytes: u64) -> Self {
        let n_max_bytes = usize::try_from(n_max_bytes).unwrap_or(usize::MAX);
        Self { entries: Vec::new(), n_max_bytes, n_bytes: 0, clock: 0 }
    }

    /// What there is for a prompt, if it is worth using.
    pub(crate) fn find(&self, prompt: &[TokenId]) -> Option<Found> {
        let common = self.entries.iter().map(|entry| (n_common(&entry.tokens, prompt), entry.tokens.len()));
        let worth = (0..).zip(common).filter(|(_, (n_common, n_tokens))| is_worth(*n_common, *n_tokens));
        worth.map(|(index, (n_common, _))| Found { index, n_common }).max_by_key(|found| found.n_common)
    }

    /// Hands out the state of what was just found, which counts as a use; to be given back at once.
    pub(crate) fn lend(&mut self, found: Found) -> Option<Vec<u8>> {
        self.clock += 1;
        let entry = self.entries.get_mut(found.index)?;
        entry.used_at = self.clock;
        Some(std::mem::take(&mut entry.state))
    }

    /// Takes back what was lent.
    pub(crate) fn give_back(&mut self, found: Found, state: Vec<u8>) {
        if let Some(entry) = self.entries.get_mut(found.index) {
            entry.state = state;
        }
    }

    /// Whether a sequence is worth the copy that [`Self::put`] needs.
    pub(crate) fn wants(&self, tokens: &[TokenId]) -> bool {
        if self.n_max_bytes == 0 {
            return false;
        }
        let n_held = self.entries.iter().map(|entry| n_common(&entry.tokens, tokens)).max().unwrap_or(0);
        tokens.len() - n_held >= MIN_NEW_TOKENS.max(tokens.len() / MIN_NEW_SHARE)
    }

    /// Keeps a state, in the place of those that it continues and of those that were not used for longest. One that
    /// is larger than all the room is not kept.
    pub(crate) fn put(&mut self, tokens: Vec<TokenId>, state: Vec<u8>) {
        if state.len() > self.n_max_bytes {
            return;
        }
        self.entries.retain(|entry| !tokens.starts_with(&entry.tokens));
        self.count_bytes();
        while self.n_bytes + state.len() > self.n_max_bytes || self.entries.len() >= MAX_ENTRIES {
            self.drop_oldest();
        }
        self.clock += 1;
        self.entries.push(Entry { tokens, state, used_at: self.clock });
        self.count_bytes();
    }

    fn drop_oldest(&mut self) {
        let oldest = (0..).zip(&self.entries).min_by_key(|(_, entry)| entry.used_at).map(|(index, _)| index);
        if let Some(index) = oldest {
            self.entries.swap_remove(index);
        }
        self.count_bytes();
    }

    fn count_bytes(&mut self) {
        self.n_bytes = self.entries.iter().map(|entry| entry.state.len()).sum();
    }
}
