//! Clients that ask and do not read.

use std::io::{self, Read as _, Write as _};
use std::time::{Duration, Instant};

use dragon_testkit::harness::{Server, ServerOptions};
use rustix::net::sockopt::set_socket_recv_buffer_size;
use serde_json::{Value, json};

use super::asking::{CHAT, LONG_CTX, SOON, assert_serves, with};
use super::bystander::{assert_nothing_is_left, beside_a_bystander};
use super::raw::{post, rest, sent};

const DEADLINE: Duration = Duration::from_secs(4);

/// Waiting for the server's heartbeat, and for a turn on a machine that is swamped.
const SLACK: Duration = Duration::from_secs(5);

fn hurried() -> ServerOptions {
    ServerOptions::tiny().model("ctx", LONG_CTX).model("deadline_ms", &DEADLINE.as_millis().to_string())
}

/// A stream with so many log-probabilities that it fills every buffer between the engine and a client.
fn wide() -> Value {
    json!({
        "model": "tiny", "messages": [{"role": "user", "content": "x"}], "max_tokens": 32_000, "ignore_eos": true,
        "stream": true, "n": 4, "logprobs": true, "top_logprobs": 20,
    })
}

#[test]
fn a_stream_that_nobody_reads_is_cut_after_its_deadline_and_its_slots_are_free() {
    let server = Server::start(&hurried());
    let asked_at = Instant::now();
    let stream = sent(&server, &post(CHAT, &wide().to_string()));
    let _ = server.wait_for(SOON, |model| model["busy_slots"] == 4);
    let _ = server.wait_for(SOON, |model| model["busy_slots"] == 0);
    let freed_after = asked_at.elapsed();
    assert!(freed_after < DEADLINE + SLACK, "{freed_after:?}");
    let seen = rest(&stream);
    let ended_after = asked_at.elapsed();
    assert!(ended_after < DEADLINE + SLACK, "{ended_after:?}, {} bytes", seen.len());
    assert!(seen.starts_with(b"HTTP/1.1 200 "), "it had begun");
    assert!(!seen.ends_with(b"0\r\n\r\n"), "what was cut looks whole: {} bytes", seen.len());
    assert_serves(&server);
}

#[test]
fn a_client_that_does_not_read_does_not_hold_up_another() {
    let server = Server::start(&ServerOptions::tiny().model("ctx", LONG_CTX));
    let asleep = with(wide(), "n", 3);
    let _asleep = sent(&server, &post(CHAT, &asleep.to_string()));
    let _ = server.wait_for(SOON, |model| model["n_decode_tokens"].as_u64() > Some(5_000));
    let asked_at = Instant::now();
    assert_serves(&server);
    assert!(asked_at.elapsed() < SLACK, "{:?}", asked_at.elapsed());
}

#[test]
fn slow_reader_of_documents_is_cut_though_it_takes_a_byte_now_and_then() {
    let server = Server::start(&ServerOptions::tiny().server("max_connections", "2"));
    let stream = server.connect();
    // So little that few answers fit on the way.
    set_socket_recv_buffer_size(&stream, 4096).unwrap();
    stream.set_nonblocking(true).unwrap();
    let flood = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(50);
    let started_at = Instant::now();
    beside_a_bystander(&server, || {
        loop {
            match (&stream).write(&flood) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // Cut.
                Err(_) => break,
            }
            // Some of a byte's answer, so that it is never quite still; an end shows here, too.
            if matches!((&stream).read(&mut [0; 1]), Ok(0)) {
                break;
            }
            assert!(started_at.elapsed() < SOON, "it holds its connection");
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    drop(stream);
    assert_nothing_is_left(&server, 2);
}
