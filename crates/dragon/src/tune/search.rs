//! What to measure next.
//!
//! The best of each stage goes into the next: cache formats with and without flash attention, then weights, then
//! threads, then pieces of prompts; in the end the starting point and the winner once more, in turn. Every result so
//! far gives a valid recommendation, so the search can be stopped anywhere. Pure.

#[cfg(test)]
mod tests;

use dragon_ipc::{CacheType, FlashAttention};

use crate::computing::{Computing, WeightFormat};
use crate::measuring::results::{Divergence, Measured};
use crate::weights::{MAX_MEAN_KL_NATS, MIN_EQUAL_TOP};

/// Caches and ways of attention worth trying; others were never best on any machine that was looked at.
const CACHES: [(CacheType, FlashAttention); 5] = [
    (CacheType::F16, FlashAttention::Auto),
    (CacheType::F16, FlashAttention::Off),
    (CacheType::Bf16, FlashAttention::Off),
    (CacheType::Bf16, FlashAttention::On),
    (CacheType::Q8_0, FlashAttention::On),
];

/// Pieces of prompts worth trying, in tokens. Larger ones interrupt running answers for longer than they are faster.
const CHUNKS: [u32; 3] = [32, 64, 128];

/// A larger piece, or fewer threads, must be faster by this factor: both have a price that the mix does not show.
const CLEAR_GAIN: f64 = 0.95;

/// Runs of the two finalists.
const N_FINAL_RUNS: usize = 3;

/// One way of computing and one format of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) computing: Computing,
    pub(super) weights: WeightFormat,
}

/// What is known of a candidate.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) candidate: Candidate,
    /// One for each time that it was measured.
    pub(super) runs: Vec<Measured>,
    pub(super) divergence: Option<Divergence>,
    pub(super) state: State,
}

/// Whether a candidate may be recommended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Its divergence is not known yet.
    NotCompared,
    /// It may.
    Admitted,
    /// It loses too much.
    TooFar,
    /// It could not be measured.
    Failed,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// How fast is it?
    Measure(Candidate),
    /// How far is it from the original?
    Compare(Candidate),
}

/// All that was found.
#[derive(Debug)]
pub(super) struct Search {
    start: Candidate,
    entries: Vec<Entry>,
}

// === impl Search ===

impl Search {
    /// Starts from what would be used without tuning.
    pub(super) fn new(start: Computing) -> Self {
        let start = Candidate { computing: start, weights: WeightFormat::AsIs };
        Self { start, entries: Vec::new() }
    }

    /// Everything found so far, in the order of the first measurements.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The next step; `None` when nothing is left to find out.
    pub(super) fn next(&self) -> Option<Step> {
        // Whoever leads has to show what it loses before anything is built on it.
        if let Some(leader) = self.leader()
            && leader.state == State::NotCompared
        {
            return Some(Step::Compare(leader.candidate));
        }
        let untried = self.stages().into_iter().find(|candidate| self.entry(*candidate).is_none());
        untried.or_else(|| self.finalist()).map(Step::Measure)
    }

    /// Takes a measurement; `None`: it failed.
    pub(super) fn measured(&mut self, candidate: Candidate, measured: Option<Measured>) {
        let index = self.index_of(candidate);
        match measured {
            Some(measured) => self.entries[index].runs.push(measured),
            None => self.entries[index].state = State::Failed,
        }
    }

    /// Takes a comparison; `None`: it failed.
    pub(super) fn compared(&mut self, candidate: Candidate, divergence: Option<Divergence>) {
        let index = self.index_of(candidate);
        self.entries[index].divergence = divergence;
        self.entries[index].state = match divergence {
            Some(found) if found.mean_kl_nats <= MAX_MEAN_KL_NATS && found.equal_top >= MIN_EQUAL_TOP => {
                State::Admitted
            }
            Some(_) => State::TooFar,
            None => State::Failed,
        };
    }

    /// The fastest that may be used; at the beginning the starting point.
    pub(super) fn recommended(&self) -> Candidate {
        let admitted = self.entries.iter().filter(|entry| entry.state == State::Admitted);
        fastest(admitted).map_or(self.start, |entry| entry.candidate)
    }

