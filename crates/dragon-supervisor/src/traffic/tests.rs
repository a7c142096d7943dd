use std::collections::HashSet;
use std::time::Duration;

use dragon_core::sampling::TokenId;
use dragon_core::sampling::{SamplingDefaults, SamplingRequest};
use dragon_ipc::{AbortKind, Aborted, End, Output, Prefilled, TokensPiece};
use proptest::prelude::*;
use tokio::sync::Semaphore;

use super::*;
use crate::inflight::Violation;

const LIMITS: Limits = Limits { n_ctx_seq: 100, n_slots: 4, n_vocab: 50 };

fn job(n_choices: u32, n_max_tokens: u32) -> Job {
    let sampling = SamplingRequest::default().resolve(&SamplingDefaults::default(), 7);
    Job {
        prompt: Arc::from([1, 2, 3]),
        n_choices,
        sampling,
        n_max_tokens,
        n_top_logprobs: None,
        answer_by: Instant::now(),
    }
}

fn output(generation: GenerationId, choice: u32, end: Option<End>) -> Output {
    Output { generation, choice, token: 5, piece: b"x".to_vec(), logprobs: None, end }
}

/// Of a semaphore that nobody else looks at.
fn turn() -> OwnedSemaphorePermit {
    Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap()
}

fn open() -> Traffic {
    let mut traffic = Traffic::new();
    reopen(&mut traffic);
    traffic
}

fn reopen(traffic: &mut Traffic) {
    traffic.open(LIMITS, Haste { now: Instant::now(), token_gap: Duration::from_millis(10) });
}

fn begin(traffic: &mut Traffic, job: Job) -> Result<(GenerationId, mpsc::Receiver<Event>), EngineError> {
    traffic.start(job, Instant::now()).map(|entered| (entered.id, entered.events))
}

fn indexes(openings: &[Opening]) -> Vec<u32> {
    openings.iter().map(|opening| opening.choice.index).collect()
}

#[test]
fn nothing_is_taken_before_an_engine_is_ready() {
    let mut traffic = Traffic::new();
    assert_eq!(begin(&mut traffic, job(1, 1)).unwrap_err(), EngineError::Down);
    assert_eq!(traffic.tokenize("a", AddSpecial::No, turn(), Instant::now()).unwrap_err(), EngineError::Down);
}

