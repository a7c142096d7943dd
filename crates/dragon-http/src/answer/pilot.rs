//! Brings one choice to its end before its deadline, or earlier while others wait.

use std::sync::Arc;
use std::time::Duration;

use dragon_core::label::Reason;
use dragon_core::sampling::TokenId;
use dragon_core::text::{Assembled, Assembler};
use dragon_guard::Language;
use dragon_guard::landing::cue::{self, Inside};
use dragon_guard::landing::{
    self, Boundary, Landing, MIN_TAIL, Moment, Pressure, StepTimes, Tracker, Urgency, Why, closes_from,
};
use dragon_supervisor::{Closing, Force, Token};
use tokio::time::Instant;

use super::lookout::Circle;
use super::remark::{self, Remark};
use crate::cues::{Cues, Own};

/// Logits by which a token gains that is to be chosen whatever the model thinks of it, or nearly: e^12 is 160,000.
const CERTAIN: f32 = 12.0;

/// Reading a cue of one's own may take this part of the answer's time at most: a slow model says rather more itself.
const OWN_CUE_PART: u32 = 8;

/// Tokens of a usual cue, with what closes the answer before it.
const USUAL_CUE: u32 = 16;

/// What every pilot of a request knows.
#[derive(Debug, Clone)]
pub(super) struct Briefing {
    pub(super) cues: Arc<Cues>,
    pub(super) language: Language,
    /// Begins the conclusion, ...
    pub(super) cue: &'static str,
    /// ... unless there is time to say this, which only this question has.
    pub(super) own: Option<Arc<Own>>,
    /// Tokens after which an answer to this question is to conclude; `None` for no such bound.
    pub(super) n_budget: Option<u32>,
    /// Strings that end the answer, so they are never written.
    pub(super) stops: Vec<String>,
    /// Time of a step, as other answers have it.
    pub(super) step: Duration,
    /// Time to read a token of a prompt.
    pub(super) prefill_per_token: Duration,
    /// An answer of this many tokens is of use.
    pub(super) n_useful: u32,
    /// Tokens of a choice at most.
    pub(super) n_max: u32,
    /// The whole time of the answer.
    pub(super) allowed: Duration,
}

/// The time and the load when a token came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conditions {
    pub(super) now: Instant,
    /// By when the answer has to be whole.
    pub(super) ends_at: Instant,
    /// The whole of its time.
    pub(super) allowed: Duration,
    /// What it is labelled with when the clock ends it.
    pub(super) by_clock: Reason,
    pub(super) pressure: Pressure,
}

/// Follows the text of a choice, and decides once where it lands.
#[derive(Debug)]
pub(super) struct Pilot {
    briefing: Briefing,
    text: Tracker,
    is_thinking: bool,
    steps: StepTimes,
    started_at: Instant,
    first_token_at: Option<Instant>,
    last_token_at: Option<Instant>,
}

/// How a choice comes to its end.
#[derive(Debug)]
pub(super) enum Descent {
    /// The engine goes on from the server's words, for a short conclusion.
    Approach(Approach),
    /// The server has the last word.
    Remark(Remark),
}

/// How a choice lands.
#[derive(Debug)]
pub(super) struct Approach {
    pub(super) force: Force,
    /// The text of the forced tokens.
    pub(super) cue: String,
    pub(super) n_cue: u32,
    pub(super) n_tail: u32,
    pub(super) reason: Reason,
    /// When it is expected to be down.
    pub(super) ends_by: Instant,
    /// The loop that it leads out of.
    pub(super) out_of: Option<Circle>,
    /// The text of the forced tokens where the loop is left out.
    pub(super) kept_cue: String,
}

/// What the server writes, as text and as tokens.
#[derive(Debug)]
struct Words {
    text: String,
    tokens: Vec<TokenId>,
    /// Whether nothing need follow.
    are_last: bool,
}

// === impl Words ===

