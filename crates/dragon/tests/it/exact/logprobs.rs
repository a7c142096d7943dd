//! Log-probabilities are those of the model.

use dragon_testkit::harness::{Server, ServerOptions};
use dragon_testkit::tiny::forward::Sequence;
use dragon_testkit::tiny::tiny_model;
use dragon_testkit::tiny::vocabulary::tokenize;
use serde_json::json;

use super::answers::{BOTH_WAYS, Endpoint, Entry, Way, ask, chat, chat_entry, completion, unfiltered, with};

/// What two computations of the same model may differ by: logits are about 160, so their last bit is 1.5e-5,
/// and a few dozen such errors add up.
const TOLERANCE: f64 = 2e-3;

/// Log-softmax of the independent computation after this history.
fn expected(history: &[u32]) -> Vec<f64> {
    let model = tiny_model();
    let mut sequence = Sequence::new(&model);
    let hidden = history.iter().map(|&token| sequence.push(token)).last().unwrap();
    let logits: Vec<f64> = sequence.logits(&hidden).into_iter().map(f64::from).collect();
    let peak = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let log_total = peak + logits.iter().map(|logit| (logit - peak).exp()).sum::<f64>().ln();
    logits.iter().map(|logit| logit - log_total).collect()
}

fn top(entry: &Entry) -> Vec<Entry> {
    entry.top.as_array().unwrap().iter().map(chat_entry).collect()
}

#[test]
fn they_are_the_logarithms_that_an_independent_computation_gives() {
    let server = Server::start(&ServerOptions::tiny());
    let user = "How sure are you?";
    let sampling = with(unfiltered(1.0, 5), json!({ "logprobs": true, "top_logprobs": 20 }));
    for way in BOTH_WAYS {
        let answer = ask(&server, Endpoint::Chat, &chat(user, 12, sampling.clone()), way);
        let prompt = format!("<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n");
        let mut history = tokenize(&prompt);
        assert_eq!(answer.choices[0].logprobs.len(), 12);
        for entry in &answer.choices[0].logprobs {
            let expected = expected(&history);
            assert_eq!(entry.bytes.len(), 1, "{entry:?} is no byte; take another seed");
            assert!((entry.logprob - expected[usize::from(entry.bytes[0])]).abs() < TOLERANCE, "{entry:?}");
            let mut ranked = expected.clone();
            ranked.sort_by(|a, b| b.total_cmp(a));
            for (alternative, logprob) in top(entry).iter().zip(ranked) {
                assert!((alternative.logprob - logprob).abs() < TOLERANCE, "{alternative:?} {logprob}");
            }
            history.push(u32::from(entry.bytes[0]));
        }
    }
}

#[test]
fn they_are_probabilities_best_first_and_the_greedy_choice_is_the_best() {
    let server = Server::start(&ServerOptions::tiny());
    let more = json!({ "logprobs": true, "top_logprobs": 20 });
    let answer = ask(&server, Endpoint::Chat, &chat("Are you sure?", 40, more), Way::Whole);
    for entry in &answer.choices[0].logprobs {
        let top = top(entry);
        assert_eq!(top.len(), 20);
        assert!(top.iter().map(|entry| entry.logprob.exp()).sum::<f64>() <= 1.0 + 1e-6);
        assert!(top.is_sorted_by(|a, b| a.logprob >= b.logprob), "{top:?}");
        assert_eq!((&top[0].bytes, top[0].logprob), (&entry.bytes, entry.logprob));
    }
}

