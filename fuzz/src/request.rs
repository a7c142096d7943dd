//! What holds for bodies of both endpoints.

use dragon_api::{
    ApiError, GenerateRequest, MAX_IGNORED, MAX_LOGIT_BIAS, MAX_QUOTED_BYTES, MAX_STOP_BYTES,
    MAX_STOP_STRINGS, MAX_TOP_LOGPROBS,
};

/// Longest error document: a sentence with a few quoted pieces, each of which may be escaped.
const MAX_ERROR_BYTES: usize = 8 * 1024;

/// Longest place that stands in front of a client's own name, such as `messages[12].content[3].`, and the mark
/// that the name was shortened.
const MAX_PLACE_BYTES: usize = 64;

/// The request, if the body holds one; what must hold for it, or for the error in its place.
pub fn check(
    body: &[u8],
    parse: impl Fn(&[u8]) -> Result<GenerateRequest, ApiError>,
) -> Option<GenerateRequest> {
    let parsed = parse(body);
    assert_eq!(parsed, parse(body), "two readings of one body differ");
    match parsed {
        Ok(request) => {
            check_request(&request);
            Some(request)
        }
        Err(error) => {
            assert_eq!(error.status(), 400, "{error}");
            let document = error.body();
            assert!(document.len() <= MAX_ERROR_BYTES, "{} bytes", document.len());
            let document: serde_json::Value = serde_json::from_slice(&document).expect("errors are JSON");
            assert!(document["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
            None
        }
    }
}

fn check_request(request: &GenerateRequest) {
    assert!(request.n >= 1);
    assert!(request.max_tokens != Some(0));
    assert!(request.stop.len() <= MAX_STOP_STRINGS);
    assert!(request.stop.iter().all(|stop| (1..=MAX_STOP_BYTES).contains(&stop.len())));
    assert!(request.top_logprobs.is_none_or(|n| n <= MAX_TOP_LOGPROBS));
    assert!(request.ignored.len() <= MAX_IGNORED);
    assert!(request.ignored.iter().all(|name| name.len() <= MAX_QUOTED_BYTES + MAX_PLACE_BYTES));
    let sampling = &request.sampling;
    assert!(sampling.logit_bias.len() <= MAX_LOGIT_BIAS);
    assert!(sampling.logit_bias.iter().all(|(_, bias)| (-100.0..=100.0).contains(bias)));
    assert!(sampling.temperature.is_none_or(|x| (0.0..=2.0).contains(&x)));
    assert!(sampling.top_p.is_none_or(|x| (0.0..=1.0).contains(&x)));
    assert!(sampling.min_p.is_none_or(|x| (0.0..=1.0).contains(&x)));
    let penalties = [sampling.presence_penalty, sampling.frequency_penalty, sampling.repeat_penalty];
    assert!(penalties.iter().flatten().all(|x| x.is_finite()));
}
