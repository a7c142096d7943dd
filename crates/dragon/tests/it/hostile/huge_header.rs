//! Heads without end, in one field and in many.

use std::io::Write as _;

use dragon_testkit::harness::{Server, ServerOptions};

use super::asking::assert_error;
use super::bystander::{assert_nothing_is_left, beside_a_bystander};
use super::raw::{next_response, sent};

const N_PLACES: usize = 12;

/// Far more than any limit, and less than the test's patience.
const N_BYTES: usize = 8 << 20;

/// Sends a head that goes on and on, and checks that it is refused long before its end.
fn assert_refused_early(server: &Server, context: &str, beginning: &str, piece: &str, code: (u16, &str)) {
    let mut stream = sent(server, beginning.as_bytes());
    for _ in 0..N_BYTES / piece.len() {
        // Once it was refused the server reads on for a while, and then the connection ends.
        if stream.write_all(piece.as_bytes()).is_err() {
            break;
        }
    }
    assert_error(context, &next_response(&stream), code.0, code.1, None);
}

#[test]
fn huge_header_is_a_431_before_its_end() {
    let server = Server::start(&ServerOptions::tiny().server("max_connections", &N_PLACES.to_string()));
    let piece = "x".repeat(1 << 16);
    beside_a_bystander(&server, || {
        for _ in 0..5 {
            let head = "GET /health HTTP/1.1\r\nhost: localhost\r\nx: ";
            assert_refused_early(&server, "a huge header", head, &piece, (431, "headers_too_large"));
            assert_refused_early(&server, "a huge target", "GET /", &piece, (414, "uri_too_long"));
            assert_refused_early(&server, "a huge method", "GET", &piece, (431, "headers_too_large"));
        }
    });
    assert_nothing_is_left(&server, N_PLACES);
}

#[test]
fn many_headers_are_a_431_before_their_end() {
    let server = Server::start(&ServerOptions::tiny().server("max_connections", &N_PLACES.to_string()));
    let piece = "x-a: b\r\n".repeat(1 << 13);
    beside_a_bystander(&server, || {
        for _ in 0..5 {
            let head = "GET /health HTTP/1.1\r\nhost: localhost\r\n";
            assert_refused_early(&server, "many headers", head, &piece, (431, "headers_too_large"));
        }
    });
    // As many as are allowed pass.
    let fields: String = (0..97).map(|n| format!("x-{n}: b\r\n")).collect();
    let head = format!("GET /health HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n");
    assert_eq!(next_response(&sent(&server, head.as_bytes())).status, 200);
    assert_nothing_is_left(&server, N_PLACES);
}