#[test]
fn a_sampled_token_has_the_same_logarithm_alone_and_among_the_alternatives() {
    let server = Server::start(&ServerOptions::tiny());
    let more = with(unfiltered(1.0, 3), json!({ "logprobs": true, "top_logprobs": 20 }));
    let answer = ask(&server, Endpoint::Chat, &chat("Are you sure?", 60, more), Way::Whole);
    let entries = &answer.choices[0].logprobs;
    let found: Vec<(f64, f64)> = entries
        .iter()
        .filter_map(|entry| {
            let same = top(entry).into_iter().find(|alternative| alternative.bytes == entry.bytes);
            same.map(|same| (same.logprob, entry.logprob))
        })
        .collect();
    assert!(found.len() > 20, "only {} of 60 are among the alternatives", found.len());
    assert!(found.iter().all(|(among, alone)| among == alone), "{found:?}");
    assert!(found.len() < 60 || entries.iter().any(|entry| entry.logprob < -1.0), "nothing was sampled");
}

#[test]
fn their_tokens_are_the_text() {
    let server = Server::start(&ServerOptions::tiny());
    for way in BOTH_WAYS {
        for user in ["Spell it.", "Spell it again!", "And once more?"] {
            let more = with(unfiltered(1.0, 9), json!({ "logprobs": true }));
            let answer = ask(&server, Endpoint::Chat, &chat(user, 64, more), way);
            let choice = &answer.choices[0];
            let bytes: Vec<u8> = choice.logprobs.iter().flat_map(|entry| entry.bytes.clone()).collect();
            assert_eq!(String::from_utf8_lossy(&bytes), choice.text, "{way:?} {user}");
        }
    }
}

/// The tiny model's template knows thinking, so white space could be the gap after a thought; here it is not.
#[test]
fn white_space_at_the_start_of_an_answer_is_text_like_any_other() {
    let server = Server::start(&ServerOptions::tiny());
    let more = json!({ "logit_bias": { "10": 100, "32": 98, "97": 96 }, "frequency_penalty": 2 });
    for way in BOTH_WAYS {
        let text = ask(&server, Endpoint::Chat, &chat("Indent it.", 30, more.clone()), way).text().to_owned();
        assert!(text.starts_with('\n') && text.contains('a'), "{text:?}");
        assert_eq!(text.len(), 30, "{text:?}");
    }
}

#[test]
fn both_endpoints_write_the_same_numbers_and_offsets_count_characters() {
    let server = Server::start(&ServerOptions::tiny());
    let prompt = dragon_testkit::tiny::EQUALITY_PROMPTS[2];
    let body = completion(prompt.prompt, prompt.n_tokens, json!({ "logprobs": 3 }));
    let document = server.post("/v1/completions", &body).json();
    let choice = &document["choices"][0];
    // One offset per byte of the text: how many characters began before it.
    let text = choice["text"].as_str().unwrap();
    let is_start = |index: usize| text.is_char_boundary(index);
    let begun_before = |index: usize| (0..index).filter(|&earlier| is_start(earlier)).count();
    let expected: Vec<usize> = (0..text.len()).map(begun_before).collect();
    assert_eq!(choice["logprobs"]["text_offset"], json!(expected));

    let answer = ask(&server, Endpoint::Completions, &body, Way::Streamed);
    assert_eq!(answer.choices[0].logprobs.len(), prompt.n_tokens);
    let numbers: Vec<f64> = answer.choices[0].logprobs.iter().map(|entry| entry.logprob).collect();
    assert_eq!(json!(numbers), choice["logprobs"]["token_logprobs"]);
}

#[test]
fn they_do_not_change_with_what_shapes_the_draw() {
    let server = Server::start(&ServerOptions::tiny());
    let first = |more| {
        let more = with(more, json!({ "logprobs": true, "top_logprobs": 5 }));
        ask(&server, Endpoint::Chat, &chat("Hm.", 1, more), Way::Whole).choices[0].logprobs[0].top.clone()
    };
    let plain = first(json!({}));
    assert_eq!(first(json!({ "temperature": 2, "seed": 1 })), plain);
    assert_eq!(first(json!({ "logit_bias": { "97": 100 } })), plain);
    assert_eq!(first(json!({ "top_k": 1, "temperature": 1 })), plain);
}
