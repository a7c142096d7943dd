//! Errors on the wire.

use std::time::Duration;

use dragon_api::{ApiError, Limit, error_event, parse_chat};
use dragon_core::label::Reason;
use serde_json::{Value, json};

/// One example of every variant. The match below does not compile when one is missing there.
pub(crate) fn every_error() -> Vec<ApiError> {
    let mut errors = vec![
        ApiError::InvalidUtf8 { offset: 3 },
        ApiError::InvalidJson { problem: "p".to_owned(), line: 1, column: 2 },
        ApiError::MissingField { param: "model".to_owned(), expected: "e" },
        ApiError::InvalidType { param: "n".to_owned(), expected: "e", found: "f" },
        ApiError::invalid("n", "must be 1"),
        ApiError::unsupported("tools", "leave it out"),
        ApiError::ContextTooLong { param: "messages", n_prompt: 9, context: 8 },
        ApiError::NoChatTemplate { model: "m".to_owned() },
        ApiError::Unauthorized,
        ApiError::forbidden_host("h"),
        ApiError::forbidden_origin("o"),
        ApiError::model_not_found("x", vec!["a".to_owned(), "b".to_owned()]),
        ApiError::unknown_path("/x"),
        ApiError::method_not_allowed("PUT", "POST, OPTIONS"),
        ApiError::RequestTimeout { limit: Duration::from_secs(10) },
        ApiError::LengthRequired,
        ApiError::BodyTooLarge { limit_bytes: 5 },
        ApiError::UriTooLong { limit_bytes: 5 },
        ApiError::unsupported_media_type("text/plain"),
        ApiError::HeadersTooLarge { limit_bytes: 5, limit_fields: 6 },
        ApiError::TooManyConnections { limit: 5 },
        ApiError::TooManyConnectionsFromAddress { limit: 5 },
        ApiError::NotHttp { problem: "it ends within its head".to_owned() },
        ApiError::TlsRequired,
        ApiError::OutOfDescriptors,
        ApiError::BodyTooSlow {
            n_bytes: 5,
            elapsed: Duration::from_millis(3_005),
            grace: Duration::from_secs(3),
            floor: 4096,
        },
        ApiError::LimitReached(Limit::TokensPerMinute { max: 100, wait: Duration::from_millis(1_200) }),
        ApiError::Internal,
    ];
    let variants: std::collections::BTreeSet<usize> = errors.iter().map(variant).collect();
    assert_eq!(variants.len(), N_VARIANTS - 1, "all but Unanswered, which follows with every reason");
    errors.extend(Reason::ALL.map(|reason| ApiError::Unanswered { reason, detail: None }));
    errors
}

const N_VARIANTS: usize = 29;

fn variant(error: &ApiError) -> usize {
    match error {
        ApiError::InvalidUtf8 { .. } => 0,
        ApiError::InvalidJson { .. } => 1,
        ApiError::MissingField { .. } => 2,
        ApiError::InvalidType { .. } => 3,
        ApiError::InvalidValue { .. } => 4,
        ApiError::Unsupported { .. } => 5,
        ApiError::ContextTooLong { .. } => 6,
        ApiError::NoChatTemplate { .. } => 7,
        ApiError::ModelNotFound { .. } => 8,
        ApiError::UnknownPath { .. } => 9,
        ApiError::MethodNotAllowed { .. } => 10,
        ApiError::RequestTimeout { .. } => 11,
        ApiError::LengthRequired => 12,
        ApiError::BodyTooLarge { .. } => 13,
        ApiError::UriTooLong { .. } => 14,
        ApiError::UnsupportedMediaType { .. } => 15,
        ApiError::ForbiddenHost { .. } => 16,
        ApiError::ForbiddenOrigin { .. } => 17,
        ApiError::HeadersTooLarge { .. } => 18,
        ApiError::Unauthorized => 19,
        ApiError::Unanswered { .. } => 20,
        ApiError::TooManyConnections { .. } => 21,
        ApiError::LimitReached(_) => 22,
        ApiError::TooManyConnectionsFromAddress { .. } => 23,
        ApiError::NotHttp { .. } => 24,
        ApiError::TlsRequired => 25,
        ApiError::OutOfDescriptors => 27,
        ApiError::BodyTooSlow { .. } => 26,
        ApiError::Internal => N_VARIANTS - 1,
    }
}

fn body(error: &ApiError) -> Value {
    serde_json::from_slice(&error.body()).expect("errors are JSON")
}

#[test]
fn every_error_has_openais_four_fields() {
    for error in every_error() {
        let body = body(&error);
        let fields: Vec<_> = body["error"].as_object().expect("an object").keys().cloned().collect();
        assert_eq!(fields, ["message", "type", "param", "code"]);
        assert_eq!(body["error"]["message"], error.to_string());
        assert!(error.to_string().ends_with('.') && !error.to_string().contains(".."), "{error}");
    }
}

