//! One choice of an answer while it is being made.

mod landing;

use dragon_api::{Delta, TokenLogprob, TopLogprob};
use dragon_core::budget::TokenBudget;
use dragon_core::label::{Ending, Findings, Outcome, Reason};
use dragon_core::text::{Assembled, Assembler, Thinking};
use dragon_guard::landing::Tail;
use dragon_supervisor::{End, Force, Token};

use landing::TailEnd;

use super::lookout::{Circle, Lookout};
use super::pilot::{Approach, Conditions, Pilot};
use super::speaker::Speaker;

/// Assembles the text of one choice and decides how it ended.
#[derive(Debug)]
pub(super) struct Choice {
    speaker: Speaker,
    assembler: Assembler,
    flight: Flight,
    /// Whoever looks for loops.
    lookout: Option<Lookout>,
    budget: Option<TokenBudget>,
    ending: Option<Ending>,
    n_tokens: u32,
    /// Of these, tokens that the model made before the server said anything.
    n_chosen: u32,
    /// Whether the model came to an end of its own.
    is_ended_by_model: bool,
    n_reasoning: u32,
    /// Characters of text sent.
    n_chars: usize,
    /// Whether the client has been given any text or thinking of the model.
    has_model_text: bool,
    /// Bytes of all tokens.
    n_bytes: usize,
    /// Log-probabilities of tokens whose text is held back, each with the number of bytes before it.
    held_logprobs: Option<Vec<(usize, TokenLogprob)>>,
}

/// How far a choice is from its end. Landing happens once: from no state does a way lead back.
#[derive(Debug)]
enum Flight {
    /// Nobody brings it down: it ends by itself, or is cut.
    Free,
    /// It is brought down in time.
    Cruising(Box<Pilot>),
    /// The engine has been told to go on from the cue. The token before which that happens, which is void unless the
    /// model ends by itself first.
    Approaching(Box<(Approach, Token, Pilot)>),
    /// The cue is in the answer, and this follows it.
    Touching { tail: Box<Tail>, reason: Reason },
}

/// What a token brings about.
#[derive(Debug)]
pub(super) enum Reaction {
    /// This is to be sent, if anything.
    Step(Option<Step>),
    /// The server has said the last word.
    Concluded(Step),
    /// The engine is to go on from the server's words.
    Force(Force),
}

/// What a token, or the end, adds to a choice.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Step {
    /// Text that a loop has spoilt, for those to whom it has not been sent yet.
    pub(super) retraction: Option<Retraction>,
    pub(super) delta: Option<Delta>,
    pub(super) ending: Option<Ending>,
}

/// What follows the good part of an answer instead of all that was said after it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Retraction {
    pub(super) circle: Circle,
    /// In the place of the step's own delta.
    pub(super) instead: Delta,
}

/// What the model made, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) n_tokens: u32,
    pub(super) n_reasoning: u32,
}

// === impl Choice ===

impl Choice {
    pub(super) fn new(
        thinking: Thinking,
        stops: Vec<String>,
        logprobs: bool,
        budget: TokenBudget,
        speaker: Speaker,
    ) -> Self {
        Self {
            assembler: Assembler::new(thinking, stops),
            budget: Some(budget),
            held_logprobs: logprobs.then(Vec::new),
            ..Self::unserved(speaker)
        }
    }

    /// With someone who brings it to its end in time.
    pub(super) fn piloted(self, pilot: Pilot) -> Self {
        Self { flight: Flight::Cruising(Box::new(pilot)), ..self }
    }

    /// With someone who looks for loops, where somebody is to.
    pub(super) fn watched(self, lookout: Option<Lookout>) -> Self {
        Self { lookout, ..self }
    }

    /// A choice that no model will make.
    pub(super) fn unserved(speaker: Speaker) -> Self {
        Self {
            speaker,
            assembler: Assembler::new(Thinking::None, Vec::new()),
            flight: Flight::Free,
            lookout: None,
            budget: None,
            ending: None,
            n_tokens: 0,
            n_chosen: 0,
            is_ended_by_model: false,
            n_reasoning: 0,
            n_chars: 0,
            has_model_text: false,
            n_bytes: 0,
            held_logprobs: None,
        }
    }

