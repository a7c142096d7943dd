//! Sampling fields, stop strings, and their limits.

use dragon_api::{MAX_LOGIT_BIAS, MAX_STOP_BYTES, MAX_STOP_STRINGS};
use dragon_core::sampling::SamplingRequest;
use serde_json::{Map, Value, json};

use crate::{chat_with, refusal};

#[test]
fn every_field_reaches_its_place() {
    let request = chat_with(json!({
        "temperature": 0.5, "top_p": 0.25, "top_k": 7, "min_p": 0.125, "presence_penalty": -1,
        "frequency_penalty": 1.5, "repeat_penalty": 1.25, "logit_bias": {"5": -100, "6": 1.5},
        "seed": 42, "ignore_eos": true,
    }));
    let expected = SamplingRequest {
        temperature: Some(0.5),
        top_p: Some(0.25),
        top_k: Some(7),
        min_p: Some(0.125),
        presence_penalty: Some(-1.0),
        frequency_penalty: Some(1.5),
        repeat_penalty: Some(1.25),
        logit_bias: vec![(5, -100.0), (6, 1.5)],
        seed: Some(42),
        ignore_eos: true,
    };
    assert_eq!(request.expect("it is a valid request").sampling, expected);
}

#[test]
fn the_ends_of_every_range_are_where_the_documentation_says() {
    for (name, allowed, refused) in [
        ("temperature", vec![json!(0), json!(2.0)], vec![json!(-0.01), json!(2.01)]),
        ("top_p", vec![json!(0.01), json!(1)], vec![json!(0), json!(1.01), json!(7), json!(1e-60)]),
        ("min_p", vec![json!(0), json!(1)], vec![json!(-0.01), json!(1.01)]),
        ("presence_penalty", vec![json!(-2), json!(2)], vec![json!(-2.1), json!(2.1)]),
        ("frequency_penalty", vec![json!(-2), json!(2)], vec![json!(-2.1), json!(2.1)]),
        (
            "repeat_penalty",
            vec![json!(0.1), json!(10)],
            vec![json!(0), json!(0.09), json!(10.1), json!(1e-38)],
        ),
        ("top_k", vec![json!(-1), json!(0), json!(100_000)], vec![json!(-2), json!(1.5), json!(1_u64 << 32)]),
        ("n", vec![json!(1), json!(8)], vec![json!(0), json!(9), json!(1.0), json!(-1)]),
    ] {
        for value in allowed {
            assert!(chat_with(json!({ name: value })).is_ok(), "{name}: {value}");
        }
        for value in refused {
            let (_, param, message) = refusal(chat_with(json!({ name: value })));
            assert_eq!(param, name, "{message}");
        }
    }
}

#[test]
fn a_range_is_told_with_the_value_that_missed_it() {
    let (code, _, message) = refusal(chat_with(json!({"top_p": 7})));
    assert_eq!((code, message.as_str()), ("invalid_value", "top_p must be above 0 and at most 1, not 7."));
    let (_, _, message) = refusal(chat_with(json!({"temperature": 3})));
    assert_eq!(message, "temperature must be at least 0 and at most 2, not 3.");
    let (code, _, message) = refusal(chat_with(json!({"temperature": "hot"})));
    assert_eq!((code, message.as_str()), ("invalid_type", "temperature must be a number, not a string."));
}

#[test]
fn top_k_has_two_ways_to_keep_all() {
    for value in [0, -1] {
        assert_eq!(chat_with(json!({ "top_k": value })).expect("valid").sampling.top_k, Some(0));
    }
}

#[test]
fn seeds_are_any_64_bits() {
    let seed = |value: Value| chat_with(json!({ "seed": value })).map(|request| request.sampling.seed);
    assert_eq!(seed(json!(u64::MAX)), Ok(Some(u64::MAX)));
    assert_eq!(seed(json!(-1)), Ok(Some(u64::MAX)));
    assert_eq!(seed(json!(i64::MIN)), Ok(Some(1 << 63)));
    assert_eq!(seed(json!(null)), Ok(None));
    for wrong in [json!(0.5), json!("1"), json!(true)] {
        assert_eq!(refusal(chat_with(json!({ "seed": wrong }))).1, "seed");
    }
}

