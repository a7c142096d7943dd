//! Near-loops: copies that differ in numbers or a few words.
//!
//! A few trackers each hold the text against what stood a certain distance before. Where the text goes on as it did
//! there, a tracker gains; a changed word costs it, another number does not, and after a word too many or too few it
//! finds its place again nearby. So a tracker lives as long as the text is mostly a copy, and how long it lives is how
//! much was copied. Distances to try come from the last place where the newest five words stood before.

use crate::repetition::Form;
use crate::words::{Kind, Word};

/// When copies are a near-loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NearRule {
    /// The longest distance between copies, in words; at most 1,536.
    pub max_period: usize,
    /// Copies that have to be there, at least 2. One more than for an exact loop: a handful of letters to different
    /// people may be as much alike.
    pub copies: usize,
    /// Words that all copies have to have together.
    pub min_span: usize,
    /// Words of a copy that may be others, in percent; inserted and missing ones count.
    pub max_changed_percent: usize,
}

/// A near-loop that is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NearLoop {
    /// Words from one copy to the next, at the end.
    pub period: usize,
    /// The word with which the first copy begins ...
    pub onset: usize,
    /// ... and its place, in characters.
    pub onset_chars: usize,
    /// Words of all copies.
    pub n_words: usize,
    /// Whether a number at the start of lines goes on counting from copy to copy.
    pub is_enumerated: bool,
}

/// Follows words. Takes 34 KB, however long the text is.
#[derive(Debug)]
pub struct Near {
    rule: NearRule,
    /// A ring of the last words.
    past: Box<[Entry; N_PAST]>,
    /// For the hash of some words in a row, which word was the last of them, from 1; 0 for none.
    seen: Box<[u32; N_SEEN]>,
    trackers: [Option<Tracker>; N_TRACKERS],
    n_words: usize,
    /// Words of letters in the line that is being written, so far.
    n_in_line: usize,
}

/// What is remembered of a word.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// Of a number its value, so that what counts can be told.
    id: u32,
    /// Where it begins, in characters and within 2^30; whether it is a number; whether it stands at the head of a line.
    start_and_bits: u32,
}

/// Follows one distance.
#[derive(Debug, Clone, Copy)]
struct Tracker {
    distance: usize,
    /// The first word that is a copy ...
    began: usize,
    /// ... and the word that it is a copy of, and where that begins in characters.
    onset: usize,
    onset_chars: usize,
    /// Falls with changed words; below zero the tracker has lost the text.
    score: i32,
    n_copied: usize,
    /// Changed words, of which the last `n_missed` stand in a row at the end.
    n_changed: usize,
    n_missed: usize,
    /// How often it found its place again.
    n_drifts: usize,
    /// How much the last number at the head of a line was more than the one at `distance`.
    step: u32,
    /// Numbers at the heads of lines, and how many of them went on with the step.
    n_heads: usize,
    n_counting: usize,
}

/// Words remembered: the longest period, and room for what it drifts and for the words that are compared.
const N_PAST: usize = 2_048;

/// The longest period that leaves that room.
const MAX_PERIOD: usize = 1_536;

/// More than words are remembered, so that few places are forgotten for another with the same hash.
const N_SEEN: usize = 4_096;

/// Words in a row that suggest a distance. Fewer repeat by chance, more are rarely spared by changes.
const N_IN_ROW: usize = 5;

/// Distances followed at the same time: a period, its sentences that are alike among themselves, and chance.
const N_TRACKERS: usize = 8;

/// A changed word undoes so many copied ones, ...
const COST: i32 = 3;

/// ... of which no more than this count, so that a tracker that has lost the text ends after 20 words.
const MAX_SCORE: i32 = 60;

/// How far a tracker looks for its place after a word too many or too few, ...
const MAX_DRIFT: usize = 8;

/// ... by so many words in a row. They are also what it asks for before it looks again.
const N_TO_FIND: usize = 3;

/// A number belongs to the head of a line if fewer words of letters than this stand before it: `12.`, `**Case 12:**`.
const HEAD_WORDS: usize = 2;

/// A counter goes on so often at least, and but for one time in so many, with a small step.
const MIN_COUNTING: usize = 2;
const COUNTS_BUT_ONE_IN: usize = 4;
const MAX_STEP: u32 = 9;

// === impl NearRule ===