    pub(super) fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// What the lookout found; `None` where nobody looked.
    pub(super) fn findings(&self) -> Option<Findings> {
        self.lookout.as_ref().map(Lookout::findings)
    }

    /// When it is expected to be down, and why it lands, from when the engine is told to.
    pub(super) fn lands_by(&self) -> Option<(tokio::time::Instant, Reason)> {
        match &self.flight {
            Flight::Approaching(landing) => Some((landing.0.ends_by, landing.0.reason)),
            Flight::Free | Flight::Cruising(_) | Flight::Touching { .. } => None,
        }
    }

    /// Takes a token. Tokens after the end are dropped: the engine had them under way when a stop string matched.
    pub(super) fn token(&mut self, token: Token, conditions: &Conditions) -> Reaction {
        if self.ending.is_some() {
            return Reaction::Step(None);
        }
        let circle = self.circle_to_leave(&token);
        match (std::mem::replace(&mut self.flight, Flight::Free), circle) {
            (Flight::Free, Some(circle)) => Reaction::Step(Some(self.leave(circle))),
            (Flight::Free, None) => Reaction::Step(self.take(token)),
            (Flight::Cruising(pilot), circle) => self.cruise(pilot, circle, token, conditions),
            // It ended by itself before the engine was told to land it.
            (Flight::Approaching(landing), _) => {
                let (_, set_aside, _) = *landing;
                let first = self.take(set_aside);
                Reaction::Step(joined(first, self.take(token)))
            }
            (Flight::Touching { tail, reason }, _) => {
                self.flight = Flight::Touching { tail, reason };
                Reaction::Step(self.take_of_tail(token))
            }
        }
    }

    /// Ends the choice from outside; `None` where it has ended already.
    pub(super) fn cut(&mut self, reason: Reason) -> Option<Step> {
        if self.ending.is_some() {
            return None;
        }
        if let Flight::Touching { .. } = self.flight {
            return Some(self.end_tail(TailEnd::Cut));
        }
        let rest = self.assembler.finish();
        let has_text = self.has_model_text || !rest.text.is_empty() || !rest.reasoning.is_empty();
        let ending = Ending::cut(reason, has_text);
        Some(if ending.outcome == Outcome::Fallback {
            self.speak_for_model(reason)
        } else {
            self.end_with(rest, ending)
        })
    }

    /// Ends with a fallback: the model has said nothing.
    fn speak_for_model(&mut self, reason: Reason) -> Step {
        let ending = Ending::cut(reason, false);
        self.ending = Some(ending);
        let delta = Delta { text: self.speaker.text(reason), ..Delta::default() };
        Step { delta: Some(delta), ending: Some(ending), ..Step::default() }
    }

    /// Tokens for `usage`; a fallback is none of the model's.
    pub(super) fn made(&self) -> Made {
        if self.ending.is_some_and(|ending| ending.outcome == Outcome::Fallback) {
            return Made { n_tokens: 0, n_reasoning: 0 };
        }
        Made { n_tokens: self.n_tokens, n_reasoning: self.n_reasoning }
    }

    /// Tokens that the model made before the server said anything.
    pub(super) const fn n_chosen(&self) -> u32 {
        self.n_chosen
    }

    /// Whether the model came to an end of its own.
    pub(super) const fn is_ended_by_model(&self) -> bool {
        self.is_ended_by_model
    }

    /// Takes a token that the model chose freely; `None` where nothing is to be sent for it.
    fn take(&mut self, token: Token) -> Option<Step> {
        if token.end == Some(End::EndOfGeneration) {
            return Some(self.end_by_model());
        }
        self.n_tokens += 1;
        self.n_chosen += 1;
        if let (Some(held), Some(logprobs)) = (&mut self.held_logprobs, token.logprobs) {
            held.push((self.n_bytes, wire_logprob(&token.piece, logprobs)));
        }
        self.n_bytes += token.piece.len();
        if let Some(lookout) = &mut self.lookout {
            lookout.before(&self.assembler);
        }
        let assembled = self.assembler.push(&token.piece);
        self.n_reasoning += u32::from(assembled.is_reasoning);
        if let Some(lookout) = &mut self.lookout {
            lookout.after(token.id, &assembled);
        }
        if let Flight::Cruising(pilot) = &mut self.flight {
            pilot.saw(&assembled);
        }
        match (assembled.stopped, token.end) {
            (Some(_), _) => Some(self.end_with(assembled, Ending::STOPPED)),
            (None, None) => {
                let delta = self.delta(assembled, Held::Keep)?;
                Some(Step { delta: Some(delta), ..Step::default() })
            }
            (None, Some(_)) => Some(self.end_after(assembled, self.ending_at_limit())),
        }
    }

