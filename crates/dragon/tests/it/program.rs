//! Runs the real program.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// What surely happens has happened after this long, also on a machine that is swamped.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// How it ended and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A server with one model, `fake`, whose engine follows a script.
pub(crate) struct Server {
    child: Child,
    /// What it prints; read up to where it announced itself.
    stdout: BufReader<std::process::ChildStdout>,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    /// Holds the model file.
    _directory: tempfile::TempDir,
}

/// Runs `dragon` in a directory until it ends by itself.
pub(crate) fn dragon_in(directory: &Path, arguments: &[&str]) -> Ended {
    run(command(arguments).current_dir(directory))
}

/// A command that is not yet started; only errors in its log. Its engine is a program that is there but is no
/// engine: tests that start one name it.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dragon"));
    command.args(arguments).env("RUST_LOG", "error").env("DRAGON_ENGINE", env!("CARGO_BIN_EXE_dragon"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A tiny model file in the directory.
pub(crate) fn tiny_model(directory: &Path, name: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, dragon_testkit::tiny::tiny_model_bytes()).unwrap();
    path
}

/// The program of `dragon-supervisor` that fails on command. It takes its script from the model's path.
pub(crate) fn fake_engine() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_dragon")).with_file_name("fake-engine");
    assert!(path.exists(), "build it first: cargo build --release -p dragon-supervisor");
    path
}

/// The command that serves the model `fake` (it wants a `--listen`), and the directory that holds its file.
pub(crate) fn serve_fake(script: &str) -> (Command, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = tiny_model(directory.path(), &format!("model,{script},.gguf"));
    let model = format!("fake={}", path.display());
    let mut command = command(&["serve", "--model", &model]);
    command.env("DRAGON_ENGINE", fake_engine()).stderr(Stdio::inherit());
    (command, directory)
}

// === impl Server ===

impl Server {
    /// Starts it and waits until it has announced itself.
    pub(crate) fn start(script: &str) -> Self {
        let (mut command, directory) = serve_fake(script);
        let mut child = command.args(["--listen", "127.0.0.1:0"]).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("the first line is {line:?}")).to_owned();
        Self { child, stdout, address, _directory: directory }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Sends a request; the answer is read with [`read_answer`].
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        let n_bytes = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        let content = format!("content-type: application/json\r\ncontent-length: {n_bytes}\r\n\r\n{body}");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(content.as_bytes()).unwrap();
        stream
    }

    /// A request and its answer, head and body.
    pub(crate) fn get(&self, path: &str) -> String {
        read_answer(self.send("GET", path, ""))
    }

    /// Waits for the end; what it printed after the address is in `stdout`.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let started_at = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(started_at.elapsed() < SOON, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (status.code(), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails where it has ended, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything until the connection is closed.
pub(crate) fn read_answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
