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

/// A number of a line of JSON.
fn number(line: &str, name: &str) -> f64 {
    let (_, rest) = line.split_once(&format!("\"{name}\":")).unwrap();
    rest.split([',', '}']).next().unwrap().parse().unwrap()
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
    assert!(lines[0].contains(r#""kv_bytes":"#) && !lines[0].contains(r#""kv_bytes":0,"#), "{}", lines[0]);
    assert!(lines[9].contains(r#""batch":3"#) && lines[9].contains(r#""n_cells_start":40"#), "{}", lines[9]);
}

#[test]
fn bench_ends_when_its_time_is_up_with_what_it_has() {
    let endless = ["--prompt", "8", "--new", "200000", "--batches", "1"];
    let output = run(&[&["bench", "--model", &tiny(), "--seconds", "1"], &endless[..]].concat());
    let lines = lines(&output);
    assert_eq!(kinds(&lines).first(), Some(&"load"));
    assert_eq!(kinds(&lines).last(), Some(&"stopped"));
    assert!(!kinds(&lines).contains(&"decode"), "{lines:?}");
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

/// What two orders of the same arithmetic differ by: the measure that tuning takes has to be fine enough to show it, and
/// far below what it refuses (0.02 nats, 93 %).
#[test]
fn the_default_model_with_another_cache_is_as_far_as_rounding() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/SmolLM2-135M-Instruct.Q4_1.gguf");
    assert!(model.is_file(), "{} is missing; scripts/fetch-model.sh brings it", model.display());
    let model = model.display().to_string();
    let line =
        lines(&run(&["compare", "--reference", &model, "--model", &model, "--cache-type", "bf16"])).remove(0);
    let mean_kl = number(&line, "mean_kl_nats");
    assert!((0.001..0.012).contains(&mean_kl), "{line}");
    assert!(number(&line, "equal_top") > 0.93, "{line}");
    assert!(number(&line, "n_tokens") > 1_500.0, "{line}");
}

#[test]
fn converted_weights_can_be_loaded_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("tiny.f16.gguf").display().to_string();
    let convert = ["convert", "--from", &tiny(), "--to", &target, "--format", "f16"];
    let mut reported = lines(&run(&convert));
    let n_bytes = Path::new(&target).metadata().unwrap().len();
    assert_eq!(reported.pop(), Some(format!(r#"{{"kind":"converted","bytes":{n_bytes}}}"#)));
    assert_eq!(reported.last().map(String::as_str), Some(r#"{"kind":"progress","share":1.00}"#));
    assert!(kinds(&reported).iter().all(|kind| *kind == "progress"), "{reported:?}");
    lines(&run(&["compare", "--reference", &tiny(), "--model", &target]));
    let before = std::fs::read(&target).unwrap();
    let again = run(&convert);
    assert!(std::fs::read(&target).unwrap() == before, "it was overwritten");
    assert_eq!(again.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&again.stderr).contains("exists already"));
}

/// A link that leads out of the target's folder is something that is there already, also while it leads to nothing.
#[test]
fn a_conversion_follows_no_link_to_its_target() {
    let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let target = inside.path().join("out.gguf");
    let elsewhere = outside.path().join("out.gguf");
    std::os::unix::fs::symlink(&elsewhere, &target).unwrap();
    let target = target.display().to_string();
    let output = run(&["convert", "--from", &tiny(), "--to", &target, "--format", "f16"]);
    assert_eq!(output.status.code(), Some(64));
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
    assert!(!target.exists(), "half a model was left");
}

#[test]
fn what_cannot_be_read_or_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing").display().to_string();
    let into_missing = folder.path().join("missing/out.gguf").display().to_string();
    let target = folder.path().join("out.gguf").display().to_string();
    let folder = folder.path().display().to_string();
    let wrong = [
        ([&missing, &target], 65, &missing),
        ([&folder, &target], 65, &folder),
        ([&tiny(), &into_missing], 70, &into_missing),
    ];
    for ([from, to], code, named) in wrong {
        let output = run(&["convert", "--from", from, "--to", to, "--format", "f16"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(named.as_str()) && said.lines().count() == 1, "{said}");
        assert!(!Path::new(&target).exists());
    }
}

#[test]
fn mistakes_in_arguments_are_named_and_help_is_no_mistake() {
    let wrong: [(&[&str], &str); 6] = [
        (&["benhc"], "not a mode"),
        (&["bench"], "--model is missing"),
        (&["bench", "--modle", "x"], "\"--modle\""),
        (&["bench", "--model", "x", "--prompt", "4294967295"], "a whole number from 1 to"),
        (&["bench", "--model", "x", "--batches", "1,8", "--slots", "7"], "a whole number from 8 to"),
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

#[test]
fn probe_says_what_holds_on_this_machine() {
    let lines = lines(&run(&["probe", "--model", &tiny()]));
    assert!(lines.iter().any(|line| line == "held: read the model: done"), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.starts_with("BROKEN")), "{lines:#?}");
}
