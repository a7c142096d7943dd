//! The ways to fail.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dragon_ipc::{
    AbortKind, Aborted, FromEngine, Heartbeat, Hello, LoadFailure, LoadFailureKind, Output, Step,
};
use rustix::process::Signal;

/// Set once the script says so: the end of the connection is no reason to end.
pub(crate) static DEAF: AtomicBool = AtomicBool::new(false);

/// Fails in the way of this name.
pub(crate) fn commit(fault: &str, socket: &mut UnixStream) {
    match fault {
        "abort" => std::process::abort(),
        "illegal" => end_by(Signal::ILL),
        "segfault" => end_by(Signal::SEGV),
        "exit-70" => exit(70),
        "exit-66" => exit(66),
        "hang" => sleep_forever(),
        "stop" => {
            rustix::process::kill_process(rustix::process::getpid(), Signal::STOP).unwrap();
        }
        // A decode that never returns: only the heartbeat goes on.
        "loop" => loop {
            std::thread::sleep(Duration::from_millis(20));
            say(socket, &FromEngine::Heartbeat(Heartbeat::default()));
        },
        // Ends the connection and lives on.
        "close" => {
            socket.shutdown(std::net::Shutdown::Both).unwrap();
            sleep_forever();
        }
        // Ends, but a child of its own holds the connection open.
        "leave-child" => leave_child(),
        // A frame of good length that holds no message.
        "garbage" => send_and_hang(socket, &[3, 0, 0, 0, 0xff, 0xff, 0xff]),
        "oversized" => send_and_hang(socket, &u32::MAX.to_le_bytes()),
        "half-frame" => send_and_hang(socket, &[100, 0, 0, 0, 1, 2, 3]),
        "version" => {
            let hello = Hello { protocol_version: 99, build: "other".into() };
            say(socket, &FromEngine::Hello(hello));
            sleep_forever();
        }
        "refuse" => {
            let message = "the file is no model. Download it again".into();
            say(socket, &FromEngine::Failed(LoadFailure { kind: LoadFailureKind::Model, message }));
            exit(65);
        }
        // Tokens of a name that never was.
        "stranger" => {
            say(
                socket,
                &FromEngine::Step(Step { step: 0, outputs: vec![output(1_000_000, 1)], decode: None }),
            );
        }
        other => panic!("no such fault: {other}"),
    }
}

/// Sends one message.
pub(crate) fn say(socket: &mut UnixStream, message: &FromEngine) {
    if socket.write_all(&dragon_ipc::encode(message).unwrap()).is_err() {
        connection_ended();
    }
}

/// The server is gone.
pub(crate) fn connection_ended() -> ! {
    if DEAF.load(Ordering::Relaxed) { sleep_forever() } else { exit(0) }
}

pub(crate) fn sleep_forever() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

#[expect(clippy::disallowed_methods, reason = "an engine ends in the middle of anything")]
pub(crate) fn exit(code: i32) -> ! {
    std::process::exit(code)
}

fn send_and_hang(socket: &mut UnixStream, bytes: &[u8]) {
    socket.write_all(bytes).unwrap();
    sleep_forever();
}

/// Rust's runtime handles the first SIGSEGV (it looks for a stack overflow), so one is not enough.
fn end_by(signal: Signal) {
    loop {
        rustix::process::kill_process(rustix::process::getpid(), signal).unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[expect(clippy::zombie_processes, reason = "that it is left behind is the fault")]
fn leave_child() {
    std::process::Command::new("/bin/sleep").arg("60").spawn().unwrap();
    exit(70);
}

fn output(generation: u64, token: u32) -> Output {
    Output { generation, choice: 0, token, piece: vec![], logprobs: None, end: None }
}

/// Fails in the way of this name with one generation.
pub(crate) fn commit_with(fault: &str, socket: &mut UnixStream, generation: u64) {
    match fault {
        // The token after the last of the vocabulary.
        "no-token" => {
            let outputs = vec![output(generation, 257)];
            say(socket, &FromEngine::Step(Step { step: 0, outputs, decode: None }));
        }
        "non-finite" => {
            let (kind, message) = (AbortKind::NonFinite, "the logits are not finite".into());
            say(socket, &FromEngine::Aborted(Aborted { generation, kind, message }));
        }
        other => commit(other, socket),
    }
}
