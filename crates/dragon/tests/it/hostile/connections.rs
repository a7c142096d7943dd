//! As many connections as are allowed, and more.

use std::time::Duration;

use dragon_testkit::harness::{Server, ServerOptions};

use super::raw::{next_response, sent};

const PROBE: &[u8] = b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[test]
fn connections_over_the_limit_wait_and_are_served_when_others_end() {
    let server = Server::start(&ServerOptions::tiny().server("max_connections", "3"));
    let mut open: Vec<_> = (0..3).map(|_| sent(&server, PROBE)).collect();
    for stream in &open {
        assert_eq!(next_response(stream).status, 200);
    }
    let mut waiting: Vec<_> = (0..3).map(|_| sent(&server, PROBE)).collect();
    for stream in &waiting {
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let silence = std::io::Read::read(&mut &*stream, &mut [0]);
        assert!(silence.is_err(), "the fourth connection is served");
    }
    // Those that are open go on.
    for stream in &mut open {
        std::io::Write::write_all(stream, PROBE).unwrap();
        assert_eq!(next_response(stream).status, 200);
    }
    drop(open);
    for stream in &mut waiting {
        stream.set_read_timeout(Some(super::asking::SOON)).unwrap();
        assert_eq!(next_response(stream).status, 200);
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
