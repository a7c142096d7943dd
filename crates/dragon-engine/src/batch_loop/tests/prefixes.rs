//! Prompts that begin like others.

use super::harness::{Harness, greedy, start};
use super::*;

/// `n_shared` tokens that all have in common, then `n_own` of this one's own.
fn prompt(n_shared: usize, own: u32, n_own: usize) -> Vec<u32> {
    (0..n_shared)
        .map(|index| 2 + u32::try_from(index % 37).unwrap())
        .chain(std::iter::repeat_n(own, n_own))
        .collect()
}

fn cached(harness: &Harness) -> Vec<(GenerationId, u32)> {
    harness.prefilled.iter().map(|prefilled| (prefilled.generation, prefilled.n_cached)).collect()
}

/// The answers of each prompt by itself, in an engine of its own.
fn alone(prompts: &[Vec<u32>], n_max_tokens: u32) -> Vec<Vec<u32>> {
    let answer = |prompt: &Vec<u32>| {
        let mut harness = Harness::with_context(400);
        harness.begin(prompt, start(1, 1, n_max_tokens, greedy()));
        harness.finish();
        harness.answers()[&(1, 0)].0.clone()
    };
    prompts.iter().map(answer).collect()
}

#[test]
fn prompts_that_arrive_together_compute_their_common_beginning_once() {
    let prompts: Vec<_> = (0..6).map(|own| prompt(200, 30 + own, 5)).collect();
    let mut harness = Harness::with_context(400);
    for (generation, prompt) in (0..).zip(&prompts) {
        harness.begin(prompt, start(generation, 1, 8, greedy()));
    }
    harness.finish();
    let counts: Vec<_> = cached(&harness).into_iter().map(|(_, n_cached)| n_cached).collect();
    assert_eq!(counts.iter().filter(|n_cached| **n_cached > 184).count(), 5, "{counts:?}");
    assert_eq!(harness.heartbeat().n_cached_tokens, u64::from(counts.iter().sum::<u32>()));
    assert_eq!(harness.heartbeat().n_prefill_tokens + harness.heartbeat().n_cached_tokens, 6 * 205);
    for ((generation, _), expected) in (0..).map(|generation| (generation, 0)).zip(alone(&prompts, 8)) {
        assert_eq!(harness.answers()[&(generation, 0)].0, expected);
    }
}

#[test]
fn a_conversation_that_goes_on_starts_from_its_last_answer() {
    let first = prompt(100, 3, 1);
    let mut harness = Harness::with_context(400);
    harness.begin(&first, start(1, 1, 40, greedy()));
    harness.finish();
    let answer = harness.answers()[&(1, 0)].0.clone();
    let second = [first, answer, vec![7, 8, 9]].concat();
    harness.begin(&second, start(2, 1, 4, greedy()));
    harness.finish();
    // The last token of the answer was never fed, so it is not in the cells.
    assert_eq!(cached(&harness)[1], (2, 101 + 39));
    assert_eq!(harness.answers()[&(2, 0)].0, alone(&[second], 4)[0]);
}

#[test]
fn the_same_prompt_again_computes_its_last_token_only() {
    let mut harness = Harness::with_context(400);
    for generation in 1..3 {
        harness.begin(&prompt(60, 3, 0), start(generation, 2, 40, greedy()));
        harness.finish();
    }
    assert_eq!(cached(&harness), [(1, 0), (2, 59)]);
    assert_eq!(harness.heartbeat().n_prefill_tokens, 61);
    assert_eq!(harness.answers()[&(1, 1)], harness.answers()[&(2, 1)]);
}

#[test]
fn who_waits_for_a_prompt_that_is_cancelled_goes_on_without_it() {
    for n_prefills in 0..30 {
        let mut harness = Harness::with_context(400);
        for generation in 0..3 {
            harness.begin(&prompt(200, 30, 5), start(generation, 1, 4, greedy()));
        }
        (0..n_prefills).for_each(|_| harness.prefill());
        harness.send(ToEngine::Cancel { generation: 0, choice: None });
        harness.finish();
        let answers = harness.answers();
        assert_eq!((answers[&(1, 0)].0.len(), answers[&(2, 0)].0.len()), (4, 4), "after {n_prefills} calls");
    }
}

#[test]
fn nothing_is_taken_from_a_call_that_failed() {
    let mut harness = Harness::with_context(400);
    harness.begin(&prompt(100, 3, 0), start(1, 1, 40, greedy()));
    (0..20).for_each(|_| harness.prefill());
    harness.compute().fail_next = Some(DecodeError::NoCells);
    harness.decode();
    harness.begin(&prompt(100, 3, 0), start(2, 1, 4, greedy()));
    harness.finish();
    assert_eq!(harness.prefilled.last().map(|prefilled| prefilled.n_cached), Some(0));
}

#[test]
fn a_gap_that_an_ending_leaves_is_closed() {
    let mut harness = Harness::with_context(400);
    for (generation, n_max_tokens) in [(0, 4), (1, 60), (2, 4), (3, 60)] {
        harness.begin(
            &prompt(0, 30 + u32::try_from(generation).unwrap(), 5),
            start(generation, 1, n_max_tokens, greedy()),
        );
    }
    let expected = alone(&[prompt(0, 31, 5), prompt(0, 33, 5)], 60);
    harness.finish();
    assert_eq!([harness.answers()[&(1, 0)].0.clone(), harness.answers()[&(3, 0)].0.clone()], expected[..]);
    let both = harness.compute().calls.iter().rfind(|call| call.len() == 2).unwrap();
    assert_eq!(both.iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2]);
}
