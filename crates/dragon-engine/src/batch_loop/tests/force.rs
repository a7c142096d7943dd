//! Answers that go on from the server's words.

use std::collections::BTreeMap;

use dragon_ipc::{AbortKind, Choice, Closing, Force, Ration, Replay, Sampling, Start, ToEngine};
use proptest::prelude::*;

use super::harness::{Harness, greedy, start};

const PROMPT: [u32; 12] = [5, 9, 13, 5, 9, 14, 7, 8, 9, 5, 9, 13];

fn force(n_kept: u32, tokens: Vec<u32>, n_max_tokens: u32) -> Force {
    Force { generation: 1, choice: 0, n_kept, tokens, n_max_tokens, closing: open_end() }
}

fn open_end() -> Closing {
    Closing { n_from: u32::MAX, tokens: Vec::new(), gain: 0.0 }
}

fn refused(force: Force) -> bool {
    let mut harness = Harness::new();
    harness.begin(&PROMPT, start(1, 1, 20, greedy()));
    (0..4).for_each(|_| harness.prefill());
    (0..3).for_each(|_| harness.decode());
    harness.send(ToEngine::Force(force));
    harness.forced.is_empty() && harness.aborted.iter().all(|aborted| aborted.kind == AbortKind::Refused)
}

proptest! {
    /// The rest is what follows the same tokens in an engine that had never made others.
    #[test]
    fn a_forced_answer_goes_on_as_if_its_tokens_were_its_own(
        n_steps in 1_usize..12,
        n_dropped in 0_u32..4,
        forced in prop::collection::vec(2_u32..40, 1..6),
        n_tail in 1_u32..8,
        heat in 0_u8..2,
        n_max_draft in 0_u32..3,
    ) {
        let sampling = Sampling { temperature: f32::from(heat), frequency_penalty: 0.4, seed: 11, ..greedy() };
        let mut harness = Harness::new();
        harness.compute().facts.n_max_draft = n_max_draft;
        harness.begin(&PROMPT, start(1, 1, 30, sampling.clone()));
        harness.begin(&PROMPT[3..], start(2, 1, 30, sampling.clone()));
        (0..4).for_each(|_| harness.prefill());
        (0..n_steps).for_each(|_| harness.decode());
        let made: Vec<u32> = harness.answers()[&(1, 0)].0.clone();
        prop_assume!(!made.is_empty() && harness.answers()[&(1, 0)].1.is_none());
        let n_made = u32::try_from(made.len()).unwrap();
        let n_kept = n_made.saturating_sub(n_dropped);
        let produced: Vec<u32> = made[..n_kept as usize].iter().chain(&forced).copied().collect();
        let n_max_tokens = u32::try_from(produced.len()).unwrap() + n_tail;
        prop_assume!(n_max_tokens < 30);
        harness.send(ToEngine::Force(force(n_kept, forced, n_max_tokens)));
        prop_assert_eq!(harness.forced.len(), 1);
        let n_before = harness.outputs.len();
        harness.finish();
        prop_assert!(harness.aborted.is_empty(), "{:?}", harness.aborted);
        let rest: Vec<_> = harness.outputs[n_before..].iter().filter(|output| output.generation == 1).cloned().collect();

        for replay in [Replay::Steps, Replay::Chunks] {
            let mut fresh = Harness::new();
            let produced = BTreeMap::from([(0, produced.clone())]);
            let choices = vec![Choice { replay, closing: Some(open_end()), ..Choice::new(0, n_max_tokens) }];
            fresh.resume(&PROMPT, &produced, Start { choices, ..start(1, 1, n_max_tokens, sampling.clone()) });
            fresh.finish();
            prop_assert_eq!(&rest, &fresh.outputs);
        }
    }
}