impl Words {
    fn n_tokens(&self) -> u32 {
        u32::try_from(self.tokens.len()).unwrap_or(u32::MAX)
    }

    /// The same words where the model goes on behind them all the same.
    fn followed(self) -> Self {
        Self { are_last: false, ..self }
    }

    fn remark(self, reason: Reason) -> Remark {
        Remark { n_tokens: self.n_tokens(), text: self.text, reason, out_of: None }
    }
}

// === impl Pilot ===

impl Pilot {
    pub(super) fn new(briefing: Briefing) -> Self {
        Self {
            steps: StepTimes::new(briefing.step),
            briefing,
            text: Tracker::default(),
            is_thinking: false,
            started_at: Instant::now(),
            first_token_at: None,
            last_token_at: None,
        }
    }

    /// Whether to land before `token`, which follows `n_made` others, of `n_budget` that it is to have.
    pub(super) fn consider(
        &mut self,
        token: &Token,
        n_made: u32,
        assembler: &Assembler,
        n_budget: Option<u32>,
        answer: &str,
        conditions: &Conditions,
    ) -> Option<Descent> {
        let now = conditions.now;
        let before = self.last_token_at.replace(now);
        // The pause in which an engine is replaced says nothing of how fast the next tokens come.
        if let Some(before) = before.filter(|_| !token.is_resumed) {
            self.steps.push(now.saturating_duration_since(before));
        }
        let first_token_at = *self.first_token_at.get_or_insert(now);
        if n_made == 0 || assembler.is_mid_character() {
            return None;
        }
        let inside = if assembler.is_thinking() { Inside::Thinking } else { Inside::Answer };
        let decided = self.decide(inside, n_made, n_budget, first_token_at, conditions);
        let (words, moment, landing) = match decided? {
            (words, ..) if words.are_last && !self.is_fit_behind(answer, &words) => {
                // It is no prose, or has said it: from here on it is an answer like any other.
                self.briefing.own = None;
                self.briefing.n_budget = None;
                self.decide(inside, n_made, n_budget, first_token_at, conditions)?
            }
            decided => decided,
        };
        if !self.may_cut_before(token, landing.urgency, assembler) {
            return None;
        }
        let reason = match landing.why {
            Why::Deadline => conditions.by_clock,
            Why::Load => Reason::Load,
            Why::Budget => Reason::Ambiguous,
        };
        Some(if words.are_last {
            Descent::Remark(words.remark(reason))
        } else {
            Descent::Approach(self.approach(words, n_made, landing.n_tail, reason, &moment, now))
        })
    }

    /// Whether it is time to land, and with which words.
    fn decide(
        &self,
        inside: Inside,
        n_made: u32,
        n_budget: Option<u32>,
        first_token_at: Instant,
        conditions: &Conditions,
    ) -> Option<(Words, Moment, Landing)> {
        let words = self.words(&self.text, inside)?;
        let moment = Moment {
            n_budget: earlier(n_budget, self.briefing.n_budget),
            ..self.moment(&words, n_made, first_token_at, conditions)
        };
        let landing = landing::decide(&moment)?;
        Some((words, moment, landing))
    }

    fn is_fit_behind(&self, answer: &str, words: &Words) -> bool {
        remark::is_called_for(answer) && self.is_free_of_stops(answer, words)
    }

    /// How to land at once out of a loop, whose place and what is open there are given. The engine goes on from before
    /// the loop, so that the conclusion is not drawn into it.
    pub(super) fn leave(
        &self,
        circle: &Circle,
        before: &Tracker,
        n_made: u32,
        answer: &str,
        conditions: &Conditions,
    ) -> Option<Descent> {
        let (shown, kept) = self.words_out_of(circle, before, n_made, answer)?;
        if shown.are_last {
            let out_of = Some((circle.clone(), kept.text));
            return Some(Descent::Remark(Remark { out_of, ..shown.remark(Reason::Loop) }));
        }
        let first_token_at = self.first_token_at?;
        let moment = self.moment(&kept, n_made, first_token_at, conditions);
        let n_tail = moment.n_tail()?;
        let kept_cue = kept.text.clone();
        let approach = self.approach(kept, circle.n_kept, n_tail, Reason::Loop, &moment, conditions.now);
        let out_of = Some(circle.clone());
        Some(Descent::Approach(Approach { cue: shown.text, kept_cue, out_of, ..approach }))
    }

