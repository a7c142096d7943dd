//! When to land: arithmetic of the clock.

use std::time::Duration;

use super::pressure::Pressure;

/// Fewer tokens after the cue say nothing: then the answer is rather cut where it is.
pub const MIN_TAIL: u32 = 8;

/// Fewer tokens of the model before the server's last word are no answer.
const MIN_BEFORE_LAST_WORD: u32 = 64;

/// A longer tail is not a short conclusion any more.
const MAX_TAIL: u32 = 96;

/// Enough for most concluding sentences; given where it takes no more than [`MAX_TAIL_SHARE`] of the deadline.
const USUAL_TAIL: u32 = 24;

/// Under the greatest pressure: a short sentence.
const LOADED_TAIL: u32 = 10;

/// Share of the deadline's tokens that the tail may have ...
const TAIL_SHARE: f64 = 0.15;

/// ... and what a slow model may spend to reach [`USUAL_TAIL`].
const MAX_TAIL_SHARE: f64 = 0.4;

/// A word ends within so many tokens, and so does a sentence that is nearly over; looked for before the cue is due.
const N_TO_WORD_END: u32 = 6;
const N_TO_SENTENCE_END: u32 = 12;

/// For a slow model that is this part of all its tokens at most.
const MAX_EARLY_PART: u32 = 10;

/// Time to make the bytes of an answer and to hand them to the socket while others do the same; the connection has
/// 250 ms more than the deadline for what is beyond.
const WRITE_MARGIN: Duration = Duration::from_millis(100);

/// Of a short deadline the margin is this part at most.
const MAX_MARGIN_PART: u32 = 16;

/// What is known of one choice at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// From its start to its first token: the time that its prompt took, as the next one's will.
    pub read: Duration,
    /// Since its first token.
    pub flown: Duration,
    /// Until the deadline.
    pub left: Duration,
    /// The deadline as a whole.
    pub allowed: Duration,
    /// Time of a token, rather too long than too short.
    pub step: Duration,
    /// Time to put the cue into the cells, likewise.
    pub cue_time: Duration,
    /// Tokens of the cue.
    pub n_cue: u32,
    /// Whether the cue is the last word: no tail follows. Time for one is kept all the same, because an answer may turn out
    /// to need another cue.
    pub is_last_word: bool,
    /// Tokens of an answer that is of use, cue and tail included.
    pub n_useful: u32,
    /// Tokens made.
    pub n_made: u32,
    /// Tokens that may be made in all.
    pub n_max: u32,
    /// Tokens that may be made before the answer has to conclude, whatever the clock says; `None` for no such bound.
    pub n_budget: Option<u32>,
    /// How much others wait for the slot.
    pub pressure: Pressure,
}

/// The answer is to be brought to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landing {
    /// Where it may be cut.
    pub urgency: Urgency,
    /// Tokens after the cue at most; at least [`MIN_TAIL`], or none where the cue is the last word.
    pub n_tail: u32,
    /// What made it necessary.
    pub why: Why,
}

/// Where an answer may be cut that has to land.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// At the end of a sentence or line only: there is time for that.
    AtSentence,
    /// At the end of a word.
    AtWord,
    /// After any whole character.
    Anywhere,
}

/// What makes a landing necessary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The deadline is near.
    Deadline,
    /// Others wait; by the clock alone it could have gone on.
    Load,
    /// It has used up [`Moment::n_budget`].
    Budget,
}

/// Whether to land now. `None`: fly on, either because there is time, or because the answer reaches its last token
/// as soon, or because it is too late for a landing that would say anything.
pub fn decide(moment: &Moment) -> Option<Landing> {
    let by_clock = moment.flight_by_clock();
    let allowed = moment.flight_under_pressure(by_clock);
    let n_tail = moment.n_tail()?;
    let is_near = moment.flown + moment.step * N_TO_SENTENCE_END >= by_clock;
    let by_time = if is_near { Why::Deadline } else { Why::Load };
    let time = moment.urgency(by_clock, allowed).map(|urgency| (urgency, by_time));
    let budget = moment.urgency_by_budget().map(|urgency| (urgency, Why::Budget));
    let is_due = |why| !moment.is_soon_complete(why, n_tail) && (why != Why::Load || moment.is_useful());
    let (urgency, why) = [time, budget].into_iter().flatten().find(|(_, why)| is_due(*why))?;
    Some(Landing { urgency, n_tail, why })
}

// === impl Moment ===

impl Moment {
    /// How long it can fly, counted from its first token, if nobody else waits.
    fn flight_by_clock(&self) -> Duration {
        (self.flown + self.left).saturating_sub(self.reserve(Pressure::NONE))
    }

