//! Penalties follow their formulas, checked against an independent computation of the model.

use std::collections::BTreeMap;

use dragon_testkit::harness::{Server, ServerOptions};
use dragon_testkit::tiny::forward::Sequence;
use dragon_testkit::tiny::tiny_model;
use dragon_testkit::tiny::vocabulary::{END_OF_GENERATION, tokenize};
use serde_json::json;

use super::answers::{Endpoint, Way, ask, complete, completion};

const N_TOKENS: usize = 16;
/// Every step of a comparison is decided by at least this many logits: far more than rounding.
const MIN_GAP: f32 = 0.01;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Penalties {
    presence: f32,
    frequency: f32,
    repeat: f32,
}

const NONE: Penalties = Penalties { presence: 0.0, frequency: 0.0, repeat: 1.0 };

const CASES: [Penalties; 7] = [
    NONE,
    Penalties { presence: 2.0, ..NONE },
    Penalties { presence: -2.0, ..NONE },
    Penalties { frequency: 2.0, ..NONE },
    Penalties { frequency: -2.0, ..NONE },
    Penalties { repeat: 1.25, ..NONE },
    Penalties { presence: 0.5, frequency: 0.75, repeat: 1.01 },
];

/// The greedy answer under penalties, which count generated tokens only, by the documented formulas; `None`
/// where a step is too narrow for a sharp test.
fn expected(prompt: &str, penalties: Penalties) -> Option<Vec<u8>> {
    let model = tiny_model();
    let mut sequence = Sequence::new(&model);
    let mut hidden = tokenize(prompt).into_iter().map(|token| sequence.push(token)).last().unwrap();
    let mut counts: BTreeMap<u32, f32> = BTreeMap::new();
    let mut answer = Vec::new();
    while answer.len() < N_TOKENS {
        let mut ranked: Vec<(f32, u32)> = (0..)
            .zip(sequence.logits(&hidden))
            .filter(|(token, _)| !END_OF_GENERATION.contains(token))
            .map(|(token, logit)| (penalized(logit, counts.get(&token).copied(), penalties), token))
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        if ranked[0].0 - ranked[1].0 < MIN_GAP {
            return None;
        }
        let token = ranked[0].1;
        answer.push(u8::try_from(token).ok()?);
        *counts.entry(token).or_default() += 1.0;
        hidden = sequence.push(token);
    }
    Some(answer)
}

fn penalized(logit: f32, count: Option<f32>, penalties: Penalties) -> f32 {
    let Some(count) = count else { return logit };
    let repeated = if logit > 0.0 { logit / penalties.repeat } else { logit * penalties.repeat };
    repeated - penalties.frequency * count - penalties.presence
}

#[test]
fn each_penalty_and_all_together_give_the_text_of_the_formulas() {
    let server = Server::start(&ServerOptions::tiny());
    let prompts = (0..2000).map(|number| format!("{number} of them came"));
    let sharp = |prompt: String| {
        let texts: Option<Vec<Vec<u8>>> = CASES.iter().map(|case| expected(&prompt, *case)).collect();
        texts.map(|texts| (prompt, texts))
    };
    let (prompt, texts) = prompts.filter_map(sharp).next().unwrap();
    for (case, expected) in CASES.iter().zip(&texts) {
        let more = json!({
            "presence_penalty": case.presence,
            "frequency_penalty": case.frequency,
            "repeat_penalty": case.repeat,
        });
        let answer = complete(&server, &completion(&prompt, N_TOKENS, more));
        assert_eq!(answer.text(), String::from_utf8_lossy(expected), "{case:?}");
    }
    // They do something: only the pair of negative ones may agree, where both ask for the same repetition.
    let n_distinct = texts.iter().collect::<std::collections::BTreeSet<_>>().len();
    assert!(n_distinct >= texts.len() - 2, "{n_distinct} texts of {}", texts.len());
}

/// A bias makes `a` certain; each `a` so far makes it less so, until `b` overtakes it.
#[test]
fn the_frequency_penalty_counts_every_occurrence_and_the_presence_penalty_one() {
    let server = Server::start(&ServerOptions::tiny());
    let text = |more| {
        let body =
            completion("x", 40, super::answers::with(json!({ "logit_bias": { "97": 100, "98": 90 } }), more));
        ask(&server, Endpoint::Completions, &body, Way::Streamed).text().to_owned()
    };
    assert_eq!(text(json!({})), "a".repeat(40));
    assert_eq!(text(json!({ "presence_penalty": 2 })), "a".repeat(40));
    let alternating = text(json!({ "frequency_penalty": 2 }));
    assert!(alternating.starts_with("aa") && alternating.contains('b'), "{alternating}");
    assert!(alternating.chars().all(|c| matches!(c, 'a' | 'b')), "{alternating}");
}
