//! Several choices and several prompts in one request.

use std::time::Duration;

use dragon_testkit::harness::{Server, ServerOptions};
use dragon_testkit::tiny::{EQUALITY_PROMPTS, expected_greedy};
use serde_json::{Value, json};

use super::answers::{Answer, BOTH_WAYS, Endpoint, ask, complete, completion, refused, with};

/// Counters are reported twice a second; a machine that is swamped may take longer.
const REPORTED_WITHIN: Duration = Duration::from_secs(20);

fn counter(model: &Value, name: &str) -> u64 {
    model[name].as_u64().unwrap()
}

/// Asks, and returns how many prompt tokens the engine computed for it.
fn n_prefilled(server: &Server, body: &Value, n_decoded: u64) -> (Answer, u64) {
    let before = server.wait_for(REPORTED_WITHIN, |model| model["busy_slots"] == 0);
    let answer = complete(server, body);
    let n_expected = counter(&before, "n_decode_tokens") + n_decoded;
    let after = server.wait_for(REPORTED_WITHIN, |model| counter(model, "n_decode_tokens") >= n_expected);
    assert_eq!(counter(&after, "n_decode_tokens"), n_expected);
    (answer, counter(&after, "n_prefill_tokens") - counter(&before, "n_prefill_tokens"))
}

#[test]
fn four_choices_cost_one_prefill() {
    let server = Server::start(&ServerOptions::tiny());
    let prompt = EQUALITY_PROMPTS[5];
    // The first token of a choice comes from the prefill, the others cost a decode each.
    let _ = complete(&server, &completion("x", 2, json!({})));
    let _ = server.wait_for(REPORTED_WITHIN, |model| counter(model, "n_decode_tokens") >= 1);
    for n in [1, 4] {
        let body = completion(prompt.prompt, 10, json!({ "n": n }));
        let (answer, n_prefilled) = n_prefilled(&server, &body, n * 9);
        assert_eq!(answer.choices.len() as u64, n);
        assert_eq!(n_prefilled, prompt.prompt.len() as u64, "n = {n}");
        assert_eq!((answer.n_prompt(), answer.n_completion() as u64), (prompt.prompt.len(), n * 10));
    }
}

#[test]
fn choices_of_a_list_of_prompts_are_numbered_prompt_by_prompt() {
    let server = Server::start(&ServerOptions::tiny());
    let [first, second] = [0, 1].map(|index| {
        let prompt = &EQUALITY_PROMPTS[index];
        String::from_utf8(expected_greedy(prompt.prompt, 64)).unwrap()
    });
    let prompts = json!([EQUALITY_PROMPTS[0].prompt, EQUALITY_PROMPTS[1].prompt]);
    let n_prompt = EQUALITY_PROMPTS[0].prompt.len() + EQUALITY_PROMPTS[1].prompt.len();
    for way in BOTH_WAYS {
        let body = with(completion("", 64, json!({})), json!({ "prompt": prompts, "n": 2 }));
        let answer = ask(&server, Endpoint::Completions, &body, way);
        assert_eq!(answer.texts(), [&first, &first, &second, &second]);
        assert_eq!((answer.n_prompt(), answer.n_completion()), (n_prompt, 4 * 64));
        let listed = answer.label["choices"].as_array().unwrap();
        assert_eq!(listed.len(), 4);
        assert!(listed.iter().all(|choice| choice["outcome"] == "complete"), "{}", answer.label);
    }
}

#[test]
fn more_choices_than_slots_or_than_eight_are_refused() {
    let server = Server::start(&ServerOptions::tiny());
    let refused = |more: Value| {
        let response = server.post("/v1/completions", &with(completion("x", 1, json!({})), more));
        refused(&response, 400)["param"].clone()
    };
    assert_eq!(complete(&server, &completion("x", 1, json!({ "n": 4 }))).choices.len(), 4);
    assert_eq!(refused(json!({ "n": 5 })), "n");
    assert_eq!(refused(json!({ "n": 9 })), "n");
    assert_eq!(refused(json!({ "n": 2, "prompt": ["a", "b", "c"] })), "n");
    let server_of_16 = Server::start(&ServerOptions::tiny().model("slots", "16"));
    let body = |n: u32| completion("x", 1, json!({ "n": n }));
    assert_eq!(complete(&server_of_16, &body(8)).choices.len(), 8);
    assert_eq!(self::refused(&server_of_16.post("/v1/completions", &body(9)), 400)["param"], "n");
}