    /// What the server would write behind a loop that was sent, and in its place where it was not.
    fn words_out_of(
        &self,
        circle: &Circle,
        before: &Tracker,
        n_made: u32,
        answer: &str,
    ) -> Option<(Words, Words)> {
        let (shown, kept) = (self.words(&self.text, circle.inside)?, self.words(before, circle.inside)?);
        if !shown.are_last && !kept.are_last {
            return Some((shown, kept));
        }
        let good_part = circle.good_part(answer);
        let is_fit = self.has_room(&kept, n_made.saturating_add(MIN_TAIL))
            && self.is_free_of_stops(answer, &shown)
            && self.is_free_of_stops(good_part, &kept);
        match (is_fit, good_part.trim().is_empty()) {
            (true, false) if shown.are_last && kept.are_last => Some((shown, kept)),
            // Of an answer that is nothing but a loop no word is kept: then the model has to say something more.
            (true, true) => Some((shown.followed(), kept.followed())),
            _ => {
                let usual = |text| self.write(text, circle.inside, None);
                Some((usual(&self.text)?, usual(before)?))
            }
        }
    }

    /// What is to be said behind an answer that the model has ended, of `n_made` tokens, without a word of the question's
    /// several meanings; `None` where nothing is, or where there is no room for it.
    pub(super) fn remark(&self, answer: &str, n_made: u32) -> Option<Remark> {
        if self.is_thinking || !remark::is_called_for(answer) {
            return None;
        }
        let words = self.write(&self.text.ended(), Inside::Answer, self.briefing.own.as_deref())?;
        let is_fit = words.are_last && self.has_room(&words, n_made) && self.is_free_of_stops(answer, &words);
        is_fit.then(|| words.remark(Reason::Ambiguous))
    }

    /// Whether no stop string lies across the end of an answer and the beginning of what follows it.
    fn is_free_of_stops(&self, answer: &str, words: &Words) -> bool {
        self.briefing.stops.iter().all(|stop| {
            let tail = &answer[answer.ceil_char_boundary(answer.len().saturating_sub(stop.len()))..];
            !format!("{tail}{}", words.text).contains(stop.as_str())
        })
    }

    fn has_room(&self, words: &Words, n_made: u32) -> bool {
        n_made.saturating_add(words.n_tokens()) <= self.briefing.n_max
    }

    /// What the server would write after `text`; `None` where it can write nothing.
    fn words(&self, text: &Tracker, inside: Inside) -> Option<Words> {
        let own =
            self.briefing.own.as_deref().filter(|own| inside == Inside::Answer || self.is_soon_read(own));
        own.and_then(|own| self.write(text, inside, Some(own))).or_else(|| self.write(text, inside, None))
    }

    /// Writes with a cue of the question's own, or with the usual one. Behind a model's thinking there is no answer yet, so
    /// that the engine has to go on whatever the server says.
    fn write(&self, text: &Tracker, inside: Inside, own: Option<&Own>) -> Option<Words> {
        let Briefing { language, stops, cues, cue, .. } = &self.briefing;
        let cue = own.map_or(*cue, |own| own.text.as_str());
        let parts = cue::parts(*language, cue, text, inside, stops)?;
        let are_last = own.is_some() && inside == Inside::Answer;
        Some(Words { tokens: cues.of(&parts, own)?, text: parts.concat(), are_last })
    }

