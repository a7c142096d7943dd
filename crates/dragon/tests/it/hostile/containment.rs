//! An engine that somebody has taken over: what it can reach.

use std::fs;
use std::path::{Path, PathBuf};

use dragon_ipc::{CacheType, FlashAttention, LoadSpec};
use dragon_supervisor::{Engine, EngineSpec, KeepStandby};
use dragon_testkit::harness::{Server, engine_program};
use dragon_testkit::tiny::tiny_model_path;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::asking::{COMPLETIONS, patient, short};

/// A file of `/proc/PID`.
fn proc_file(pid: i64, name: &str) -> String {
    let path = Path::new("/proc").join(pid.to_string()).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A field of `/proc/PID/status`.
fn field<'a>(status: &'a str, name: &str) -> &'a str {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {name} in {status}")).trim()
}

/// What the real engine, started by the real supervisor, says it could do, once it is ready to serve.
async fn probe(model: PathBuf, n_gpu_layers: u32) -> Vec<String> {
    let load = LoadSpec {
        path: model,
        n_ctx_seq: 256,
        n_slots: 2,
        n_prefill_chunk: 64,
        n_threads: 2,
        cache_type: CacheType::F32,
        flash_attention: FlashAttention::Auto,
        n_gpu_layers,
        n_max_kept_bytes: 0,
        n_max_draft: 0,
        self_test: dragon_ipc::SelfTest::Timed,
        probe_sandbox: true,
    };
    let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
    let spec = EngineSpec { model: "tiny".into(), binary: engine_program(), load, standby: KeepStandby::No };
    let engine = Engine::supervise(spec, &tasks, shutdown.clone());
    let ready = engine.first_ready().await.unwrap();
    shutdown.cancel();
    tasks.close();
    tasks.wait().await;
    ready.sandbox.lines().map(str::to_owned).collect()
}

/// Attempts in the engine's list, at least; so that a list which shrinks is noticed.
const N_ATTEMPTS: usize = 60;

#[tokio::test]
async fn an_engine_that_serves_can_open_no_file_no_socket_and_no_process() {
    let lines = probe(tiny_model_path(), 0).await;
    assert_eq!(lines[0], "landlock on, seccomp on");
    let held = lines.iter().filter(|line| line.starts_with("held: ")).count();
    assert!(held >= N_ATTEMPTS, "{lines:#?}");
    // The first line says how, the last what is open.
    let others: Vec<_> =
        lines[1..lines.len() - 1].iter().filter(|line| !line.starts_with("held: ")).collect();
    assert!(others.is_empty(), "{others:#?}");
    // The socket thrice: as standard input, read and written.
    let descriptors = lines.last().unwrap();
    assert_eq!(descriptors, "open descriptors: 0=socket 1=pipe 2=pipe 3=socket 4=socket");
}

#[tokio::test]
async fn a_model_behind_a_link_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link.gguf");
    std::os::unix::fs::symlink(tiny_model_path(), &link).unwrap();
    let lines = probe(link, 0).await;
    assert!(lines.iter().any(|line| line == "held: read the model: done"), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.starts_with("BROKEN")), "{lines:#?}");
}

/// A driver needs files and devices; the network it does not.
#[tokio::test]
async fn with_a_gpu_the_network_stays_closed() {
    let lines = probe(tiny_model_path(), 1).await;
    assert!(lines[0].contains("network only"), "{lines:#?}");
    let verdict = |name: &str| {
        let line = lines.iter().find_map(|line| line.split_once(&format!(": {name}: ")));
        line.unwrap_or_else(|| panic!("no {name} in {lines:#?}")).0
    };
    for name in
        ["a TCP socket", "a TCP socket over IPv6", "a UDP socket", "a raw socket", "calls past the filter"]
    {
        assert_eq!(verdict(name), "held", "{name}");
    }
    // The same attempt where it is allowed: so the probe can tell.
    assert_eq!(verdict("read the users"), "BROKEN");
}

#[test]
fn a_serving_engine_shows_its_bonds_in_proc() {
    let server = Server::start(&patient());
    // All threads that will ever run do after an answer.
    let answer = server.post(COMPLETIONS, &short());
    assert_eq!(answer.status, 200);
    let pid = server.first_model()["pid"].as_i64().unwrap();

    let threads: Vec<_> = fs::read_dir(format!("/proc/{pid}/task")).unwrap().collect();
    assert!(threads.len() >= 5, "main, reader, writer, two tokenizers: {threads:?}");
    for thread in threads {
        let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        let bonds = ["Seccomp", "NoNewPrivs"].map(|name| field(&status, name));
        assert_eq!(bonds, ["2", "1"], "{status}");
    }

    let expendable = |pid: i64| proc_file(pid, "oom_score_adj").trim().parse::<i32>().unwrap();
    assert_eq!(expendable(pid), (expendable(server.pid().into()) + 500).min(1000));

    let limits = proc_file(pid, "limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("1"), "{core}");

    // After the name, which may hold spaces: state, parent, group.
    let stat = proc_file(pid, "stat");
    let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    assert_eq!(fields[1..3], [server.pid().to_string(), pid.to_string()]);

    assert!(server.log().contains("engine's sandbox: landlock on, seccomp on"), "{}", server.log());
}
