//! As many connections as are allowed, and more.

use std::time::Instant;

use dragon_testkit::harness::{Server, ServerOptions};

use super::bystander::{PROBE, all_places};
use super::raw::{next_response, sent};

#[test]
fn connections_over_the_limit_are_told_so_at_once_and_served_when_others_end() {
    let server = Server::start(&ServerOptions::tiny().server("max_connections", "3"));
    let mut open = all_places(&server, 3);
    let answer = next_response(&sent(&server, PROBE));
    super::asking::assert_error("the fourth connection", &answer, 503, "too_many_connections", None);
    assert_eq!(answer.header("retry-after"), Some("1"));
    // Those that are open go on.
    for stream in &mut open {
        std::io::Write::write_all(stream, PROBE).unwrap();
        assert_eq!(next_response(stream).status, 200);
    }
    drop(open);
    let started_at = Instant::now();
    while next_response(&sent(&server, PROBE)).status != 200 {
        assert!(started_at.elapsed() < super::asking::SOON, "places do not become free");
    }
}

#[test]
fn hundreds_of_connections_that_say_nothing_harm_nobody() {
    let server = Server::start(&ServerOptions::tiny());
    let silent: Vec<_> = (0..500).map(|_| server.connect()).collect();
    super::asking::assert_serves(&server);
    drop(silent);
    super::asking::assert_serves(&server);
}
