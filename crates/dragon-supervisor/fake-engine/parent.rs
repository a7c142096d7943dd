//! A server with two engines that prints their process ids and waits to be killed.

use std::path::PathBuf;

use dragon_ipc::{CacheType, FlashAttention, LoadSpec};
use dragon_supervisor::{Engine, EngineSpec, KeepStandby};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The first ends only by the parent-death signal, the second only by the end of its connection.
const SCRIPTS: [&str; 2] = ["/fake/deaf", "/fake/orphan"];

pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let tasks = TaskTracker::new();
        let mut engines = Vec::new();
        for script in SCRIPTS {
            let engine = Engine::supervise(spec(script), &tasks, CancellationToken::new());
            engine.first_ready().await.unwrap();
            println!("{}", engine.progress().pid.unwrap());
            engines.push(engine);
        }
        std::future::pending::<()>().await;
    });
}

fn spec(script: &str) -> EngineSpec {
    let load = LoadSpec {
        path: PathBuf::from(script),
        n_ctx_seq: 64,
        n_slots: 1,
        n_prefill_chunk: 32,
        n_threads: 1,
        cache_type: CacheType::F16,
        flash_attention: FlashAttention::Auto,
        n_gpu_layers: 0,
        n_max_kept_bytes: 0,
        n_max_draft: 0,
        self_test: dragon_ipc::SelfTest::Timed,
        probe_sandbox: false,
    };
    EngineSpec {
        model: "fake".into(),
        binary: std::env::current_exe().unwrap(),
        load,
        standby: KeepStandby::No,
    }
}
