//! Bodies that come drop by drop, or stop.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use dragon_testkit::harness::{Server, ServerOptions};

use super::asking::{COMPLETIONS, SOON, assert_error, short};
use super::bystander::{assert_nothing_is_left, beside_a_bystander};
use super::raw::{next_response, post, rest, sent};

const N_PLACES: usize = 24;

/// From when on the rate of a body counts.
const GRACE: Duration = Duration::from_secs(3);

#[test]
fn slow_body_is_a_408_that_names_the_rate_whether_it_stalls_or_drips() {
    let server = Server::start(&ServerOptions::tiny().server("max_connections", &N_PLACES.to_string()));
    let mut body = short().to_string();
    body.push_str(&" ".repeat(1000));
    let whole = post(COMPLETIONS, &body);
    let begun = &whole[..whole.len() - 1000];
    beside_a_bystander(&server, || {
        let started_at = Instant::now();
        let stalling: Vec<_> = (0..8).map(|_| sent(&server, begun)).collect();
        let dripping: Vec<_> = (0..8).map(|_| sent(&server, begun)).collect();
        while started_at.elapsed() < GRACE - Duration::from_millis(500) {
            dripping.iter().for_each(|mut stream| stream.write_all(b" ").unwrap());
            thread::sleep(Duration::from_millis(100));
        }
        for stream in stalling.iter().chain(&dripping) {
            let answer = next_response(stream);
            assert_error("a slow body", &answer, 408, "body_too_slow", None);
            assert!(answer.text().contains("4096 bytes a second"), "{}", answer.text());
            assert_eq!(rest(stream), b"", "nothing more comes");
        }
        let waited = started_at.elapsed();
        assert!(waited > GRACE - Duration::from_millis(100) && waited < SOON, "{waited:?}");
    });
    assert_nothing_is_left(&server, N_PLACES);
}

#[test]
fn slow_body_above_the_rate_has_ten_seconds_in_all() {
    let server = Server::start(&ServerOptions::tiny());
    let whole = post(COMPLETIONS, &" ".repeat(900_000));
    let started_at = Instant::now();
    let mut stream = sent(&server, &whole[..200]);
    for piece in whole[200..].chunks(2_000) {
        if started_at.elapsed() > Duration::from_secs(11) || stream.write_all(piece).is_err() {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    assert_error("a long body", &next_response(&stream), 408, "request_timeout", None);
    let waited = started_at.elapsed();
    assert!(waited > Duration::from_secs(9) && waited < SOON, "{waited:?}");
    assert_nothing_is_left(&server, 4);
}
