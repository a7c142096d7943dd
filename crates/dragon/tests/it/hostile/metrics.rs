//! `/metrics` counts what happened.

use dragon_testkit::harness::Server;

use super::asking::{COMPLETIONS, patient, short};

#[test]
fn what_happened_is_counted_under_bounded_names() {
    let server = Server::start(&patient());
    for _ in 0..3 {
        assert_eq!(server.post(COMPLETIONS, &short()).status, 200);
    }
    for path in ["/nowhere", "/v1/nothing", "/x?y=z"] {
        assert_eq!(server.get(path).status, 404);
    }
    let metrics = server.get("/metrics");
    assert_eq!(metrics.status, 200);
    assert!(metrics.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    let text = metrics.text();
    for line in [
        "dragon_requests_total{model=\"tiny\",outcome=\"complete\",reason=\"\"} 3",
        "dragon_completion_tokens_total{model=\"tiny\"} 12",
        "dragon_refusals_total{status=\"404\"} 3",
        "dragon_engine_up{model=\"tiny\"} 1",
        "dragon_request_seconds_count{model=\"tiny\"} 3",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("nowhere"), "what clients send is no label");
}
