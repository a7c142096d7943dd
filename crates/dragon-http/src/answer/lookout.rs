//! Watches one choice for text that goes round in circles.

use std::sync::Arc;

use dragon_api::GuardMode;
use dragon_core::label::Findings;
use dragon_core::sampling::TokenId;
use dragon_core::text::{Assembled, Assembler};
use dragon_guard::Language;
use dragon_guard::landing::Tracker;
use dragon_guard::landing::cue::Inside;
use dragon_guard::licence::Licence;
use dragon_guard::reanalysis::Calibration;
use dragon_guard::watch::{Expectation, Verdict, Watch};
use parking_lot::Mutex;

/// An answer that doubts itself without end may have this part of what it has more, ...
const DOUBTED_PART: u32 = 4;

/// ... and so many tokens at least: it may be just about to conclude.
const MIN_DOUBTED: u32 = 128;

/// What is known of how much a model doubts, from its own answers.
pub(crate) type Doubts = Mutex<Calibration>;

/// What a lookout is told before the first token.
#[derive(Debug, Clone)]
pub(super) struct Orders {
    pub(super) mode: GuardMode,
    pub(super) licence: Licence,
    pub(super) language: Language,
    pub(super) doubts: Arc<Doubts>,
    /// Whether there is something to learn about how much the model doubts: not from questions that make everybody doubt.
    pub(super) learns: bool,
}

/// Sees every token that is let through, and says what is to be done about it.
#[derive(Debug)]
pub(super) struct Lookout {
    orders: Orders,
    watch: Watch,
    /// What stood before each token.
    marks: Vec<Mark>,
    /// The text of the current part: of the thinking, and then of the answer.
    text: String,
    is_thinking: bool,
    found: Option<Circle>,
    /// Tokens that the answer may have, once it doubts itself without end.
    n_budget: Option<u32>,
    findings: Findings,
}

/// A loop in an answer, and what of the answer is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Circle {
    /// Tokens before it.
    pub(super) n_kept: u32,
    /// The part of the answer that it is in.
    pub(super) inside: Inside,
    /// Characters of that part before it.
    pub(super) n_chars: usize,
}

/// What stood before a token.
#[derive(Debug, Clone, Copy)]
struct Mark {
    /// Bytes of its part.
    n_bytes: usize,
    is_thinking: bool,
    /// Whether all before it was shown: no character is half there and nothing is held back.
    is_clean: bool,
}

// === impl Lookout ===

impl Lookout {
    /// At the start of an answer; `None` where nobody is to look.
    pub(super) fn new(orders: &Orders) -> Option<Self> {
        if orders.mode == GuardMode::Off {
            return None;
        }
        let threshold = orders.doubts.lock().threshold(orders.language);
        Some(Self {
            watch: Watch::new(Expectation { licence: orders.licence, threshold }),
            orders: orders.clone(),
            marks: Vec::new(),
            text: String::new(),
            is_thinking: false,
            found: None,
            n_budget: None,
            findings: Findings::default(),
        })
    }

    /// Notes what stands before a token that is about to be let through.
    pub(super) fn before(&mut self, assembler: &Assembler) {
        self.marks.push(Mark {
            n_bytes: self.text.len(),
            is_thinking: self.is_thinking,
            is_clean: !assembler.is_mid_character() && !assembler.is_holding(),
        });
    }

    /// Looks at a token that was let through, and at what it added.
    pub(super) fn after(&mut self, token: TokenId, assembled: &Assembled) {
        self.add(assembled);
        let piece = if assembled.reasoning.is_empty() { &assembled.text } else { &assembled.reasoning };
        match self.watch.push(token, piece) {
            Verdict::Clean => {}
            Verdict::Reanalysis(_) => {
                self.findings.has_reanalysed = true;
                let n_made = u32::try_from(self.marks.len()).unwrap_or(u32::MAX);
                let n_more = (n_made / DOUBTED_PART).max(MIN_DOUBTED);
                self.n_budget.get_or_insert(n_made.saturating_add(n_more));
            }
            Verdict::Loop(repetition) if self.found.is_none() => {
                self.found = self.circle(repetition.onset_tokens);
                self.findings.loop_onset_chars = self.found.as_ref().map(|circle| circle.n_chars);
            }
            Verdict::Loop(_) => {}
        }
    }

    /// Tokens after which the answer is to conclude; `None` for no such bound.
    pub(super) fn n_budget(&self) -> Option<u32> {
        self.n_budget.filter(|_| self.orders.mode == GuardMode::On)
    }

    /// The loop that the answer is to be taken out of.
    pub(super) fn circle_to_leave(&self) -> Option<&Circle> {
        self.found.as_ref().filter(|_| self.orders.mode == GuardMode::On)
    }

    /// What is open where a loop began.
    pub(super) fn text_before(&self, circle: &Circle) -> Tracker {
        let mut tracker = Tracker::default();
        tracker.push(circle.good_part(&self.text));
        tracker
    }

    /// The text of the part that is being made.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn findings(&self) -> Findings {
        self.findings
    }

    /// Adds what is shown without a token of its own.
    pub(super) fn add(&mut self, assembled: &Assembled) {
        if !assembled.reasoning.is_empty() {
            self.is_thinking = true;
            self.text.push_str(&assembled.reasoning);
        }
        if !assembled.text.is_empty() {
            if self.is_thinking {
                self.is_thinking = false;
                self.text.clear();
            }
            self.text.push_str(&assembled.text);
        }
    }

    /// From a token's place to one in the text. A loop that spans thinking and answer is of the answer only.
    fn circle(&self, onset: usize) -> Option<Circle> {
        let (n_kept, mark) = self
            .marks
            .iter()
            .enumerate()
            .skip(onset)
            .find(|(_, mark)| mark.is_clean && mark.is_thinking == self.is_thinking)?;
        Some(Circle {
            n_kept: u32::try_from(n_kept).ok()?,
            inside: if mark.is_thinking { Inside::Thinking } else { Inside::Answer },
            n_chars: self.text.get(..mark.n_bytes)?.chars().count(),
        })
    }
}

impl Drop for Lookout {
    /// However it ended: the answer shows how much this model doubts.
    fn drop(&mut self) {
        if let Some(peak) = self.watch.peak().filter(|_| self.orders.learns) {
            self.orders.doubts.lock().learn(self.orders.language, peak);
        }
    }
}

// === impl Circle ===

impl Circle {
    /// What of the part that it is in comes before it.
    pub(super) fn good_part<'a>(&self, text: &'a str) -> &'a str {
        text.char_indices().nth(self.n_chars).map_or(text, |(end, _)| &text[..end])
    }
}
