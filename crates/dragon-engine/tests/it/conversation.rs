//! The order of messages, refusals, cancels, heartbeats.

use dragon_ipc::{
    AbortKind, EngineExit, FromEngine, LoadFailureKind, LoadSpec, PROTOCOL_VERSION, TextLane, ToEngine,
    TokenizePiece,
};

use crate::driver::{Engine, greedy, hello, load_spec, start};

#[test]
fn ready_states_the_facts() {
    let (_engine, ready) = Engine::ready(load_spec());
    assert_eq!(ready.n_vocab, 262);
    assert_eq!(ready.max_token_bytes as usize, "<|im_start|>".len());
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
fn want_of_memory_for_the_context_has_an_exit_code_of_its_own() {
    let mut shell = std::process::Command::new("sh");
    // In KiB: enough for the program and the tiny model, and not for the cells.
    shell.args(["-c", r#"ulimit -v 2000000; exec "$0""#, env!("CARGO_BIN_EXE_dragon-engine")]);
    let mut engine = Engine::spawn_by(shell);
    engine.send(&hello(PROTOCOL_VERSION));
    engine.send(&ToEngine::Load(LoadSpec { n_ctx_seq: 1 << 22, n_slots: 8, ..load_spec() }));
    assert!(matches!(engine.next(), FromEngine::Hello(_)));
    let FromEngine::Failed(failure) = engine.next() else { panic!("it should fail") };
    assert_eq!(failure.kind, LoadFailureKind::Context);
    assert!(failure.message.contains("ask for fewer slots"), "{}", failure.message);
    assert_eq!(engine.wait().0.code(), Some(i32::from(EngineExit::OutOfMemory.code())));
}

#[test]
fn a_model_that_is_not_there_is_a_failure_that_names_it() {
    let mut engine = Engine::spawn();
    engine.send(&hello(PROTOCOL_VERSION));
    engine.send(&ToEngine::Load(LoadSpec { path: "/nowhere/model.gguf".into(), ..load_spec() }));
    assert!(matches!(engine.next(), FromEngine::Hello(_)));
    let FromEngine::Failed(failure) = engine.next() else { panic!("it should fail") };
    assert_eq!(failure.kind, LoadFailureKind::Model);
    assert!(failure.message.contains("/nowhere/model.gguf"), "{}", failure.message);
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
    engine.send(&ToEngine::Cancel { generation: 1, choice: None });
    engine.begin(&[66; 3], start(2, 8, 10, greedy()));
    // Tokens of the first may still be on the way; a refusal would panic here.
    let mut n_ended = 0;
    while n_ended < 8 {
        n_ended += engine.next_outputs().iter().filter(|output| output.end.is_some()).count();
    }
    assert_eq!(engine.wait_for_busy_slots(0).n_busy_slots, 0);
}

#[test]
fn the_cancel_of_a_choice_frees_its_slot_and_the_others_go_on() {
    let (mut engine, _) = Engine::ready(load_spec());
    engine.begin(&[65; 3], start(1, 3, 400, greedy()));
    let expected = engine.answers(3);
    engine.begin(&[65; 500], start(2, 8, 500, greedy()));
    // Some while the prompt is prefilled, the first among them, and some later.
    for choice in [0, 5, 6, 7] {
        engine.send(&ToEngine::Cancel { generation: 2, choice: Some(choice) });
    }
    engine.wait_for_busy_slots(4);
    engine.send(&ToEngine::Cancel { generation: 2, choice: Some(2) });
    engine.wait_for_busy_slots(3);
    engine.send(&ToEngine::Cancel { generation: 2, choice: None });
    engine.wait_for_busy_slots(0);
    engine.begin(&[65; 3], start(3, 4, 400, greedy()));
    engine.send(&ToEngine::Cancel { generation: 3, choice: Some(0) });
    let mut tokens = std::collections::BTreeMap::<u32, Vec<u32>>::new();
    let mut n_ended = 0;
    while n_ended < 3 {
        for output in engine.next_outputs().into_iter().filter(|output| output.generation == 3) {
            tokens.entry(output.choice).or_default().push(output.token);
            n_ended += usize::from(output.end.is_some());
        }
    }
    assert!(tokens.remove(&0).is_none_or(|tokens| tokens.len() < 400), "it went on to its end");
    for tokens in tokens.values() {
        assert_eq!(*tokens, expected[&(1, 0)].tokens);
    }
}

#[test]
fn texts_are_tokenized_while_sequences_run_and_pieces_are_joined() {
    let (mut engine, _) = Engine::ready(load_spec());
    engine.begin(&[65; 3], start(1, 8, 300, greedy()));
    for (text, last) in [("gr", false), ("ün", true)] {
        engine.send(&ToEngine::Tokenize(TokenizePiece {
            call: 7,
            lane: TextLane::Long,
            text: text.into(),
            last,
            add_special: false,
        }));
    }
    let tokens = loop {
        match engine.next() {
            FromEngine::Tokens(piece) => break piece.tokens,
            FromEngine::Step(_) | FromEngine::Prefilled(_) => {}
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
