//! What the engine says is what the model says, whatever runs beside it.

use dragon_ipc::{Choice, End, LoadSpec, Replay, Sampling, Start};
use dragon_testkit::tiny::{EQUALITY_PROMPTS, GREETING, expected_greedy, vocabulary};

use crate::driver::{Answer, Engine, greedy, load_spec, start};

fn sampled(seed: u64) -> Sampling {
    Sampling {
        temperature: 0.9,
        top_k: 40,
        top_p: 0.95,
        min_p: 0.05,
        frequency_penalty: 0.2,
        seed,
        ..greedy()
    }
}

fn alone(prompt: &[u32], sampling: Sampling, n_max_tokens: u32) -> Answer {
    let (mut engine, _) = Engine::ready(load_spec());
    engine.begin(prompt, start(1, 1, n_max_tokens, sampling));
    engine.answers(1).remove(&(1, 0)).unwrap()
}

#[test]
fn greedy_texts_are_those_of_an_independent_computation_alone_and_together() {
    let (mut engine, _) = Engine::ready(load_spec());
    for (generation, prompt) in (0..).zip(EQUALITY_PROMPTS) {
        engine.begin(&vocabulary::tokenize(prompt.prompt), start(generation, 1, 64, greedy()));
    }
    let together = engine.answers(EQUALITY_PROMPTS.len());
    for (generation, prompt) in (0..).zip(EQUALITY_PROMPTS) {
        let expected = expected_greedy(prompt.prompt, prompt.n_tokens);
        engine.begin(&vocabulary::tokenize(prompt.prompt), start(100, 1, 64, greedy()));
        let alone = engine.answers(1).remove(&(100, 0)).unwrap();
        assert_eq!(String::from_utf8_lossy(&alone.text), String::from_utf8_lossy(&expected));
        assert_eq!(together[&(generation, 0)], alone);
        assert_eq!(alone.end, Some(End::MaxTokens));
    }
}

#[test]
fn the_length_of_a_chunk_does_not_change_the_text() {
    for n_prefill_chunk in [1, 7, 4096] {
        let (mut engine, _) = Engine::ready(LoadSpec { n_prefill_chunk, ..load_spec() });
        let prompt = EQUALITY_PROMPTS.last().unwrap();
        engine.begin(&vocabulary::tokenize(prompt.prompt), start(1, 1, 64, greedy()));
        let answer = engine.answers(1).remove(&(1, 0)).unwrap();
        assert_eq!(answer.text, expected_greedy(prompt.prompt, 64), "chunks of {n_prefill_chunk}");
    }
}

#[test]
fn a_seed_gives_the_same_text_whatever_else_runs() {
    let prompt = vocabulary::tokenize("The dragon said: ");
    let expected = alone(&prompt, sampled(42), 200);
    assert_ne!(expected.tokens, alone(&prompt, sampled(43), 200).tokens);
    let (mut engine, _) = Engine::ready(load_spec());
    engine.begin(&vocabulary::tokenize("Something else that runs for long"), start(1, 3, 400, sampled(1)));
    engine.begin(&prompt, start(2, 1, 200, sampled(42)));
    engine.begin(&vocabulary::tokenize(&"and comes later ".repeat(20)), start(3, 2, 50, sampled(2)));
    assert_eq!(engine.answers(6)[&(2, 0)], expected);
}

#[test]
fn a_resumed_generation_goes_on_where_it_stopped() {
    let prompt = vocabulary::tokenize("Once there was a dragon");
    let whole = alone(&prompt, sampled(5), 100);
    let (mut engine, _) = Engine::ready(load_spec());
    for (n_produced, replay) in
        [1, 50, 99].into_iter().flat_map(|n| [(n, Replay::Steps), (n, Replay::Chunks)])
    {
        let choices = vec![Choice { replay, ..Choice::new(0, 100) }];
        let start = Start { choices, ..start(1, 1, 100, sampled(5)) };
        engine.resume(&prompt, &whole.tokens[..n_produced], start);
        let rest = engine.answers(1).remove(&(1, 0)).unwrap();
        assert_eq!(rest.tokens, whole.tokens[n_produced..], "{replay:?}");
    }
}

