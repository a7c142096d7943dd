//! The engine lives exactly as long as its server.

use std::process::{Command, Stdio};
use std::time::Duration;

use dragon_ipc::{EngineExit, LoadSpec};

use crate::driver::{Engine, greedy, load_spec, start};

#[test]
fn started_by_hand_it_says_what_to_run_instead() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_dragon-engine")).stdin(Stdio::null()).output().expect("it starts");
    assert_eq!(output.status.code(), Some(i32::from(EngineExit::Usage.code())));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("ERROR ") && said.contains("dragon serve"), "{said}");
}

#[test]
fn it_ends_when_the_server_hangs_up() {
    let (mut engine, _) = Engine::ready(load_spec());
    engine.hang_up();
    assert_eq!(engine.wait().0.code(), Some(i32::from(EngineExit::ParentGone.code())));
}

/// One prefill call over the whole prompt takes seconds; the engine must not wait for its end.
#[test]
fn it_ends_even_inside_a_call() {
    let spec =
        LoadSpec { n_ctx_seq: 32_768, n_slots: 1, n_prefill_chunk: 32_768, n_threads: 1, ..load_spec() };
    let (mut engine, _) = Engine::ready(spec);
    engine.begin(&[65; 32_000], start(1, 1, 10, greedy()));
    while engine.next_heartbeat().n_busy_slots == 0 {}
    let heartbeat = engine.next_heartbeat();
    assert_eq!(heartbeat.n_steps, 0, "the call is over already");
    engine.hang_up();
    let (status, took) = engine.wait();
    assert_eq!(status.code(), Some(i32::from(EngineExit::ParentGone.code())));
    assert!(took < Duration::from_millis(500), "it took {took:?}");
}

/// The test keeps its end of the socket open, so only the kernel's signal can end the engine.
#[cfg(target_os = "linux")]
#[test]
fn it_ends_with_the_process_that_started_it() {
    let mut shell = Command::new("sh");
    // A shell gives its background jobs an empty standard input; the socket goes through descriptor 3.
    shell.args(["-c", r#"exec 3<&0; "$0" <&3 & wait"#, env!("CARGO_BIN_EXE_dragon-engine")]);
    let (mut engine, _) = Engine::spawn_by(shell).load(load_spec());
    engine.child.kill().unwrap();
    engine.wait_for_hang_up();
}

/// What the server inherited from a shell or a container's runtime and does not close on exec itself.
#[cfg(target_os = "linux")]
#[test]
fn it_keeps_no_descriptor_that_it_did_not_open_itself() {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"exec 7</etc/passwd 9>&1; exec "$0""#, env!("CARGO_BIN_EXE_dragon-engine")]);
    let (_engine, ready) = Engine::spawn_by(shell).load(LoadSpec { probe_sandbox: true, ..load_spec() });
    let descriptors = ready.sandbox.lines().last().unwrap();
    assert_eq!(descriptors, "open descriptors: 0=socket 1=device 2=device 3=socket 4=socket");
}

/// Stopped and continued, as an operator or a debugger does: every wait of every thread is interrupted by that.
#[cfg(target_os = "linux")]
#[test]
fn it_goes_on_after_it_was_stopped() {
    use rustix::process::{Pid, Signal, kill_process};

    let (mut engine, _) = Engine::ready(load_spec());
    let pid = Pid::from_child(&engine.child);
    engine.next_heartbeat();
    kill_process(pid, Signal::STOP).unwrap();
    std::thread::sleep(Duration::from_millis(700));
    kill_process(pid, Signal::CONT).unwrap();
    engine.next_heartbeat();
    engine.begin(&[65; 20], start(1, 1, 5, greedy()));
    assert_eq!(engine.answers(1).len(), 1);
}
