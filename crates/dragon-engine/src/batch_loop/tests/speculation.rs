//! Guessing ahead changes nothing but the number of calls.

use dragon_ipc::{Sampling, ToEngine};
use proptest::prelude::*;

use super::harness::{Answer, Harness, greedy, start};

fn answer(n_max_draft: u32, prompt: &[u32], n_max_tokens: u32, sampling: &Sampling) -> (Answer, usize) {
    let mut harness = Harness::with_context(120);
    harness.compute().facts.n_max_draft = n_max_draft;
    harness.begin(prompt, start(1, 1, n_max_tokens, sampling.clone()));
    harness.finish();
    let n_calls = harness.compute().calls.len();
    (harness.answers().remove(&(1, 0)).unwrap(), n_calls)
}

/// So biased that it walks through a few tokens again and again.
fn repeating(seed: u64, temperature: f32) -> Sampling {
    let logit_bias = (2..5).map(|token| (token, 30.0)).collect();
    Sampling { logit_bias, temperature, top_k: 3, seed, ..greedy() }
}

proptest! {
    #[test]
    fn the_answer_is_the_one_without_guesses(
        prompt in prop::collection::vec(2_u32..8, 1..60),
        n_max_tokens in 1_u32..80,
        seed in any::<u64>(),
        is_sampled in any::<bool>(),
        n_max_draft in 1_u32..9,
    ) {
        let sampling = repeating(seed, if is_sampled { 0.2 } else { 0.0 });
        let (expected, _) = answer(0, &prompt, n_max_tokens, &sampling);
        let (guessed, _) = answer(n_max_draft, &prompt, n_max_tokens, &sampling);
        prop_assert_eq!(guessed, expected);
    }
}

#[test]
fn an_answer_that_repeats_itself_needs_fewer_calls() {
    let wants_one = Sampling { logit_bias: vec![(7, 50.0)], ..greedy() };
    let (expected, n_calls) = answer(0, &[5, 6], 60, &wants_one);
    let (guessed, n_guessing) = answer(8, &[5, 6], 60, &wants_one);
    assert_eq!(guessed, expected);
    assert!(n_guessing * 3 < n_calls * 2, "{n_guessing} calls instead of {n_calls}");
}

#[test]
fn company_and_cancels_do_no_harm() {
    let wants_one = Sampling { logit_bias: vec![(7, 50.0)], ..greedy() };
    let mut harness = Harness::with_context(120);
    harness.compute().facts.n_max_draft = 8;
    harness.begin(&[5, 6], start(1, 1, 50, wants_one.clone()));
    (0..10).for_each(|_| {
        harness.prefill();
        harness.decode();
    });
    harness.begin(&[7, 7, 7, 8], start(2, 1, 50, wants_one.clone()));
    (0..10).for_each(|_| {
        harness.prefill();
        harness.decode();
    });
    harness.send(ToEngine::Cancel { generation: 1, choice: None });
    harness.finish();
    assert_eq!(harness.answers()[&(2, 0)].0, vec![7; 50]);
    // What was kept of it holds no guesses: the same prompt again starts from it.
    harness.begin(&[[7, 7, 7, 8].as_slice(), &[7; 40]].concat(), start(3, 1, 5, wants_one));
    harness.finish();
    assert_eq!(harness.answers()[&(3, 0)].0, vec![7; 5]);
}
