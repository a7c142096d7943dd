//! What a failed start says.

use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::{Duration, Instant};

use dragon_supervisor::{Death, EngineError, EngineState, Failure, Stage, StartError};

use crate::rig::{FAKE_ENGINE, PATIENCE, Rig, endless};

async fn failure(rig: &Rig) -> Failure {
    match rig.engine.first_ready().await {
        Err(StartError::Failed(failure)) => failure,
        other => panic!("no failure but {other:?}"),
    }
}

/// A fake engine whose file name says how it greets.
async fn greeting_failure(fault: &str) -> Failure {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join(format!("fake-engine.hello-{fault}"));
    std::os::unix::fs::symlink(FAKE_ENGINE, &program).unwrap();
    let rig = Rig::start_program(&program, "");
    let failure = failure(&rig).await;
    rig.stop().await;
    failure
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let rig = Rig::start_program(Path::new("/nowhere/dragon-engine"), "");
    let failure = failure(&rig).await;
    assert!(matches!(failure, Failure::Spawn { .. }), "{failure:?}");
    assert!(failure.to_string().contains("/nowhere/dragon-engine"), "{failure}");
    assert_eq!(rig.engine.generate(endless()).map(drop), Err(EngineError::Down));
}

#[tokio::test]
async fn another_version_of_the_protocol_is_named() {
    let failure = greeting_failure("version").await;
    assert_eq!(failure, Failure::Version { ours: dragon_ipc::PROTOCOL_VERSION, theirs: 99 });
}

#[tokio::test]
async fn an_engine_without_a_word_is_given_up_in_time() {
    let started_at = Instant::now();
    let failure = greeting_failure("hang").await;
    assert_eq!(failure, Failure::TimedOut { stage: Stage::Greeting, limit: PATIENCE.hello });
    assert!(started_at.elapsed() >= PATIENCE.hello);
}

#[tokio::test]
async fn a_program_that_is_no_engine_breaks_the_protocol() {
    let failure = greeting_failure("garbage").await;
    assert!(matches!(failure, Failure::Protocol { stage: Stage::Greeting, .. }), "{failure:?}");
}

#[tokio::test]
async fn a_build_for_another_cpu_is_recognised_before_its_first_word() {
    let failure = greeting_failure("exit-66").await;
    assert!(failure.is_unfit_build(), "{failure:?}");
    assert!(failure.to_string().contains("rebuild"), "{failure}");
}

#[tokio::test]
async fn a_refused_model_is_told_in_the_engines_words() {
    let rig = Rig::start("load-fault=refuse");
    assert_eq!(failure(&rig).await.to_string(), "the file is no model. Download it again");
}

#[tokio::test]
async fn a_crash_in_the_self_test_names_signal_remedy_and_last_lines() {
    let rig = Rig::start("load-fault=illegal");
    let failure = failure(&rig).await;
    let text = failure.to_string();
    assert!(failure.is_unfit_build() && text.contains("SIGILL") && text.contains("rebuild"), "{text}");
    let Failure::Died { last_lines, .. } = failure else { panic!("{text}") };
    // The last line had no end.
    assert_eq!(last_lines, ["INFO loading", "ERROR about to fail"]);
}

#[tokio::test]
async fn an_abort_while_loading_is_told_with_its_meaning() {
    let rig = Rig::start("load-fault=abort");
    let failure = failure(&rig).await;
    let death = Death::Signal(rustix::process::Signal::ABORT.as_raw());
    assert!(matches!(&failure, Failure::Died { stage: Stage::Loading, death: found, .. } if *found == death));
    assert!(!failure.is_unfit_build());
}

#[tokio::test]
async fn absurd_figures_are_not_believed() {
    let rig = Rig::start("slots=4000000000");
    let failure = failure(&rig).await;
    assert!(matches!(failure, Failure::Protocol { stage: Stage::Loading, .. }), "{failure:?}");
}

#[tokio::test]
async fn a_load_without_end_is_given_up_in_time() {
    let rig = Rig::start("load-fault=hang");
    assert_eq!(failure(&rig).await, Failure::TimedOut { stage: Stage::Loading, limit: PATIENCE.load });
    assert_eq!(rig.engine.progress().pid, None, "the process was killed and reaped");
}

#[tokio::test]
async fn a_slow_load_is_waited_for() {
    let rig = Rig::start("load-ms=400");
    let started_at = Instant::now();
    assert_eq!(rig.engine.state(), EngineState::Starting);
    rig.engine.first_ready().await.unwrap();
    assert!(started_at.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn the_engine_finds_itself_in_clean_surroundings() {
    let rig = Rig::start("");
    let info = rig.engine.first_ready().await.unwrap().system_info;
    let (env, rest) = info.strip_prefix("env=").unwrap().split_once(' ').unwrap();
    for name in env.split('+') {
        assert!(
            ["GGML_NO_BACKTRACE", "GLIBC_TUNABLES", "GOMP_SPINCOUNT", "LD_LIBRARY_PATH", "RUST_BACKTRACE"]
                .contains(&name),
            "inherited {name}"
        );
    }
    assert!(env.contains("GGML_NO_BACKTRACE") && env.contains("GOMP_SPINCOUNT"));
    assert!(rest.starts_with("cwd=/ leads_group=true core=Some(1) "), "{rest}");
}

/// Whatever the server holds open, the listening socket, clients' connections, files, stays with it.
#[tokio::test]
async fn nothing_that_the_server_opens_is_inherited_by_its_engine() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = std::fs::read_link(format!("/proc/self/fd/{}", listener.as_raw_fd())).unwrap();
    let rig = Rig::start("");
    let info = rig.engine.first_ready().await.unwrap().system_info;
    let files: Vec<_> = info.split_once(" files=").unwrap().1.split('+').collect();
    assert!(files.iter().any(|file| file.starts_with("socket:")), "it has its own socket: {files:?}");
    // The last is what tokio waits with.
    for held in [file.path(), &socket, Path::new("anon_inode:[eventpoll]")] {
        assert!(!files.contains(&held.to_str().unwrap()), "{} in {files:?}", held.display());
    }
}

#[tokio::test]
async fn a_failed_start_is_tried_again_with_growing_pauses() {
    let rig = Rig::start("load-fault=exit-70");
    let mut pauses = Vec::new();
    for n in 1..=3 {
        let down = rig
            .until_state(|state| matches!(state, EngineState::Down { n_failures, .. } if *n_failures >= n))
            .await;
        let EngineState::Down { restart_in, n_failures, last } = down else { unreachable!() };
        assert_eq!(n_failures, n, "a failure was not seen");
        assert!(last.contains("code 70"), "{last}");
        pauses.push(restart_in);
    }
    assert!(pauses.windows(2).all(|pair| pair[0] < pair[1]), "{pauses:?}");
}