#[test]
fn choices_share_one_prefill_and_the_first_is_the_one_that_comes_alone() {
    let prompt = vocabulary::tokenize(&"A long prompt that is prefilled once. ".repeat(10));
    let expected = alone(&prompt, sampled(9), 40);
    let (mut engine, _) = Engine::ready(load_spec());
    engine.begin(&prompt, start(1, 4, 40, sampled(9)));
    let answers = engine.answers(4);
    assert_eq!(answers[&(1, 0)], expected);
    let different: std::collections::BTreeSet<_> = answers.values().map(|answer| &answer.tokens).collect();
    assert_eq!(different.len(), 4, "choices draw with the same numbers");
    assert_eq!(engine.wait_for_busy_slots(0).n_prefill_tokens, prompt.len() as u64);
}

#[test]
fn a_model_that_ends_its_turn_ends_the_choice() {
    let (mut engine, _) = Engine::ready(load_spec());
    let prompt = engine.tokenize(&GREETING.prompt(), false);
    engine.begin(&prompt, start(1, 1, 500, Sampling { ignore_eos: false, ..greedy() }));
    let answer = engine.answers(1).remove(&(1, 0)).unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.text), GREETING.answer);
    assert_eq!(answer.end, Some(End::EndOfGeneration));
}

#[test]
fn special_tokens_are_recognised_in_text_and_written_out() {
    let (mut engine, _) = Engine::ready(load_spec());
    assert_eq!(engine.tokenize("<think>a", false), [vocabulary::THINK, u32::from(b'a')]);
    assert!(engine.tokenize("", false).is_empty());
    let thinks = Sampling { logit_bias: vec![(vocabulary::THINK, 100.0)], ..greedy() };
    engine.begin(&[65], start(1, 1, 1, thinks));
    assert_eq!(engine.answers(1)[&(1, 0)].text, b"<think>");
}

#[test]
fn log_probabilities_are_those_of_the_model() {
    let (mut engine, _) = Engine::ready(load_spec());
    let prompt = vocabulary::tokenize("Hello");
    engine.begin(&prompt, Start { n_top_logprobs: Some(5), ..start(1, 1, 3, sampled(3)) });
    for _ in 0..3 {
        let output = engine.next_outputs().remove(0);
        let logprobs = output.logprobs.unwrap();
        let top = &logprobs.top;
        assert_eq!(top.len(), 5);
        assert!(top.is_sorted_by(|a, b| a.logprob >= b.logprob));
        assert!(top.iter().map(|top| f64::from(top.logprob).exp()).sum::<f64>() <= 1.0 + 1e-6);
        let in_top = top.iter().find(|top| top.token == output.token);
        in_top.inspect(|top| assert_eq!(top.logprob, logprobs.logprob));
    }
}

#[test]
fn guessing_ahead_gives_the_same_texts() {
    let (mut engine, _) = Engine::ready(LoadSpec { n_max_draft: 8, ..load_spec() });
    let code = "fn add(a: i32, b: i32) -> i32 { a + b }\nfn add(a: i32, b: i32) -> i32 { a + b }\nfn add(";
    for (generation, prompt) in (0..).zip(EQUALITY_PROMPTS.iter().map(|prompt| prompt.prompt).chain([code])) {
        for (index, sampling) in (0..).zip([greedy(), sampled(generation)]) {
            let prompt = vocabulary::tokenize(prompt);
            let id = 2 * generation + index;
            engine.begin(&prompt, start(id, 1, 120, sampling.clone()));
            let guessed = engine.answers(1).remove(&(id, 0)).unwrap();
            assert_eq!(guessed, alone(&prompt, sampling, 120));
        }
    }
}
