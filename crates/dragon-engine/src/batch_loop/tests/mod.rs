mod fake;
mod force;
mod harness;
mod limits;
mod prefixes;
mod speculation;
mod together;

use dragon_ipc::AbortKind;

use self::harness::{Harness, greedy, start};
use super::*;
use crate::llama::Logits;

#[test]
fn a_prompt_is_prefilled_in_chunks_and_only_its_last_token_gives_logits() {
    let mut harness = Harness::new();
    harness.begin(&[5; 20], start(1, 1, 3, greedy()));
    harness.finish();
    let sizes: Vec<_> = harness.compute().calls.iter().map(Vec::len).collect();
    assert_eq!(sizes, [8, 8, 4, 1, 1]);
    let n_wanted = harness.compute().calls[..3].iter().flatten().filter(|row| row.logits == Logits::Wanted);
    assert_eq!(n_wanted.count(), 1);
}

#[test]
fn all_choices_share_one_prefill() {
    let mut harness = Harness::new();
    harness.begin(&[5; 20], start(1, 4, 6, greedy()));
    harness.finish();
    let heartbeat = harness.heartbeat();
    assert_eq!(heartbeat.n_prefill_tokens, 20);
    // The first token of each choice comes from the prefill; the last is never fed.
    assert_eq!(heartbeat.n_decode_tokens, 4 * 5);
    assert_eq!(heartbeat.n_steps, 3 + 5);
    assert_eq!(heartbeat.n_busy_slots, 0);
}

#[test]
fn decode_calls_hold_every_running_sequence_in_the_order_of_ids_and_no_prompt_tokens() {
    let mut harness = Harness::new();
    for generation in 0..3 {
        harness.begin(&[5; 12], start(generation, 2, 20, greedy()));
    }
    harness.finish();
    let calls = &harness.compute().calls;
    for call in calls {
        let seqs: Vec<_> = call.iter().map(|row| row.seq).collect();
        let is_prefill = call[0].position < 12;
        assert!(call.iter().all(|row| (row.position < 12) == is_prefill), "mixed: {call:?}");
        assert!(!is_prefill || seqs.iter().all(|seq| *seq == seqs[0]), "two prompts: {call:?}");
        assert!(is_prefill || seqs.is_sorted_by(|a, b| a < b), "disorder: {call:?}");
    }
    assert!(calls.iter().any(|call| call.len() == 6 && call[0].position >= 12));
}

#[test]
fn between_two_decode_calls_there_is_at_most_one_chunk() {
    let mut harness = Harness::new();
    harness.begin(&[5], start(1, 1, 20, greedy()));
    harness.prefill();
    harness.begin(&[6; 40], start(2, 1, 2, greedy()));
    harness.finish();
    let is_prefill: Vec<_> = harness.compute().calls[1..].iter().map(|call| call.len() == 8).collect();
    let first_five_chunks = [false, true].repeat(5);
    assert_eq!(is_prefill[..10], first_five_chunks);
}

#[test]
fn a_cancel_frees_everything_at_once_in_every_phase() {
    for n_prefills in 0..4 {
        let mut harness = Harness::new();
        harness.begin(&[5; 20], start(1, 3, 20, greedy()));
        assert_eq!(harness.heartbeat().n_busy_slots, 3);
        (0..n_prefills).for_each(|_| harness.prefill());
        harness.send(ToEngine::Cancel { generation: 1, choice: None });
        assert_eq!(harness.heartbeat().n_busy_slots, 0);
        assert_eq!(harness.compute().n_used_cells(), 0);
        let n_calls = harness.compute().calls.len();
        harness.decode();
        harness.prefill();
        assert_eq!(harness.compute().calls.len(), n_calls, "something still runs");
    }
}

#[test]
fn a_cancelled_choice_leaves_the_others_as_they_are_in_every_phase() {
    let whole = {
        let mut harness = Harness::new();
        harness.begin(&[5; 20], start(1, 3, 20, greedy()));
        harness.finish();
        harness.answers()
    };
    for (n_prefills, cancelled) in
        (0..5).flat_map(|n_prefills| (0..3).map(move |choice| (n_prefills, choice)))
    {
        let mut harness = Harness::new();
        harness.begin(&[5; 20], start(1, 3, 20, greedy()));
        (0..n_prefills).for_each(|_| harness.prefill());
        harness.send(ToEngine::Cancel { generation: 1, choice: Some(cancelled) });
        assert_eq!(harness.heartbeat().n_busy_slots, 2);
        assert!(!harness.holds(1, cancelled));
        harness.finish();
        let mut answers = harness.answers();
        let begun = answers.remove(&(1, cancelled)).unwrap_or_default();
        assert_eq!(begun.0.len(), usize::from(n_prefills > 2), "it went on");
        assert_eq!(harness.heartbeat().n_prefill_tokens, 20);
        assert_eq!(answers.len(), 2);
        answers.iter().for_each(|(choice, answer)| assert_eq!(answer, &whole[choice]));
    }
}