    /// The fastest that is not ruled out.
    fn leader(&self) -> Option<&Entry> {
        fastest(
            self.entries.iter().filter(|entry| matches!(entry.state, State::NotCompared | State::Admitted)),
        )
    }

    /// All candidates up to the stage that the results so far allow; later ones stand on the best of earlier ones.
    fn stages(&self) -> Vec<Candidate> {
        let with = |cache_type, flash_attention| Candidate {
            computing: Computing { cache_type, flash_attention, ..self.start.computing },
            ..self.start
        };
        let mut all = vec![self.start];
        all.extend(CACHES.map(|(cache_type, flash_attention)| with(cache_type, flash_attention)));
        let caches = self.best_of(&all);
        all.push(Candidate { weights: WeightFormat::Q8_0, ..caches });
        let weights = self.best_of(&all);
        all.extend(fewer_threads(weights));
        let threads = self.best_of(&all);
        all.extend(CHUNKS.map(|prefill_chunk| Candidate {
            computing: Computing { prefill_chunk, ..threads.computing },
            ..threads
        }));
        all
    }

    /// The best of these that were measured and not ruled out. What changes the number of threads or the pieces
    /// has to be clearly better than what does not.
    fn best_of(&self, candidates: &[Candidate]) -> Candidate {
        let usable = |candidate: &Candidate| {
            let entry = self.entry(*candidate)?;
            let seconds = entry.seconds()?;
            let is_usable = matches!(entry.state, State::NotCompared | State::Admitted);
            is_usable.then(|| (*candidate, seconds * self.handicap(*candidate)))
        };
        let found = candidates.iter().filter_map(usable).min_by(|a, b| a.1.total_cmp(&b.1));
        found.map_or(self.start, |(candidate, _)| candidate)
    }

    fn handicap(&self, candidate: Candidate) -> f64 {
        let (start, computing) = (self.start.computing, candidate.computing);
        let has_price = computing.threads != start.threads || computing.prefill_chunk != start.prefill_chunk;
        if has_price { 1.0 / CLEAR_GAIN } else { 1.0 }
    }

    /// The starting point and the winner in turn, until each has its runs.
    fn finalist(&self) -> Option<Candidate> {
        let winner = self.recommended();
        let n_runs = |candidate: Candidate| self.entry(candidate).map_or(0, |entry| entry.runs.len());
        if winner == self.start {
            return None;
        }
        let next = if n_runs(self.start) <= n_runs(winner) { self.start } else { winner };
        let is_failed = self.entry(next).is_some_and(|entry| entry.state == State::Failed);
        (n_runs(next) < N_FINAL_RUNS && !is_failed).then_some(next)
    }

    fn entry(&self, candidate: Candidate) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.candidate == candidate)
    }

    fn index_of(&mut self, candidate: Candidate) -> usize {
        if let Some(index) = self.entries.iter().position(|entry| entry.candidate == candidate) {
            return index;
        }
        let entry = Entry { candidate, runs: Vec::new(), divergence: None, state: State::NotCompared };
        self.entries.push(entry);
        self.entries.len() - 1
    }
}

fn fastest<'a>(entries: impl Iterator<Item = &'a Entry>) -> Option<&'a Entry> {
    let timed = entries.filter_map(|entry| Some((entry, entry.seconds()?)));
    timed.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(entry, _)| entry)
}

/// All but one, and half: on some machines the last core or the second thread of a core only disturbs.
fn fewer_threads(candidate: Candidate) -> Vec<Candidate> {
    let n_threads = candidate.computing.threads;
    let mut fewer = vec![n_threads.saturating_sub(1), n_threads / 2];
    fewer.retain(|fewer| *fewer > 0 && *fewer < n_threads);
    fewer.dedup();
    let with = |threads| Candidate { computing: Computing { threads, ..candidate.computing }, ..candidate };
    fewer.into_iter().map(with).collect()
}

// === impl Entry ===

impl Entry {
    /// The median of its runs.
    pub(super) fn seconds(&self) -> Option<f64> {
        let mut seconds: Vec<f64> = self.runs.iter().map(|run| run.mix_seconds).collect();
        seconds.sort_unstable_by(f64::total_cmp);
        seconds.get(seconds.len() / 2).copied()
    }
}
