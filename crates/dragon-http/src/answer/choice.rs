//! One choice of an answer while it is being made.

use dragon_api::{Delta, TokenLogprob, TopLogprob};
use dragon_core::budget::TokenBudget;
use dragon_core::label::{Ending, Findings, Outcome, Reason};
use dragon_core::text::{Assembled, Assembler, THINK_CLOSE, THINK_OPEN, Thinking};
use dragon_guard::landing::Tail;
use dragon_guard::landing::cue::Inside;
use dragon_supervisor::{End, Force, Token};

use super::lookout::{Circle, Lookout};
use super::pilot::{Approach, Conditions, Descent, Pilot};
use super::remark::Remark;
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

    /// Takes a token of an answer that somebody is to bring down in time.
    fn cruise(
        &mut self,
        mut pilot: Box<Pilot>,
        circle: Option<Circle>,
        token: Token,
        conditions: &Conditions,
    ) -> Reaction {
        let descent = match (&circle, token.end) {
            (Some(circle), _) => self.out_of(circle, &pilot, conditions),
            (None, Some(_)) => None,
            (None, None) => {
                let n_budget = self.lookout.as_ref().and_then(Lookout::n_budget);
                let answer = self.lookout.as_ref().map_or("", Lookout::text);
                pilot.consider(&token, self.n_tokens, &self.assembler, n_budget, answer, conditions)
            }
        };
        match (descent, circle) {
            (Some(Descent::Remark(remark)), _) => Reaction::Concluded(self.conclude(remark)),
            (Some(Descent::Approach(approach)), _) => {
                let force = approach.force.clone();
                self.flight = Flight::Approaching(Box::new((approach, token, *pilot)));
                Reaction::Force(force)
            }
            (None, Some(circle)) => Reaction::Step(Some(self.leave(circle))),
            (None, None) => {
                self.flight = Flight::Cruising(pilot);
                match self.take(token) {
                    Some(step) if step.ending.is_some_and(|end| end.outcome == Outcome::Landed) => {
                        Reaction::Concluded(step)
                    }
                    step => Reaction::Step(step),
                }
            }
        }
    }

    /// The engine cannot land it: it goes on as if nobody had tried, but for a loop.
    pub(super) fn cannot_land(&mut self) -> Option<Step> {
        match std::mem::replace(&mut self.flight, Flight::Free) {
            Flight::Approaching(landing) => match landing.0.out_of {
                Some(circle) => Some(self.leave(circle)),
                None => self.take(landing.1),
            },
            other => {
                self.flight = other;
                None
            }
        }
    }

    /// The engine goes on from the cue.
    pub(super) fn forced(&mut self) -> Option<Step> {
        let Flight::Approaching(landing) = std::mem::replace(&mut self.flight, Flight::Free) else {
            return None;
        };
        let (approach, _, mut pilot) = *landing;
        let was_thinking = self.assembler.is_thinking();
        let retraction = approach.out_of.map(|circle| retraction(circle, &approach.kept_cue));
        let assembled = self.assembler.push(approach.cue.as_bytes());
        pilot.saw(&assembled);
        self.n_tokens = self.n_tokens.saturating_add(approach.n_cue);
        if was_thinking {
            self.n_reasoning = self.n_reasoning.saturating_add(approach.n_cue);
        }
        let tail = Box::new(Tail::new(pilot.text(), approach.n_tail));
        self.flight = Flight::Touching { tail, reason: approach.reason };
        // The client gets no log-probabilities for words that the model did not choose, nor for what follows them.
        let delta = self.delta(assembled, Held::Release);
        self.held_logprobs = None;
        Some(Step { retraction, delta: Some(delta?), ending: None })
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

    /// The loop that is to be left before this token, where it can be: within a character, or where a stop string may
    /// have begun, nobody knows yet what the text is.
    fn circle_to_leave(&self, token: &Token) -> Option<Circle> {
        let circle = self.lookout.as_ref()?.circle_to_leave()?;
        let is_clear = !self.assembler.is_mid_character() && !self.assembler.is_holding();
        (is_clear && token.end.is_none()).then(|| circle.clone())
    }

    /// How the answer lands out of a loop; `None` where there is no time or no token for it.
    fn out_of(&self, circle: &Circle, pilot: &Pilot, conditions: &Conditions) -> Option<Descent> {
        let lookout = self.lookout.as_ref()?;
        let before = lookout.text_before(circle);
        pilot.leave(circle, &before, self.n_tokens, lookout.text(), conditions)
    }

    /// Ends the choice where it is, in a loop. Of an answer that is nothing else all is left: no text at all would say
    /// less than it, and be no honest part of an answer.
    fn leave(&mut self, circle: Circle) -> Step {
        self.flight = Flight::Free;
        let step = self.end(Ending::partial(Reason::Loop));
        let has_good_part = circle.n_chars > 0;
        Step { retraction: has_good_part.then(|| retraction(circle, "")), ..step }
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

    /// Takes a token after the cue.
    fn take_of_tail(&mut self, token: Token) -> Option<Step> {
        if token.end == Some(End::EndOfGeneration) {
            return Some(self.end_tail(TailEnd::Meant));
        }
        self.n_tokens += 1;
        let assembled = self.assembler.push(&token.piece);
        let Flight::Touching { tail, .. } = &mut self.flight else { return None };
        let whole = tail.push(&assembled.text);
        let is_over = tail.is_over();
        let end = match (assembled.stopped, token.end) {
            // The client's stop string ends the answer as the model's own end would.
            (Some(_), _) => Some(TailEnd::Meant),
            (None, Some(_)) => Some(TailEnd::Cut),
            (None, None) => is_over.then_some(TailEnd::Cut),
        };
        let delta = self.delta_of_tail(whole);
        let step = delta.map(|delta| Step { delta: Some(delta), ..Step::default() });
        match end {
            Some(end) => joined(step, Some(self.end_tail(end))),
            None => step,
        }
    }

    fn end_tail(&mut self, how: TailEnd) -> Step {
        let rest = self.assembler.finish().text;
        let Flight::Touching { mut tail, reason } = std::mem::replace(&mut self.flight, Flight::Free) else {
            return self.end(Ending::STOPPED);
        };
        let mut text = if rest.is_empty() { String::new() } else { tail.push(&rest) };
        let is_conclusion = how == TailEnd::Meant || tail.is_conclusion();
        text.push_str(&match how {
            TailEnd::Meant => tail.finish(),
            TailEnd::Cut => tail.cut(),
        });
        let ending = if is_conclusion { Ending::landed(reason) } else { Ending::partial(reason) };
        self.ending = Some(ending);
        Step { delta: self.delta_of_tail(text), ending: Some(ending), ..Step::default() }
    }

    /// A model that begins to think again after the cue shows no tags for it.
    fn delta_of_tail(&mut self, text: String) -> Option<Delta> {
        let text =
            if text.contains('<') { text.replace(THINK_OPEN, "").replace(THINK_CLOSE, "") } else { text };
        self.delta(Assembled { text, ..Assembled::default() }, Held::Keep)
    }

    /// Ends where the model did. Of a question with several meanings somebody has to speak: where the model does not, the
    /// server does.
    fn end_by_model(&mut self) -> Step {
        self.is_ended_by_model = true;
        let rest = self.assembler.finish();
        let remark = match (&mut self.flight, &mut self.lookout) {
            (Flight::Cruising(pilot), Some(lookout)) if rest.stopped.is_none() => {
                pilot.saw(&rest);
                lookout.add(&rest);
                pilot.remark(lookout.text(), self.n_tokens)
            }
            _ => None,
        };
        let is_silent = self.lookout.as_ref().is_none_or(|lookout| lookout.text().trim().is_empty());
        match remark {
            // No word of this answer would be the model's.
            Some(_) if is_silent && !self.has_model_text => self.speak_for_model(Reason::Ambiguous),
            Some(remark) if !is_silent => self.conclude_after(rest, remark),
            Some(_) | None => self.end_with(rest, Ending::STOPPED),
        }
    }

    /// Ends with the server's words.
    fn conclude(&mut self, remark: Remark) -> Step {
        self.flight = Flight::Free;
        self.conclude_after(Assembled::default(), remark)
    }

    fn conclude_after(&mut self, rest: Assembled, remark: Remark) -> Step {
        self.n_tokens = self.n_tokens.saturating_add(remark.n_tokens);
        let text = rest.text + &remark.text;
        let retraction = remark.out_of.map(|(circle, instead)| retraction(circle, &instead));
        Step { retraction, ..self.end_with(Assembled { text, ..rest }, Ending::landed(remark.reason)) }
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

/// How the text after a cue ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TailEnd {
    /// Where the model ends.
    Meant,
    /// Where it is: what is not a whole sentence is left out.
    Cut,
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

/// What stands for a loop in an answer of which nothing was sent yet: the server's words, or none.
fn retraction(circle: Circle, words: &str) -> Retraction {
    let mut instead = Delta::default();
    match circle.inside {
        Inside::Answer => words.clone_into(&mut instead.text),
        Inside::Thinking => {
            let (thinking, text) = words.split_once(THINK_CLOSE).unwrap_or((words, ""));
            thinking.clone_into(&mut instead.reasoning);
            text.trim_start().clone_into(&mut instead.text);
        }
    }
    Retraction { circle, instead }
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
