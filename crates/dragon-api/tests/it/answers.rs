//! Whole answers and their labels.

use std::time::Duration;

use dragon_api::{AnswerHead, ChoiceAnswer, Endpoint, TokenLogprob, Usage, label_headers};
use dragon_core::label::{Ending, Findings, FinishReason, Label, Outcome, Reason};
use serde_json::{Value, json};

pub(crate) fn head(endpoint: Endpoint) -> AnswerHead {
    AnswerHead { endpoint, id: "id-1".to_owned(), created_s: 1_751_810_645, model: "m".to_owned() }
}

pub(crate) fn label(endings: &[Ending]) -> Label {
    let worst = Ending::worst(endings);
    Label {
        outcome: worst.outcome,
        reason: worst.reason,
        model: "m".to_owned(),
        deadline: Duration::from_secs(10),
        queued: Duration::from_micros(412_900),
        prefill: Duration::from_millis(220),
        decode: Duration::from_millis(8804),
        seed: u64::MAX,
        shared: false,
        replays: 0,
        ignored: vec!["temp".to_owned()],
        choices: if endings.len() > 1 { endings.to_vec() } else { Vec::new() },
        ambiguity: None,
        findings: Vec::new(),
    }
}

fn choice(text: &str) -> ChoiceAnswer {
    ChoiceAnswer { reasoning: None, text: text.to_owned(), logprobs: None, finish: FinishReason::Stop }
}

const USAGE: Usage = Usage { n_prompt: 5, n_completion: 7, n_reasoning: 2, n_cached: 1 };

fn whole(endpoint: Endpoint, choices: &[ChoiceAnswer], endings: &[Ending]) -> Value {
    let bytes = head(endpoint).whole(choices, &USAGE, &label(endings));
    serde_json::from_slice(&bytes).expect("answers are JSON")
}

#[test]
fn a_chat_answer_has_openais_shape_and_our_label() {
    let expected = json!({
        "id": "id-1", "object": "chat.completion", "created": 1_751_810_645, "model": "m",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": "hi", "refusal": null},
            "logprobs": null,
            "finish_reason": "stop",
        }],
        "usage": {
            "prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12,
            "prompt_tokens_details": {"cached_tokens": 1},
            "completion_tokens_details": {"reasoning_tokens": 2},
        },
        "dragon": {
            "outcome": "complete", "reason": null, "model": "m", "deadline_ms": 10000, "queue_ms": 412,
            "prefill_ms": 220, "decode_ms": 8804, "seed": u64::MAX, "shared": false, "replays": 0,
            "ignored": ["temp"],
        },
    });
    assert_eq!(whole(Endpoint::Chat, &[choice("hi")], &[Ending::STOPPED]), expected);
}

#[test]
fn a_completion_answer_has_text_and_lists_of_log_probabilities() {
    let logprobs = vec![TokenLogprob { bytes: b"hi".to_vec(), logprob: -0.5, top: Vec::new() }];
    let choice = ChoiceAnswer { logprobs: Some(logprobs), ..choice("hi") };
    let answer = whole(Endpoint::Completions, &[choice], &[Ending::STOPPED]);
    assert_eq!(answer["object"], "text_completion");
    let expected = json!({"index": 0, "text": "hi", "finish_reason": "stop", "logprobs": {
        "tokens": ["hi"], "token_logprobs": [-0.5], "top_logprobs": [{}], "text_offset": [0]}});
    assert_eq!(answer["choices"], json!([expected]));
}

#[test]
fn thinking_is_a_field_of_the_message() {
    let thoughtful = ChoiceAnswer { reasoning: Some("hm".to_owned()), ..choice("hi") };
    let answer = whole(Endpoint::Chat, &[thoughtful], &[Ending::STOPPED]);
    assert_eq!(answer["choices"][0]["message"]["reasoning_content"], "hm");
}

#[test]
fn several_choices_have_the_worst_outcome_and_each_its_own() {
    let endings = [Ending::STOPPED, Ending::partial(Reason::Deadline)];
    let cut = ChoiceAnswer { finish: FinishReason::Length, ..choice("b") };
    let answer = whole(Endpoint::Chat, &[choice("a"), cut], &endings);
    assert_eq!(
        (&answer["dragon"]["outcome"], &answer["dragon"]["reason"]),
        (&json!("partial"), &json!("deadline"))
    );
    let expected = json!([
        {"index": 0, "outcome": "complete", "reason": null, "finish_reason": "stop"},
        {"index": 1, "outcome": "partial", "reason": "deadline", "finish_reason": "length"},
    ]);
    assert_eq!(answer["dragon"]["choices"], expected);
    assert_eq!(
        (&answer["choices"][1]["index"], &answer["choices"][1]["finish_reason"]),
        (&json!(1), &json!("length"))
    );
}

#[test]
fn headers_repeat_the_outcome_and_where_there_is_one_the_reason() {
    assert_eq!(label_headers(&label(&[Ending::STOPPED])), [("x-dragon-outcome", "complete")]);
    let headers = label_headers(&label(&[Ending::fallback(Reason::Busy)]));
    assert_eq!(headers, [("x-dragon-outcome", "fallback"), ("x-dragon-reason", "busy")]);
    assert_eq!(label(&[Ending::fallback(Reason::Busy)]).outcome, Outcome::Fallback);
}

#[test]
fn the_label_says_what_the_guard_found_and_nothing_where_it_found_nothing() {
    let found = Findings { loop_onset_chars: Some(120), has_reanalysed: true };
    let looped = |endings: &[Ending], findings: Vec<Findings>| {
        let label = Label { ambiguity: Some(0.12345), findings, ..label(endings) };
        let choices: Vec<ChoiceAnswer> = endings.iter().map(|_| choice("a")).collect();
        let bytes = head(Endpoint::Chat).whole(&choices, &USAGE, &label);
        serde_json::from_slice::<Value>(&bytes).expect("answers are JSON")["dragon"].clone()
    };
    let dragon = looped(&[Ending::landed(Reason::Loop)], vec![found]);
    let members = (&dragon["ambiguity"], &dragon["loop_onset_chars"], &dragon["reanalysis"]);
    assert_eq!(members, (&json!(0.123), &json!(120), &json!(true)));
    let dragon = looped(&[Ending::STOPPED], vec![Findings::default()]);
    assert!(dragon.get("loop_onset_chars").is_none() && dragon.get("reanalysis").is_none());
    let dragon = looped(&[Ending::STOPPED, Ending::partial(Reason::Loop)], vec![Findings::default(), found]);
    assert!(dragon.get("loop_onset_chars").is_none(), "each choice has its own");
    assert!(dragon["choices"][0].get("loop_onset_chars").is_none());
    assert_eq!(dragon["choices"][1]["loop_onset_chars"], 120);
}