#[test]
fn integers_beyond_64_bits_are_out_of_range_and_no_fractions() {
    for (name, digits) in [
        ("max_tokens", "99999999999999999999999"),
        ("max_tokens", "18446744073709551616"),
        ("max_tokens", "-9223372036854775809"),
        ("seed", "18446744073709551616"),
        ("seed", "-9223372036854775809"),
        ("top_k", "99999999999999999999999"),
        ("n", "-99999999999999999999999"),
    ] {
        let (code, param, message) = refusal(chat_with(parsed(name, digits)));
        assert_eq!((code, param.as_str()), ("invalid_value", name), "{digits}: {message}");
        assert!(message.contains(" must be an integer from "), "{message}");
    }
    let (code, _, message) = refusal(chat_with(parsed("seed", "18446744073709551615.5")));
    assert_eq!((code, message.contains("a fraction")), ("invalid_value", false), "{message}");
    let (code, _, message) = refusal(chat_with(parsed("user", "18446744073709551616")));
    assert_eq!((code, message.as_str()), ("invalid_type", "user must be a string, not a number."));
    let most = chat_with(parsed("max_tokens", "18446744073709551615")).expect("valid");
    assert_eq!(most.max_tokens, Some(u32::MAX), "more than any context holds");
}

/// A field as a parser sees it: the macro cannot write every number.
fn parsed(name: &str, digits: &str) -> Value {
    serde_json::from_str(&format!("{{\"{name}\": {digits}}}")).expect("JSON")
}

#[test]
fn stop_strings_are_bounded_in_number_and_length() {
    let stop = |value: Value| chat_with(json!({ "stop": value })).map(|request| request.stop);
    assert_eq!(stop(json!("END")), Ok(vec!["END".to_owned()]));
    assert_eq!(stop(json!([])), Ok(Vec::new()));
    assert_eq!(stop(json!(vec!["x"; MAX_STOP_STRINGS])).map(|stop| stop.len()), Ok(MAX_STOP_STRINGS));
    assert!(stop(json!("x".repeat(MAX_STOP_BYTES))).is_ok());
    for (wrong, param) in [
        (json!(""), "stop"),
        (json!(["a", ""]), "stop[1]"),
        (json!("x".repeat(MAX_STOP_BYTES + 1)), "stop"),
        (json!(vec!["x"; MAX_STOP_STRINGS + 1]), "stop"),
        (json!(5), "stop"),
        (json!(["a", 5]), "stop[1]"),
        (json!([null]), "stop[0]"),
    ] {
        assert_eq!(refusal(chat_with(json!({ "stop": wrong }))).1, param);
    }
}

#[test]
fn logit_bias_takes_token_ids_and_bounded_biases() {
    let many =
        |count: usize| -> Value { Map::from_iter((0..count).map(|id| (id.to_string(), json!(1)))).into() };
    assert!(chat_with(json!({ "logit_bias": many(MAX_LOGIT_BIAS) })).is_ok());
    for (wrong, param) in [
        (many(MAX_LOGIT_BIAS + 1), "logit_bias"),
        (json!({"hello": 1}), "logit_bias"),
        (json!({"-1": 1}), "logit_bias"),
        (json!({"+1": 1}), "logit_bias"),
        (json!({"": 1}), "logit_bias"),
        (json!({"4294967296": 1}), "logit_bias"),
        (json!({"5": 101}), "logit_bias.5"),
        (json!({"5": "x"}), "logit_bias.5"),
        (json!([1]), "logit_bias"),
    ] {
        let (_, got, message) = refusal(chat_with(json!({ "logit_bias": wrong })));
        assert_eq!(got, param, "{message}");
    }
}