#[test]
fn the_type_follows_from_the_status() {
    for error in every_error() {
        let expected = match error.status() {
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        assert_eq!(error.kind(), expected, "{error}");
    }
}

#[test]
fn a_fallback_asked_for_as_an_error_says_when_to_come_back() {
    for (reason, status) in [
        (Reason::Busy, 429),
        (Reason::EngineDown, 503),
        (Reason::Quarantined, 503),
        (Reason::Shutdown, 503),
        (Reason::Deadline, 504),
        (Reason::Ambiguous, 422),
    ] {
        let error = ApiError::Unanswered { reason, detail: Some("why".to_owned()) };
        assert_eq!((error.status(), error.code()), (status, reason.as_str()));
        let seconds = error
            .headers()
            .iter()
            .find(|(name, _)| *name == "retry-after")
            .map(|(_, value)| value.parse::<u64>().expect("whole seconds"));
        assert!(seconds.is_some_and(|seconds| seconds >= 1), "{reason:?}");
    }
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let error = ApiError::method_not_allowed("PUT", "POST, OPTIONS");
    assert_eq!(error.headers(), [("allow", "POST, OPTIONS".to_owned())]);
}

#[test]
fn an_unknown_model_is_told_the_served_ones() {
    let error = ApiError::model_not_found("gpt-4", vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(error.to_string(), "The model \"gpt-4\" is not served here. Served: a, b.");
    assert_eq!(body(&error)["error"]["param"], "model");
}

#[test]
fn bodies_that_are_not_json_are_told_where() {
    for (bytes, code, message) in [
        (&b"{\"model\": \"\xff\"}"[..], "invalid_utf8", "offset 11"),
        (b"{\"model\":\n nope}", "invalid_json", "line 2, column 3"),
        (b"{\"a\": NaN}", "invalid_json", "line 1, column 7"),
        (b"{\"a\": 1e999}", "invalid_json", "number out of range"),
        (b"", "invalid_json", "line 1, column 0"),
        (b"{} {}", "invalid_json", "trailing characters"),
        (b"[]", "invalid_type", "The body must be a JSON object, not a list."),
        (b"null", "invalid_type", "The body must be a JSON object, not null."),
    ] {
        let error = parse_chat(bytes).expect_err("it is not a request");
        assert_eq!((error.status(), error.code(), error.param()), (400, code, None), "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    let body = format!("{{\"a\": {}", "[".repeat(1_000_000));
    assert_eq!(parse_chat(body.as_bytes()).expect_err("too deep").code(), "invalid_json");
}

#[test]
fn an_error_repeats_little_of_what_the_client_sent() {
    let long = "x".repeat(100_000);
    for body in [
        json!({"model": "m", "messages": [{"role": long, "content": "x"}]}),
        json!({"model": "m", "messages": [{"role": "user", "content": [{"type": long}]}]}),
        json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "logit_bias": {&long: 1}}),
        json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "reasoning_effort": long}),
    ] {
        let error = parse_chat(body.to_string().as_bytes()).expect_err("it is not valid");
        assert!(error.body().len() < 600, "{} bytes", error.body().len());
    }
    for error in [
        ApiError::unknown_path(&long),
        ApiError::model_not_found(&long, Vec::new()),
        ApiError::forbidden_host(&long),
        ApiError::forbidden_origin(&long),
        ApiError::method_not_allowed(&long, "GET"),
        ApiError::unsupported_media_type(&long),
        ApiError::unsupported(&long, "r"),
        ApiError::invalid(&long, "is wrong"),
    ] {
        assert!(error.body().len() < 600, "{} bytes", error.body().len());
    }
}

#[test]
fn an_error_in_a_stream_is_an_event() {
    let event = error_event(&ApiError::Internal);
    let text = String::from_utf8(event).expect("events are text");
    let json = text.strip_prefix("data: ").and_then(|rest| rest.strip_suffix("\n\n")).expect("one event");
    assert_eq!(serde_json::from_str::<Value>(json).expect("JSON")["error"]["code"], "internal_error");
}

#[test]
fn a_limit_is_named_and_says_when_to_come_back() {
    let wait = Duration::from_millis(11_001);
    let error = ApiError::LimitReached(Limit::RequestsPerMinute { max: 60, wait });
    assert_eq!(error.status(), 429);
    assert_eq!(error.to_string(), "Your limit `requests_per_min` of 60 is used up. Ask again in 12 s.");
    let expected = [("retry-after", "12".to_owned()), ("x-dragon-limit", "requests_per_min".to_owned())];
    assert_eq!(error.headers(), expected);
}