impl NearRule {
    /// For running text. Copies that differ from a common origin in 5 words of 100 differ from each other in 10;
    /// entries of a glossary or lines of a dialogue that follow one pattern differ in 16 and more. What comes of it is
    /// in docs/GUARD.md.
    pub const DEFAULT: Self = Self { max_period: 1_280, copies: 4, min_span: 400, max_changed_percent: 14 };
}

// === impl NearLoop ===

impl NearLoop {
    pub(crate) fn form(&self) -> Form {
        if self.is_enumerated { Form::Enumerated } else { Form::Near }
    }
}

// === impl Near ===

impl Near {
    /// At the start of a text.
    pub fn new(rule: NearRule) -> Self {
        Self {
            rule: NearRule {
                max_period: rule.max_period.clamp(1, MAX_PERIOD),
                copies: rule.copies.max(2),
                ..rule
            },
            past: Box::new([Entry::default(); N_PAST]),
            seen: Box::new([0; N_SEEN]),
            trackers: [None; N_TRACKERS],
            n_words: 0,
            n_in_line: 0,
        }
    }

    /// Adds a word; the near-loop with the shortest period that it is part of.
    ///
    /// A loop is reported again with every word that goes on with it.
    pub fn push(&mut self, word: &Word) -> Option<NearLoop> {
        let newest = self.n_words;
        self.n_words += 1;
        let is_at_head = self.n_in_line < HEAD_WORDS;
        match word.kind {
            Kind::LineEnd => self.n_in_line = 0,
            Kind::Letters | Kind::Ideograph => self.n_in_line += 1,
            Kind::Number | Kind::Mark(_) => {}
        }
        self.past[newest % N_PAST] = Entry::new(word, is_at_head);
        let mut found: Option<NearLoop> = None;
        let Self { rule, past, trackers, .. } = self;
        for slot in trackers {
            let Some(tracker) = slot else { continue };
            tracker.follow(Past { words: past, newest }, rule.max_period);
            if tracker.score < 0 {
                *slot = None;
            } else if let Some(near) = tracker.judged_by(rule, newest)
                && found.is_none_or(|found| near.period < found.period)
            {
                found = Some(near);
            }
        }
        self.suggest(newest);
        found
    }

    /// Lets a tracker follow the distance to where the newest words stood before.
    fn suggest(&mut self, newest: usize) {
        let past = Past { words: &self.past, newest };
        let slot = &mut self.seen[past.hash_of_row() as usize % N_SEEN];
        let number = u32::try_from(newest + 1).unwrap_or(u32::MAX);
        let before = usize::try_from(std::mem::replace(slot, number)).unwrap_or(0);
        let distance = (newest + 1).saturating_sub(before);
        let is_known = before > 0 && (1..=self.rule.max_period).contains(&distance);
        if !is_known || !past.is_copied(distance, N_IN_ROW) {
            return;
        }
        let is_followed = |tracker: &Tracker| {
            let between = tracker.distance.abs_diff(distance);
            // A tracker that looks for its place will find this one by itself.
            between == 0 || between <= MAX_DRIFT && tracker.n_missed == 0
        };
        if self.trackers.iter().flatten().any(is_followed) {
            return;
        }
        let began = newest + 1 - N_IN_ROW;
        let tracker = Tracker {
            distance,
            began,
            onset: began - distance,
            onset_chars: past.entry(newest - began + distance).start(),
            score: i32::try_from(N_IN_ROW).unwrap_or(i32::MAX),
            n_copied: N_IN_ROW,
            n_changed: 0,
            n_missed: 0,
            n_drifts: 0,
            step: 0,
            n_heads: 0,
            n_counting: 0,
        };
        let worth = |slot: &Option<Tracker>| slot.map(|tracker| (tracker.score, tracker.n_copied));
        if let Some(slot) = self.trackers.iter_mut().min_by_key(|slot| worth(slot)) {
            *slot = Some(tracker);
        }
    }
}

// === impl Entry ===

impl Entry {
    fn new(word: &Word, is_at_head: bool) -> Self {
        let is_number = word.kind == Kind::Number;
        let start = u32::try_from(word.start).unwrap_or(u32::MAX) & (u32::MAX >> 2);
        let bits = u32::from(is_number) << 1 | u32::from(is_at_head);
        Self { id: if is_number { word.number } else { word.id }, start_and_bits: start << 2 | bits }
    }

    fn is_number(self) -> bool {
        self.start_and_bits & 2 != 0
    }

    fn is_at_head(self) -> bool {
        self.start_and_bits & 1 != 0
    }

