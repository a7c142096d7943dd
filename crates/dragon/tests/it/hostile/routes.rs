//! Wrong paths and methods, and the right ones in odd clothes.

use dragon_testkit::harness::{Server, ServerOptions};

use super::asking::{COMPLETIONS, JSON, assert_error, assert_serves, short};

#[test]
fn a_wrong_path_is_a_404_that_names_the_nearest_endpoint() {
    let server = Server::start(&ServerOptions::tiny());
    let paths = [
        ("POST", "/v1/chat/completion", "/v1/chat/completions"),
        ("POST", "/chat/completions", "/v1/chat/completions"),
        ("POST", "/v1/completion", "/v1/completions"),
        ("POST", "/v1//completions", "/v1/completions"),
        ("POST", "/V1/Completions", "/v1/completions"),
        ("GET", "/v1/model", "/v1/models"),
        ("GET", "/v1/models/", "/v1/models"),
        ("GET", "/heath", "/health"),
        ("GET", "/", ""),
        ("GET", "/../../etc/passwd", ""),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", ""),
        ("GET", "/%00%ff", ""),
        ("BREW", "/coffee", ""),
    ];
    for (method, path, nearest) in paths {
        let answer = server.http(method, path, &[], b"");
        assert_error(path, &answer, 404, "unknown_url", None);
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(&format!("{nearest}.")), "{message}");
    }
}

#[test]
fn a_wrong_method_is_a_405_that_names_the_right_ones() {
    let server = Server::start(&ServerOptions::tiny());
    let generating = ["/v1/chat/completions", "/v1/completions"];
    let reading = ["/v1/models", "/v1/models/tiny", "/health", "/ready"];
    for method in ["GET", "PUT", "DELETE", "PATCH", "BREW"] {
        for path in generating {
            let answer = server.http(method, path, &[], b"");
            assert_error(&format!("{method} {path}"), &answer, 405, "method_not_supported", None);
            assert_eq!(answer.header("allow"), Some("POST, OPTIONS"));
        }
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "BREW"] {
        for path in reading {
            let answer = server.http(method, path, &[], b"");
            assert_error(&format!("{method} {path}"), &answer, 405, "method_not_supported", None);
            assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
        }
    }
}

#[test]
fn a_query_is_no_part_of_the_path_and_ids_may_be_escaped() {
    let server = Server::start(&ServerOptions::tiny());
    assert_eq!(server.get("/health?probe=1").status, 200);
    assert_eq!(server.get("/v1/models/%74iny").json()["id"], "tiny");
    let answer = server.http("POST", "/v1/completions?x=y", &[JSON], short().to_string().as_bytes());
    assert_eq!(answer.status, 200);
}

#[test]
fn content_types_that_are_json_pass_and_others_are_a_415() {
    let server = Server::start(&ServerOptions::tiny());
    let body = short().to_string();
    for fine in ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"] {
        let answer = server.http("POST", COMPLETIONS, &[("content-type", fine)], body.as_bytes());
        assert_eq!(answer.status, 200, "{fine}: {}", answer.text());
    }
    for wrong in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "\u{1F409}"] {
        let answer = server.http("POST", COMPLETIONS, &[("content-type", wrong)], body.as_bytes());
        assert_error(wrong, &answer, 415, "unsupported_media_type", None);
    }
    assert_eq!(server.http("POST", COMPLETIONS, &[], body.as_bytes()).status, 200, "none at all");
    assert_serves(&server);
}

#[test]
fn a_request_id_comes_back_and_a_bad_one_is_replaced() {
    let server = Server::start(&ServerOptions::tiny());
    let echoed = |id: &str| {
        let answer = server.http("GET", "/health", &[("x-request-id", id)], b"");
        answer.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(echoed("mine-1"), "mine-1");
    assert!(echoed(&"x".repeat(129)).starts_with("req-"));
    assert!(echoed("").starts_with("req-"));
    let unasked = server.get("/nowhere");
    assert!(unasked.header("x-request-id").unwrap().starts_with("req-"), "errors have one too");
}
