//! One choice of an answer while it is being made.

use dragon_api::{Delta, TokenLogprob, TopLogprob};
use dragon_core::budget::TokenBudget;
use dragon_core::label::{Ending, Outcome, Reason};
use dragon_core::text::{Assembled, Assembler, THINK_CLOSE, THINK_OPEN, Thinking};
use dragon_guard::landing::Tail;
use dragon_guard::{Language, fallback};
use dragon_supervisor::{End, Force, Token};

use super::pilot::{Approach, Conditions, Pilot};

/// Assembles the text of one choice and decides how it ended.
#[derive(Debug)]
pub(super) struct Choice {
    language: Language,
    assembler: Assembler,
    flight: Flight,
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
    /// The engine is to go on from the server's words.
    Force(Force),
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
    pub(super) fn new(
        thinking: Thinking,
        stops: Vec<String>,
        logprobs: bool,
        budget: TokenBudget,
        language: Language,
    ) -> Self {
        Self {
            assembler: Assembler::new(thinking, stops),
            budget: Some(budget),
            held_logprobs: logprobs.then(Vec::new),
            ..Self::unserved(language)
        }
    }

    /// With someone who brings it to its end in time.
    pub(super) fn piloted(self, pilot: Pilot) -> Self {
        Self { flight: Flight::Cruising(Box::new(pilot)), ..self }
    }

