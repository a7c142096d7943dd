//! Requests that end half-way.

use dragon_testkit::harness::{Server, ServerOptions};

use super::asking::{COMPLETIONS, assert_error, assert_serves, short};
use super::raw::{half_close, next_response, post, sent};

#[test]
fn a_body_that_ends_too_early_is_a_400_while_the_client_still_reads() {
    let server = Server::start(&ServerOptions::tiny());
    let whole = post(COMPLETIONS, &short().to_string());
    let stream = sent(&server, &whole[..whole.len() - 5]);
    half_close(&stream);
    assert_error("a cut body", &next_response(&stream), 400, "invalid_value", None);
    let chunked =
        b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"mo";
    let stream = sent(&server, chunked);
    half_close(&stream);
    assert_error("a cut chunk", &next_response(&stream), 400, "invalid_value", None);
    assert_serves(&server);
}

#[test]
fn clients_that_vanish_in_the_middle_of_a_request_leave_nothing_behind() {
    let server = Server::start(&ServerOptions::tiny().server("max_connections", "4"));
    let whole = post(COMPLETIONS, &short().to_string());
    for n_bytes in (0..whole.len()).step_by(3) {
        drop(sent(&server, &whole[..n_bytes]));
    }
    // With a connection lost for each, none of the four would ever be free again.
    let started_at = std::time::Instant::now();
    while server.get("/health").status == 503 {
        assert!(started_at.elapsed() < super::asking::SOON, "the places do not become free");
    }
    assert_serves(&server);
    assert_eq!(server.first_model()["restarts"], 0);
}
