//! What tests rely on, checked with the forward pass of this crate.

use std::collections::BTreeSet;

use super::*;
use crate::tiny::{
    EQUALITY_PROMPTS, GREETING, GREETING_WITH_THOUGHT, Lesson,
    forward::expected_greedy,
    grammar::{role_after, role_of},
    greedy,
    vocabulary::{END_OF_GENERATION, tokenize},
};

#[test]
fn every_step_of_every_equality_prompt_leads_by_a_logit() {
    let model = tiny_model();
    for equality in EQUALITY_PROMPTS {
        let answer = greedy(&model, &tokenize(equality.prompt), equality.n_tokens);
        assert!(answer.narrowest_gap() >= 1.0, "{}: {}", equality.prompt, answer.narrowest_gap());
        let distinct: BTreeSet<u32> = answer.tokens.iter().copied().collect();
        assert!(distinct.len() >= 25, "{}: only {} distinct tokens", equality.prompt, distinct.len());
    }
}

#[test]
fn expected_texts_are_the_taught_ones() {
    for (equality, taught) in EQUALITY_PROMPTS.iter().zip(lessons::all()) {
        let expected: Vec<u8> = taught.answer.iter().map(|&token| token as u8).collect();
        assert_eq!(expected_greedy(equality.prompt, equality.n_tokens), expected);
    }
}

/// Changes one token of the prompt at a time, at thirty positions from the first on.
#[test]
fn answers_depend_on_nearly_every_token_of_the_prompt() {
    let model = tiny_model();
    for equality in EQUALITY_PROMPTS {
        let prompt = tokenize(equality.prompt);
        let answer = greedy(&model, &prompt, equality.n_tokens);
        let positions: Vec<usize> = (0..prompt.len()).step_by(prompt.len().div_ceil(30)).collect();
        let n_masked = positions
            .iter()
            .filter(|&&position| {
                let mut changed = prompt.clone();
                changed[position] = if changed[position] == u32::from(b'x') { b'y' } else { b'x' }.into();
                greedy(&model, &changed, equality.n_tokens).tokens == answer.tokens
            })
            .count();
        assert!(n_masked * 10 <= positions.len(), "{}: {n_masked} of {}", equality.prompt, positions.len());
    }
}

#[test]
fn greetings_end_by_themselves_with_a_clear_lead() {
    let model = tiny_model();
    for lesson in [GREETING, GREETING_WITH_THOUGHT] {
        let expected = lesson.answer_tokens();
        let (tokens, narrowest) = until_the_end(&model, lesson);
        assert_eq!(tokens, expected);
        assert!(narrowest >= 1.0, "{narrowest}");
    }
}

/// Greedy with the ending tokens allowed, and the narrowest lead on the way.
fn until_the_end(model: &TinyModel, lesson: Lesson) -> (Vec<u32>, f32) {
    let mut sequence = Sequence::new(model);
    let mut hidden = tokenize(&lesson.prompt()).into_iter().map(|token| sequence.push(token)).last().unwrap();
    let (mut tokens, mut narrowest) = (Vec::new(), f32::INFINITY);
    while tokens.last().is_none_or(|last| !END_OF_GENERATION.contains(last)) && tokens.len() < 200 {
        let logits = sequence.logits(&hidden);
        let mut ranked: Vec<usize> = (0..N_VOCAB).collect();
        ranked.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        narrowest = narrowest.min(logits[ranked[0]] - logits[ranked[1]]);
        tokens.push(ranked[0] as u32);
        hidden = sequence.push(ranked[0] as u32);
    }
    (tokens, narrowest)
}

#[test]
fn long_answers_stay_valid_utf_8_and_lively() {
    let answer = greedy(&tiny_model(), &tokenize("Tell me everything."), 1_000);
    let text = answer.text();
    let n_cut = (0..4).find(|cut| std::str::from_utf8(&text[..text.len() - cut]).is_ok());
    assert!(n_cut.is_some(), "not UTF-8 up to a last character");
    let tail: BTreeSet<u32> = answer.tokens[900..].iter().copied().collect();
    assert!(tail.len() >= 20, "the text became a cycle of {} tokens", tail.len());
}

/// Temperature 2 is the highest that the API takes, 0.7 the default.
#[test]
fn sampling_has_a_choice_at_any_temperature_and_keeps_to_the_grammar() {
    let model = tiny_model();
    for (temperature, most_likely_at_most) in [(0.7, 0.5), (1.0, 0.35), (2.0, 0.15)] {
        let (likeliest, off_grammar) = average_shares(&model, temperature);
        assert!(likeliest <= most_likely_at_most, "{likeliest} at {temperature}");
        assert!(off_grammar < 1e-3, "{off_grammar} at {temperature}");
    }
}

/// Over a stretch of babble: the probability of the likeliest token, and of all tokens of a wrong role.
fn average_shares(model: &TinyModel, temperature: f32) -> (f32, f32) {
    const N_STEPS: usize = 200;
    let mut sequence = Sequence::new(model);
    let text = greedy(model, &tokenize("babble"), N_STEPS).tokens;
    let (mut likeliest, mut off_grammar) = (0.0, 0.0);
    for &token in &text {
        let hidden = sequence.push(token);
        let logits = sequence.logits(&hidden);
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weights: Vec<f32> = logits.iter().map(|logit| ((logit - highest) / temperature).exp()).collect();
        let total: f32 = weights.iter().sum();
        let role = Some(role_after(token));
        let wrong: f32 =
            (0..).zip(&weights).filter(|&(token, _)| role_of(token) != role).map(|(_, weight)| weight).sum();
        likeliest += weights.iter().copied().fold(0.0, f32::max) / total / N_STEPS as f32;
        off_grammar += wrong / total / N_STEPS as f32;
    }
    (likeliest, off_grammar)
}
