//! What holds for every body and every piece of text.

use dragon_api::{Delta, Endpoint, MAX_IGNORED, StreamEncoder, TokenLogprob, parse_chat, parse_completion};
use dragon_core::label::{Ending, FinishReason};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::answers::{head, label};

/// Any JSON of modest size.
fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((".{0,8}", inner), 0..4).prop_map(|entries| Map::from_iter(entries).into()),
        ]
    })
}

/// A body with known names and any values, so that parsing gets further than the first field.
fn likely_body() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "messages",
        "prompt",
        "n",
        "max_tokens",
        "temperature",
        "top_k",
        "stop",
        "seed",
        "stream",
        "stream_options",
        "logprobs",
        "top_logprobs",
        "logit_bias",
        "tools",
        "user",
        "chat_template_kwargs",
    ]);
    prop::collection::vec((name, any_json()), 0..5).prop_map(|fields| {
        let mut body = json!({"model": "m", "prompt": "hi", "messages": [{"role": "user", "content": "hi"}]});
        fields.into_iter().for_each(|(name, value)| body[name] = value);
        body
    })
}

/// Both endpoints answer anything with a request or with an error that says something.
fn is_answered(body: &[u8]) -> Result<(), TestCaseError> {
    for result in [parse_chat(body), parse_completion(body)] {
        if let Err(error) = result {
            prop_assert_eq!(error.status(), 400);
            prop_assert!(error.to_string().len() > 10);
            prop_assert!(serde_json::from_slice::<Value>(&error.body()).is_ok());
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        is_answered(&bytes)?;
    }

    #[test]
    fn any_json_is_answered(value in any_json()) {
        is_answered(value.to_string().as_bytes())?;
    }

    #[test]
    fn any_values_of_known_fields_are_answered(body in likely_body()) {
        is_answered(body.to_string().as_bytes())?;
    }

    #[test]
    fn a_body_cut_anywhere_is_answered(cut in 0_usize..80) {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": "grüße"}]}).to_string();
        is_answered(&body.as_bytes()[..cut.min(body.len())])?;
    }

    #[test]
    fn unknown_fields_are_listed_and_change_nothing_else(
        names in prop::collection::btree_set("x_[a-z]{1,8}", 0..20),
        value in any_json(),
    ) {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}], "seed": 1});
        let plain = parse_chat(body.to_string().as_bytes()).expect("it is a valid request");
        names.iter().for_each(|name| body[name] = value.clone());
        let mut extended = parse_chat(body.to_string().as_bytes()).expect("unknown fields are accepted");
        prop_assert_eq!(&extended.ignored, &Vec::from_iter(names));
        prop_assert!(extended.ignored.len() <= MAX_IGNORED);
        extended.ignored.clear();
        prop_assert_eq!(extended, plain);
    }

    #[test]
    fn every_event_of_a_stream_is_one_line_of_json(
        texts in prop::collection::vec(any::<String>(), 0..5),
        bytes in prop::collection::vec(any::<u8>(), 0..6),
        logprob in any::<f32>(),
        is_chat in any::<bool>(),
    ) {
        let endpoint = if is_chat { Endpoint::Chat } else { Endpoint::Completions };
        let stream = StreamEncoder { head: head(endpoint), include_usage: false };
        let logprobs = Some(vec![TokenLogprob { bytes, logprob, top: Vec::new() }]);
        let mut sent = stream.opening(0);
        for text in &texts {
            let delta = Delta { text: text.clone(), logprobs: logprobs.clone(), ..Delta::default() };
            sent.extend(stream.delta(0, &delta));
        }
        sent.extend(stream.finish(0, FinishReason::Stop, Some(&label(&[Ending::STOPPED]))));
        prop_assert_eq!(text_of(&sent, endpoint), texts.concat());
    }
}

/// What a client puts together from the events.
fn text_of(sent: &[u8], endpoint: Endpoint) -> String {
    let sent = std::str::from_utf8(sent).expect("events are text");
    let events = sent.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").expect("an event"));
    let choices = events.map(|json| serde_json::from_str::<Value>(json).expect("JSON")["choices"][0].clone());
    choices
        .map(|choice| match endpoint {
            Endpoint::Chat => choice["delta"]["content"].as_str().unwrap_or_default().to_owned(),
            Endpoint::Completions => choice["text"].as_str().expect("text").to_owned(),
        })
        .collect()
}
