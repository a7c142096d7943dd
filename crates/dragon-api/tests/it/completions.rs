//! Prompts.

use dragon_api::{Input, MAX_CHOICES};
use serde_json::json;

use crate::{completion_with, refusal};

#[test]
fn a_prompt_is_a_string_or_a_list_of_strings() {
    let input = |prompt| completion_with(json!({ "prompt": prompt })).map(|request| request.input);
    assert_eq!(input(json!("a")), Ok(Input::Prompts(vec!["a".to_owned()])));
    assert_eq!(input(json!(["a", "b"])), Ok(Input::Prompts(vec!["a".to_owned(), "b".to_owned()])));
}

#[test]
fn empty_prompts_and_token_ids_are_refused_by_name() {
    for (prompt, code, param) in [
        (json!(null), "missing_required_parameter", "prompt"),
        (json!(""), "invalid_value", "prompt"),
        (json!([]), "invalid_value", "prompt"),
        (json!(["a", ""]), "invalid_value", "prompt[1]"),
        (json!([1, 2, 3]), "unsupported_parameter", "prompt"),
        (json!([[1, 2], [3]]), "unsupported_parameter", "prompt"),
        (json!({"a": 1}), "invalid_type", "prompt"),
        (json!([true]), "invalid_type", "prompt[0]"),
    ] {
        let (got_code, got_param, message) = refusal(completion_with(json!({ "prompt": prompt })));
        assert_eq!((got_code, got_param.as_str()), (code, param), "{message}");
    }
}

#[test]
fn prompts_times_n_are_bounded() {
    let n_prompts =
        |count: u32, n: u32| completion_with(json!({"prompt": vec!["a"; count as usize], "n": n}));
    assert!(n_prompts(MAX_CHOICES, 1).is_ok());
    assert!(n_prompts(2, MAX_CHOICES / 2).is_ok());
    assert_eq!(refusal(n_prompts(MAX_CHOICES + 1, 1)).1, "prompt");
    assert_eq!(refusal(n_prompts(MAX_CHOICES + 1, 2)).1, "prompt", "a smaller n would not help");
    assert_eq!(refusal(n_prompts(3, 3)).1, "n");
    assert_eq!(refusal(n_prompts(1, MAX_CHOICES + 1)).1, "n");
    assert_eq!(refusal(n_prompts(1, 0)).1, "n");
}

#[test]
fn log_probabilities_are_a_number_here() {
    let top = |value| completion_with(json!({ "logprobs": value })).map(|request| request.top_logprobs);
    assert_eq!(top(json!(0)), Ok(Some(0)));
    assert_eq!(top(json!(5)), Ok(Some(5)));
    assert_eq!(top(json!(null)), Ok(None));
    assert_eq!(refusal(completion_with(json!({"logprobs": true}))).0, "invalid_type");
    assert_eq!(refusal(completion_with(json!({"logprobs": 21}))).1, "logprobs");
}

#[test]
fn the_newer_name_of_max_tokens_belongs_to_chat() {
    let request = completion_with(json!({"max_completion_tokens": 5})).expect("it is a valid request");
    assert_eq!((request.max_tokens, request.ignored), (None, vec!["max_completion_tokens".to_owned()]));
}
