//! How a choice comes down: on a pilot's word, out of a loop, or behind the server's last word.

use dragon_api::Delta;
use dragon_core::label::{Ending, Outcome, Reason};
use dragon_core::text::{Assembled, THINK_CLOSE, THINK_OPEN};
use dragon_guard::landing::Tail;
use dragon_guard::landing::cue::Inside;
use dragon_supervisor::{End, Token};

use super::{Choice, Flight, Held, Reaction, Retraction, Step, joined};
use crate::answer::lookout::{Circle, Lookout};
use crate::answer::pilot::{Conditions, Descent, Pilot};
use crate::answer::remark::Remark;

/// How the text after a cue ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TailEnd {
    /// Where the model ends.
    Meant,
    /// Where it is: what is not a whole sentence is left out.
    Cut,
}

// === impl Choice ===

impl Choice {
    /// Takes a token of an answer that somebody is to bring down in time.
    pub(super) fn cruise(
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
    pub(in crate::answer) fn cannot_land(&mut self) -> Option<Step> {
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
    pub(in crate::answer) fn forced(&mut self) -> Option<Step> {
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

    /// The loop that is to be left before this token, where it can be: within a character, or where a stop string may
    /// have begun, nobody knows yet what the text is.
    pub(super) fn circle_to_leave(&self, token: &Token) -> Option<Circle> {
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
    pub(super) fn leave(&mut self, circle: Circle) -> Step {
        self.flight = Flight::Free;
        let step = self.end(Ending::partial(Reason::Loop));
        let has_good_part = circle.n_chars > 0;
        Step { retraction: has_good_part.then(|| retraction(circle, "")), ..step }
    }

    /// Ends where the model did. Of a question with several meanings somebody has to speak: where the model does not, the
    /// server does.
    pub(super) fn end_by_model(&mut self) -> Step {
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

    /// Takes a token after the cue.
    pub(super) fn take_of_tail(&mut self, token: Token) -> Option<Step> {
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

    pub(super) fn end_tail(&mut self, how: TailEnd) -> Step {
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