#[test]
fn the_events_end_when_every_choice_has_ended() {
    let mut traffic = open();
    let (id, mut events) = begin(&mut traffic, job(2, 2)).unwrap();
    assert!(traffic.busy_since().is_some());
    for (choice, end) in [(0, None), (1, Some(End::EndOfGeneration)), (0, Some(End::MaxTokens))] {
        assert_eq!(traffic.deliver(output(id, choice, end)), Ok(()));
    }
    for _ in 0..3 {
        assert!(matches!(events.try_recv(), Ok(Event::Token(_))));
    }
    assert_eq!(events.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    assert_eq!(traffic.busy_since(), None);
}

#[test]
fn a_lost_engine_is_told_to_everyone_after_their_tokens() {
    let mut traffic = open();
    let (id, mut events) = begin(&mut traffic, job(1, 2)).unwrap();
    let (_, mut answer) = traffic.tokenize("a", AddSpecial::No, turn(), Instant::now()).unwrap();
    traffic.deliver(output(id, 0, None)).unwrap();
    traffic.close(&EngineError::Down);
    assert!(matches!(events.try_recv(), Ok(Event::Token(_))));
    assert_eq!(events.try_recv(), Ok(Event::Lost(EngineError::Down)));
    assert_eq!(events.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    assert_eq!(answer.try_recv(), Ok(Err(EngineError::Down)));
    assert!(traffic.take_errand().is_none());
}

#[test]
fn more_tokens_than_asked_for_are_a_violation() {
    let mut traffic = open();
    let (id, _events) = begin(&mut traffic, job(1, 2)).unwrap();
    traffic.deliver(output(id, 0, None)).unwrap();
    traffic.deliver(output(id, 0, None)).unwrap();
    assert_eq!(traffic.deliver(output(id, 0, None)), Err(Violation::TooManyTokens));
}

#[test]
fn tokens_of_choices_that_do_not_exist_or_have_ended_are_a_violation() {
    let mut traffic = open();
    let (id, _events) = begin(&mut traffic, job(2, 2)).unwrap();
    assert_eq!(traffic.deliver(output(id, 2, None)), Err(Violation::NoSuchChoice));
    traffic.deliver(output(id, 1, Some(End::EndOfGeneration))).unwrap();
    assert_eq!(traffic.deliver(output(id, 1, None)), Err(Violation::NoSuchChoice));
}

#[test]
fn late_tokens_are_harmless_and_invented_names_are_noticed() {
    let mut traffic = open();
    let (id, _events) = begin(&mut traffic, job(1, 2)).unwrap();
    traffic.abandon(id);
    assert_eq!(traffic.deliver(output(id, 0, None)), Ok(()));
    assert_eq!(traffic.deliver(output(id + 1, 0, None)), Err(Violation::NeverAsked));
}

#[test]
fn a_generation_that_was_never_sent_needs_no_cancel() {
    let mut traffic = open();
    let (id, _events) = begin(&mut traffic, job(1, 2)).unwrap();
    traffic.abandon(id);
    assert!(traffic.take_errand().is_none());
}

#[test]
fn a_cancel_goes_before_prompts_that_wait() {
    let mut traffic = open();
    let (first, _first_events) = begin(&mut traffic, job(1, 2)).unwrap();
    assert!(matches!(traffic.take_errand(), Some(Errand::Start(id, ..)) if id == first));
    let (_second, _second_events) = begin(&mut traffic, job(1, 2)).unwrap();
    traffic.abandon(first);
    assert!(matches!(traffic.take_errand(), Some(Errand::Cancel(id, None)) if id == first));
}

#[test]
fn a_call_that_the_engine_knows_keeps_its_turn_until_it_is_answered() {
    let turns = Arc::new(Semaphore::new(1));
    let mut traffic = open();
    let tokenize = |traffic: &mut Traffic| {
        let turn = Arc::clone(&turns).try_acquire_owned().unwrap();
        traffic.tokenize("ab", AddSpecial::No, turn, Instant::now()).unwrap().0
    };
    let unsent = tokenize(&mut traffic);
    traffic.forget_call(unsent);
    assert_eq!(turns.available_permits(), 1, "nobody works on it");
    let call = tokenize(&mut traffic);
    assert!(matches!(traffic.take_errand(), Some(Errand::Tokenize(id, ..)) if id == call));
    traffic.forget_call(call);
    assert_eq!(turns.available_permits(), 0, "the engine works on it");
    traffic.deliver_tokens(TokensPiece { call, tokens: vec![1, 2], last: false }).unwrap();
    assert_eq!(turns.available_permits(), 0);
    traffic.deliver_tokens(TokensPiece { call, tokens: vec![], last: true }).unwrap();
    assert_eq!(turns.available_permits(), 1);
    let lost = tokenize(&mut traffic);
    assert!(matches!(traffic.take_errand(), Some(Errand::Tokenize(..))));
    traffic.forget_call(lost);
    traffic.close(&EngineError::Down);
    assert_eq!(turns.available_permits(), 1, "the next engine does not know it");
}

#[test]
fn a_choice_cancelled_before_the_start_is_left_out_of_it() {
    let mut traffic = open();
    let (id, _events) = begin(&mut traffic, job(3, 2)).unwrap();
    traffic.cancel_choice(id, 1);
    assert!(
        matches!(traffic.take_errand(), Some(Errand::Start(_, _, openings)) if indexes(&openings) == [0, 2])
    );
    assert!(traffic.take_errand().is_none());
}

#[test]
fn tokens_of_a_cancelled_choice_are_late_and_nothing_worse() {
    let mut traffic = open();
    let (id, mut events) = begin(&mut traffic, job(2, 2)).unwrap();
    traffic.take_errand();
    traffic.cancel_choice(id, 0);
    // Twice, and one that does not exist: nothing more to say.
    traffic.cancel_choice(id, 0);
    traffic.cancel_choice(id, 7);
    assert!(matches!(traffic.take_errand(), Some(Errand::Cancel(cancelled, Some(0))) if cancelled == id));
    assert!(traffic.take_errand().is_none());
    for _ in 0..3 {
        assert_eq!(traffic.deliver(output(id, 0, Some(End::MaxTokens))), Ok(()));
    }
    assert!(events.try_recv().is_err());
    traffic.deliver(output(id, 1, Some(End::MaxTokens))).unwrap();
    assert!(matches!(events.try_recv(), Ok(Event::Token(token)) if token.choice == 1));
    assert_eq!(events.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
}

#[test]
fn a_choice_is_still_cancelled_when_the_others_end_before_its_cancel_is_sent() {
    let mut traffic = open();
    let (id, _events) = begin(&mut traffic, job(2, 2)).unwrap();
    traffic.take_errand();
    traffic.cancel_choice(id, 0);
    traffic.deliver(output(id, 1, Some(End::MaxTokens))).unwrap();
    assert!(matches!(traffic.take_errand(), Some(Errand::Cancel(cancelled, None)) if cancelled == id));
    assert!(traffic.take_errand().is_none());
}

#[test]
fn the_cancel_of_the_last_choice_is_the_generations() {
    let mut traffic = open();
    let (id, mut events) = begin(&mut traffic, job(3, 2)).unwrap();
    traffic.take_errand();
    traffic.cancel_choice(id, 2);
    traffic.deliver(output(id, 1, Some(End::MaxTokens))).unwrap();
    traffic.cancel_choice(id, 0);
    assert!(matches!(traffic.take_errand(), Some(Errand::Cancel(cancelled, None)) if cancelled == id));
    assert!(traffic.take_errand().is_none(), "one cancel says it all");
    assert!(matches!(events.try_recv(), Ok(Event::Token(_))));
    assert_eq!(events.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    traffic.heard(0, Instant::now());
    assert_eq!(traffic.busy_since(), None);
}

#[test]
fn an_aborted_generation_says_why() {
    let mut traffic = open();
    let (id, mut events) = begin(&mut traffic, job(1, 2)).unwrap();
    let aborted = Aborted { generation: id, kind: AbortKind::DecodeFailed, message: "no".into() };
    assert_eq!(traffic.aborted(aborted), Ok(()));
    let why = EngineError::Aborted { kind: AbortKind::DecodeFailed, message: "no".into() };
    assert_eq!(events.try_recv(), Ok(Event::Lost(why)));
}

#[test]
fn a_tokenization_is_put_together_from_its_pieces_and_bounded() {
    let mut traffic = open();
    let (call, mut answer) = traffic.tokenize("ab", AddSpecial::Yes, turn(), Instant::now()).unwrap();
    let piece = |tokens: &[u32], last| TokensPiece { call, tokens: tokens.to_vec(), last };
    traffic.deliver_tokens(piece(&[1], false)).unwrap();
    // Four tokens a byte and 16 more.
    let flood = vec![0; 2 * 4 + 16];
    assert_eq!(traffic.deliver_tokens(piece(&flood, false)), Err(Violation::TooLongTokenization));
    traffic.deliver_tokens(piece(&[2], true)).unwrap();
    assert_eq!(answer.try_recv(), Ok(Ok(vec![1, 2])));
}

#[test]
fn a_stalled_connection_makes_the_engine_busy_before_orders_pile_up() {
    let mut traffic = open();
    let mut n_admitted = 0;
    while let Ok((id, _)) = begin(&mut traffic, job(1, 2)) {
        traffic.abandon(id);
        n_admitted += 1;
        assert!(n_admitted <= MAX_ORDERS);
    }
    assert_eq!(traffic.tokenize("a", AddSpecial::No, turn(), Instant::now()).map(|_| ()), Ok(()));
    assert_eq!(
        traffic.tokenize("a", AddSpecial::No, turn(), Instant::now()).map(|_| ()),
        Err(EngineError::Busy)
    );
}

/// By choice.
type Produced = Vec<(u32, Vec<TokenId>)>;

/// What the next errand starts, with what was produced of each choice.
fn started(traffic: &mut Traffic) -> Option<(GenerationId, Produced)> {
    let Some(Errand::Start(id, _, openings)) = traffic.take_errand() else { return None };
    Some((id, openings.into_iter().map(|opening| (opening.choice.index, opening.produced)).collect()))
}

#[test]
fn the_next_engine_is_given_what_the_lost_one_made_and_the_client_sees_no_difference() {
    let mut traffic = open();
    let entered = traffic.start(job(3, 9), Instant::now()).unwrap();
    let (id, mut events) = (entered.id, entered.events);
    traffic.take_errand();
    traffic.prefilled(Prefilled { generation: id, n_cached: 1 }).unwrap();
    traffic.deliver(output(id, 0, None)).unwrap();
    traffic.deliver(output(id, 0, None)).unwrap();
    traffic.deliver(output(id, 1, Some(End::EndOfGeneration))).unwrap();
    assert_eq!(traffic.interrupt().len(), 1);
    assert!(traffic.take_errand().is_none(), "there is no engine");
    reopen(&mut traffic);
    assert_eq!(started(&mut traffic), Some((id, vec![(0, vec![5, 5]), (2, vec![])])));
    traffic.prefilled(Prefilled { generation: id, n_cached: 0 }).unwrap();
    traffic.deliver(output(id, 2, Some(End::MaxTokens))).unwrap();
    traffic.deliver(output(id, 0, Some(End::MaxTokens))).unwrap();
    let seen: Vec<_> = std::iter::from_fn(|| events.try_recv().ok()).collect();
    let n_prefilled = seen.iter().filter(|event| matches!(event, Event::Prefilled { .. })).count();
    assert_eq!((n_prefilled, seen.len()), (1, 6), "{seen:?}");
    let resumed: Vec<bool> = seen
        .iter()
        .filter_map(|event| if let Event::Token(token) = event { Some(token.is_resumed) } else { None })
        .collect();
    assert_eq!(resumed, [false, false, false, true, true]);
    assert_eq!(entered.n_replays.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[test]
fn who_was_never_sent_is_no_suspect_and_has_outlived_nothing() {
    let mut traffic = open();
    let entered = traffic.start(job(1, 2), Instant::now()).unwrap();
    assert!(traffic.interrupt().is_empty());
    reopen(&mut traffic);
    assert_eq!(started(&mut traffic).map(|(id, _)| id), Some(entered.id));
    assert_eq!(entered.n_replays.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[test]
fn a_choice_that_was_being_forced_goes_on_from_the_servers_words() {
    for is_asked_before in [true, false] {
        let mut traffic = open();
        let (id, mut events) = begin(&mut traffic, job(1, 9)).unwrap();
        traffic.take_errand();
        (0..3).for_each(|_| traffic.deliver(output(id, 0, None)).unwrap());
        let closing = dragon_ipc::Closing { n_from: 5, tokens: vec![3], gain: 1.0 };
        let force = Force { n_kept: 2, tokens: vec![8, 9], n_max_tokens: 7, closing: closing.clone() };
        if is_asked_before {
            assert!(traffic.force(id, 0, force.clone()));
            traffic.deliver(output(id, 0, None)).unwrap();
        }
        traffic.interrupt();
        if !is_asked_before {
            assert!(traffic.force(id, 0, force.clone()), "nobody need wait for an engine to land");
        }
        assert!(!traffic.force(id, 0, force), "once is enough");
        let last = std::iter::from_fn(|| events.try_recv().ok()).last();
        assert_eq!(last, Some(Event::Forced { choice: 0 }));
        reopen(&mut traffic);
        let Some(Errand::Start(_, _, openings)) = traffic.take_errand() else { panic!("it goes on") };
        assert_eq!(openings[0].produced, [5, 5, 8, 9]);
        let choice = &openings[0].choice;
        assert_eq!((choice.n_max_tokens, choice.closing.as_ref()), (7, Some(&closing)));
    }
}

#[test]
fn one_step_each_is_for_those_who_have_the_time() {
    let gap = Duration::from_millis(10);
    let replay_of = |n_produced: u32, n_max_tokens: u32, left: Duration| {
        let (mut traffic, now) = (open(), Instant::now());
        let (id, _events) =
            begin(&mut traffic, Job { answer_by: now + left, ..job(1, n_max_tokens) }).unwrap();
        traffic.take_errand();
        (0..n_produced).for_each(|_| traffic.deliver(output(id, 0, None)).unwrap());
        traffic.interrupt();
        traffic.open(LIMITS, Haste { now, token_gap: gap });
        let Some(Errand::Start(_, _, openings)) = traffic.take_errand() else { panic!("it goes on") };
        openings[0].choice.replay
    };
    assert_eq!(replay_of(25, 90, gap * 100), dragon_ipc::Replay::Steps);
    assert_eq!(replay_of(26, 90, gap * 100), dragon_ipc::Replay::Chunks);
    assert_eq!(replay_of(26, 75, gap * 100), dragon_ipc::Replay::Steps, "all of it can be made again");
    assert_eq!(replay_of(1, 90, Duration::ZERO), dragon_ipc::Replay::Chunks);
}

/// Found by `make chaos`: with a kill every 0.4 s, long answers were fed again and again and never went on.
#[test]
fn an_engine_that_died_before_it_brought_anything_new_leaves_no_time_for_one_step_each() {
    let (mut traffic, now) = (open(), Instant::now());
    let (id, _events) =
        begin(&mut traffic, Job { answer_by: now + Duration::from_secs(60), ..job(1, 90) }).unwrap();
    traffic.take_errand();
    let mut next_replay = |n_new: u32| {
        (0..n_new).for_each(|_| traffic.deliver(output(id, 0, None)).unwrap());
        traffic.interrupt();
        traffic.open(LIMITS, Haste { now, token_gap: Duration::from_millis(1) });
        let Some(Errand::Start(_, _, openings)) = traffic.take_errand() else { panic!("it goes on") };
        openings[0].choice.replay
    };
    assert_eq!(next_replay(5), dragon_ipc::Replay::Steps);
    assert_eq!(next_replay(1), dragon_ipc::Replay::Steps);
    assert_eq!(next_replay(0), dragon_ipc::Replay::Chunks);
    assert_eq!(next_replay(3), dragon_ipc::Replay::Chunks, "that can happen again");
}

#[test]
fn a_tokenization_is_asked_of_the_next_engine_from_its_beginning() {
    let mut traffic = open();
    let (call, mut answer) = traffic.tokenize("ab", AddSpecial::No, turn(), Instant::now()).unwrap();
    assert!(matches!(traffic.take_errand(), Some(Errand::Tokenize(..))));
    traffic.deliver_tokens(TokensPiece { call, tokens: vec![1], last: false }).unwrap();
    assert_eq!(traffic.interrupt().len(), 1);
    reopen(&mut traffic);
    assert!(
        matches!(traffic.take_errand(), Some(Errand::Tokenize(id, text, _)) if id == call && &*text == "ab")
    );
    traffic.deliver_tokens(TokensPiece { call, tokens: vec![1, 2], last: true }).unwrap();
    assert_eq!(answer.try_recv(), Ok(Ok(vec![1, 2])));
}

fn job_of(prompt: u32) -> Job {
    Job { prompt: Arc::from([prompt]), ..job(1, 90) }
}

/// The engine fails with everything that it has been given.
fn fail(traffic: &mut Traffic) -> bool {
    let suspects = traffic.interrupt();
    let is_explained = traffic.blame(&suspects, Instant::now());
    reopen(traffic);
    is_explained
}

#[test]
fn a_suspect_runs_alone_after_the_second_failure_and_the_culprit_is_kept_out() {
    let (mut traffic, now) = (open(), Instant::now());
    let (innocent, mut innocents) = begin(&mut traffic, job_of(1)).unwrap();
    let (poison, mut poisons) = begin(&mut traffic, job_of(2)).unwrap();
    assert!(started(&mut traffic).is_some() && started(&mut traffic).is_some());
    assert!(!fail(&mut traffic));
    assert!(started(&mut traffic).is_some() && started(&mut traffic).is_some(), "one failure is an accident");
    assert!(!fail(&mut traffic));
    let (late, _late_events) = begin(&mut traffic, job_of(3)).unwrap();
    // The innocent one first, alone.
    assert_eq!(started(&mut traffic).map(|(id, _)| id), Some(innocent));
    assert!(traffic.take_errand().is_none());
    for _ in 0..8 {
        traffic.progressed(now);
        assert!(traffic.take_errand().is_none());
        traffic.deliver(output(innocent, 0, None)).unwrap();
    }
    traffic.progressed(now);
    assert!(traffic.has_released(), "it has passed");
    // Then the other: it fails beside the first, so nothing is certain yet, but it is the worst suspect now.
    assert_eq!(started(&mut traffic).map(|(id, _)| id), Some(poison));
    assert!(traffic.take_errand().is_none());
    assert!(!fail(&mut traffic));
    assert_eq!(started(&mut traffic).map(|(id, _)| id), Some(poison));
    assert!(traffic.take_errand().is_none(), "nobody could be blamed in its place");
    assert!(fail(&mut traffic));
    assert_eq!(poisons.try_recv(), Ok(Event::Lost(EngineError::Quarantined)));
    assert_eq!(begin(&mut traffic, job_of(2)).map(drop), Err(EngineError::Quarantined));
    let others = [started(&mut traffic).map(|(id, _)| id), started(&mut traffic).map(|(id, _)| id)];
    assert_eq!(others, [Some(innocent), Some(late)]);
    assert!(std::iter::from_fn(|| innocents.try_recv().ok()).all(|event| matches!(event, Event::Token(_))));
}

/// Choices of each generation of the property test.
const N_CHOICES: u32 = 2;

/// One move of the outside world; indexes pick among the generations alive.
#[derive(Debug, Clone)]
enum Move {
    Start,
    Tokenize,
    Abandon(prop::sample::Index),
    CancelChoice(prop::sample::Index, u32),
    Send,
    Finish(prop::sample::Index),
    Crash,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        4 => Just(Move::Start),
        1 => Just(Move::Tokenize),
        3 => any::<prop::sample::Index>().prop_map(Move::Abandon),
        3 => (any::<prop::sample::Index>(), 0..N_CHOICES).prop_map(|(index, choice)| Move::CancelChoice(index, choice)),
        4 => Just(Move::Send),
        2 => any::<prop::sample::Index>().prop_map(Move::Finish),
        1 => Just(Move::Crash),
    ];
    prop::collection::vec(one, 0..200)
}

/// What an engine would have been told, and whom the clients still hold.
#[derive(Default)]
struct World {
    alive: Vec<GenerationId>,
    receivers: Vec<mpsc::Receiver<Event>>,
    running: HashSet<(GenerationId, u32)>,
    cancelled: HashSet<(GenerationId, u32)>,
}

fn apply(traffic: &mut Traffic, world: &mut World, step: &Move) {
    match step {
        Move::Start => {
            if let Ok((id, receiver)) = begin(traffic, job(N_CHOICES, 2)) {
                world.alive.push(id);
                world.receivers.push(receiver);
            }
        }
        Move::Tokenize => drop(traffic.tokenize("text", AddSpecial::No, turn(), Instant::now())),
        Move::Abandon(index) if !world.alive.is_empty() => {
            let id = world.alive.swap_remove(index.index(world.alive.len()));
            traffic.abandon(id);
        }
        Move::Finish(index) if !world.running.is_empty() => {
            let (id, choice) = *world.running.iter().nth(index.index(world.running.len())).unwrap();
            world.running.remove(&(id, choice));
            traffic.deliver(output(id, choice, Some(End::MaxTokens))).unwrap();
        }
        Move::CancelChoice(index, choice) if !world.alive.is_empty() => {
            let id = world.alive[index.index(world.alive.len())];
            traffic.cancel_choice(id, *choice);
            world.cancelled.insert((id, *choice));
        }
        Move::Crash => {
            traffic.interrupt();
            world.running.clear();
            reopen(traffic);
        }
        Move::Send => send(traffic, world),
        Move::Abandon(_) | Move::Finish(_) | Move::CancelChoice(..) => {}
    }
}

fn send(traffic: &mut Traffic, world: &mut World) {
    match traffic.take_errand() {
        Some(Errand::Start(id, _, openings)) => {
            assert!(!openings.is_empty(), "{id} has nothing to do");
            for choice in indexes(&openings) {
                assert!(world.running.insert((id, choice)), "{id} was started twice");
            }
        }
        // A generation that finished while its client left may be cancelled for nothing; that is no error.
        Some(Errand::Cancel(id, choice)) => {
            world
                .running
                .retain(|running| running.0 != id || choice.is_some_and(|choice| running.1 != choice));
        }
        Some(Errand::Tokenize(..) | Errand::Force(..) | Errand::Ration(_)) | None => {}
    }
}

proptest! {
    /// Whatever happens in whatever order: the bound holds, and once everything is sent and everyone has
    /// left, the engine runs nothing that it was not told to stop.
    #[test]
    fn nobody_who_left_keeps_a_slot(moves in moves()) {
        let mut traffic = open();
        let mut world = World::default();
        for step in &moves {
            apply(&mut traffic, &mut world, step);
            prop_assert!(traffic.orders.len() + traffic.generations.len() <= 2 * MAX_ORDERS);
        }
        while !traffic.orders.is_empty() || !traffic.choice_cancels.is_empty() {
            send(&mut traffic, &mut world);
        }
        let unwanted: Vec<_> = world.running.intersection(&world.cancelled).collect();
        prop_assert!(unwanted.is_empty(), "cancelled and still running: {unwanted:?}");
        for id in std::mem::take(&mut world.alive) {
            traffic.abandon(id);
        }
        while !traffic.orders.is_empty() {
            send(&mut traffic, &mut world);
        }
        prop_assert!(world.running.is_empty(), "still running: {:?}", world.running);
        traffic.heard(0, Instant::now());
        prop_assert_eq!(traffic.busy_since(), None);
    }
}

/// The trial of a text ends with its answer: the engine makes no step for a text.
#[test]
fn a_trial_of_a_text_ends_when_the_text_is_answered() {
    let (mut traffic, now) = (open(), Instant::now());
    let (call, _answer) = traffic.tokenize("a", AddSpecial::No, turn(), now).unwrap();
    assert!(matches!(traffic.take_errand(), Some(Errand::Tokenize(..))));
    assert!(!fail(&mut traffic));
    assert!(matches!(traffic.take_errand(), Some(Errand::Tokenize(..))));
    // Somebody else was there too, so nobody is blamed.
    let (other, _others) = begin(&mut traffic, job_of(1)).unwrap();
    assert_eq!(started(&mut traffic).map(|(id, _)| id), Some(other));
    assert!(!fail(&mut traffic));
    assert!(matches!(traffic.take_errand(), Some(Errand::Tokenize(..))), "alone");
    assert!(traffic.take_errand().is_none());
    traffic.deliver_tokens(TokensPiece { call, tokens: vec![1], last: true }).unwrap();
    // `service::take` does nothing else on `FromEngine::Tokens`; an engine without generations makes no steps.
    assert_eq!(started(&mut traffic).map(|(id, _)| id), Some(other), "nobody else is ever started");
}

/// A suspect that leaves during its trial before the engine has made a step.
#[test]
fn a_trial_ends_when_the_suspect_leaves() {
    let mut traffic = open();
    let (suspect, _events) = begin(&mut traffic, job_of(1)).unwrap();
    let (second, _second) = begin(&mut traffic, job_of(2)).unwrap();
    for _ in 0..2 {
        assert!(started(&mut traffic).is_some() && started(&mut traffic).is_some());
        assert!(!fail(&mut traffic));
    }
    // Before its start is sent: no cancel, no step, nothing.
    traffic.abandon(suspect);
    assert_eq!(started(&mut traffic).map(|(id, _)| id), Some(second), "nobody else is ever started");
}

/// Leaving in time would otherwise be a way to have others blamed.
#[test]
fn who_left_before_the_engine_failed_is_a_suspect() {
    let (mut traffic, now) = (open(), Instant::now());
    let (victim, mut victims) = begin(&mut traffic, job_of(1)).unwrap();
    assert_eq!(started(&mut traffic).map(|(id, _)| id), Some(victim));
    for n in 0..2 {
        let (poison, _events) = begin(&mut traffic, job_of(100 + n)).unwrap();
        assert_eq!(started(&mut traffic).map(|(id, _)| id), Some(poison));
        // The engine is inside its poisonous call now; its client leaves.
        traffic.abandon(poison);
        let suspects = traffic.interrupt();
        let blamed = traffic.blame(&suspects, now);
        reopen(&mut traffic);
        assert!(!blamed, "failure {n}: the victim is blamed");
        assert!(started(&mut traffic).is_some());
    }
    assert!(victims.try_recv().is_err());
}

/// A hang whose client has left is still a hang.
#[test]
fn work_that_the_engine_has_not_put_down_is_still_work() {
    let mut traffic = open();
    let (poison, _events) = begin(&mut traffic, job_of(1)).unwrap();
    assert_eq!(started(&mut traffic).map(|(id, _)| id), Some(poison));
    traffic.abandon(poison);
    assert!(traffic.busy_since().is_some(), "the watchdog counts nothing: the engine may hang for ever");
    (0..4).for_each(|_| traffic.progressed(Instant::now()));
    assert!(traffic.busy_since().is_none(), "it goes on without it");
}

#[test]
fn a_text_that_is_never_answered_does_not_keep_others_waiting() {
    let (mut traffic, now) = (open(), Instant::now());
    let (_call, _answer) = traffic.tokenize("a", AddSpecial::No, turn(), now).unwrap();
    for _ in 0..2 {
        assert!(matches!(traffic.take_errand(), Some(Errand::Tokenize(..))));
        assert!(!fail(&mut traffic));
    }
    let (other, _events) = begin(&mut traffic, job_of(1)).unwrap();
    assert!(matches!(traffic.take_errand(), Some(Errand::Tokenize(..))), "alone");
    traffic.heard(0, now);
    assert!(traffic.take_errand().is_none());
    traffic.heard(0, now + Duration::from_secs(5));
    assert_eq!(started(&mut traffic).map(|(id, _)| id), Some(other));
}
