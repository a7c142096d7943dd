//! A running server.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    client::{self, Response},
    events::EventStream,
    options::ServerOptions,
};

/// Time for the server to print its address: before, it reads model headers and may have to convert a model, on a
/// machine that may be busy with compiling.
const ADDRESS_MAX: Duration = Duration::from_secs(180);
/// Time from then until `/ready` says 200.
const READY_MAX: Duration = Duration::from_secs(60);
/// Time for a server to drain after SIGTERM before it is killed.
const STOP_MAX: Duration = Duration::from_secs(10);
/// Pause between two looks.
const POLL: Duration = Duration::from_millis(10);
/// Longest silence on a connection. Longer than the 60 s deadline of the test configuration, so that a
/// server that does not answer fails the test instead of hanging it.
const READ_MAX: Duration = Duration::from_secs(75);
/// How the line begins that tells the address, in plain text and over TLS.
const ADDRESS_LINES: [&str; 2] = ["listening on http://", "listening on https://"];

/// A server of this test and of nobody else. Stopped when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    directory: TempDir,
}

// === impl Server ===

impl Server {
    /// Starts a server on a free port and waits until it is ready.
    ///
    /// # Panics
    /// Where it does not become ready; the message has its log.
    #[must_use]
    pub fn start(options: &ServerOptions) -> Self {
        let server = Self::start_without_waiting(options);
        server.wait_until_ready();
        server
    }

    /// Starts a server and waits for its address only: models may still be loading.
    ///
    /// # Panics
    /// Where it prints no address.
    #[must_use]
    pub fn start_without_waiting(options: &ServerOptions) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let config = directory.path().join("dragon.toml");
        fs::write(&config, options.to_toml()).expect("the configuration can be written");
        let log = fs::File::create(directory.path().join("server.log")).expect("the log can be made");
        let program = options.program.clone().unwrap_or_else(program);
        let mut child = Command::new(&program)
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(&config)
            .args(&options.arguments)
            .envs(options.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let stdout = child.stdout.take().expect("its output was asked for");
        // The address is not known yet; nobody uses the placeholder, but `Drop` must reach the child.
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), directory };
        server.address = announced_address(stdout)
            .unwrap_or_else(|| panic!("the server told no address. Its log:\n{}", server.log()));
        server
    }

    /// Waits until `/ready` answers 200.
    ///
    /// # Panics
    /// Where it does not in time.
    pub fn wait_until_ready(&self) {
        let started = Instant::now();
        while self.get("/ready").status != 200 {
            assert!(started.elapsed() < READY_MAX, "the server is not ready. Its log:\n{}", self.log());
            thread::sleep(POLL);
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to standard error so far.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = fs::read(self.directory.path().join("server.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A raw connection, for requests that stop half-way.
    #[must_use]
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the server accepts connections");
        stream.set_read_timeout(Some(READ_MAX)).expect("a timeout can be set");
        stream.set_nodelay(true).expect("small writes can be sent at once");
        stream
    }

    /// One request on a connection of its own, and the whole response.
    ///
    /// # Panics
    /// Where no well-formed response comes.
    #[must_use]
    pub fn http(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let mut stream = self.connect();
        client::send(&mut stream, self.address, method, path, headers, body);
        client::read_response(stream)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}. Log:\n{}", self.log()))
    }

    /// A GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Response {
        self.http("GET", path, &[], b"")
    }

    /// A POST of JSON.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Response {
        self.post_with(path, &[], body)
    }

    /// The same with more headers.
    #[must_use]
    pub fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Response {
        let headers = [&[("content-type", "application/json")], headers].concat();
        self.http("POST", path, &headers, body.to_string().as_bytes())
    }

    /// A POST of JSON whose answer is read event by event. Dropping it leaves in the middle.
    ///
    /// # Panics
    /// Where no well-formed response head comes.
    #[must_use]
    pub fn stream(&self, path: &str, body: &Value) -> EventStream {
        self.stream_with(path, &[], body)
    }

    /// The same with more headers.
    ///
    /// # Panics
    /// Where no well-formed response head comes.
    #[must_use]
    pub fn stream_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> EventStream {
        let mut stream = self.connect();
        let headers = [&[("content-type", "application/json")], headers].concat();
        client::send(&mut stream, self.address, "POST", path, &headers, body.to_string().as_bytes());
        EventStream::open(stream).unwrap_or_else(|error| panic!("{path}: {error}. Log:\n{}", self.log()))
    }

    /// The document of `/ready`, whatever its status.
    #[must_use]
    pub fn ready(&self) -> Value {
        self.get("/ready").json()
    }

    /// What `/ready` says about its first model: `busy_slots`, `n_prefill_tokens`, `pid`, ...
    #[must_use]
    pub fn first_model(&self) -> Value {
        self.ready()["models"][0].clone()
    }

    /// Looks at the first model until a condition holds; returns what it looked like then.
    ///
    /// # Panics
    /// Where it does not hold in time.
    #[must_use]
    pub fn wait_for(&self, within: Duration, condition: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let model = self.first_model();
            if condition(&model) {
                return model;
            }
            assert!(started.elapsed() < within, "it never came to that: {model}. Log:\n{}", self.log());
            thread::sleep(POLL);
        }
    }

    /// Asks it to stop, waits, and tells how it ended. Killed where it does not end in time.
    pub fn stop(mut self) -> ExitStatus {
        self.stop_in_place()
    }

    /// Waits for its end without asking, because somebody else did: a second request would end it at once. Killed
    /// where it does not end in time.
    pub fn wait(mut self) -> ExitStatus {
        self.wait_in_place()
    }

    fn stop_in_place(&mut self) -> ExitStatus {
        // A child that was already waited for must not be signalled: its number may be another's by now.
        if let Ok(None) = self.child.try_wait() {
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        }
        self.wait_in_place()
    }

    fn wait_in_place(&mut self) -> ExitStatus {
        let started = Instant::now();
        while started.elapsed() < STOP_MAX {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status;
            }
            thread::sleep(POLL);
        }
        let _ = self.child.kill();
        self.child.wait().expect("a killed child can be waited for")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop_in_place();
    }
}

/// `DRAGON_BIN`, or `dragon` beside the running test's own directory (`target/release/deps`).
fn program() -> PathBuf {
    env::var_os("DRAGON_BIN").map_or_else(
        || {
            let test = env::current_exe().expect("the test knows its own path");
            let profile = test.ancestors().nth(2).expect("tests lie in target/PROFILE/deps");
            profile.join("dragon")
        },
        PathBuf::from,
    )
}

/// The engine program that the server starts.
#[must_use]
pub fn engine_program() -> PathBuf {
    program().with_file_name("dragon-engine")
}

/// Reads the address from the server's output, and goes on reading so that the server never blocks on it.
fn announced_address(stdout: ChildStdout) -> Option<SocketAddr> {
    let (found, address) = mpsc::sync_channel(1);
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(address) = ADDRESS_LINES.iter().find_map(|begin| line.strip_prefix(begin)) {
                // Nobody may be waiting any more.
                let _ = found.try_send(address.to_owned());
            }
        }
    });
    address.recv_timeout(ADDRESS_MAX).ok()?.trim().parse().ok()
}
