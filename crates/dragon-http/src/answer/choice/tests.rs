use std::sync::Arc;
use std::time::Duration;

use dragon_api::GuardMode;
use dragon_core::budget::Bound;
use dragon_guard::Language;
use dragon_guard::landing::Pressure;
use dragon_guard::landing::cue::Inside;
use dragon_guard::licence::Licence;
use tokio::time::Instant;

use super::super::lookout::Orders;
use super::super::pilot::Briefing;
use super::*;
use crate::cues::{Cues, Own};

const BUDGET: TokenBudget = TokenBudget { n_max: 10, bound: Bound::Client };

fn speaker() -> Speaker {
    Speaker::new(Language::English, None)
}

fn token(piece: &str) -> Token {
    Token { choice: 0, id: 1, piece: piece.as_bytes().to_vec(), logprobs: None, end: None, is_resumed: false }
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
    Choice::new(Thinking::None, stops, false, BUDGET, speaker())
}

fn far_from_the_end() -> Conditions {
    let (now, allowed) = (Instant::now(), Duration::from_secs(3600));
    Conditions { now, ends_at: now + allowed, allowed, by_clock: Reason::Deadline, pressure: Pressure::NONE }
}

fn take(choice: &mut Choice, token: Token) -> Option<Step> {
    match choice.token(token, &far_from_the_end()) {
        Reaction::Step(step) => step,
        other => panic!("landed: {other:?}"),
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
    let mut choice =
        Choice::new(Thinking::None, vec!["abc".into()], false, TokenBudget { n_max: 2, ..BUDGET }, speaker());
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
    let mut choice = Choice::new(Thinking::None, vec!["END".into()], true, BUDGET, speaker());
    take(&mut choice, with_logprob("a E"));
    let step = take(&mut choice, with_logprob("ND")).unwrap();
    assert_eq!(step.delta, None);
    let mut choice = Choice::new(Thinking::None, vec!["END".into()], true, BUDGET, speaker());
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
    assert_eq!(text(Some(step)), speaker().text(Reason::EngineDown));
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
    allowed: Duration,
    n_tokens: u32,
    /// Time in which nothing came.
    paused: Duration,
}

impl Late {
    fn new(thinking: Thinking) -> Self {
        Self::briefed(thinking, |_| {})
    }

    /// To whom something else is said.
    fn briefed(thinking: Thinking, change: impl Fn(&mut Briefing)) -> Self {
        let budget = TokenBudget { n_max: 10_000, ..BUDGET };
        let allowed = Duration::from_secs(2);
        let mut briefing = Briefing {
            cues: Arc::new(Cues::of_bytes()),
            language: Language::English,
            cue: "In short:",
            own: None,
            n_budget: None,
            stops: Vec::new(),
            step: Duration::from_millis(10),
            prefill_per_token: Duration::from_millis(1),
            n_useful: 32,
            n_max: budget.n_max,
            allowed,
        };
        change(&mut briefing);
        let choice = Choice::new(thinking, Vec::new(), true, budget, speaker());
        Self {
            choice: choice.piloted(Pilot::new(briefing)),
            start: Instant::now(),
            allowed,
            n_tokens: 0,
            paused: Duration::ZERO,
        }
    }

    fn token(&mut self, token: Token) -> Reaction {
        let allowed = self.allowed;
        let now = self.start + Duration::from_millis(10) * self.n_tokens + self.paused;
        self.n_tokens += 1;
        let ends_at = self.start + allowed;
        let by_clock = Reason::Deadline;
        self.choice.token(token, &Conditions { now, ends_at, allowed, by_clock, pressure: Pressure::NONE })
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
                Reaction::Concluded(step) => panic!("it has the last word: {step:?}"),
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
        Reaction::Concluded(step) => panic!("it has the last word: {step:?}"),
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

fn own_cue(text: &str) -> Option<Arc<Own>> {
    Some(Arc::new(Own { tokens: text.bytes().map(u32::from).collect(), text: text.to_owned() }))
}

/// Someone who answers a question that may mean this or that, and is to conclude after 40 tokens.
fn puzzled(thinking: Thinking, own: &str) -> Late {
    Late::briefed(thinking, |briefing| {
        briefing.own = own_cue(own);
        briefing.n_budget = Some(40);
    })
}

#[test]
fn an_answer_to_an_ambiguous_question_ends_early_with_what_it_may_mean() {
    let mut late = puzzled(Thinking::None, "In short: this or that.");
    let step =
        (0..100).find_map(|n| match late.token(with_logprob(if n % 7 == 6 { " end." } else { " word" })) {
            Reaction::Step(_) => None,
            Reaction::Concluded(step) => Some(step),
            Reaction::Force(force) => panic!("nothing need follow: {force:?}"),
        });
    let step = step.expect("it went on");
    let n_chosen = late.choice.n_chosen();
    assert!((28..=46).contains(&n_chosen), "{n_chosen}");
    assert_eq!(step.ending, Some(Ending::landed(Reason::Ambiguous)));
    let said = all_text(Some(step));
    assert_eq!(said, "\n\nIn short: this or that.");
    assert_eq!(late.choice.made().n_tokens, n_chosen + u32::try_from(said.len()).unwrap());
}

#[test]
fn who_is_still_thinking_goes_on_behind_the_readings_if_they_are_soon_read() {
    let cue_after = |own: &str| {
        let mut late = puzzled(Thinking::IsOpen, own);
        late.fly();
        text(late.choice.forced())
    };
    assert_eq!(cue_after("In short: this or that."), "In short: this or that.");
    // An eighth of 2 s is 250 ms, and a token takes one.
    let longest = "In short: ".to_owned() + &"x".repeat(240);
    assert_eq!(cue_after(&longest), longest);
    assert_eq!(cue_after(&(longest + "x")), "In short:");
}

#[test]
fn a_loop_in_an_answer_to_an_ambiguous_question_makes_room_for_the_readings() {
    let mut late =
        Late::briefed(Thinking::None, |briefing| briefing.own = own_cue("In short: this or that."));
    late.choice = watched(GuardMode::On, late.choice);
    late.allowed = Duration::from_secs(60);
    let step = circling(400).find_map(|token| match late.token(token) {
        Reaction::Concluded(step) => Some(step),
        Reaction::Step(_) => None,
        Reaction::Force(force) => panic!("nothing need follow: {force:?}"),
    });
    let step = step.expect("nobody saw the loop");
    assert_eq!(step.ending, Some(Ending::landed(Reason::Loop)));
    let retraction = step.retraction.clone().unwrap();
    assert_eq!(retraction.circle.n_chars, N_OPENING_CHARS);
    assert_eq!(retraction.instead.text, " ...\n\nIn short: this or that.");
    assert_eq!(all_text(Some(step)), "\n\nIn short: this or that.");
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

/// Tokens of a loop in an answer, with ids of their own.
fn circling(n: usize) -> impl Iterator<Item = Token> {
    const SENTENCE: [&str; 8] = ["The", " same", " again", " and", " again", ",", " alas", ". "];
    let opening = (0..20).map(|id| Token { id: 100 + id, ..with_logprob(" new") });
    let circle = SENTENCE.into_iter().zip(1..).map(|(piece, id)| Token { id, ..with_logprob(piece) });
    opening.chain(circle.collect::<Vec<_>>().into_iter().cycle()).take(n)
}

fn watched(mode: GuardMode, choice: Choice) -> Choice {
    choice.watched(Lookout::new(&Orders {
        mode,
        licence: Licence::NotAsked,
        language: Language::English,
        doubts: Arc::default(),
        learns: true,
    }))
}

/// Characters of the opening of [`circling`].
const N_OPENING_CHARS: usize = 20 * " new".len();

#[test]
fn a_loop_is_left_for_a_conclusion_that_is_drawn_from_what_came_before_it() {
    let mut late = Late::new(Thinking::None);
    late.choice = watched(GuardMode::On, late.choice);
    late.allowed = Duration::from_secs(60);
    let mut said = String::new();
    let mut n_tokens = 0;
    let force = circling(400).find_map(|token| match late.token(token) {
        Reaction::Step(step) => {
            n_tokens += 1;
            said.push_str(&all_text(step));
            None
        }
        Reaction::Force(force) => Some(force),
        Reaction::Concluded(step) => panic!("it has the last word: {step:?}"),
    });
    let force = force.expect("nobody saw the loop");
    assert_eq!((n_tokens, force.n_kept), (20 + 256, 20), "three copies and 256 tokens are a loop");
    let step = late.choice.forced().unwrap();
    let retraction = step.retraction.clone().unwrap();
    assert_eq!((retraction.circle.n_chars, retraction.circle.inside), (N_OPENING_CHARS, Inside::Answer));
    assert_eq!(retraction.instead.text, " ...\n\nIn short:", "what came before it was no whole sentence");
    assert_eq!(text(Some(step)), "\n\nIn short:", "what was sent was one");
    assert_eq!(late.choice.findings().unwrap().loop_onset_chars, Some(N_OPENING_CHARS));
    let Reaction::Step(Some(step)) = late.token(last("", End::EndOfGeneration)) else { panic!() };
    assert_eq!(step.ending, Some(Ending::landed(Reason::Loop)));
}

#[test]
fn a_loop_that_cannot_be_concluded_is_cut() {
    let budget = TokenBudget { n_max: 10_000, ..BUDGET };
    let mut choice = watched(GuardMode::On, Choice::new(Thinking::None, Vec::new(), true, budget, speaker()));
    let end = circling(400).find_map(|token| take(&mut choice, token).filter(|step| step.ending.is_some()));
    let end = end.expect("nobody saw the loop");
    assert_eq!(end.ending, Some(Ending::partial(Reason::Loop)));
    assert_eq!(end.retraction.unwrap().circle.n_chars, N_OPENING_CHARS);
    assert_eq!(choice.made().n_tokens, 276, "all that was made is counted");
}

#[test]
fn an_answer_that_is_nothing_but_a_loop_is_not_cut_to_nothing() {
    let budget = TokenBudget { n_max: 10_000, ..BUDGET };
    let choice = Choice::new(Thinking::None, Vec::new(), true, budget, speaker());
    let mut choice = watched(GuardMode::On, choice);
    let end = circling(500)
        .skip(20)
        .find_map(|token| take(&mut choice, token).filter(|step| step.ending.is_some()))
        .expect("nobody saw the loop");
    assert_eq!(end.ending, Some(Ending::partial(Reason::Loop)));
    assert_eq!(end.retraction, None, "a whole answer would be empty");
}

#[test]
fn who_only_raises_the_alarm_changes_nothing() {
    let budget = TokenBudget { n_max: 10_000, ..BUDGET };
    for mode in [GuardMode::Alarm, GuardMode::Off] {
        let choice = Choice::new(Thinking::None, Vec::new(), true, budget, speaker());
        let mut choice = watched(mode, choice);
        let said: String = circling(600).map(|token| all_text(take(&mut choice, token))).collect();
        let expected: String = circling(600).map(|token| String::from_utf8(token.piece).unwrap()).collect();
        assert_eq!(said, expected);
        let onset = choice.findings().and_then(|findings| findings.loop_onset_chars);
        assert_eq!(onset, (mode == GuardMode::Alarm).then_some(N_OPENING_CHARS));
    }
}

#[test]
fn an_answer_that_doubts_itself_without_end_concludes_sooner() {
    let mut late = Late::new(Thinking::None);
    late.choice = watched(GuardMode::On, late.choice);
    late.allowed = Duration::from_secs(600);
    // No two sentences are alike.
    let doubts = (0..).flat_map(|n: u32| {
        ["Wait", ",", " maybe", &format!(" it{}", n * 7_919 % 9_973), " is", &format!(" so{n}"), ".\n"]
            .map(|piece| Token { id: n, ..with_logprob(piece) })
    });
    let made = doubts.take(2_000).enumerate().find_map(|(n_made, token)| match late.token(token) {
        Reaction::Step(_) => None,
        Reaction::Force(force) => Some((n_made, force.n_kept)),
        Reaction::Concluded(step) => panic!("it has the last word: {step:?}"),
    });
    let (n_made, n_kept) = made.expect("it went on");
    assert!((300..700).contains(&n_made) && n_kept as usize == n_made, "{n_made} {n_kept}");
    late.choice.forced();
    assert!(late.choice.findings().unwrap().has_reanalysed);
    let Reaction::Step(Some(step)) = late.token(last("", End::EndOfGeneration)) else { panic!() };
    assert_eq!(step.ending, Some(Ending::landed(Reason::Ambiguous)));
}

/// What a model that ends with `answer` is followed by, where the question may mean this or that.
fn remarked(answer: &str, n_max: u32, stops: &[&str]) -> (String, Ending, u32) {
    let stops: Vec<String> = stops.iter().map(|stop| (*stop).to_owned()).collect();
    let mut late = Late::briefed(Thinking::None, |briefing| {
        briefing.own = own_cue("In short: this or that.");
        briefing.n_max = n_max;
        briefing.stops.clone_from(&stops);
    });
    late.choice = watched(GuardMode::On, late.choice);
    let n_chosen = u32::from(!answer.is_empty());
    if n_chosen > 0 {
        let Reaction::Step(first) = late.token(with_logprob(answer)) else { panic!("it lands at once") };
        assert_eq!(all_text(first), answer);
    }
    let step = match late.token(last("", End::EndOfGeneration)) {
        Reaction::Step(Some(step)) | Reaction::Concluded(step) => step,
        other => panic!("it goes on: {other:?}"),
    };
    assert!(late.choice.is_ended_by_model());
    assert_eq!(late.choice.n_chosen(), n_chosen, "{answer}");
    (all_text(Some(step.clone())), step.ending.unwrap(), late.choice.made().n_tokens)
}

#[test]
fn a_model_that_does_not_see_several_meanings_is_followed_by_a_remark() {
    let remark = "\n\nIn short: this or that.";
    let n_tokens = 1 + u32::try_from(remark.len()).unwrap();
    let landed = Ending::landed(Reason::Ambiguous);
    let expected = (remark.to_owned(), landed, n_tokens);
    assert_eq!(remarked("It costs six dollars.", 100, &[]), expected);
    assert_eq!(remarked("Best regards from all of us, Alex", 100, &[]), expected, "nothing is broken off");
    let nothing = (String::new(), Ending::STOPPED, 1);
    assert_eq!(remarked("It costs six dollars.", n_tokens - 1, &[]), nothing, "there is no room for it");
    assert_eq!(remarked("It depends on who pays: six or twelve.", 100, &[]), nothing, "it sees them");
}

#[test]
fn a_remark_never_completes_a_stop_string() {
    for stop in ["dollars.\n", ".\n\nIn", "this", "\n"] {
        let (said, _, _) = remarked("It costs six dollars.", 100, &[stop]);
        assert!(!format!("It costs six dollars.{said}").contains(stop), "{stop:?}: {said:?}");
    }
    assert!(!remarked("It costs six dollars.", 100, &["thus"]).0.is_empty());
}

#[test]
fn an_answer_without_a_word_to_an_ambiguous_question_is_a_fallback() {
    let (_, ending, n_tokens) = remarked("", 100, &[]);
    assert_eq!((ending, n_tokens), (Ending::cut(Reason::Ambiguous, false), 0));
    assert_eq!(ending.outcome, Outcome::Fallback);
    let blank = remarked(" \n", 100, &[]);
    assert_eq!(blank, (String::new(), Ending::STOPPED, 1), "that was sent, and stays what it is");
}

#[test]
fn however_few_tokens_an_answer_may_have_the_readings_are_within_them() {
    let cue = "In short: this or that.";
    let n_cue = u32::try_from("\n\n".len() + cue.len()).unwrap();
    for n_max in [64 + n_cue + 6, 120, 150, 200, 400] {
        let mut late = Late::briefed(Thinking::None, |briefing| {
            briefing.own = own_cue(cue);
            briefing.n_budget = Some(256);
            briefing.n_max = n_max;
        });
        late.choice = watched(GuardMode::On, late.choice);
        late.allowed = Duration::from_secs(60);
        let word = |n: u32| with_logprob(&format!(" word{n}{}", if n % 7 == 6 { "." } else { "" }));
        let end = (0..n_max).find_map(|n| match late.token(word(n)) {
            Reaction::Concluded(step) => step.ending,
            Reaction::Step(_) => None,
            Reaction::Force(force) => panic!("nothing need follow: {force:?}"),
        });
        assert_eq!(end, Some(Ending::landed(Reason::Ambiguous)), "{n_max}");
        let n_tokens = late.choice.made().n_tokens;
        assert!(n_tokens <= n_max && n_tokens <= 256 + n_cue + 6, "{n_tokens} of {n_max}");
    }
}

#[test]
fn code_is_not_ended_for_what_a_question_may_mean() {
    let mut late = puzzled(Thinking::None, "In short: this or that.");
    late.choice = watched(GuardMode::On, late.choice);
    late.allowed = Duration::from_secs(60);
    assert!(matches!(late.token(with_logprob("Here it is:\n```\n")), Reaction::Step(_)));
    for n in 0..200 {
        let reaction = late.token(with_logprob(&format!("let x{n} = {n};\n")));
        assert!(matches!(reaction, Reaction::Step(_)), "{n}: {reaction:?}");
    }
}

#[test]
fn of_an_answer_that_is_nothing_but_a_loop_the_model_says_something_behind_the_readings() {
    let mut late =
        Late::briefed(Thinking::None, |briefing| briefing.own = own_cue("In short: this or that."));
    late.choice = watched(GuardMode::On, late.choice);
    late.allowed = Duration::from_secs(60);
    let force = circling(500).skip(20).find_map(|token| match late.token(token) {
        Reaction::Force(force) => Some(force),
        Reaction::Step(_) => None,
        Reaction::Concluded(step) => panic!("no word of it would be the model's: {step:?}"),
    });
    let force = force.expect("nobody saw the loop");
    assert_eq!(force.n_kept, 0);
    let step = late.choice.forced().unwrap();
    assert_eq!(step.retraction.unwrap().instead.text, "In short: this or that.");
    let Reaction::Step(step) = late.token(token(" Six.")) else { panic!() };
    let Reaction::Step(Some(end)) = late.token(last("", End::EndOfGeneration)) else { panic!() };
    assert_eq!(end.ending, Some(Ending::landed(Reason::Loop)));
    assert_eq!(all_text(step) + &all_text(Some(end)), " Six.");
}
