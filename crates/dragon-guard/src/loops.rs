//! Exact loops: the newest tokens repeat with one period.
//!
//! For each period `p` the detector knows over how many tokens, up to the newest, every token equals the one `p`
//! before it. A loop is proven when that makes [`LoopRule::copies`] copies and [`LoopRule::min_span`] tokens. All
//! periods are compared for every token, one after the other in memory, which a processor does 8 to 32 at a time: the
//! cost does not depend on the text, so that no text makes it expensive.

/// When a repetition is a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopRule {
    /// The longest period, in tokens.
    pub max_period: usize,
    /// Copies of the period that have to be there, at least 2.
    pub copies: usize,
    /// Tokens that all copies have to have together.
    pub min_span: usize,
}

/// A loop that is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExactLoop {
    /// Tokens after which it repeats; the shortest such number.
    pub period: usize,
    /// The place of the first token from which on the repetition is exact.
    pub onset: usize,
    /// Tokens from there to the newest.
    pub n_tokens: usize,
}

/// Follows tokens one by one. Holds 12 bytes for each period, and no more however long the text becomes.
#[derive(Debug)]
pub struct Loops {
    rule: LoopRule,
    /// The last `max_period` tokens, twice, so that they always lie in a row, the oldest first.
    past: Box<[u32]>,
    /// Where in the first half the next token goes.
    next: usize,
    /// For each period, the longest first: how many of the newest tokens equal the one a period before.
    runs: Box<[u16]>,
    /// For each period, the longest first: the run before the one that proves a loop.
    almost: Box<[u16]>,
    n_tokens: usize,
}

// === impl LoopRule ===

impl LoopRule {
    /// For tokens of a model. The longest of the known real loops has about 1,080 tokens.
    pub const MODEL_TOKENS: Self = Self { max_period: 2_048, copies: 3, min_span: 256 };

    /// For [`words`](crate::words), which are fewer.
    pub const WORDS: Self = Self { max_period: 1_536, copies: 3, min_span: 200 };

    /// Tokens that have to equal the one a period before.
    fn run_of_loop(self, period: usize) -> usize {
        (period * (self.copies - 1)).max(self.min_span.saturating_sub(period))
    }
}

// === impl Loops ===

impl Loops {
    /// At the start of a text.
    ///
    /// Runs are counted to 65,535: a rule that wants more tokens than that for a loop never finds one.
    pub fn new(rule: LoopRule) -> Self {
        let rule = LoopRule { max_period: rule.max_period.max(1), copies: rule.copies.max(2), ..rule };
        let periods = (1..=rule.max_period).rev();
        let almost = periods
            .map(|period| u16::try_from(rule.run_of_loop(period).saturating_sub(1)).unwrap_or(u16::MAX));
        Self {
            rule,
            past: vec![0; 2 * rule.max_period].into(),
            next: 0,
            runs: vec![0; rule.max_period].into(),
            almost: almost.collect(),
            n_tokens: 0,
        }
    }

    /// Adds a token; whether the newest tokens are a loop, as they are with every further token that goes on with one.
    pub fn push(&mut self, token: u32) -> bool {
        let size = self.rule.max_period;
        // Before the first token that far back there is nothing to compare with.
        let n_absent = size.saturating_sub(self.n_tokens);
        let past = &self.past[self.next + n_absent..self.next + size];
        let is_proven = advance(&mut self.runs[n_absent..], past, &self.almost[n_absent..], token);
        self.past[self.next] = token;
        self.past[self.next + size] = token;
        self.next = if self.next + 1 == size { 0 } else { self.next + 1 };
        self.n_tokens += 1;
        is_proven
    }

    /// Tokens seen.
    pub fn n_tokens(&self) -> usize {
        self.n_tokens
    }

    /// Of the newest tokens, how many equal the one `period` before; counted to 65,535.
    pub fn run(&self, period: usize) -> usize {
        let place = self.rule.max_period.checked_sub(period);
        place.and_then(|place| self.runs.get(place)).map_or(0, |run| usize::from(*run))
    }

    /// The loop of the newest tokens, the one with the shortest period where there are several.
    pub fn proven(&self) -> Option<ExactLoop> {
        let proven =
            self.runs.iter().zip(&self.almost).rev().zip(1..).find(|((run, almost), _)| run > almost);
        proven.map(|((run, _), period)| {
            let n_tokens = usize::from(*run) + period;
            ExactLoop { period, onset: self.n_tokens - n_tokens, n_tokens }
        })
    }
}

/// Counts on the runs of all periods; whether one of them is longer than `almost`. Slices of equal length.
fn advance(runs: &mut [u16], past: &[u32], almost: &[u16], token: u32) -> bool {
    let mut excess = 0;
    for ((run, past), almost) in runs.iter_mut().zip(past).zip(almost) {
        let longer = run.saturating_add(1);
        *run = if *past == token { longer } else { 0 };
        excess |= run.saturating_sub(*almost);
    }
    excess != 0
}

#[cfg(test)]
mod tests;
