//! Many requests on one connection at once.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use dragon_testkit::harness::{Server, ServerOptions};

use super::asking::{COMPLETIONS, short};
use super::bystander::{assert_nothing_is_left, beside_a_bystander};
use super::raw::{next_response, post, sent};

const N_PLACES: usize = 6;

fn server() -> Server {
    Server::start(&ServerOptions::tiny().server("max_connections", &N_PLACES.to_string()))
}

#[test]
fn pipelined_flood_is_answered_in_order() {
    const N_REQUESTS: usize = 2_000;
    let server = server();
    let stream = server.connect();
    beside_a_bystander(&server, || {
        thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..N_REQUESTS {
                    let head = format!(
                        "GET /health HTTP/1.1\r\nhost: localhost\r\nx-request-id: n-{number}\r\n\r\n"
                    );
                    (&stream).write_all(head.as_bytes()).unwrap();
                }
            });
            for number in 0..N_REQUESTS {
                let answer = next_response(&stream);
                assert_eq!(answer.header("x-request-id"), Some(format!("n-{number}").as_str()));
            }
        });
    });
    drop(stream);
    assert_nothing_is_left(&server, N_PLACES);
}

/// The server's resident memory, in KiB.
fn resident_kib(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn pipelined_flood_that_nobody_reads_is_cut_and_takes_no_memory() {
    let server = server();
    let before_kib = resident_kib(&server);
    beside_a_bystander(&server, || {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let flood = "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(1000);
                    let mut stream = server.connect();
                    let started_at = Instant::now();
                    // Ends when the server cuts the connection.
                    while stream.write_all(flood.as_bytes()).is_ok() {
                        assert!(started_at.elapsed() < Duration::from_secs(40), "it is not cut");
                    }
                });
            }
        });
    });
    let grown_kib = resident_kib(&server).saturating_sub(before_kib);
    assert!(grown_kib < 16 * 1024, "{grown_kib} KiB more");
    assert_nothing_is_left(&server, N_PLACES);
}

#[test]
fn pipelined_flood_of_generations_runs_one_at_a_time() {
    let server = server();
    let mut bytes = Vec::new();
    for _ in 0..50 {
        bytes.extend(post(COMPLETIONS, &short().to_string()));
    }
    let stream = sent(&server, &bytes);
    beside_a_bystander(&server, || {
        for _ in 0..50 {
            let busy = server.first_model()["busy_slots"].as_u64();
            assert!(busy <= Some(2), "one of the flood and the bystander's: {busy:?}");
            assert_eq!(next_response(&stream).json()["dragon"]["outcome"], "complete");
        }
    });
    drop(stream);
    assert_nothing_is_left(&server, N_PLACES);
}
