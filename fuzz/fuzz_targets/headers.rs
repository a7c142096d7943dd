//! Headers and paths of a request: a value or a 400, never a panic, and no error repeats much of them.
#![no_main]

use dragon_api::{
    ApiError, ENDPOINTS, nearest_endpoint, parse_deadline_header, parse_fallback_header, parse_guard_header,
};
use libfuzzer_sys::fuzz_target;

/// A sentence and one quoted piece.
const MAX_ERROR_BYTES: usize = 2 * 1024;

fuzz_target!(|text: &str| {
    match parse_deadline_header(text) {
        Ok(deadline) => {
            let millis = deadline.as_millis();
            assert!(millis > 0);
            let written = text.trim().trim_start_matches('0');
            assert!(
                written == millis.to_string() || millis == u128::from(u64::MAX),
                "{text:?} became {millis}"
            );
        }
        Err(error) => check(&error, "x-dragon-deadline-ms"),
    }
    if let Err(error) = parse_fallback_header(text) {
        check(&error, "x-dragon-fallback");
    }
    if let Err(error) = parse_guard_header(text) {
        check(&error, "x-dragon-guard");
    }
    let nearest = nearest_endpoint(text);
    assert!(ENDPOINTS.iter().any(|endpoint| endpoint.path == nearest));
    if let Some(endpoint) = ENDPOINTS.iter().find(|endpoint| endpoint.path == text) {
        assert_eq!(nearest, endpoint.path, "an endpoint is nearest to itself");
    }
    check_body(&ApiError::unknown_path(text), 404);
});

fn check(error: &ApiError, header: &str) {
    assert_eq!(error.param(), Some(header));
    check_body(error, 400);
}

fn check_body(error: &ApiError, status: u16) {
    assert_eq!(error.status(), status);
    assert!(error.body().len() <= MAX_ERROR_BYTES, "{}", error.body().len());
    serde_json::from_slice::<serde_json::Value>(&error.body()).expect("errors are JSON");
}
