//! Requests that have to be refused.

use std::io;

use dragon_testkit::harness::request;
use dragon_testkit::rng::SplitMix64;
use serde_json::json;

use super::wire::{exchange, post};
use super::{End, Target};

const PATHS: [(&str, &str); 7] = [
    ("GET", "/v1/chat/completions"),
    ("POST", "/v1/chat/completion"),
    ("DELETE", "/v1/models"),
    ("GET", "/api/tags"),
    ("POST", "/"),
    ("PUT", "/health"),
    ("GET", "/v1/../../etc/passwd"),
];

const BODIES: [&str; 9] = [
    "",
    "{",
    "null",
    "[]",
    "{\"model\": 1}",
    "{\"model\": \"tiny\", \"prompt\": {}}",
    "{\"model\": \"tiny\", \"prompt\": \"x\", \"max_tokens\": -1}",
    "{\"model\": \"tiny\", \"prompt\": \"x\", \"max_tokens\": 1e400}",
    "{\"model\": \"tiny\", \"messages\": \"x\"",
];

/// Nested deeper than any document.
const DEEP: usize = 100_000;

/// Longer than every limit of a head.
const HUGE_HEADER_BYTES: usize = 300_000;

/// Longer than the limit of a body, 1 MiB.
const HUGE_BODY_BYTES: usize = 3 << 20;

pub(super) fn malformed_json(target: &Target<'_>, rng: &mut SplitMix64) -> io::Result<End> {
    let body = match rng.below(BODIES.len() + 2) {
        deep if deep == BODIES.len() => "[".repeat(DEEP).into_bytes(),
        not_utf_8 if not_utf_8 > BODIES.len() => b"{\"model\": \"\xff\xfe\"}".to_vec(),
        index => BODIES[index].as_bytes().to_vec(),
    };
    let headers = [("content-type", "application/json")];
    exchange(target, &request(target.address, "POST", "/v1/completions", &headers, &body))
}

pub(super) fn wrong_endpoint(target: &Target<'_>, rng: &mut SplitMix64) -> io::Result<End> {
    let (method, path) = PATHS[rng.below(PATHS.len())];
    exchange(target, &request(target.address, method, path, &[], b""))
}

/// Loading because a request asked for it is what an attacker wants.
pub(super) fn unknown_model(target: &Target<'_>, rng: &mut SplitMix64) -> io::Result<End> {
    let model = ["/etc/passwd", "llama-70b", "../models/x.gguf", "tiny\u{0}"][rng.below(4)];
    let body = json!({ "model": format!("{model}{}", rng.below(1000)), "prompt": "x" });
    exchange(target, &post(target, "/v1/completions", &body))
}

pub(super) fn huge_header(target: &Target<'_>, rng: &mut SplitMix64) -> io::Result<End> {
    let long = "x".repeat(HUGE_HEADER_BYTES);
    let bytes = match rng.below(3) {
        0 => request(target.address, "GET", "/health", &[("x-long", &long)], b""),
        1 => request(target.address, "GET", &format!("/{long}"), &[], b""),
        _ => {
            let many: Vec<(String, &str)> = (0..5_000).map(|n| (format!("x-{n}"), "y")).collect();
            let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            request(target.address, "GET", "/health", &many, b"")
        }
    };
    exchange(target, &bytes)
}

pub(super) fn huge_body(target: &Target<'_>, rng: &mut SplitMix64) -> io::Result<End> {
    let body = json!({ "model": target.model, "prompt": "x".repeat(HUGE_BODY_BYTES) });
    let whole = post(target, "/v1/completions", &body);
    // Announced only, or really sent.
    let n_sent = if rng.below(2) == 0 { whole.len() } else { 4_000 };
    exchange(target, &whole[..n_sent])
}

pub(super) fn broken_http(target: &Target<'_>, rng: &mut SplitMix64) -> io::Result<End> {
    const BROKEN: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 is a greeting of TLS\r\n\r\n",
        b"GET\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello",
        b"GET /health HTTP/9.9\r\nhost: localhost\r\n\r\n",
    ];
    exchange(target, BROKEN[rng.below(BROKEN.len())])
}
