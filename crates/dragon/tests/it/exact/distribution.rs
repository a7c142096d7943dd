//! Sampled tokens come as often as their probabilities say. Seeds are fixed: a test passes always or never.

use std::collections::BTreeMap;
use std::thread;

use dragon_testkit::harness::{Server, ServerOptions};
use serde_json::{Value, json};

use super::answers::{Endpoint, Way, ask, chat, chat_entry, unfiltered, with};

/// Tokens that may be drawn.
const N_TOKENS: usize = 5;
const N_DRAWS: u64 = 800;
/// 99.9 % quantile of the chi-square distribution with 4 degrees of freedom.
const CHI_SQUARE_4: f64 = 18.47;

fn first_token(more: Value) -> Value {
    chat("Say one letter.", 1, more)
}

/// The most probable first tokens with their probabilities among themselves.
fn known(server: &Server) -> Vec<(Vec<u8>, f64)> {
    let body = first_token(json!({ "logprobs": true, "top_logprobs": N_TOKENS }));
    let answer = ask(server, Endpoint::Chat, &body, Way::Whole);
    let top = answer.choices[0].logprobs[0].top.as_array().unwrap().iter().map(chat_entry);
    let weights: Vec<(Vec<u8>, f64)> = top.map(|entry| (entry.bytes, entry.logprob.exp())).collect();
    normalized(&weights)
}

fn normalized(weights: &[(Vec<u8>, f64)]) -> Vec<(Vec<u8>, f64)> {
    let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
    weights.iter().map(|(token, weight)| (token.clone(), weight / total)).collect()
}

/// How often each token comes, over many seeds; asked for by as many threads as there are slots.
fn draw(server: &Server, sampling: &Value) -> BTreeMap<Vec<u8>, f64> {
    let drawn = thread::scope(|scope| {
        let draw_some = |first: u64| {
            let seeds = (first..N_DRAWS).step_by(4);
            seeds.map(|seed| draw_one(server, sampling, seed)).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..4).map(|first| scope.spawn(move || draw_some(first))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let mut counts = BTreeMap::new();
    drawn.into_iter().for_each(|token| *counts.entry(token).or_default() += 1.0);
    counts
}

fn draw_one(server: &Server, sampling: &Value, seed: u64) -> Vec<u8> {
    let more = with(sampling.clone(), json!({ "seed": seed, "logprobs": true }));
    ask(server, Endpoint::Chat, &first_token(more), Way::Whole).choices[0].logprobs[0].bytes.clone()
}

/// Pearson's chi-square. A token that was not expected at all makes it infinite.
fn chi_square(counts: &BTreeMap<Vec<u8>, f64>, expected: &[(Vec<u8>, f64)]) -> f64 {
    if counts.keys().any(|token| expected.iter().all(|(known, _)| known != token)) {
        return f64::INFINITY;
    }
    let n_draws: f64 = counts.values().sum();
    let distance = |(token, probability): &(Vec<u8>, f64)| {
        let count = counts.get(token).copied().unwrap_or_default();
        (count - n_draws * probability).powi(2) / (n_draws * probability)
    };
    expected.iter().map(distance).sum()
}

#[test]
fn tokens_come_as_often_as_temperature_and_bias_say() {
    let server = Server::start(&ServerOptions::tiny());
    let known = known(&server);
    assert_eq!(known.len(), N_TOKENS);
    let at = |temperature| with(unfiltered(temperature, 0), json!({ "top_k": N_TOKENS }));
    let power = |exponent: f64| -> Vec<(Vec<u8>, f64)> {
        normalized(&known.iter().map(|(token, p)| (token.clone(), p.powf(exponent))).collect::<Vec<_>>())
    };

    let at_1 = draw(&server, &at(1.0));
    assert!(chi_square(&at_1, &known) < CHI_SQUARE_4, "{at_1:?} but expected {known:?}");
    let at_half = draw(&server, &at(0.5));
    assert!(chi_square(&at_half, &power(2.0)) < CHI_SQUARE_4, "{at_half:?} but expected {:?}", power(2.0));
    // The test can tell them apart.
    assert!(chi_square(&at_half, &known) > CHI_SQUARE_4);
    assert!(chi_square(&at_1, &power(2.0)) > CHI_SQUARE_4);

    // A bias of ln 2 makes the most probable token twice as probable: it stays among the candidates.
    let id = known[0].0[0].to_string();
    let biased = draw(&server, &with(at(1.0), json!({ "logit_bias": { id: 2_f64.ln() } })));
    let mut expected = known.clone();
    expected[0].1 *= 2.0;
    let expected = normalized(&expected);
    assert!(chi_square(&biased, &expected) < CHI_SQUARE_4, "{biased:?} but expected {expected:?}");
    assert!(chi_square(&biased, &known) > CHI_SQUARE_4);
}

#[test]
fn choices_of_a_request_are_drawn_from_the_same_distribution() {
    let server = Server::start(&ServerOptions::tiny().model("slots", "8"));
    let known = known(&server);
    let mut counts: BTreeMap<Vec<u8>, f64> = BTreeMap::new();
    for seed in 0..N_DRAWS / 8 {
        let more = json!({ "top_k": N_TOKENS, "n": 8, "logprobs": true });
        let body = first_token(with(unfiltered(1.0, seed), more));
        for choice in ask(&server, Endpoint::Chat, &body, Way::Whole).choices {
            *counts.entry(choice.logprobs[0].bytes.clone()).or_default() += 1.0;
        }
    }
    assert!(chi_square(&counts, &known) < CHI_SQUARE_4, "{counts:?} but expected {known:?}");
}

#[test]
fn top_p_and_min_p_keep_exactly_the_tokens_that_they_should() {
    let server = Server::start(&ServerOptions::tiny());
    let known = known(&server);
    let keeps = |n_kept: usize, field: &str, value: f64| {
        let sampling = with(unfiltered(1.0, 0), json!({ "top_k": N_TOKENS, field: value }));
        let drawn = draw(&server, &sampling);
        let expected = normalized(&known[..n_kept]);
        assert_eq!(drawn.len(), n_kept, "{field} {value}: {drawn:?} of {known:?}");
        // The quantile for 4 degrees of freedom is above that for fewer.
        assert!(chi_square(&drawn, &expected) < CHI_SQUARE_4, "{field} {value}: {drawn:?}");
    };
    // Just under the first two together: both are needed. Just over the third's share of the first: it goes.
    keeps(2, "top_p", (known[0].1 + known[1].1) * 0.999);
    keeps(2, "min_p", (known[2].1 / known[0].1) * 1.001);
}
