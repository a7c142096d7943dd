//! The server is killed; its engines end with it.

use std::path::Path;
use std::time::{Duration, Instant};

use dragon_testkit::harness::Server;
use rustix::process::{Pid, Signal, kill_process};

use super::asking::{COMPLETIONS, SOON, endless, patient};
use super::raw::{post, sent};

/// An orphan that works for nobody holds the memory of a model; so it goes at once.
const GONE_WITHIN: Duration = Duration::from_secs(2);

/// Whether the process still runs; one that has ended and waits to be reaped does not.
fn runs(pid: i64) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    stat.is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X'])))
}

fn assert_gone_with_the_server(server: &Server) {
    let engine = server.first_model()["pid"].as_i64().unwrap();
    assert!(runs(engine));
    kill_process(Pid::from_raw(server.pid().cast_signed()).unwrap(), Signal::KILL).unwrap();
    let killed_at = Instant::now();
    while runs(engine) {
        assert!(killed_at.elapsed() < GONE_WITHIN, "the engine outlived the server");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_idle_engine_ends_with_the_server() {
    assert_gone_with_the_server(&Server::start(&patient()));
}

#[test]
fn an_engine_ends_with_the_server_in_the_middle_of_its_work() {
    let server = Server::start(&patient());
    let _asked: Vec<_> = (0..4).map(|_| sent(&server, &post(COMPLETIONS, &endless().to_string()))).collect();
    let _ = server.wait_for(SOON, |model| model["busy_slots"] == 4);
    assert_gone_with_the_server(&server);
}
