//! The three lists of fields, each row by its own behaviour.

use dragon_api::{FieldKind, HONOURED, MAX_IGNORED, REFUSED, TakenBy, WITHOUT_EFFECT};
use serde_json::{Map, Value, json};

use crate::{chat_with, completion_with, refusal};

/// A value that no field of the lists takes.
fn nonsense() -> Value {
    json!({"no": ["such", {"value": -77.5}]})
}

#[test]
fn every_honoured_field_refuses_nonsense_by_name() {
    for field in HONOURED {
        // Any object is a set of template variables; its values are the template's affair.
        let wrong = if field.name == "chat_template_kwargs" { json!([1]) } else { nonsense() };
        if field.taken_by != TakenBy::Completions {
            assert_names_it(field.name, refusal(chat_with(json!({ field.name: wrong }))).1);
        }
        if field.taken_by != TakenBy::Chat {
            assert_names_it(field.name, refusal(completion_with(json!({ field.name: wrong }))).1);
        }
    }
}

fn assert_names_it(name: &str, param: String) {
    // `logit_bias` takes an object and complains of its entries.
    assert!(param == name || param.starts_with(&format!("{name}.")), "{name}: {param}");
}

#[test]
fn fields_without_effect_take_their_kind_only() {
    for field in WITHOUT_EFFECT {
        let (right, wrong) = match field.kind {
            FieldKind::Text => (json!("x"), json!(5)),
            FieldKind::Boolean => (json!(true), json!("x")),
            FieldKind::Object => (json!({"a": "b"}), json!("x")),
        };
        for accepted in [right, Value::Null] {
            let request = chat_with(json!({ field.name: accepted })).expect(field.name);
            assert_eq!(request, chat_with(json!({})).expect("the least request"), "{}", field.name);
        }
        let (code, param, _) = refusal(chat_with(json!({ field.name: wrong })));
        assert_eq!((code, param.as_str()), ("invalid_type", field.name));
    }
}

#[test]
fn refused_fields_pass_when_neutral_and_are_named_otherwise() {
    for field in REFUSED {
        for neutral in neutral_values(field.neutral) {
            let request = chat_with(json!({ field.name: neutral })).expect(field.name);
            assert_eq!(request.ignored, Vec::<String>::new(), "{}", field.name);
            assert!(completion_with(json!({ field.name: neutral })).is_ok(), "{}", field.name);
        }
        let (code, param, message) = refusal(chat_with(json!({ field.name: nonsense() })));
        assert_eq!((code, param.as_str()), ("unsupported_parameter", field.name));
        assert!(message.contains(field.name) && message.contains(field.remedy), "{message}");
        assert_eq!(refusal(completion_with(json!({ field.name: nonsense() }))).1, field.name);
    }
}

/// The values that the documentation calls neutral, read from its own words.
fn neutral_values(words: &str) -> Vec<Value> {
    let quoted = words.split('`').skip(1).step_by(2);
    let values = quoted.map(|value| serde_json::from_str(value).expect("the documentation shows JSON"));
    values.chain([Value::Null]).collect()
}

#[test]
fn common_uses_of_refused_fields_are_refused() {
    for fields in [
        json!({"tools": [{"type": "function", "function": {"name": "f"}}]}),
        json!({"tool_choice": "required"}),
        json!({"response_format": {"type": "json_object"}}),
        json!({"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}}),
        json!({"modalities": ["text", "audio"]}),
        json!({"best_of": 3}),
        json!({"echo": true}),
        json!({"store": true}),
        json!({"suffix": "x"}),
        json!({"web_search_options": {}}),
    ] {
        let name = fields.as_object().and_then(|fields| fields.keys().next().cloned()).unwrap_or_default();
        assert_eq!(refusal(chat_with(fields)).1, name);
    }
}

#[test]
fn unknown_fields_are_listed_in_their_order() {
    let request = chat_with(json!({"zeta": 1, "temp": 0.5, "alpha": null, "stream": true,
        "stream_options": {"include_obfuscation": false},
        "messages": [{"role": "user", "content": "x", "mood": "good"}]}));
    let expected = ["zeta", "temp", "alpha", "messages[0].mood", "stream_options.include_obfuscation"];
    assert_eq!(request.expect("it is a valid request").ignored, expected);
}

#[test]
fn a_flood_of_unknown_fields_does_not_come_back() {
    let flood: Map<String, Value> =
        (0..1000).map(|i| (format!("{i}{}", "x".repeat(500)), json!(1))).collect();
    let ignored = chat_with(Value::Object(flood)).expect("it is a valid request").ignored;
    assert_eq!(ignored.len(), MAX_IGNORED);
    assert!(ignored.iter().all(|name| name.len() < 100));
}