    /// A choice that no model will make.
    pub(super) fn unserved(language: Language) -> Self {
        Self {
            language,
            assembler: Assembler::new(Thinking::None, Vec::new()),
            flight: Flight::Free,
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
        match std::mem::replace(&mut self.flight, Flight::Free) {
            Flight::Free => Reaction::Step(self.take(token)),
            Flight::Cruising(mut pilot) => {
                let approach = match token.end {
                    None => pilot.consider(&token, self.n_tokens, &self.assembler, conditions),
                    Some(_) => None,
                };
                if let Some(approach) = approach {
                    let force = approach.force.clone();
                    self.flight = Flight::Approaching(Box::new((approach, token, *pilot)));
                    return Reaction::Force(force);
                }
                self.flight = Flight::Cruising(pilot);
                Reaction::Step(self.take(token))
            }
            // It ended by itself before the engine was told to land it.
            Flight::Approaching(landing) => {
                let (_, set_aside, _) = *landing;
                let first = self.take(set_aside);
                Reaction::Step(joined(first, self.take(token)))
            }
            Flight::Touching { tail, reason } => {
                self.flight = Flight::Touching { tail, reason };
                Reaction::Step(self.take_of_tail(token))
            }
        }
    }

    /// The engine cannot land it: it goes on as if nobody had tried.
    pub(super) fn cannot_land(&mut self) -> Option<Step> {
        match std::mem::replace(&mut self.flight, Flight::Free) {
            Flight::Approaching(landing) => self.take(landing.1),
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
        Some(Step { delta: Some(delta?), ending: None })
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
        if ending.outcome != Outcome::Fallback {
            return Some(self.end_with(rest, ending));
        }
        self.ending = Some(ending);
        let text = fallback::text(self.language, reason.into()).to_owned();
        Some(Step { delta: Some(Delta { text, ..Delta::default() }), ending: Some(ending) })
    }

    /// Tokens for `usage`; a fallback is none of the model's.
    pub(super) fn made(&self) -> Made {
        if self.ending.is_some_and(|ending| ending.outcome == Outcome::Fallback) {
            return Made { n_tokens: 0, n_reasoning: 0 };
        }
        Made { n_tokens: self.n_tokens, n_reasoning: self.n_reasoning }
    }

    /// Takes a token that the model chose freely; `None` where nothing is to be sent for it.
    fn take(&mut self, token: Token) -> Option<Step> {
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
        if let Flight::Cruising(pilot) = &mut self.flight {
            pilot.saw(&assembled);
        }
        match (assembled.stopped, token.end) {
            (Some(_), _) => Some(self.end_with(assembled, Ending::STOPPED)),
            (None, None) => {
                let delta = self.delta(assembled, Held::Keep)?;
                Some(Step { delta: Some(delta), ending: None })
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
        let step = delta.map(|delta| Step { delta: Some(delta), ending: None });
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
        Step { delta: self.delta_of_tail(text), ending: Some(ending) }
    }

    /// A model that begins to think again after the cue shows no tags for it.
    fn delta_of_tail(&mut self, text: String) -> Option<Delta> {
        let text =
            if text.contains('<') { text.replace(THINK_OPEN, "").replace(THINK_CLOSE, "") } else { text };
        self.delta(Assembled { text, ..Assembled::default() }, Held::Keep)
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
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use dragon_core::budget::Bound;
    use dragon_guard::landing::Pressure;
    use tokio::time::Instant;

    use super::super::pilot::Briefing;
    use super::*;
    use crate::cues::Cues;

    const BUDGET: TokenBudget = TokenBudget { n_max: 10, bound: Bound::Client };

    fn token(piece: &str) -> Token {
        Token {
            choice: 0,
            id: 1,
            piece: piece.as_bytes().to_vec(),
            logprobs: None,
            end: None,
            is_resumed: false,
        }
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
        Choice::new(Thinking::None, stops, false, BUDGET, Language::English)
    }

    fn far_from_the_end() -> Conditions {
        let (now, allowed) = (Instant::now(), Duration::from_secs(3600));
        Conditions {
            now,
            ends_at: now + allowed,
            allowed,
            by_clock: Reason::Deadline,
            pressure: Pressure::NONE,
        }
    }

    fn take(choice: &mut Choice, token: Token) -> Option<Step> {
        match choice.token(token, &far_from_the_end()) {
            Reaction::Step(step) => step,
            Reaction::Force(force) => panic!("landed with {force:?}"),
        }
    }

    fn text(step: Option<Step>) -> String {
        step.and_then(|step| step.delta).map(|delta| delta.text).unwrap_or_default()
    }

    #[test]
    fn the_model_ends_by_itself_and_that_token_is_not_counted() {
        let mut choice = choice(&[]);
        assert_eq!(text(take(&mut choice, token("hi"))), "hi");
        let step = take(&mut choice, last("", End::EndOfGeneration)).unwrap();
        assert_eq!(step.ending, Some(Ending::STOPPED));
        assert_eq!(choice.made().n_tokens, 1);
    }

    #[test]
    fn the_last_of_max_tokens_completes_and_shows_what_was_held() {
        let mut choice = Choice::new(
            Thinking::None,
            vec!["abc".into()],
            false,
            TokenBudget { n_max: 2, ..BUDGET },
            Language::English,
        );
        assert_eq!(text(take(&mut choice, token("x"))), "x");
        let step = take(&mut choice, last("ab", End::MaxTokens)).unwrap();
        assert_eq!(step.ending, Some(Ending::REACHED_MAX_TOKENS));
        assert_eq!(text(Some(step)), "ab");
    }

    #[test]
    fn a_stop_string_over_two_tokens_ends_the_choice_and_later_tokens_are_dropped() {
        let mut choice = choice(&["END"]);
        assert_eq!(text(take(&mut choice, token("so E"))), "so ");
        let step = take(&mut choice, token("ND!")).unwrap();
        assert_eq!((step.delta, step.ending), (None, Some(Ending::STOPPED)));
        assert_eq!(take(&mut choice, token("more")), None);
        assert_eq!(choice.made().n_tokens, 2);
    }

    #[test]
    fn log_probabilities_of_a_stop_string_are_not_part_of_the_answer() {
        let mut choice = Choice::new(Thinking::None, vec!["END".into()], true, BUDGET, Language::English);
        take(&mut choice, with_logprob("a E"));
        let step = take(&mut choice, with_logprob("ND")).unwrap();
        assert_eq!(step.delta, None);
        let mut choice = Choice::new(Thinking::None, vec!["END".into()], true, BUDGET, Language::English);
        take(&mut choice, with_logprob("E"));
        let step = take(&mut choice, with_logprob("X END")).unwrap();
        assert_eq!(step.delta.unwrap().logprobs.unwrap().len(), 2);
    }

    #[test]
    fn a_cut_is_partial_with_text_and_a_fallback_without() {
        let mut with_text = choice(&[]);
        take(&mut with_text, token("hm"));
        let step = with_text.cut(Reason::EngineDown).unwrap();
        assert_eq!((step.delta, step.ending), (None, Some(Ending::partial(Reason::EngineDown))));
        let mut without = choice(&[]);
        let step = without.cut(Reason::EngineDown).unwrap();
        assert_eq!(step.ending, Some(Ending::fallback(Reason::EngineDown)));
        assert_eq!(text(Some(step)), fallback::text(Language::English, Reason::EngineDown.into()));
        assert_eq!(without.cut(Reason::Deadline), None);
    }

    #[test]
    fn text_held_back_for_a_stop_string_is_shown_by_a_cut() {
        let mut choice = choice(&["END"]);
        assert_eq!(take(&mut choice, token("EN")), None);
        let step = choice.cut(Reason::Deadline).unwrap();
        assert_eq!(step.ending, Some(Ending::partial(Reason::Deadline)));
        assert_eq!(text(Some(step)), "EN");
    }

    #[test]
    fn a_full_context_is_told_from_the_clients_own_limit() {
        let mut choice = choice(&[]);
        let step = take(&mut choice, last("a", End::Context)).unwrap();
        assert_eq!(step.ending, Some(Ending::partial(Reason::Context)));
    }

    /// A choice that is asked for much more than its time allows, at 10 ms a token.
    struct Late {
        choice: Choice,
        start: Instant,
        n_tokens: u32,
        /// Time in which nothing came.
        paused: Duration,
    }

    impl Late {
        fn new(thinking: Thinking) -> Self {
            let budget = TokenBudget { n_max: 10_000, ..BUDGET };
            let briefing = Briefing {
                cues: Arc::new(Cues::of_bytes()),
                language: Language::English,
                stops: Vec::new(),
                step: Duration::from_millis(10),
                prefill_per_token: Duration::from_millis(1),
                n_useful: 32,
                n_max: budget.n_max,
            };
            let choice = Choice::new(thinking, Vec::new(), true, budget, Language::English);
            Self {
                choice: choice.piloted(Pilot::new(briefing)),
                start: Instant::now(),
                n_tokens: 0,
                paused: Duration::ZERO,
            }
        }

        fn token(&mut self, token: Token) -> Reaction {
            let allowed = Duration::from_secs(2);
            let now = self.start + Duration::from_millis(10) * self.n_tokens + self.paused;
            self.n_tokens += 1;
            let ends_at = self.start + allowed;
            let by_clock = Reason::Deadline;
            self.choice
                .token(token, &Conditions { now, ends_at, allowed, by_clock, pressure: Pressure::NONE })
        }

        /// Flies until it lands; the text so far and the order to the engine.
        fn fly(&mut self) -> (String, Force) {
            let mut said = String::new();
            for n in 0.. {
                assert!(n < 1_000, "it never landed");
                let word = if n % 7 == 6 { " end." } else { " word" };
                match self.token(with_logprob(word)) {
                    Reaction::Step(step) => said.push_str(&all_text(step)),
                    Reaction::Force(force) => return (said, force),
                }
            }
            unreachable!()
        }
    }

    fn all_text(step: Option<Step>) -> String {
        step.and_then(|step| step.delta).map(|delta| delta.reasoning + &delta.text).unwrap_or_default()
    }

    /// The tokens that it makes where 700 ms of its 2 s pass without any.
    fn n_made_around_a_pause(is_resumed: bool) -> u32 {
        let mut late = Late::new(Thinking::None);
        for _ in 0..40 {
            assert!(matches!(late.token(token(" word")), Reaction::Step(_)), "far from the end");
        }
        late.paused = Duration::from_millis(700);
        match late.token(Token { is_resumed, ..token(" word") }) {
            Reaction::Step(_) => late.fly().1.n_kept,
            Reaction::Force(force) => force.n_kept,
        }
    }

    /// Found by a kill in the middle of an answer: it was concluded at half of its time.
    #[test]
    fn the_pause_in_which_an_engine_is_replaced_is_not_taken_for_slowness() {
        let (slow, resumed) = (n_made_around_a_pause(false), n_made_around_a_pause(true));
        assert!(slow <= 45, "a model that pauses by itself is slow: {slow}");
        assert!(resumed >= 60, "only {resumed} tokens where there was time for 90 more");
    }

    #[test]
    fn a_stop_string_that_has_begun_is_waited_for_before_it_lands() {
        let mut late = Late::new(Thinking::None);
        late.choice.assembler = Assembler::new(Thinking::None, vec!["xyz".to_owned()]);
        late.paused = Duration::from_millis(1_900);
        assert!(matches!(late.token(token("x")), Reaction::Step(_)));
        assert!(matches!(late.token(token("y")), Reaction::Step(_)), "there is no time, but an end in sight");
        let Reaction::Step(Some(step)) = late.token(token("z")) else { panic!("it has ended") };
        assert_eq!(step.ending, Some(Ending::STOPPED));
    }

    #[test]
    fn it_lands_before_its_deadline_with_a_cue_and_a_whole_sentence() {
        let mut late = Late::new(Thinking::None);
        let (said, force) = late.fly();
        assert!(said.ends_with("end."), "{said}");
        assert_eq!(force.n_kept, u32::try_from(said.split_whitespace().count()).unwrap());
        let step = late.choice.forced();
        assert_eq!(text(step), "\n\nIn short:");
        let mut tail = String::new();
        let ending = loop {
            assert!(late.n_tokens < 1_000, "it never ended");
            let word = if late.n_tokens.is_multiple_of(9) { " it." } else { " so" };
            let Reaction::Step(step) = late.token(token(word)) else { panic!("it landed twice") };
            let ending = step.as_ref().and_then(|step| step.ending);
            tail.push_str(&all_text(step));
            if let Some(ending) = ending {
                break ending;
            }
        };
        assert_eq!(ending, Ending::landed(Reason::Deadline));
        assert!(tail.trim_end().ends_with("it."), "{tail}");
        // No token after it was asked for.
        let n_tail = u32::try_from(tail.split_whitespace().count()).unwrap();
        let n_cue = u32::try_from("\n\nIn short:".len()).unwrap();
        assert_eq!(late.choice.made().n_tokens, force.n_kept + n_cue + n_tail);
        assert!(force.n_kept + n_cue + n_tail <= force.n_max_tokens);
    }

    #[test]
    fn thinking_is_closed_and_tags_in_the_tail_are_not_shown() {
        let mut late = Late::new(Thinking::IsOpen);
        late.fly();
        let delta = late.choice.forced().unwrap().delta.unwrap();
        assert!(delta.reasoning.contains("no more time"), "{delta:?}");
        assert_eq!(delta.text, "In short:");
        let Reaction::Step(step) = late.token(token(" <think>So be it.</think>\n")) else { panic!() };
        let Reaction::Step(more) = late.token(last("", End::EndOfGeneration)) else { panic!() };
        assert_eq!(all_text(step) + &all_text(more.clone()), " So be it.\n");
        assert_eq!(more.unwrap().ending, Some(Ending::landed(Reason::Deadline)));
    }

    #[test]
    fn who_ends_by_itself_before_the_engine_lands_it_has_lost_nothing() {
        let mut late = Late::new(Thinking::None);
        let (_, _) = late.fly();
        let Reaction::Step(step) = late.token(token(" more")) else { panic!() };
        assert_eq!(text(step.clone()), " word more", "the token before which it was to land is there");
        assert_eq!(step.unwrap().delta.unwrap().logprobs.unwrap().len(), 1);
        let Reaction::Step(step) = late.token(last("", End::EndOfGeneration)) else { panic!() };
        assert_eq!(step.unwrap().ending, Some(Ending::STOPPED));
    }

    #[test]
    fn an_engine_that_cannot_land_it_changes_nothing() {
        let mut late = Late::new(Thinking::None);
        late.fly();
        assert_eq!(text(late.choice.cannot_land()), " word");
        let Reaction::Step(step) = late.token(token(" more")) else { panic!("it tries again") };
        assert_eq!(text(step), " more");
    }

    #[test]
    fn a_cut_before_anything_was_concluded_is_partial() {
        let mut late = Late::new(Thinking::None);
        late.fly();
        late.choice.forced();
        late.token(token(" so"));
        let step = late.choice.cut(Reason::Deadline).unwrap();
        assert_eq!(step.ending, Some(Ending::partial(Reason::Deadline)));
        assert_eq!(text(Some(step)), " so");
    }
}