    /// The same while others wait: an equal part of the slot's time, with the prompt and the landing in it, but never
    /// less than a useful answer takes.
    fn flight_under_pressure(&self, by_clock: Duration) -> Duration {
        if self.pressure == Pressure::NONE {
            return by_clock;
        }
        let least = self.step * self.n_useful_before_cue();
        let turn = (self.read + self.flown + self.left).mul_f64(self.pressure.rest());
        turn.saturating_sub(self.read + self.reserve(self.pressure)).max(least).min(by_clock)
    }

    /// From the end of the flight to the deadline.
    fn reserve(&self, pressure: Pressure) -> Duration {
        self.cue_time + self.step * (self.wanted_tail(pressure) + N_TO_WORD_END) + self.margin()
    }

    fn urgency(&self, by_clock: Duration, allowed: Duration) -> Option<Urgency> {
        if self.flown >= by_clock + self.step * N_TO_WORD_END {
            Some(Urgency::Anywhere)
        } else if self.flown >= allowed {
            Some(Urgency::AtWord)
        } else if self.flown + self.early() >= allowed {
            Some(Urgency::AtSentence)
        } else {
            None
        }
    }

    fn urgency_by_budget(&self) -> Option<Urgency> {
        let n_budget = self.budget_with_room_for_last_word()?;
        if self.n_made >= n_budget.saturating_add(N_TO_WORD_END) {
            Some(Urgency::Anywhere)
        } else if self.n_made >= n_budget {
            Some(Urgency::AtWord)
        } else if self.n_made.saturating_add(N_TO_SENTENCE_END) >= n_budget {
            Some(Urgency::AtSentence)
        } else {
            None
        }
    }

    /// The budget, smaller where the last word would not fit behind it, but never so small that the model says nothing.
    fn budget_with_room_for_last_word(&self) -> Option<u32> {
        let n_budget = self.n_budget?;
        if !self.is_last_word {
            return Some(n_budget);
        }
        let n_before = self.n_max.saturating_sub(self.n_cue + N_TO_WORD_END);
        (n_before >= MIN_BEFORE_LAST_WORD).then(|| n_budget.min(n_before))
    }

    /// How long before it is due the end of a sentence is taken.
    fn early(&self) -> Duration {
        (self.step * N_TO_SENTENCE_END).min(self.allowed / MAX_EARLY_PART)
    }

    /// Tokens after the cue; `None` where so few fit, in time or in tokens, that it is not worth a cue.
    pub fn n_tail(&self) -> Option<u32> {
        let in_tokens = self.n_max.saturating_sub(self.n_made).checked_sub(self.n_cue)?;
        if self.is_last_word {
            return Some(0);
        }
        let time = self.left.saturating_sub(self.cue_time + self.margin());
        let n_tail = self.wanted_tail(self.pressure).min(in_tokens).min(n_steps(time, self.step));
        (n_tail >= MIN_TAIL).then_some(n_tail)
    }

    fn wanted_tail(&self, pressure: Pressure) -> u32 {
        let n_in_all = f64::from(n_steps(self.allowed, self.step));
        let usual = (n_in_all * MAX_TAIL_SHARE).min(f64::from(USUAL_TAIL));
        let alone = (n_in_all * TAIL_SHARE).max(usual).clamp(f64::from(MIN_TAIL), f64::from(MAX_TAIL));
        let loaded = alone.min(f64::from(LOADED_TAIL));
        // Squared: a long tail is the first thing that a queue takes.
        rounded(loaded + (alone - loaded) * pressure.rest() * pressure.rest())
    }

    /// Whether all its tokens are made in about the time of a landing.
    fn is_soon_complete(&self, why: Why, n_tail: u32) -> bool {
        let n_left = self.n_max.saturating_sub(self.n_made);
        match why {
            Why::Deadline => self.step.saturating_mul(n_left).saturating_add(self.margin()) <= self.left,
            // Who has room for the last word only just has it now.
            Why::Load | Why::Budget => !self.is_last_word && n_left <= self.n_cue + n_tail,
        }
    }

    /// Whether enough was made for a landing now to give a useful answer.
    fn is_useful(&self) -> bool {
        self.n_made >= self.n_useful_before_cue()
    }

    fn n_useful_before_cue(&self) -> u32 {
        // The server's last word is of no use for whoever wants the model's.
        let n_concluding = if self.is_last_word { 0 } else { self.n_cue + MIN_TAIL };
        self.n_useful.saturating_sub(n_concluding)
    }

    fn margin(&self) -> Duration {
        WRITE_MARGIN.min(self.allowed / MAX_MARGIN_PART)
    }
}

/// Whole steps in a time.
fn n_steps(time: Duration, step: Duration) -> u32 {
    let n_steps = time.as_nanos().checked_div(step.as_nanos()).unwrap_or(u128::MAX);
    u32::try_from(n_steps).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and MAX_TAIL")]
fn rounded(n: f64) -> u32 {
    n.round() as u32
}

#[cfg(test)]
mod tests;