    /// Whether the engine can read a cue without wasting the time that the answer has.
    fn is_soon_read(&self, own: &Own) -> bool {
        self.briefing.prefill_per_token.saturating_mul(own.n_tokens()) <= self.briefing.allowed / OWN_CUE_PART
    }

    fn moment(&self, words: &Words, n_made: u32, first_token_at: Instant, conditions: &Conditions) -> Moment {
        let step = self.steps.pessimistic();
        let n_cue = words.n_tokens();
        // Read like a prompt, and then a step with the last of it. A last word is not read, but an answer that turns out not
        // to need it has the usual cue.
        let n_read = if words.are_last { n_cue.min(USUAL_CUE) } else { n_cue };
        let reading = self.briefing.prefill_per_token.saturating_mul(n_read) + step;
        Moment {
            read: first_token_at.saturating_duration_since(self.started_at),
            flown: conditions.now.saturating_duration_since(first_token_at),
            left: conditions.ends_at.saturating_duration_since(conditions.now),
            allowed: conditions.allowed,
            step,
            cue_time: reading,
            n_cue,
            is_last_word: words.are_last,
            n_useful: self.briefing.n_useful,
            n_made,
            n_max: self.briefing.n_max,
            n_budget: None,
            pressure: conditions.pressure,
        }
    }

    fn approach(
        &self,
        words: Words,
        n_kept: u32,
        n_tail: u32,
        reason: Reason,
        moment: &Moment,
        now: Instant,
    ) -> Approach {
        let n_cue = words.n_tokens();
        let n_to_tail = n_kept.saturating_add(n_cue);
        let force = Force {
            n_kept,
            tokens: words.tokens,
            n_max_tokens: n_to_tail.saturating_add(n_tail),
            closing: self.closing(n_to_tail, n_tail),
        };
        Approach {
            cue: words.text,
            n_cue,
            n_tail,
            reason,
            ends_by: now + moment.cue_time + moment.step.saturating_mul(n_tail),
            force,
            out_of: None,
            kept_cue: String::new(),
        }
    }

    /// The end of a sentence becomes likely step by step, and near certain with the last token.
    fn closing(&self, n_to_tail: u32, n_tail: u32) -> Closing {
        let n_open = closes_from(n_tail).saturating_sub(1).min(n_tail);
        let n_closing = u16::try_from(n_tail - n_open).unwrap_or(u16::MAX).max(1);
        Closing {
            n_from: n_to_tail.saturating_add(n_open),
            tokens: self.briefing.cues.sentence_ends().to_vec(),
            gain: CERTAIN / f32::from(n_closing),
        }
    }

    /// Adds what was let through.
    pub(super) fn saw(&mut self, assembled: &Assembled) {
        self.text.push(&assembled.reasoning);
        self.is_thinking |= !assembled.reasoning.is_empty();
        if self.is_thinking && !assembled.text.is_empty() {
            self.is_thinking = false;
            self.text = Tracker::default();
        }
        self.text.push(&assembled.text);
    }

    pub(super) fn text(&self) -> Tracker {
        self.text
    }

    fn may_cut_before(&self, token: &Token, urgency: Urgency, assembler: &Assembler) -> bool {
        // What is held back may be the beginning of a stop string that this very token completes; nor is it in `text`, so
        // nobody knows what that ends with. It is let go or dropped within a few tokens.
        if assembler.is_holding() {
            return false;
        }
        let needed = match urgency {
            Urgency::Anywhere => return true,
            Urgency::AtWord => Boundary::Word,
            Urgency::AtSentence => Boundary::Sentence,
        };
        self.text.before(first_char(&token.piece)) >= needed
    }
}

/// The smaller of two bounds.
fn earlier(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    [one, other].into_iter().flatten().min()
}

/// The first character of a token's bytes; where it is not whole, one that continues a word.
fn first_char(piece: &[u8]) -> char {
    let head = piece.get(..4).unwrap_or(piece);
    String::from_utf8_lossy(head).chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
}
