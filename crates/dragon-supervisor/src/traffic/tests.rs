use std::collections::HashSet;

use dragon_core::sampling::{SamplingDefaults, SamplingRequest};
use dragon_ipc::{AbortKind, End};
use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { n_ctx_seq: 100, n_slots: 4 };

fn job(n_choices: u32, n_max_tokens: u32) -> Job {
    let sampling = SamplingRequest::default().resolve(&SamplingDefaults::default(), 7);
    Job { prompt: Arc::from([1, 2, 3]), n_choices, sampling, n_max_tokens, n_top_logprobs: None }
}

fn output(generation: GenerationId, choice: u32, end: Option<End>) -> Output {
    Output { generation, choice, token: 5, piece: b"x".to_vec(), logprobs: None, end }
}

fn open() -> Traffic {
    let mut traffic = Traffic::new();
    traffic.open(LIMITS);
    traffic
}

#[test]
fn nothing_is_taken_before_an_engine_is_ready() {
    let mut traffic = Traffic::new();
    assert_eq!(traffic.start(job(1, 1), Instant::now()).unwrap_err(), EngineError::Down);
    assert_eq!(traffic.tokenize("a", AddSpecial::No).unwrap_err(), EngineError::Down);
}

#[test]
fn the_events_end_when_every_choice_has_ended() {
    let mut traffic = open();
    let (id, mut events) = traffic.start(job(2, 2), Instant::now()).unwrap();
    assert!(traffic.busy_since().is_some());
    for (choice, end) in [(0, None), (1, Some(End::EndOfGeneration)), (0, Some(End::MaxTokens))] {
        assert_eq!(traffic.deliver(output(id, choice, end)), Ok(Delivery::Taken));
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
    let (id, mut events) = traffic.start(job(1, 2), Instant::now()).unwrap();
    let (_, mut answer) = traffic.tokenize("a", AddSpecial::No).unwrap();
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
    let (id, _events) = traffic.start(job(1, 2), Instant::now()).unwrap();
    traffic.deliver(output(id, 0, None)).unwrap();
    traffic.deliver(output(id, 0, None)).unwrap();
    assert_eq!(traffic.deliver(output(id, 0, None)), Err(Violation::TooManyTokens));
}

#[test]
fn tokens_of_choices_that_do_not_exist_or_have_ended_are_a_violation() {
    let mut traffic = open();
    let (id, _events) = traffic.start(job(2, 2), Instant::now()).unwrap();
    assert_eq!(traffic.deliver(output(id, 2, None)), Err(Violation::NoSuchChoice));
    traffic.deliver(output(id, 1, Some(End::EndOfGeneration))).unwrap();
    assert_eq!(traffic.deliver(output(id, 1, None)), Err(Violation::NoSuchChoice));
}

#[test]
fn late_tokens_are_harmless_and_invented_names_are_noticed() {
    let mut traffic = open();
    let (id, _events) = traffic.start(job(1, 2), Instant::now()).unwrap();
    traffic.abandon(id);
    assert_eq!(traffic.deliver(output(id, 0, None)), Ok(Delivery::Taken));
    assert_eq!(traffic.deliver(output(id + 1, 0, None)), Ok(Delivery::NeverAsked));
}

#[test]
fn a_generation_that_was_never_sent_needs_no_cancel() {
    let mut traffic = open();
    let (id, _events) = traffic.start(job(1, 2), Instant::now()).unwrap();
    traffic.abandon(id);
    assert!(traffic.take_errand().is_none());
}

#[test]
fn a_cancel_goes_before_prompts_that_wait() {
    let mut traffic = open();
    let (first, _first_events) = traffic.start(job(1, 2), Instant::now()).unwrap();
    assert!(matches!(traffic.take_errand(), Some(Errand::Start(id, _)) if id == first));
    let (_second, _second_events) = traffic.start(job(1, 2), Instant::now()).unwrap();
    traffic.abandon(first);
    assert!(matches!(traffic.take_errand(), Some(Errand::Cancel(id)) if id == first));
}

#[test]
fn an_aborted_generation_says_why() {
    let mut traffic = open();
    let (id, mut events) = traffic.start(job(1, 2), Instant::now()).unwrap();
    let aborted = Aborted { generation: id, kind: AbortKind::NonFinite, message: "nan".into() };
    assert_eq!(traffic.aborted(aborted), Delivery::Taken);
    let why = EngineError::Aborted { kind: AbortKind::NonFinite, message: "nan".into() };
    assert_eq!(events.try_recv(), Ok(Event::Lost(why)));
}

#[test]
fn a_tokenization_is_put_together_from_its_pieces_and_bounded() {
    let mut traffic = open();
    let (call, mut answer) = traffic.tokenize("ab", AddSpecial::Yes).unwrap();
    let piece = |tokens: &[u32], last| TokensPiece { call, tokens: tokens.to_vec(), last };
    traffic.deliver_tokens(piece(&[1], false)).unwrap();
    let flood = vec![0; 2 * MAX_TOKENS_PER_BYTE + MAX_ADDED_TOKENS];
    assert_eq!(traffic.deliver_tokens(piece(&flood, false)), Err(Violation::TooLongTokenization));
    traffic.deliver_tokens(piece(&[2], true)).unwrap();
    assert_eq!(answer.try_recv(), Ok(Ok(vec![1, 2])));
}

#[test]
fn a_stalled_connection_makes_the_engine_busy_before_orders_pile_up() {
    let mut traffic = open();
    let mut n_admitted = 0;
    while let Ok((id, _)) = traffic.start(job(1, 2), Instant::now()) {
        traffic.abandon(id);
        n_admitted += 1;
        assert!(n_admitted <= MAX_ORDERS);
    }
    assert_eq!(traffic.tokenize("a", AddSpecial::No).map(|_| ()), Ok(()));
    assert_eq!(traffic.tokenize("a", AddSpecial::No).map(|_| ()), Err(EngineError::Busy));
}

/// One move of the outside world; indexes pick among the generations alive.
#[derive(Debug, Clone)]
enum Move {
    Start,
    Tokenize,
    Abandon(prop::sample::Index),
    Send,
    Finish(prop::sample::Index),
    Crash,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        4 => Just(Move::Start),
        1 => Just(Move::Tokenize),
        3 => any::<prop::sample::Index>().prop_map(Move::Abandon),
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
    running: HashSet<GenerationId>,
}

fn apply(traffic: &mut Traffic, world: &mut World, step: &Move) {
    match step {
        Move::Start => {
            if let Ok((id, receiver)) = traffic.start(job(1, 2), Instant::now()) {
                world.alive.push(id);
                world.receivers.push(receiver);
            }
        }
        Move::Tokenize => drop(traffic.tokenize("text", AddSpecial::No)),
        Move::Abandon(index) if !world.alive.is_empty() => {
            let id = world.alive.swap_remove(index.index(world.alive.len()));
            traffic.abandon(id);
        }
        Move::Finish(index) if !world.running.is_empty() => {
            let id = *world.running.iter().nth(index.index(world.running.len())).unwrap();
            world.running.remove(&id);
            world.alive.retain(|alive| *alive != id);
            traffic.deliver(output(id, 0, Some(End::MaxTokens))).unwrap();
        }
        Move::Crash => {
            traffic.close(&EngineError::Down);
            world.running.clear();
            traffic.open(LIMITS);
        }
        Move::Send => send(traffic, world),
        Move::Abandon(_) | Move::Finish(_) => {}
    }
}

fn send(traffic: &mut Traffic, world: &mut World) {
    match traffic.take_errand() {
        Some(Errand::Start(id, _)) => assert!(world.running.insert(id), "{id} was started twice"),
        // A generation that finished while its client left may be cancelled for nothing; that is no error.
        Some(Errand::Cancel(id)) => drop(world.running.remove(&id)),
        Some(Errand::Tokenize(..)) | None => {}
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
            prop_assert!(traffic.orders.len() + traffic.generations.len() <= MAX_ORDERS);
        }
        for id in std::mem::take(&mut world.alive) {
            traffic.abandon(id);
        }
        while !traffic.orders.is_empty() {
            send(&mut traffic, &mut world);
        }
        prop_assert!(world.running.is_empty(), "still running: {:?}", world.running);
        prop_assert_eq!(traffic.busy_since(), None);
    }
}
