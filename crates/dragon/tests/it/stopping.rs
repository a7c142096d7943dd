//! Serving until a signal comes.

use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::program::{SOON, Server, read_answer, run, serve_fake};

/// Resident memory of an idle server, without its engines, stays under this.
const MAX_IDLE_KB: u64 = 40_000;

/// The pid of the fake model's engine, which `/ready` shows on loopback addresses.
fn engine_pid(server: &Server) -> i32 {
    let ready = server.get("/ready");
    let (_, pid) = ready.split_once("\"pid\":").unwrap_or_else(|| panic!("no pid in {ready}"));
    pid.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

fn is_running(pid: i32) -> bool {
    std::path::Path::new("/proc").join(pid.to_string()).exists()
}

/// A completion that takes about `n_steps` steps of the engine.
fn ask(server: &Server, n_steps: u32) -> TcpStream {
    let body = format!(
        r#"{{"model":"fake","prompt":"abc","max_tokens":{n_steps},"ignore_eos":true,"temperature":0}}"#
    );
    let stream = server.send("POST", "/v1/completions", &body);
    let started_at = Instant::now();
    while !server.get("/ready").contains("\"busy_slots\":1") {
        assert!(started_at.elapsed() < SOON, "the request does not reach the engine");
    }
    stream
}

#[test]
fn it_announces_itself_serves_and_ends_with_0_when_asked_to() {
    for signal in [Signal::TERM, Signal::INT] {
        let server = Server::start("step-ms=1");
        assert!(server.get("/health").starts_with("HTTP/1.1 200 "));
        let engine = engine_pid(&server);
        assert!(is_running(engine));
        server.signal(signal);
        let address = server.address.clone();
        let (code, printed) = server.wait();
        assert_eq!(code, Some(0));
        assert!(!is_running(engine), "the engine outlived the server");
        assert!(printed.contains("  fake: 8 slots of 4096 tokens, about "), "{printed}");
        assert!(printed.contains(&format!("curl http://{address}/v1/chat/completions ")), "{printed}");
    }
}

#[test]
fn requests_in_flight_are_answered_before_the_end_and_new_ones_are_not_accepted() {
    let server = Server::start("step-ms=20");
    let stream = ask(&server, 50);
    server.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(200));
    assert!(TcpStream::connect(&server.address).is_err(), "it still accepts connections");
    let answer = read_answer(stream);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("\"completion_tokens\":50"), "{answer}");
    assert_eq!(server.wait().0, Some(0));
}

#[test]
fn a_second_signal_ends_answers_where_they_are_and_the_engine_with_them() {
    let server = Server::start("step-ms=100");
    let engine = engine_pid(&server);
    let _stream = ask(&server, 90);
    let asked_at = Instant::now();
    server.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(100));
    server.signal(Signal::INT);
    assert_eq!(server.wait().0, Some(0), "every request was answered");
    // The request would have taken nine seconds.
    assert!(asked_at.elapsed() < Duration::from_secs(5), "{:?}", asked_at.elapsed());
    assert!(!is_running(engine), "the engine outlived the server");
}

#[test]
fn it_can_be_stopped_while_a_model_is_loading() {
    let (mut command, _directory) = serve_fake("load-ms=20000");
    let child = command.args(["--listen", "127.0.0.1:0"]).spawn().unwrap();
    let pid = Pid::from_child(&child);
    // Handling begins soon after the start; before it a signal ends the process just as well.
    std::thread::sleep(Duration::from_millis(500));
    let asked_at = Instant::now();
    kill_process(pid, Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"", "it was never ready, so it announced nothing");
    assert!(asked_at.elapsed() < Duration::from_secs(10), "{:?}", asked_at.elapsed());
}

#[test]
fn a_model_that_its_engine_cannot_load_ends_with_69() {
    let (mut command, _directory) = serve_fake("load-fault=refuse");
    let ended = run(command.args(["--listen", "127.0.0.1:0"]).stderr(Stdio::piped()));
    assert_eq!(ended.code, Some(69), "{ended:#?}");
    assert!(ended.stderr.contains("model fake: the file is no model. Download it again"), "{ended:#?}");
}

#[test]
fn a_server_that_others_could_reach_wants_keys() {
    let (mut command, _directory) = serve_fake("step-ms=1");
    let ended = run(command.args(["--listen", "0.0.0.0:0"]).stderr(Stdio::piped()));
    assert_eq!(ended.code, Some(64), "{ended:#?}");
    assert!(ended.stderr.contains("dragon key NAME"), "{ended:#?}");
}

#[test]
fn an_idle_server_is_small() {
    let server = Server::start("step-ms=1");
    server.get("/ready");
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid().as_raw_nonzero())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kb: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kb < MAX_IDLE_KB, "{kb} kB resident");
}
