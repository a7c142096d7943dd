//! HTTP at its limits and beyond.

use dragon_testkit::harness::{Server, ServerOptions};

use super::asking::{COMPLETIONS, JSON, assert_error, assert_serves, short};
use super::raw::{exchange, half_close, next_response, post, rest, sent};

/// The status of whatever the server says to a broken request; 0 where it says nothing.
fn status_of(bytes: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(bytes);
    text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

#[test]
fn what_is_not_http_is_a_400_and_the_end_of_the_connection() {
    let server = Server::start(&ServerOptions::tiny());
    let broken: &[&[u8]] = &[
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/3.14\r\n\r\n",
        b"GET /he alth HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /health HTTP/1.1\r\nbad name: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nx: a\0b\r\n\r\n",
        b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: many\r\n\r\n{}",
        b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n{}",
        b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999999999999\r\n\r\n{}",
        b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: gzip\r\n\r\n{}",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0\0\0\0\0\0\0\0",
    ];
    for bytes in broken {
        let stream = sent(&server, bytes);
        half_close(&stream);
        let context = String::from_utf8_lossy(bytes);
        assert_error(&context, &next_response(&stream), 400, "invalid_http", None);
        assert_eq!(rest(&stream), b"", "{context}");
    }
    assert_serves(&server);
}

#[test]
fn heads_over_the_limits_are_a_431_and_targets_a_414() {
    let server = Server::start(&ServerOptions::tiny());
    let big = "x".repeat(40_000);
    let answer = server.http("GET", "/health", &[("x-big", &big)], b"");
    assert_error("40 kB of headers", &answer, 431, "headers_too_large", None);
    let path = format!("/{}", "x".repeat(10_000));
    let answer = server.http("GET", &path, &[], b"");
    assert_error("a target of 10 kB", &answer, 414, "uri_too_long", None);
    let query = format!("/health?{}", "x".repeat(10_000));
    assert_error("a query of 10 kB", &server.http("GET", &query, &[], b""), 414, "uri_too_long", None);
    let many: Vec<(&str, &str)> = (0..200).map(|_| ("x-a", "b")).collect();
    let answer = server.http("GET", "/health", &many, b"");
    assert_error("200 header fields", &answer, 431, "headers_too_large", None);
    let huge = "x".repeat(200_000);
    let answer = server.http("GET", "/health", &[("x-huge", &huge)], b"");
    assert_error("200 kB of headers", &answer, 431, "headers_too_large", None);
    let path = format!("/{}", "x".repeat(70_000));
    assert_error("a target of 70 kB", &server.http("GET", &path, &[], b""), 414, "uri_too_long", None);
    assert_serves(&server);
}

#[test]
fn a_body_over_the_limit_is_a_413_however_it_is_sent() {
    let server = Server::start(&ServerOptions::tiny());
    let body = vec![b' '; (1 << 20) + 1];
    let answer = server.http("POST", COMPLETIONS, &[JSON], &body);
    assert_error("declared", &answer, 413, "body_too_large", None);
    let declared = [JSON, ("content-length", "1000000000000")];
    let answer = server.http("POST", COMPLETIONS, &declared, b"{}");
    assert_error("declared and never sent", &answer, 413, "body_too_large", None);
    let head = b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat();
    let answer = exchange(&server, &[head.to_vec(), chunk.repeat(17)].concat());
    assert_error("in chunks", &answer, 413, "body_too_large", None);
    assert_serves(&server);
}

#[test]
fn a_body_of_just_the_limit_is_taken() {
    let server = Server::start(&ServerOptions::tiny().server("max_body_bytes", "1024"));
    let mut body = short().to_string();
    body.push_str(&" ".repeat(1024 - body.len()));
    assert_eq!(server.http("POST", COMPLETIONS, &[JSON], body.as_bytes()).status, 200);
    body.push(' ');
    let answer = server.http("POST", COMPLETIONS, &[JSON], body.as_bytes());
    assert_error("a byte more", &answer, 413, "body_too_large", None);
}

#[test]
fn a_client_that_sends_all_before_it_reads_gets_the_413_too() {
    // More than the socket's buffers hold: whoever sends all this before it reads anything needs a server
    // that goes on taking for a while.
    let body = vec![b' '; 8 << 20];
    let server = Server::start(&ServerOptions::tiny());
    let head = format!(
        "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = server.connect();
    std::io::Write::write_all(&mut stream, &[head.as_bytes(), &body].concat()).expect("all can be sent");
    assert_error("8 MiB", &next_response(&stream), 413, "body_too_large", None);
    assert_serves(&server);
}

#[test]
fn a_post_without_a_length_is_a_411() {
    let server = Server::start(&ServerOptions::tiny());
    let bytes = b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert_error("no length", &exchange(&server, bytes), 411, "length_required", None);
}

#[test]
fn chunks_are_joined_and_broken_chunks_are_a_400() {
    let server = Server::start(&ServerOptions::tiny());
    let head = b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    let body = short().to_string();
    let chunks: String = body.chars().map(|byte| format!("1\r\n{byte}\r\n")).collect();
    let answer = exchange(&server, &[head.to_vec(), chunks.into_bytes(), b"0\r\n\r\n".to_vec()].concat());
    assert_eq!(answer.status, 200, "{}", answer.text());
    for broken in
        ["zz\r\n{}\r\n0\r\n\r\n", "-1\r\n{}\r\n", "ffffffffffffffffff\r\n{}\r\n", "2\r\n{}x\r\n0\r\n\r\n"]
    {
        let answer = exchange(&server, &[head, broken.as_bytes()].concat());
        assert_error(broken, &answer, 400, "invalid_value", None);
        assert!(answer.text().contains("is not chunked as it says"), "{broken:?}: {}", answer.text());
    }
    assert_serves(&server);
}

#[test]
fn a_client_that_waits_to_be_told_to_continue_is_told() {
    let server = Server::start(&ServerOptions::tiny());
    let body = short().to_string();
    let head = |length: usize| {
        format!(
            "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    let mut stream = sent(&server, head(body.len()).as_bytes());
    let mut first = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 100");
    std::io::Write::write_all(&mut stream, body.as_bytes()).unwrap();
    let mut end_of_head = [0; 13];
    std::io::Read::read_exact(&mut stream, &mut end_of_head).unwrap();
    assert_eq!(&end_of_head, b" Continue\r\n\r\n");
    assert_eq!(next_response(&stream).status, 200);
    // And who announces too much is told before sending it.
    let stream = sent(&server, head(100 << 20).as_bytes());
    let mut first = [0; 12];
    std::io::Read::read_exact(&mut &stream, &mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 413");
}

#[test]
fn head_has_no_body_and_options_names_the_methods() {
    let server = Server::start(&ServerOptions::tiny());
    let stream = sent(&server, b"HEAD /v1/models HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let said = String::from_utf8(rest(&stream)).unwrap();
    assert_eq!(status_of(said.as_bytes()), 200, "{said}");
    assert!(said.ends_with("\r\n\r\n") && said.contains("content-length: "), "{said}");
    for (path, allow) in [("/v1/completions", "POST, OPTIONS"), ("/v1/models", "GET, HEAD, OPTIONS")] {
        let answer = server.http("OPTIONS", path, &[], b"");
        assert_eq!((answer.status, answer.header("allow")), (204, Some(allow)));
    }
}

#[test]
fn requests_on_one_connection_are_answered_in_order() {
    let server = Server::start(&ServerOptions::tiny());
    let mut bytes = Vec::new();
    let max_tokens = [40, 1, 20, 3];
    for n_tokens in max_tokens {
        let body = super::asking::with(short(), "max_tokens", n_tokens).to_string();
        bytes.extend(post(COMPLETIONS, &body));
        bytes.extend(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
        bytes.extend(post(COMPLETIONS, "not json"));
    }
    let stream = sent(&server, &bytes);
    for n_tokens in max_tokens {
        let answer = next_response(&stream);
        assert_eq!(answer.json()["usage"]["completion_tokens"], n_tokens, "{}", answer.text());
        assert_eq!(next_response(&stream).json()["status"], "ok");
        assert_error("not json", &next_response(&stream), 400, "invalid_json", None);
    }
}

#[test]
fn a_connection_can_be_used_again_after_answers_errors_and_streams() {
    let server = Server::start(&ServerOptions::tiny());
    let stream = server.connect();
    let ask = |bytes: &[u8]| {
        std::io::Write::write_all(&mut &stream, bytes).unwrap();
        next_response(&stream)
    };
    let streamed = super::asking::with(short(), "stream", true).to_string();
    for _ in 0..3 {
        assert_eq!(ask(&post(COMPLETIONS, &short().to_string())).status, 200);
        assert_eq!(ask(&post(COMPLETIONS, "{}")).status, 400);
        assert!(ask(&post(COMPLETIONS, &streamed)).text().ends_with("data: [DONE]\n\n"));
        assert_eq!(ask(b"GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n").status, 404);
    }
}

#[test]
fn a_body_that_nobody_reads_is_not_taken_for_the_next_request() {
    let server = Server::start(&ServerOptions::tiny());
    let body = "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let head = format!("POST /nope HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", body.len());
    let mut stream = sent(&server, head.as_bytes());
    let answer = next_response(&stream);
    assert_eq!((answer.status, answer.header("connection")), (404, Some("close")));
    let _ = std::io::Write::write_all(&mut stream, body.as_bytes());
    assert_eq!(rest(&stream), b"", "the body was answered");
}

#[test]
fn a_body_in_another_charset_or_compressed_is_a_415_that_says_so() {
    let server = Server::start(&ServerOptions::tiny());
    let body = short().to_string();
    for (name, value, said) in [
        ("content-type", "application/json; charset=latin1", "Content-Type"),
        ("content-encoding", "gzip", "Content-Encoding"),
    ] {
        let answer = server.http("POST", COMPLETIONS, &[(name, value)], body.as_bytes());
        assert_error(value, &answer, 415, "unsupported_media_type", None);
        assert!(answer.text().contains(said), "{}", answer.text());
    }
    let headers = [("content-type", "application/json; charset=UTF-8"), ("content-encoding", "identity")];
    assert_eq!(server.http("POST", COMPLETIONS, &headers, body.as_bytes()).status, 200);
}

#[test]
fn a_client_of_today_has_to_name_a_host() {
    let server = Server::start(&ServerOptions::tiny());
    let answer = exchange(&server, b"GET /health HTTP/1.1\r\nconnection: close\r\n\r\n");
    assert_error("no host", &answer, 400, "missing_required_parameter", Some("host"));
    assert_serves(&server);
}

#[test]
fn an_old_client_is_served_too() {
    let server = Server::start(&ServerOptions::tiny());
    let stream = sent(&server, b"GET /health HTTP/1.0\r\n\r\n");
    let said = String::from_utf8(rest(&stream)).unwrap();
    assert_eq!(status_of(said.as_bytes()), 200, "{said}");
    assert!(said.ends_with("{\"status\":\"ok\"}"), "{said}");
}