    /// The same for equal words, and for all numbers.
    fn likeness(self) -> u32 {
        if self.is_number() { 0 } else { self.id }
    }

    fn start(self) -> usize {
        usize::try_from(self.start_and_bits >> 2).unwrap_or(usize::MAX)
    }
}

/// The remembered words, seen from the newest.
#[derive(Debug, Clone, Copy)]
struct Past<'a> {
    words: &'a [Entry; N_PAST],
    newest: usize,
}

// === impl Past ===

impl Past<'_> {
    /// The word that stands `n_before` the newest. Of a word before the first there is only its emptiness.
    fn entry(self, n_before: usize) -> Entry {
        self.words[self.newest.wrapping_sub(n_before) % N_PAST]
    }

    /// Whether the newest `n_words` words are those that stand `distance` before them, but for numbers.
    fn is_copied(self, distance: usize, n_words: usize) -> bool {
        distance + n_words <= self.newest + 1
            && (0..n_words).all(|back| self.entry(back).likeness() == self.entry(back + distance).likeness())
    }

    fn hash_of_row(self) -> u32 {
        let row = (0..N_IN_ROW).map(|back| self.entry(back).likeness());
        let hash = row.fold(0_u32, |hash, id| (hash ^ id).wrapping_mul(0x9e37_79b1).rotate_left(13));
        hash ^ hash >> 15
    }
}

// === impl Tracker ===

impl Tracker {
    fn follow(&mut self, past: Past<'_>, max_period: usize) {
        let (word, before) = (past.entry(0), past.entry(self.distance));
        if word.id == before.id {
            self.n_copied += 1;
            self.score = (self.score + 1).min(MAX_SCORE);
            self.n_missed = 0;
        } else if word.is_number() && before.is_number() {
            self.n_copied += 1;
            self.n_missed = 0;
            if word.is_at_head() {
                self.count(word.id.wrapping_sub(before.id));
            }
        } else {
            self.n_changed += 1;
            self.score -= COST;
            self.n_missed += 1;
            if self.n_missed >= 2 {
                self.find_place(past, max_period);
            }
        }
    }

    /// A number at the head of a line is so much more than its predecessor.
    fn count(&mut self, step: u32) {
        let is_small = step <= MAX_STEP || step.wrapping_neg() <= MAX_STEP;
        self.n_heads += 1;
        self.n_counting += usize::from(is_small && step == self.step);
        self.step = step;
    }

    fn is_enumerated(&self) -> bool {
        // The first number begins to count.
        let n_not = self.n_heads.saturating_sub(self.n_counting + 1);
        self.n_counting >= MIN_COUNTING && n_not * COUNTS_BUT_ONE_IN <= self.n_heads
    }

    /// After words that do not fit: perhaps one was too many or too few.
    fn find_place(&mut self, past: Past<'_>, max_period: usize) {
        let nearby =
            (1..=MAX_DRIFT).flat_map(|drift| [self.distance + drift, self.distance.saturating_sub(drift)]);
        let mut fitting = nearby.filter(|distance| (1..=max_period).contains(distance));
        let Some(distance) = fitting.find(|distance| past.is_copied(*distance, N_TO_FIND)) else { return };
        // These words were copies after all.
        let n_found = self.n_missed.min(N_TO_FIND);
        self.n_changed -= n_found;
        self.n_drifts += 1;
        self.n_copied += n_found;
        let undone = i32::try_from(n_found).unwrap_or(0) * (COST + 1) - COST;
        self.score = (self.score + undone).min(MAX_SCORE);
        self.distance = distance;
        self.n_missed = 0;
    }

    fn judged_by(&self, rule: &NearRule, newest: usize) -> Option<NearLoop> {
        let n_followed = newest + 1 - self.began;
        let n_words = newest + 1 - self.onset;
        let is_long_enough = n_followed >= (rule.copies - 1) * self.distance && n_words >= rule.min_span;
        // A word too many or too few may lie among those that were found to be copies, or not: it counts half. Patterns
        // that are filled in otherwise have none.
        let is_copy = (2 * self.n_changed + self.n_drifts) * 100 <= 2 * rule.max_changed_percent * n_followed;
        (is_long_enough && is_copy).then_some(NearLoop {
            period: self.distance,
            onset: self.onset,
            onset_chars: self.onset_chars,
            n_words,
            is_enumerated: self.is_enumerated(),
        })
    }
}

#[cfg(test)]
mod tests;