    fn ending_at_limit(&self) -> Ending {
        match self.budget {
            Some(budget) if self.n_tokens >= budget.n_max => budget.ending_when_used_up(),
            _ => Ending::partial(Reason::Context),
        }
    }

    fn end(&mut self, ending: Ending) -> Step {
        let rest = self.assembler.finish();
        self.end_with(rest, ending)
    }

    /// A stop string can still be completed by what was held back.
    fn end_after(&mut self, mut last: Assembled, ending: Ending) -> Step {
        let rest = self.assembler.finish();
        last.reasoning.push_str(&rest.reasoning);
        last.text.push_str(&rest.text);
        last.stopped = rest.stopped;
        self.end_with(last, ending)
    }

    fn end_with(&mut self, last: Assembled, ending: Ending) -> Step {
        let ending = match last.stopped {
            Some(n_dropped) => {
                self.drop_logprobs_of_stop_string(n_dropped);
                Ending::STOPPED
            }
            None => ending,
        };
        self.ending = Some(ending);
        Step { delta: self.delta(last, Held::Release), ending: Some(ending), ..Step::default() }
    }

    fn delta(&mut self, assembled: Assembled, held: Held) -> Option<Delta> {
        let is_silent = assembled.text.is_empty() && assembled.reasoning.is_empty();
        if is_silent && held == Held::Keep {
            return None;
        }
        let logprobs = self
            .held_logprobs
            .as_mut()
            .map(|held| held.drain(..).map(|(_, logprob)| logprob).collect::<Vec<_>>());
        if is_silent && logprobs.as_ref().is_none_or(Vec::is_empty) {
            return None;
        }
        let n_chars_before = self.n_chars;
        self.n_chars += assembled.text.chars().count();
        self.has_model_text = true;
        Some(Delta { reasoning: assembled.reasoning, text: assembled.text, logprobs, n_chars_before })
    }

    /// Tokens that lie wholly in the stop string, or after it, have no text in the answer.
    fn drop_logprobs_of_stop_string(&mut self, n_dropped_bytes: usize) {
        let stop_starts_at = self.n_bytes.saturating_sub(n_dropped_bytes);
        if let Some(held) = &mut self.held_logprobs {
            held.retain(|(starts_at, _)| *starts_at < stop_starts_at);
        }
    }
}

/// What happens to log-probabilities of tokens without visible text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// They wait for the text.
    Keep,
    /// The choice ends: they go out with whatever there is.
    Release,
}

/// Two steps as one.
fn joined(first: Option<Step>, second: Option<Step>) -> Option<Step> {
    let (mut first, second) = match (first, second) {
        (Some(first), Some(second)) => (first, second),
        (first, second) => return first.or(second),
    };
    match (&mut first.delta, second.delta) {
        (Some(delta), Some(more)) => {
            delta.reasoning.push_str(&more.reasoning);
            delta.text.push_str(&more.text);
            if let Some(logprobs) = more.logprobs {
                delta.logprobs.get_or_insert_default().extend(logprobs);
            }
        }
        (delta @ None, more) => *delta = more,
        (Some(_), None) => {}
    }
    first.ending = first.ending.or(second.ending);
    // A loop is left once, and nothing is joined to what comes before that.
    first.retraction = first.retraction.or(second.retraction);
    Some(first)
}

fn wire_logprob(piece: &[u8], logprobs: dragon_supervisor::TokenLogprobs) -> TokenLogprob {
    TokenLogprob {
        bytes: piece.to_vec(),
        logprob: logprobs.logprob,
        top: logprobs
            .top
            .into_iter()
            .map(|top| TopLogprob { bytes: top.piece, logprob: top.logprob })
            .collect(),
    }
}

#[cfg(test)]
mod tests;
