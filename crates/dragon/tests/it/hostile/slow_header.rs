//! Heads that come drop by drop.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use dragon_testkit::harness::{Server, ServerOptions};

use super::asking::{SOON, assert_error};
use super::bystander::{assert_nothing_is_left, beside_a_bystander};
use super::raw::{next_response, rest, sent};

const N_PLACES: usize = 40;
const N_DRIPPING: usize = 30;

/// The limit for a head, which another byte does not move.
const LIMIT: Duration = Duration::from_secs(10);

#[test]
fn slow_header_is_a_408_after_its_limit_however_it_drips() {
    let server = Server::start(&ServerOptions::tiny().server("max_connections", &N_PLACES.to_string()));
    beside_a_bystander(&server, || {
        let started_at = Instant::now();
        let dripping: Vec<_> =
            (0..N_DRIPPING).map(|_| sent(&server, b"GET /health HTTP/1.1\r\nx-a: ")).collect();
        while started_at.elapsed() < LIMIT - Duration::from_millis(500) {
            dripping.iter().for_each(|mut stream| stream.write_all(b"a").unwrap());
            thread::sleep(Duration::from_millis(200));
        }
        for stream in &dripping {
            assert_error("a head that drips", &next_response(stream), 408, "request_timeout", None);
            assert_eq!(rest(stream), b"");
        }
        let waited = started_at.elapsed();
        assert!(waited > LIMIT - Duration::from_secs(1) && waited < SOON, "{waited:?}");
    });
    assert_nothing_is_left(&server, N_PLACES);
}
