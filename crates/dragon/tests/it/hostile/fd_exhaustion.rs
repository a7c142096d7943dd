//! A server that may open no more files.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use dragon_testkit::harness::{Server, ServerOptions};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit, setrlimit};

use super::asking::{SOON, assert_error, assert_serves};
use super::bystander::{PROBE, completes};
use super::raw::{next_response, sent};

fn n_open_files(server: &Server) -> u64 {
    fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count() as u64
}

/// Time on a processor since the start.
fn cpu_time(server: &Server) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    let fields: Vec<u64> =
        stat.rsplit_once(')').unwrap().1.split(' ').filter_map(|field| field.parse().ok()).collect();
    // utime and stime, in ticks of 10 ms; the state, a letter, was left out.
    Duration::from_millis((fields[10] + fields[11]) * 10)
}

/// Lets the running server open no more files than this.
fn limit_files(server: &Server, n_files: u64) {
    let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap()).unwrap();
    let maximum = getrlimit(Resource::Nofile).maximum;
    prlimit(Some(pid), Resource::Nofile, Rlimit { current: Some(n_files), maximum }).unwrap();
}

#[test]
fn fd_exhaustion_is_said_and_neither_spins_nor_kills() {
    let server = Server::start(&ServerOptions::tiny());
    // Whoever is connected goes on; new connections are what there are no descriptors for.
    let bystander = server.connect();
    completes(&bystander);
    limit_files(&server, n_open_files(&server) + 20);
    let crowd: Vec<_> = (0..60).map(|_| sent(&server, PROBE)).collect();
    completes(&bystander);
    let (mut n_served, mut n_refused) = (0, 0);
    for stream in &crowd {
        let answer = next_response(stream);
        match answer.status {
            200 => n_served += 1,
            _ => {
                assert_error("a connection too many", &answer, 503, "out_of_descriptors", None);
                n_refused += 1;
            }
        }
    }
    assert!(
        (10..=25).contains(&n_served) && n_refused == 60 - n_served,
        "{n_served} served, {n_refused} refused"
    );
    // The served ones stay open, so there is still no descriptor; another one waits for one meanwhile.
    let before = cpu_time(&server);
    let looked_at = Instant::now();
    while looked_at.elapsed() < Duration::from_secs(2) {
        assert_eq!(next_response(&sent(&server, PROBE)).status, 503);
        thread::sleep(Duration::from_millis(200));
    }
    let spent = cpu_time(&server) - before;
    assert!(spent < Duration::from_millis(500), "{spent:?} of 2 s: it spins");
    completes(&bystander);
    drop(crowd);
    let started_at = Instant::now();
    while next_response(&sent(&server, PROBE)).status != 200 {
        assert!(started_at.elapsed() < SOON, "it does not serve again");
        thread::sleep(Duration::from_millis(50));
    }
    assert_serves(&server);
    assert_eq!(server.first_model()["restarts"], 0);
}

#[test]
fn fd_exhaustion_is_avoided_where_the_limit_is_low_from_the_start() {
    // For this process, which every test has to itself, and so for the server that it starts.
    let limit = Rlimit { current: Some(164), maximum: Some(164) };
    setrlimit(Resource::Nofile, limit).unwrap();
    let server = Server::start(&ServerOptions::tiny());
    assert!(server.log().contains("leaves room for 36 connections"), "{}", server.log());
    let open: Vec<_> = (0..35).map(|_| sent(&server, PROBE)).collect();
    for stream in &open {
        assert_eq!(next_response(stream).status, 200);
    }
    // There is still room for another engine.
    let model = server.wait_for(SOON, |model| model["pid"].is_i64());
    let pid = model["pid"].as_i64().unwrap();
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::KILL).unwrap();
    let _ = server.wait_for(SOON, |model| model["restarts"] == 1 && model["state"] == "ready");
    open.iter().take(3).for_each(completes);
    // The one place that is left may be that of a look at /ready a moment ago.
    let started_at = Instant::now();
    let last = loop {
        let last = sent(&server, PROBE);
        if next_response(&last).status == 200 {
            break last;
        }
        assert!(started_at.elapsed() < SOON, "the last place does not become free");
    };
    assert_error("one too many", &next_response(&sent(&server, PROBE)), 503, "too_many_connections", None);
    completes(&last);
}
