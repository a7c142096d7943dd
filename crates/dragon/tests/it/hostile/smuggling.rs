//! Requests that hide another one: what a proxy takes for a body and the server for a request, or the other way
//! round. Each is refused, in words, and nothing behind it is answered.

use dragon_testkit::harness::{Server, ServerOptions};

use super::asking::{COMPLETIONS, assert_error, short};
use super::bystander::{assert_nothing_is_left, beside_a_bystander};
use super::raw::{next_response, post, rest, sent};

/// What is hidden: its answer would hold this word.
const HIDDEN: &str = "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n";
const ANSWER_TO_HIDDEN: &str = "\"object\":\"list\"";

/// A POST with these lines in its head, this body, and the hidden request behind.
fn hiding(lines: &str, body: &str) -> String {
    format!("POST {COMPLETIONS} HTTP/1.1\r\nhost: localhost\r\n{lines}\r\n{body}{HIDDEN}")
}

/// The answer, and a check that there is no second one.
fn only_answer(server: &Server, bytes: &str) -> dragon_testkit::harness::Response {
    let stream = sent(server, bytes.as_bytes());
    let answer = next_response(&stream);
    let behind = String::from_utf8_lossy(&rest(&stream)).into_owned();
    assert_eq!(behind, "", "{bytes:?}");
    assert!(!answer.text().contains(ANSWER_TO_HIDDEN), "{bytes:?}");
    answer
}

#[test]
fn smuggling_by_two_ends_of_a_body_is_a_400_and_the_end() {
    let server = Server::start(&ServerOptions::tiny().server("max_connections", "4"));
    let chunks = "0\r\n\r\n";
    beside_a_bystander(&server, || {
        for (lines, body) in [
            ("content-length: 4\r\ntransfer-encoding: chunked\r\n", chunks),
            ("transfer-encoding: chunked\r\ncontent-length: 4\r\n", chunks),
            ("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", chunks),
            ("content-length: 2\r\ncontent-length: 40\r\n", "{}"),
            ("content-length: 2\r\ncontent-length: 2\r\n", "{}"),
            ("content-length: 2, 2\r\n", "{}"),
            ("content-length: +2\r\n", "{}"),
            ("content-length: 0x2\r\n", "{}"),
            ("content-length : 2\r\n", "{}"),
            ("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n", chunks),
            ("transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n", chunks),
            ("transfer-encoding : chunked\r\n", chunks),
            ("transfer-encoding: chunked, identity\r\n", chunks),
            ("transfer-encoding: xchunked\r\n", chunks),
            ("transfer-encoding: \x0bchunked\r\n", chunks),
            ("x: y\ntransfer-encoding: chunked\r\n", chunks),
            ("x: y\rtransfer-encoding: chunked\r\n", chunks),
            ("x: y\r\n transfer-encoding: chunked\r\n", chunks),
            ("content-length: 2\n", "{}"),
        ] {
            let answer = only_answer(&server, &hiding(lines, body));
            assert_error(lines, &answer, 400, "invalid_http", None);
        }
    });
    assert_nothing_is_left(&server, 4);
}

#[test]
fn smuggling_behind_chunks_is_not_answered() {
    let server = Server::start(&ServerOptions::tiny().server("max_connections", "4"));
    let chunked = "transfer-encoding: chunked\r\n";
    let body = short().to_string();
    let good = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    assert_eq!(only_answer(&server, &hiding(chunked, &good)).status, 200);
    for broken in [
        "2\n{}\r\n0\r\n\r\n",
        "2\r\n{}\n0\r\n\r\n",
        "2;a=\nb\r\n{}\r\n0\r\n\r\n",
        "2 x\r\n{}\r\n0\r\n\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "ffffffffffffffff2\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}XX0\r\n\r\n",
        "\r\n{}\r\n0\r\n\r\n",
    ] {
        let answer = only_answer(&server, &hiding(chunked, broken));
        assert_error(broken, &answer, 400, "invalid_value", None);
    }
    let answer = only_answer(&server, &hiding("transfer-encoding: gzip, chunked\r\n", "0\r\n\r\n"));
    assert_error("something in the chunks", &answer, 415, "unsupported_media_type", None);
    assert_nothing_is_left(&server, 4);
}

#[test]
fn smuggling_in_a_body_that_nobody_asked_for_is_not_answered() {
    let server = Server::start(&ServerOptions::tiny().server("max_connections", "4"));
    let n_bytes = HIDDEN.len();
    for start in ["GET /health", "OPTIONS /v1/models", "GET /nowhere", "DELETE /health"] {
        let head =
            format!("{start} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {n_bytes}\r\n\r\n{HIDDEN}");
        let answer = only_answer(&server, &head);
        assert_eq!(answer.header("connection"), Some("close"), "{start}");
    }
    assert_nothing_is_left(&server, 4);
}

#[test]
fn other_protocols_are_told_what_is_spoken_here() {
    let server = Server::start(&ServerOptions::tiny().server("max_connections", "4"));
    for (bytes, said) in [
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "version"),
        ("\x16\x03\x01\x02\0\x01\0\x01\u{7f}\x03\x03", "method"),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n", "not a valid request"),
    ] {
        let answer = next_response(&sent(&server, bytes.as_bytes()));
        assert_error(bytes, &answer, 400, "invalid_http", None);
        assert!(answer.text().contains(said), "{}", answer.text());
    }
    // An upgrade need not be taken, and is not: the answer is an ordinary one.
    let upgrade = "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n";
    let stream = sent(&server, upgrade.as_bytes());
    assert_eq!(next_response(&stream).status, 200);
    std::io::Write::write_all(&mut &stream, &post(COMPLETIONS, &short().to_string())).unwrap();
    assert_eq!(next_response(&stream).status, 200);
    drop(stream);
    assert_nothing_is_left(&server, 4);
}
