//! What ends a choice, and what cannot start.

use std::collections::BTreeMap;

use dragon_ipc::{AbortKind, Choice, Closing, End, Sampling, Start, ToEngine};

use super::fake::{END, SUPPRESSED};
use super::harness::{Harness, greedy, start};

#[test]
fn every_choice_makes_exactly_the_tokens_asked_for() {
    for n_max_tokens in 1..20 {
        let mut harness = Harness::new();
        harness.begin(&[5; 10], start(1, 3, n_max_tokens, greedy()));
        harness.finish();
        for (tokens, end) in harness.answers().values() {
            assert_eq!((tokens.len(), *end), (n_max_tokens as usize, Some(End::MaxTokens)));
        }
        assert_eq!(harness.answers().len(), 3);
    }
}

#[test]
fn the_context_ends_a_choice_when_prompt_and_answer_fill_it() {
    let mut harness = Harness::new();
    harness.begin(&[5; 40], start(1, 2, 1000, greedy()));
    harness.finish();
    for (tokens, end) in harness.answers().values() {
        assert_eq!((tokens.len(), *end), (8, Some(End::Context)));
    }
}

#[test]
fn reaching_both_limits_at_once_is_what_was_asked_for() {
    let mut harness = Harness::new();
    harness.begin(&[5; 40], start(1, 1, 8, greedy()));
    harness.finish();
    assert_eq!(harness.answers()[&(1, 0)].1, Some(End::MaxTokens));
}

#[test]
fn an_end_token_ends_the_choice_and_is_no_text() {
    let wants_end = Sampling { logit_bias: vec![(END, 50.0)], ignore_eos: false, ..greedy() };
    let mut harness = Harness::new();
    harness.begin(&[5], start(1, 1, 10, wants_end));
    harness.finish();
    assert_eq!(harness.answers()[&(1, 0)], (vec![], Some(End::EndOfGeneration)));
}

#[test]
fn ignore_eos_bans_end_tokens_and_suppressed_tokens_are_always_banned() {
    let wants_both =
        Sampling { logit_bias: vec![(END, 50.0), (SUPPRESSED, 50.0)], temperature: 1.0, ..greedy() };
    let mut harness = Harness::new();
    harness.begin(&[5], start(1, 4, 30, wants_both));
    harness.finish();
    for (tokens, end) in harness.answers().values() {
        assert_eq!((tokens.len(), *end), (30, Some(End::MaxTokens)));
        assert!(!tokens.contains(&END) && !tokens.contains(&SUPPRESSED));
    }
}

#[test]
fn log_probabilities_are_reported_where_asked_for() {
    let mut harness = Harness::new();
    harness.begin(&[5], Start { n_top_logprobs: Some(3), ..start(1, 1, 2, greedy()) });
    harness.finish();
    let logprobs = harness.outputs[0].logprobs.clone().unwrap();
    // The suppressed token is the most probable one: log-probabilities are those of the model.
    assert_eq!(logprobs.top[0].token, SUPPRESSED);
    assert_eq!(logprobs.top[0].piece, b"<1>");
    assert_eq!(logprobs.top[1].token, harness.outputs[0].token);
    assert_eq!(logprobs.top[1].logprob, logprobs.logprob);
    assert_eq!(logprobs.top.len(), 3);
}

fn refusal(prompt: &[u32], start: Start) -> String {
    refusal_to_resume(prompt, &[], start)
}

fn refusal_to_resume(prompt: &[u32], produced: &[u32], start: Start) -> String {
    let mut harness = Harness::new();
    let generation = start.generation;
    harness.resume(prompt, &BTreeMap::from([(0, produced.to_vec())]), start);
    assert_eq!(harness.heartbeat().n_busy_slots, 0, "a refused start holds slots");
    let aborted = harness.aborted.pop().expect("refused");
    assert_eq!((aborted.generation, aborted.kind), (generation, AbortKind::Refused));
    aborted.message
}

#[test]
fn what_cannot_run_is_refused_with_a_sentence() {
    let one = || start(1, 1, 5, greedy());
    let twins = vec![Choice::new(0, 5); 2];
    let cases: [(&[u32], Start, &str); 8] = [
        (&[], one(), "empty"),
        (&[5; 48], one(), "must fit 48"),
        (&[5; 5000], one(), "are 5000"),
        (&[40], one(), "token 40"),
        (&[5], start(1, 1, 0, greedy()), "no tokens"),
        (&[5], start(1, 0, 5, greedy()), "no choices"),
        (&[5], start(1, 7, 5, greedy()), "7 sequences and 6"),
        (&[5], Start { choices: twins, ..one() }, "same index"),
    ];
    for (prompt, start, expected) in cases {
        let message = refusal(prompt, start);
        assert!(message.contains(expected), "{message:?} should say {expected:?}");
    }
    assert!(refusal_to_resume(&[5], &[5; 5], one()).contains("already produced"));
    assert!(refusal_to_resume(&[5], &[99], one()).contains("token 99"));
    let closing = Closing { n_from: 1, tokens: vec![99], gain: 1.0 };
    let drawn = Start { choices: vec![Choice { closing: Some(closing), ..Choice::new(0, 5) }], ..one() };
    assert!(refusal(&[5], drawn).contains("token 99 of its closing"));
}

#[test]
fn a_start_without_prompt_or_twice_is_refused_and_the_first_goes_on() {
    let mut harness = Harness::new();
    harness.send(ToEngine::Start(start(1, 1, 5, greedy())));
    assert!(harness.aborted[0].message.contains("no prompt"));
    harness.begin(&[5], start(2, 1, 5, greedy()));
    harness.begin(&[5], start(2, 1, 5, greedy()));
    assert!(harness.aborted[1].message.contains("is running"));
    harness.finish();
    assert_eq!(harness.answers()[&(2, 0)].0.len(), 5);
}

#[test]
fn the_longest_prompt_leaves_room_for_one_token() {
    let mut harness = Harness::new();
    harness.begin(&[5; 47], start(1, 1, 5, greedy()));
    harness.finish();
    assert_eq!(harness.answers()[&(1, 0)].0.len(), 1);
}
