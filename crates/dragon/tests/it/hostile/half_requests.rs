//! Requests that stop half-way.

use std::io::Write as _;
use std::time::{Duration, Instant};

use dragon_testkit::harness::{Server, ServerOptions};

use super::asking::{COMPLETIONS, SOON, assert_error, assert_serves, short};
use super::raw::{half_close, next_response, post, rest, sent};

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
fn a_body_that_stalls_or_drips_is_a_408_after_ten_seconds_and_the_end_of_the_connection() {
    let server = Server::start(&ServerOptions::tiny());
    let whole = post(COMPLETIONS, &short().to_string());
    let started_at = Instant::now();
    let stalling = sent(&server, &whole[..whole.len() - 5]);
    let dripping = sent(&server, &whole[..whole.len() - 100]);
    // The limit is for the whole body: a byte now and then does not move it.
    for byte in &whole[whole.len() - 100..whole.len() - 60] {
        if started_at.elapsed() > Duration::from_secs(9) {
            break;
        }
        (&dripping).write_all(&[*byte]).unwrap();
        std::thread::sleep(Duration::from_millis(200));
    }
    for stream in [&stalling, &dripping] {
        let answer = next_response(stream);
        assert_error("a stalled body", &answer, 408, "request_timeout", None);
        assert_eq!(rest(stream), b"", "nothing more comes");
    }
    let waited = started_at.elapsed();
    assert!(waited > Duration::from_secs(9) && waited < SOON, "{waited:?}");
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
