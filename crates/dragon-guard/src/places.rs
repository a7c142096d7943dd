//! Where in a text its latest tokens begin.

/// Tokens whose places are kept: more than a loop of the longest period has when it is proven.
const N_KEPT: usize = 8_192;

/// A ring of places, in characters. Takes 32 KB.
#[derive(Debug)]
pub(crate) struct Places {
    starts: Box<[u32]>,
    n_tokens: usize,
}

// === impl Places ===

impl Places {
    pub(crate) fn new() -> Self {
        Self { starts: vec![0; N_KEPT].into(), n_tokens: 0 }
    }

    /// Adds a token that begins there.
    pub(crate) fn push(&mut self, start: usize) {
        self.starts[self.n_tokens % N_KEPT] = u32::try_from(start).unwrap_or(u32::MAX);
        self.n_tokens += 1;
    }

    /// Where a token begins. Of those that are forgotten, the place of the oldest that is not.
    pub(crate) fn of(&self, token: usize) -> usize {
        let token = token.clamp(self.n_tokens.saturating_sub(N_KEPT), self.n_tokens.saturating_sub(1));
        usize::try_from(self.starts[token % N_KEPT]).unwrap_or(usize::MAX)
    }

    /// The first token that begins at a place or after it; the oldest one kept where the place is before that.
    pub(crate) fn at(&self, place: usize) -> usize {
        let mut tokens = self.n_tokens.saturating_sub(N_KEPT)..self.n_tokens;
        while !tokens.is_empty() {
            let middle = tokens.start + tokens.len() / 2;
            if self.of(middle) < place {
                tokens.start = middle + 1;
            } else {
                tokens.end = middle;
            }
        }
        tokens.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_both_ways_and_old_ones_are_forgotten() {
        let mut places = Places::new();
        assert_eq!((places.of(3), places.at(9)), (0, 0));
        (0..10_000).for_each(|token| places.push(token * 3));
        assert_eq!((places.of(9_000), places.at(27_000), places.at(26_999)), (27_000, 9_000, 9_000));
        let oldest = 10_000 - N_KEPT;
        assert_eq!((places.of(0), places.at(0)), (oldest * 3, oldest));
        assert_eq!(places.at(1_000_000), 10_000);
    }
}
