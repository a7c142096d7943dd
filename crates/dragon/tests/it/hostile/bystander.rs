//! A polite client beside an attack, and what has to be free again after it.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dragon_testkit::harness::Server;

use super::asking::{COMPLETIONS, SOON, assert_serves, short};
use super::raw::{next_response, post, sent};

/// A short answer takes milliseconds; on a machine that is swamped by other work, some seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) const PROBE: &[u8] = b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Ends the bystander, also when the attack's own checks fail.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs an attack while a polite client asks for short answers on connections of its own: it has to get each in full
/// and soon.
pub(super) fn beside_a_bystander<T>(server: &Server, attack: impl FnOnce() -> T) -> T {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let over = Over(&is_over);
        let bystander = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let asked_at = Instant::now();
                assert_serves(server);
                assert!(asked_at.elapsed() < PATIENCE, "the bystander waited {:?}", asked_at.elapsed());
                thread::sleep(PAUSE);
            }
        });
        let result = attack();
        drop(over);
        bystander.join().unwrap();
        result
    })
}

/// Checks that nothing of an attack is left: no busy slot, nobody waiting, the engine the same, and so many places for
/// connections free, which are all of a server that was told to have no more.
pub(super) fn assert_nothing_is_left(server: &Server, n_places: usize) {
    let model = server.wait_for(SOON, |model| model["busy_slots"] == 0 && model["queue_waiting"] == 0);
    assert_eq!(model["restarts"], 0, "{model}");
    all_places(server, n_places).first().into_iter().for_each(completes);
}

/// So many connections at once, each answered. The server may need a moment to see that those before are closed.
pub(super) fn all_places(server: &Server, n_places: usize) -> Vec<TcpStream> {
    let started_at = Instant::now();
    loop {
        let open: Vec<_> = (0..n_places).map(|_| sent(server, PROBE)).collect();
        if open.iter().all(|stream| next_response(stream).status == 200) {
            return open;
        }
        drop(open);
        assert!(started_at.elapsed() < SOON, "{n_places} places do not become free");
        thread::sleep(PAUSE);
    }
}

/// Asks for a short completion on a connection that is open, which needs no new place.
pub(super) fn completes(mut stream: &TcpStream) {
    stream.write_all(&post(COMPLETIONS, &short().to_string())).unwrap();
    assert_eq!(next_response(stream).json()["dragon"]["outcome"], "complete");
}
