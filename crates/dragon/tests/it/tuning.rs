//! `dragon tune`, what it leaves behind, and weights in another format: real engines, the real program.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use dragon_testkit::harness::{Server, ServerOptions};
use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json};

use crate::program::{Ended, run, tiny_model};

/// Small enough to be over in seconds.
const SMALL_MIX: [&str; 8] = ["--budget", "60", "--prompt", "24", "--new", "4", "--parallel", "2"];

fn tune(model: &Path) -> Ended {
    let path = model.display().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dragon"));
    run(command.arg("tune").arg(path).args(SMALL_MIX).env("RUST_LOG", "info"))
}

fn options(model: &Path) -> ServerOptions {
    ServerOptions::empty().add_model("m", model).model("ctx", "512").model("slots", "2")
}

fn default_model_in(folder: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = folder.join("model.gguf");
    fs::copy(root.join("models/SmolLM2-135M-Instruct.Q4_1.gguf"), &path).unwrap();
    path
}

fn says_paris(server: &Server) {
    let body =
        json!({ "model": "m", "prompt": "The capital of France is", "max_tokens": 4, "temperature": 0 });
    let answer = server.post("/v1/completions", &body).json();
    assert!(answer["choices"][0]["text"].as_str().unwrap().contains("Paris"), "{answer}");
}

#[test]
fn a_tuning_run_prints_its_table_and_serve_uses_the_result_until_the_model_changes() {
    let folder = tempfile::tempdir().unwrap();
    let model = tiny_model(folder.path(), "tiny.gguf");
    let ended = tune(&model);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("| weights | cache |"), "{}", ended.stdout);
    assert_eq!(ended.stdout.matches("recommended |").count(), 1, "{}", ended.stdout);
    let kept = folder.path().join("tiny.gguf.tuned.json");
    let result: Value = serde_json::from_slice(&fs::read(&kept).unwrap()).unwrap();
    assert!(result["settings"]["threads"].as_u64().unwrap() >= 1, "{result}");

    let server = Server::start(&options(&model));
    assert!(server.log().contains("comes from a tuning run"), "{}", server.log());
    drop(server);
    let server = Server::start(&options(&model).model("tuned", "\"off\""));
    assert!(server.log().contains("comes from rules of thumb"), "{}", server.log());
    drop(server);

    let text = fs::read_to_string(&kept).unwrap();
    fs::write(&kept, text.replace("\"threads\"", "\"thraeds\"")).unwrap();
    let server = Server::start(&options(&model));
    let log = server.log();
    assert!(log.contains("its tuning result is not used") && log.contains("dragon tune"), "{log}");
}

#[test]
fn what_cannot_be_tuned_is_said_with_what_can() {
    let ended = tune(Path::new("no-such-model"));
    assert_eq!(ended.code, Some(69), "{}", ended.stderr);
    assert!(ended.stderr.contains("smollm2-135m"), "{}", ended.stderr);
}

#[test]
fn fast_weights_are_made_once_and_serve() {
    let folder = tempfile::tempdir().unwrap();
    let model = default_model_in(folder.path());
    let fast = options(&model).model("weights", "\"fast\"");
    let server = Server::start(&fast);
    assert!(server.log().contains("nats from the original"), "{}", server.log());
    says_paris(&server);
    drop(server);
    let names = || -> Vec<String> {
        let entries = fs::read_dir(folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    // The first digits of the default model's digest.
    assert!(names().contains(&"model.b179c9523d0e.q8_0.gguf".to_owned()), "{:?}", names());
    assert!(!names().iter().any(|name| name.ends_with(".part")), "{:?}", names());
    let server = Server::start(&fast);
    assert!(!server.log().contains("converting"), "{}", server.log());
    says_paris(&server);
}

#[test]
fn a_model_that_cannot_be_converted_now_is_served_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let model = default_model_in(folder.path());
    // Another process is at it.
    let lock = File::create(folder.path().join("model.b179c9523d0e.q8_0.gguf.lock")).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    let server = Server::start(&options(&model).model("weights", "\"fast\""));
    let log = server.log();
    assert!(log.contains("served as it is") && log.contains("another process"), "{log}");
    says_paris(&server);
}