proptest! {
    /// The server's words can come while the engine still takes up what an earlier one produced, or reads the prompt.
    #[test]
    fn an_answer_of_an_earlier_engine_can_be_forced_at_any_time(
        produced in prop::collection::vec(2_u32..40, 1..12),
        n_prefills in 0_usize..5,
        n_steps in 0_usize..8,
        n_dropped in 0_usize..4,
        forced in prop::collection::vec(2_u32..40, 1..6),
        in_chunks: bool,
    ) {
        let replay = if in_chunks { Replay::Chunks } else { Replay::Steps };
        let start = |n_max_tokens| Start {
            choices: vec![Choice { replay, closing: None, ..Choice::new(0, n_max_tokens) }],
            ..start(1, 1, n_max_tokens, greedy())
        };
        let mut harness = Harness::new();
        harness.resume(&PROMPT, &BTreeMap::from([(0, produced.clone())]), start(30));
        (0..n_prefills).for_each(|_| harness.prefill());
        (0..n_steps).for_each(|_| harness.decode());
        let kept = produced[..produced.len().saturating_sub(n_dropped)].to_vec();
        let words: Vec<u32> = kept.iter().chain(&forced).copied().collect();
        let n_max_tokens = u32::try_from(words.len()).unwrap() + 5;
        harness.send(ToEngine::Force(force(u32::try_from(kept.len()).unwrap(), forced, n_max_tokens)));
        prop_assert!(harness.aborted.is_empty(), "{:?}", harness.aborted);
        let n_before = harness.outputs.len();
        harness.finish();
        let mut fresh = Harness::new();
        fresh.resume(&PROMPT, &BTreeMap::from([(0, words)]), start(n_max_tokens));
        fresh.finish();
        prop_assert_eq!(&harness.outputs[n_before..], &fresh.outputs[..]);
    }
}

#[test]
fn what_cannot_be_is_refused_and_ends_the_generation() {
    assert!(!refused(force(4, vec![2], 9)));
    assert!(refused(force(9, vec![2], 12)), "more kept than made");
    assert!(refused(force(1, vec![], 9)), "nothing to force");
    assert!(refused(force(1, vec![2; 512 + 1], 900)), "too long");
    assert!(refused(force(1, vec![2, 3], 3)), "no room for a token");
    assert!(refused(force(1, vec![40], 9)), "not in the vocabulary");
    let closing =
        |tokens, gain| Force { closing: Closing { n_from: 5, tokens, gain }, ..force(1, vec![2], 9) };
    assert!(!refused(closing(vec![3], 2.0)));
    assert!(refused(closing(vec![40], 2.0)), "not in the vocabulary");
    assert!(refused(closing(vec![3], f32::NAN)), "no number");
}

/// The scripted model never has a logit a thousand above another.
#[test]
fn a_closing_answer_is_drawn_to_its_ends() {
    let mut harness = Harness::new();
    harness.begin(&PROMPT, start(1, 1, 20, greedy()));
    (0..4).for_each(|_| harness.prefill());
    (0..2).for_each(|_| harness.decode());
    let closing = Closing { n_from: 5, tokens: vec![33], gain: 1000.0 };
    harness.send(ToEngine::Force(Force { closing, ..force(2, vec![2], 8) }));
    let n_before = harness.outputs.len();
    harness.finish();
    let tail: Vec<u32> = harness.outputs[n_before..].iter().map(|output| output.token).collect();
    assert_eq!(tail.len(), 5);
    assert!(
        tail[..2].iter().all(|token| *token != 33) && tail[2..].iter().all(|token| *token == 33),
        "{tail:?}"
    );
}

#[test]
fn a_choice_that_has_ended_is_let_alone() {
    let mut harness = Harness::new();
    harness.begin(&PROMPT, start(1, 1, 2, greedy()));
    harness.finish();
    harness.send(ToEngine::Force(force(1, vec![2], 9)));
    assert!(harness.forced.is_empty() && harness.aborted.is_empty());
}

#[test]
fn while_one_is_favoured_it_runs_in_every_step_and_the_others_lose_nothing() {
    let mut harness = Harness::new();
    for id in 1..=3 {
        harness.begin(&[5, 6, u32::try_from(id).unwrap()], start(id, 1, 8, greedy()));
        harness.prefill();
    }
    harness.send(ToEngine::Ration(Ration { favoured: vec![2] }));
    let n_before = harness.outputs.len();
    (0..7).for_each(|_| harness.decode());
    let n_favoured = harness.outputs[n_before..].iter().filter(|output| output.generation == 2).count();
    assert_eq!(n_favoured, 7);
    harness.finish();
    assert!(harness.answers().values().all(|(tokens, _)| tokens.len() == 8));
}
