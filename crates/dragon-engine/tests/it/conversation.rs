//! The order of messages, refusals, cancels, heartbeats.

use dragon_ipc::{
    AbortKind, EngineExit, FromEngine, LoadFailureKind, LoadSpec, PROTOCOL_VERSION, ToEngine, TokenizePiece,
};

use crate::driver::{Engine, greedy, hello, load_spec, start};

#[test]
fn ready_states_the_facts() {
    let (_engine, ready) = Engine::ready(load_spec());
    assert_eq!(ready.n_vocab, 262);
    assert!(ready.n_ctx_seq >= 1024);
    assert_eq!((ready.n_slots, ready.n_ctx_train), (8, 32_768));
    assert!(ready.system_info.contains("built for"), "{}", ready.system_info);
}

#[test]
fn a_file_that_is_no_model_is_a_failure_with_a_reason() {
    let mut engine = Engine::spawn();
    engine.send(&hello(PROTOCOL_VERSION));
    engine.send(&ToEngine::Load(LoadSpec { path: "/dev/null".into(), ..load_spec() }));
    assert!(matches!(engine.next(), FromEngine::Hello(_)));
    let FromEngine::Failed(failure) = engine.next() else { panic!("it should fail") };
    assert_eq!(failure.kind, LoadFailureKind::Model);
    assert!(failure.message.contains("cannot load"), "{}", failure.message);
    assert_eq!(engine.wait().0.code(), Some(i32::from(EngineExit::LoadFailed.code())));
}

#[test]
fn a_context_beyond_memory_is_a_failure_that_says_what_to_do() {
    let mut engine = Engine::spawn();
    engine.send(&hello(PROTOCOL_VERSION));
    engine.send(&ToEngine::Load(LoadSpec { n_ctx_seq: u32::MAX, ..load_spec() }));
    assert!(matches!(engine.next(), FromEngine::Hello(_)));
    let FromEngine::Failed(failure) = engine.next() else { panic!("it should fail") };
    assert_eq!(failure.kind, LoadFailureKind::Context);
    assert!(failure.message.contains("ask for less"), "{}", failure.message);
    assert_eq!(engine.wait().0.code(), Some(i32::from(EngineExit::LoadFailed.code())));
}

#[test]
fn a_server_of_another_version_is_told_so() {
    let mut engine = Engine::spawn();
    engine.send(&hello(PROTOCOL_VERSION + 1));
    assert!(matches!(engine.next(), FromEngine::Hello(_)));
    assert!(matches!(engine.next(), FromEngine::Failed(_)));
    assert_eq!(engine.wait().0.code(), Some(i32::from(EngineExit::Protocol.code())));
}

#[test]
fn a_frame_that_cannot_be_read_ends_the_engine() {
    let (mut engine, _) = Engine::ready(load_spec());
    engine.send_bytes(&u32::MAX.to_le_bytes());
    assert_eq!(engine.wait().0.code(), Some(i32::from(EngineExit::Protocol.code())));
}

#[test]
fn a_refused_start_is_answered_and_holds_nothing() {
    let (mut engine, _) = Engine::ready(load_spec());
    engine.begin(&[65; 3], start(1, 9, 10, greedy()));
    let aborted = engine.next_aborted();
    assert_eq!((aborted.generation, aborted.kind), (1, AbortKind::Refused));
    engine.begin(&[65; 3], start(2, 8, 10, greedy()));
    assert_eq!(engine.answers(8).len(), 8);
}

#[test]
fn a_cancel_frees_all_slots_for_the_next() {
    let (mut engine, _) = Engine::ready(load_spec());
    engine.begin(&[65; 3], start(1, 8, 1000, greedy()));
    assert_eq!(engine.wait_for_busy_slots(8).n_busy_slots, 8);
    engine.send(&ToEngine::Cancel(1));
    engine.begin(&[66; 3], start(2, 8, 10, greedy()));
    // Tokens of the first may still be on the way; a refusal would panic here.
    let mut n_ended = 0;
    while n_ended < 8 {
        n_ended += engine.next_outputs().iter().filter(|output| output.end.is_some()).count();
    }
    assert_eq!(engine.wait_for_busy_slots(0).n_busy_slots, 0);
}

#[test]
fn texts_are_tokenized_while_sequences_run_and_pieces_are_joined() {
    let (mut engine, _) = Engine::ready(load_spec());
    engine.begin(&[65; 3], start(1, 8, 300, greedy()));
    for (text, last) in [("gr", false), ("ün", true)] {
        engine.send(&ToEngine::Tokenize(TokenizePiece {
            call: 7,
            text: text.into(),
            last,
            add_special: false,
        }));
    }
    let tokens = loop {
        match engine.next() {
            FromEngine::Tokens(piece) => break piece.tokens,
            FromEngine::Step(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(tokens, "grün".bytes().map(u32::from).collect::<Vec<_>>());
}

#[test]
fn heartbeats_come_by_themselves_and_their_counters_only_grow() {
    let (mut engine, _) = Engine::ready(load_spec());
    let first = engine.next_heartbeat();
    engine.begin(&[65; 100], start(1, 2, 50, greedy()));
    engine.answers(2);
    let last = engine.wait_for_busy_slots(0);
    assert!(last.n_steps > first.n_steps);
    assert_eq!(last.n_prefill_tokens - first.n_prefill_tokens, 100);
    assert_eq!(last.n_decode_tokens - first.n_decode_tokens, 2 * 49);
    assert!(last.prefill_us > 0 && last.decode_us > 0);
}
