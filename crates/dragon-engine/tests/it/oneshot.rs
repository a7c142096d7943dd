//! The modes that work without a server.

use std::path::Path;
use std::process::{Command, Output};

use dragon_testkit::tiny::tiny_model_path;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dragon-engine"))
        .args(arguments)
        .env("GOMP_SPINCOUNT", "0")
        .output()
        .unwrap()
}

fn lines(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn kinds(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| line.split('"').nth(3).unwrap()).collect()
}

fn tiny() -> String {
    tiny_model_path().display().to_string()
}

#[test]
fn bench_measures_what_was_asked_for() {
    let sizes = ["--prompt", "40", "--new", "4", "--batches", "1,3", "--mix", "2", "--shared", "2"];
    let output = run(&[&["bench", "--model", &tiny(), "--cache-type", "f32"], &sizes[..]].concat());
    let lines = lines(&output);
    let expected = [
        "load", "chunk", "chunk", "chunk", "chunk", "chunk", "chunk", "prefill", "decode", "decode", "mix",
        "shared", "copy",
    ];
    assert_eq!(kinds(&lines), expected);
    assert!(lines[9].contains(r#""batch":3"#) && lines[9].contains(r#""n_cells_start":40"#), "{}", lines[9]);
}

#[test]
fn a_model_is_not_apart_from_itself_and_a_coarser_cache_is_a_little() {
    let tiny = tiny();
    let compare = |cache_type: &str| {
        let models = ["compare", "--reference", &tiny, "--model", &tiny, "--reference-cache-type", "f32"];
        lines(&run(&[&models[..], &["--cache-type", cache_type]].concat())).remove(0)
    };
    let same = compare("f32");
    assert!(same.contains(r#""mean_kl_nats":0.000000"#) && same.contains(r#""equal_top":1.00000"#), "{same}");
    let coarser = compare("bf16");
    assert!(!coarser.contains(r#""mean_kl_nats":0.000000"#), "{coarser}");
}

#[test]
fn converted_weights_can_be_loaded_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("tiny.f16.gguf").display().to_string();
    let convert = ["convert", "--from", &tiny(), "--to", &target, "--format", "f16"];
    let reported = lines(&run(&convert)).remove(0);
    let n_bytes = Path::new(&target).metadata().unwrap().len();
    assert_eq!(reported, format!(r#"{{"kind":"converted","bytes":{n_bytes}}}"#));
    lines(&run(&["compare", "--reference", &tiny(), "--model", &target]));
    let again = run(&convert);
    assert_eq!(again.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&again.stderr).contains("exists already"));
}

/// A link in the target's folder that points out of it: without restrictions the file would be written there.
#[cfg(target_os = "linux")]
#[test]
fn a_conversion_cannot_write_outside_the_folder_of_its_target() {
    let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let target = inside.path().join("out.gguf");
    let elsewhere = outside.path().join("out.gguf");
    std::os::unix::fs::symlink(&elsewhere, &target).unwrap();
    let target = target.display().to_string();
    let output = run(&["convert", "--from", &tiny(), "--to", &target, "--format", "f16"]);
    if String::from_utf8_lossy(&output.stderr).contains("no landlock") {
        return;
    }
    assert!(!output.status.success());
    assert!(!elsewhere.exists(), "it was written outside");
}

#[test]
fn a_conversion_of_something_else_than_a_model_fails_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("not-a-model.gguf");
    std::fs::write(&source, "GGUF but not really").unwrap();
    let target = folder.path().join("out.gguf");
    let output = run(&[
        "convert",
        "--from",
        &source.display().to_string(),
        "--to",
        &target.display().to_string(),
        "--format",
        "q8_0",
    ]);
    assert_eq!(output.status.code(), Some(65));
    assert!(String::from_utf8_lossy(&output.stderr).contains("could not convert"));
}

#[test]
fn mistakes_in_arguments_are_named_and_help_is_no_mistake() {
    let wrong: [(&[&str], &str); 4] = [
        (&["benhc"], "not a mode"),
        (&["bench"], "--model is missing"),
        (&["bench", "--modle", "x"], "\"--modle\""),
        (&["convert", "--from", "a", "--to", "b", "--format", "q9"], "q8_0, q4_0"),
    ];
    for (arguments, expected) in wrong {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    assert!(lines(&run(&["--help"])).iter().any(|line| line.contains("compare --reference")));
}
