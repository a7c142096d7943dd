//! One choice of an answer while it is being made.

use dragon_api::{Delta, TokenLogprob, TopLogprob};
use dragon_core::budget::TokenBudget;
use dragon_core::label::{Ending, Outcome, Reason};
use dragon_core::text::{Assembled, Assembler, Thinking};
use dragon_supervisor::{End, Token};

/// Assembles the text of one choice and decides how it ended.
#[derive(Debug)]
pub(super) struct Choice {
    assembler: Assembler,
    budget: Option<TokenBudget>,
    ending: Option<Ending>,
    n_tokens: u32,
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

/// What a token, or the end, adds to a choice.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) delta: Option<Delta>,
    pub(super) ending: Option<Ending>,
}

/// What the model made, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) n_tokens: u32,
    pub(super) n_reasoning: u32,
}

// === impl Choice ===

impl Choice {
    pub(super) fn new(thinking: Thinking, stops: Vec<String>, logprobs: bool, budget: TokenBudget) -> Self {
        Self {
            assembler: Assembler::new(thinking, stops),
            budget: Some(budget),
            held_logprobs: logprobs.then(Vec::new),
            ..Self::unserved()
        }
    }

    /// A choice that no model will make.
    pub(super) fn unserved() -> Self {
        Self {
            assembler: Assembler::new(Thinking::None, Vec::new()),
            budget: None,
            ending: None,
            n_tokens: 0,
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

    /// Takes a token; `None` where nothing is to be sent for it. Tokens after the end are dropped: the engine
    /// had them under way when a stop string matched.
    pub(super) fn token(&mut self, token: Token) -> Option<Step> {
        if self.ending.is_some() {
            return None;
        }
        if token.end == Some(End::EndOfGeneration) {
            return Some(self.end(Ending::STOPPED));
        }
        self.n_tokens += 1;
        if let (Some(held), Some(logprobs)) = (&mut self.held_logprobs, token.logprobs) {
            held.push((self.n_bytes, wire_logprob(&token.piece, logprobs)));
        }
        self.n_bytes += token.piece.len();
        let assembled = self.assembler.push(&token.piece);
        self.n_reasoning += u32::from(assembled.is_reasoning);
        match (assembled.stopped, token.end) {
            (Some(_), _) => Some(self.end_with(assembled, Ending::STOPPED)),
            (None, None) => {
                let delta = self.delta(assembled, Held::Keep)?;
                Some(Step { delta: Some(delta), ending: None })
            }
            (None, Some(_)) => Some(self.end_after(assembled, self.ending_at_limit())),
        }
    }

    /// Ends the choice from outside; `None` where it has ended already.
    pub(super) fn cut(&mut self, reason: Reason) -> Option<Step> {
        if self.ending.is_some() {
            return None;
        }
        let rest = self.assembler.finish();
        let has_text = self.has_model_text || !rest.text.is_empty() || !rest.reasoning.is_empty();
        let ending = Ending::cut(reason, has_text);
        if ending.outcome != Outcome::Fallback {
            return Some(self.end_with(rest, ending));
        }
        self.ending = Some(ending);
        let delta = Delta { text: reason.sentence().to_owned(), ..Delta::default() };
        Some(Step { delta: Some(delta), ending: Some(ending) })
    }

    /// Tokens for `usage`; a fallback is none of the model's.
    pub(super) fn made(&self) -> Made {
        if self.ending.is_some_and(|ending| ending.outcome == Outcome::Fallback) {
            return Made { n_tokens: 0, n_reasoning: 0 };
        }
        Made { n_tokens: self.n_tokens, n_reasoning: self.n_reasoning }
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
        Step { delta: self.delta(last, Held::Release), ending: Some(ending) }
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
mod tests {
    use dragon_core::budget::Bound;

    use super::*;

    const BUDGET: TokenBudget = TokenBudget { n_max: 10, bound: Bound::Client };

    fn token(piece: &str) -> Token {
        Token { choice: 0, id: 1, piece: piece.as_bytes().to_vec(), logprobs: None, end: None }
    }

    fn last(piece: &str, end: End) -> Token {
        Token { end: Some(end), ..token(piece) }
    }

    fn with_logprob(piece: &str) -> Token {
        let logprobs = dragon_supervisor::TokenLogprobs { logprob: -0.5, top: Vec::new() };
        Token { logprobs: Some(logprobs), ..token(piece) }
    }

    fn choice(stops: &[&str]) -> Choice {
        let stops = stops.iter().map(|stop| (*stop).to_owned()).collect();
        Choice::new(Thinking::None, stops, false, BUDGET)
    }

    fn text(step: Option<Step>) -> String {
        step.and_then(|step| step.delta).map(|delta| delta.text).unwrap_or_default()
    }

    #[test]
    fn the_model_ends_by_itself_and_that_token_is_not_counted() {
        let mut choice = choice(&[]);
        assert_eq!(text(choice.token(token("hi"))), "hi");
        let step = choice.token(last("", End::EndOfGeneration)).unwrap();
        assert_eq!(step.ending, Some(Ending::STOPPED));
        assert_eq!(choice.made().n_tokens, 1);
    }

    #[test]
    fn the_last_of_max_tokens_completes_and_shows_what_was_held() {
        let mut choice =
            Choice::new(Thinking::None, vec!["abc".into()], false, TokenBudget { n_max: 2, ..BUDGET });
        assert_eq!(text(choice.token(token("x"))), "x");
        let step = choice.token(last("ab", End::MaxTokens)).unwrap();
        assert_eq!(step.ending, Some(Ending::REACHED_MAX_TOKENS));
        assert_eq!(text(Some(step)), "ab");
    }

    #[test]
    fn a_stop_string_over_two_tokens_ends_the_choice_and_later_tokens_are_dropped() {
        let mut choice = choice(&["END"]);
        assert_eq!(text(choice.token(token("so E"))), "so ");
        let step = choice.token(token("ND!")).unwrap();
        assert_eq!((step.delta, step.ending), (None, Some(Ending::STOPPED)));
        assert_eq!(choice.token(token("more")), None);
        assert_eq!(choice.made().n_tokens, 2);
    }

    #[test]
    fn log_probabilities_of_a_stop_string_are_not_part_of_the_answer() {
        let mut choice = Choice::new(Thinking::None, vec!["END".into()], true, BUDGET);
        choice.token(with_logprob("a E"));
        let step = choice.token(with_logprob("ND")).unwrap();
        assert_eq!(step.delta, None);
        let mut choice = Choice::new(Thinking::None, vec!["END".into()], true, BUDGET);
        choice.token(with_logprob("E"));
        let step = choice.token(with_logprob("X END")).unwrap();
        assert_eq!(step.delta.unwrap().logprobs.unwrap().len(), 2);
    }

    #[test]
    fn a_cut_is_partial_with_text_and_a_fallback_without() {
        let mut with_text = choice(&[]);
        with_text.token(token("hm"));
        let step = with_text.cut(Reason::EngineDown).unwrap();
        assert_eq!((step.delta, step.ending), (None, Some(Ending::partial(Reason::EngineDown))));
        let mut without = choice(&[]);
        let step = without.cut(Reason::EngineDown).unwrap();
        assert_eq!(step.ending, Some(Ending::fallback(Reason::EngineDown)));
        assert_eq!(text(Some(step)), Reason::EngineDown.sentence());
        assert_eq!(without.cut(Reason::Deadline), None);
    }

    #[test]
    fn text_held_back_for_a_stop_string_is_shown_by_a_cut() {
        let mut choice = choice(&["END"]);
        assert_eq!(choice.token(token("EN")), None);
        let step = choice.cut(Reason::Deadline).unwrap();
        assert_eq!(step.ending, Some(Ending::partial(Reason::Deadline)));
        assert_eq!(text(Some(step)), "EN");
    }

    #[test]
    fn a_full_context_is_told_from_the_clients_own_limit() {
        let mut choice = choice(&[]);
        let step = choice.token(last("a", End::Context)).unwrap();
        assert_eq!(step.ending, Some(Ending::partial(Reason::Context)));
    }
}
