//! Stopping while clients are connected.

use std::time::Duration;

use dragon_testkit::harness::{Event, Server};
use rustix::process::{Pid, Signal, kill_process};

use super::asking::{COMPLETIONS, SOON, endless, patient, short, with};
use super::raw::{next_response, post, rest, sent};

fn terminate(server: &Server) {
    kill_process(Pid::from_raw(server.pid().cast_signed()).unwrap(), Signal::TERM).unwrap();
}

/// Waits until new connections are refused: then the server is draining.
fn wait_until_draining(server: &Server) {
    let started_at = std::time::Instant::now();
    while std::net::TcpStream::connect(server.address()).is_ok() {
        assert!(started_at.elapsed() < SOON, "it still accepts");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_runs_is_finished_what_waits_is_answered_and_the_exit_is_clean() {
    let server = Server::start(&patient().model("slots", "1"));
    let mut running = server.stream(COMPLETIONS, &with(with(endless(), "max_tokens", 600), "stream", true));
    assert!(matches!(running.next(), Some(Event::Chunk(_))));
    let waiting = sent(&server, &post(COMPLETIONS, &short().to_string()));
    let _ = server.wait_for(SOON, |model| model["queue_waiting"] == 1);
    terminate(&server);
    super::asking::assert_fallback(&next_response(&waiting), "shutdown");
    let last = running.chunks().pop().unwrap();
    assert_eq!(last["dragon"]["outcome"], "complete", "{last}");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_kept_connection_is_closed_once_its_answer_is_there() {
    let server = Server::start(&patient());
    let idle = sent(&server, b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!(next_response(&idle).status, 200);
    let body = with(endless(), "max_tokens", 6000).to_string();
    let busy = sent(&server, &post(COMPLETIONS, &body));
    let _ = server.wait_for(SOON, |model| model["busy_slots"] == 1);
    terminate(&server);
    wait_until_draining(&server);
    assert_eq!(rest(&idle), b"", "an idle connection is closed without a word");
    // Another request behind the one that runs: its answer, if any, is a whole one.
    let _ = std::io::Write::write_all(&mut &busy, &post(COMPLETIONS, &short().to_string()));
    let answer = next_response(&busy);
    assert_eq!(answer.json()["usage"]["completion_tokens"], 6000, "{}", answer.text());
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(rest(&busy), b"");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn half_a_request_does_not_hold_up_the_end() {
    let server = Server::start(&patient());
    let _half_head = sent(&server, b"POST /v1/completions HTTP/1.1\r\nhost: loc");
    let whole = post(COMPLETIONS, &short().to_string());
    let half_body = sent(&server, &whole[..whole.len() - 5]);
    // A request that came later has been answered, so both halves have been read.
    super::asking::assert_serves(&server);
    terminate(&server);
    assert_eq!(next_response(&half_body).status, 408, "half a body is answered as at other times");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn what_would_take_too_long_is_brought_to_its_end() {
    let server =
        Server::start(&patient().server("drain_ms", "1500").model("ctx", "32768").model("slots", "2"));
    let body = with(with(endless(), "max_tokens", 30_000), "stream", true);
    let mut running = server.stream(COMPLETIONS, &body);
    assert!(matches!(running.next(), Some(Event::Chunk(_))));
    let asked_at = std::time::Instant::now();
    terminate(&server);
    let last = running.chunks().pop().unwrap();
    assert!(asked_at.elapsed() < Duration::from_millis(1500) + SOON, "{:?}", asked_at.elapsed());
    let outcome = last["dragon"]["outcome"].as_str().unwrap();
    assert!(["landed", "partial"].contains(&outcome), "{last}");
    assert_eq!(last["dragon"]["reason"], "shutdown", "{last}");
    assert_eq!(server.wait().code(), Some(0));
}