#[test]
fn a_generation_ends_with_the_cancel_of_its_last_choice() {
    for n_prefills in 0..4 {
        let mut harness = Harness::new();
        harness.begin(&[5; 20], start(1, 3, 20, greedy()));
        (0..n_prefills).for_each(|_| harness.prefill());
        for choice in [1, 0, 9, 0, 2] {
            harness.send(ToEngine::Cancel { generation: 1, choice: Some(choice) });
        }
        assert_eq!(harness.heartbeat().n_busy_slots, 0);
        let n_calls = harness.compute().calls.len();
        harness.finish();
        harness.prefill();
        assert_eq!(harness.compute().calls.len(), n_calls, "something still runs");
        harness.begin(&[6], start(2, 1, 4, greedy()));
        harness.finish();
        assert_eq!(harness.answers()[&(2, 0)].0.len(), 4);
    }
}

#[test]
fn a_cancel_of_something_unknown_or_not_started_is_no_error() {
    let mut harness = Harness::new();
    harness.send(ToEngine::Cancel { generation: 9, choice: None });
    harness.send(ToEngine::Prompt(dragon_ipc::PromptPiece { generation: 9, tokens: vec![5] }));
    harness.send(ToEngine::Cancel { generation: 9, choice: None });
    harness.send(ToEngine::Start(start(9, 1, 1, greedy())));
    assert_eq!(harness.aborted[0].kind, AbortKind::Refused);
}

#[test]
fn a_failed_call_aborts_what_was_in_it_and_nothing_else() {
    let mut harness = Harness::new();
    harness.begin(&[5], start(1, 2, 20, greedy()));
    harness.prefill();
    harness.begin(&[6; 20], start(2, 1, 4, greedy()));
    harness.compute().fail_next = Some(DecodeError::NoCells);
    harness.decode();
    let aborted: Vec<_> = harness.aborted.iter().map(|aborted| (aborted.generation, aborted.kind)).collect();
    assert_eq!(aborted, [(1, AbortKind::DecodeFailed)]);
    harness.finish();
    assert_eq!(harness.answers()[&(2, 0)].0.len(), 4);
}

#[test]
fn a_failed_prefill_aborts_its_generation_only() {
    let mut harness = Harness::new();
    harness.begin(&[5], start(1, 1, 10, greedy()));
    harness.prefill();
    harness.begin(&[6; 20], start(2, 1, 4, greedy()));
    harness.compute().fail_next = Some(DecodeError::InvalidBatch);
    harness.prefill();
    assert_eq!(harness.aborted[0].generation, 2);
    harness.finish();
    assert_eq!(harness.answers()[&(1, 0)].0.len(), 10);
}

#[test]
fn a_fatal_code_ends_the_loop() {
    let mut harness = Harness::new();
    harness.begin(&[5], start(1, 1, 20, greedy()));
    harness.compute().fail_next = Some(DecodeError::Fatal(-3));
    let error = harness.batch_loop.prefill_step().unwrap_err();
    assert!(matches!(error, LoopError::Context(DecodeError::Fatal(-3))));
}

#[test]
fn logits_that_are_not_finite_abort_the_generation_and_withdraw_its_step() {
    let mut harness = Harness::new();
    harness.begin(&[5], start(1, 2, 10, greedy()));
    harness.prefill();
    harness.begin(&[6], start(2, 1, 10, greedy()));
    harness.prefill();
    let n_outputs = harness.outputs.len();
    // The second choice of the first generation: the first one's token of this call must not be reported.
    harness.compute().nan_in = Some(1);
    harness.decode();
    assert_eq!(harness.aborted[0].kind, AbortKind::NonFinite);
    let generations: Vec<_> = harness.outputs[n_outputs..].iter().map(|output| output.generation).collect();
    assert_eq!(generations, [2]);
    harness.finish();
    assert_eq!(harness.answers()[&(2, 0)].0.len(), 10);
}

#[test]
fn messages_out_of_place_end_the_loop() {
    let hello = dragon_ipc::Hello { protocol_version: 1, build: String::new() };
    let error = Harness::new().batch_loop.handle(ToEngine::Hello(hello)).unwrap_err();
    assert!(matches!(error, LoopError::Unexpected(_)));
}
