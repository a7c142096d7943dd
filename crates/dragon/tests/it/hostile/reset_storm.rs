//! Clients that break their connections off with a reset.

use std::net::TcpStream;
use std::time::Duration;

use dragon_testkit::harness::{Server, ServerOptions};
use rustix::net::sockopt::set_socket_linger;

use super::asking::{COMPLETIONS, LONG_CTX, SOON, endless, with};
use super::bystander::{assert_nothing_is_left, beside_a_bystander};
use super::raw::{post, sent};

/// More than come at once, so that none of them takes the bystander's place.
const N_PLACES: usize = 450;

/// Closes the connection so that the server's next read or write fails.
pub(super) fn reset(stream: TcpStream) {
    set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
    drop(stream);
}

#[test]
fn reset_storm_in_mid_request_leaves_nothing_behind() {
    let options =
        ServerOptions::tiny().model("ctx", LONG_CTX).server("max_connections", &N_PLACES.to_string());
    let server = Server::start(&options);
    beside_a_bystander(&server, || {
        for number in 0..300_usize {
            let body = with(endless(), "stream", number % 2 == 0);
            let whole = post(COMPLETIONS, &body.to_string());
            // Nothing, half a head, half a body, all of it, and all of it with something behind.
            let n_bytes = [0, 30, whole.len() - 20, whole.len(), whole.len()][number % 5];
            let stream = sent(&server, &whole[..n_bytes]);
            if number % 5 == 4 {
                let _ = std::io::Write::write_all(&mut &stream, b"GET /health HTTP/1.1\r\n");
                std::thread::sleep(Duration::from_millis(20));
            }
            reset(stream);
        }
    });
    assert_nothing_is_left(&server, N_PLACES);
}

#[test]
fn reset_storm_under_running_streams_frees_their_slots() {
    let server = Server::start(&ServerOptions::tiny().model("ctx", LONG_CTX));
    for _ in 0..5 {
        let running: Vec<_> = (0..3)
            .map(|_| sent(&server, &post(COMPLETIONS, &with(endless(), "stream", true).to_string())))
            .collect();
        let _ = server.wait_for(SOON, |model| model["busy_slots"] == 3);
        running.into_iter().for_each(reset);
        let _ = server.wait_for(SOON, |model| model["busy_slots"] == 0);
    }
    assert_nothing_is_left(&server, 4);
}
