//! The modes that work without a server.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use dragon_testkit::gguf_writer::{GgufWriter, Value};
use dragon_testkit::tiny::tiny_model_path;
use serde_json::{Value as Json, json};

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

/// Runs the mode `tokens` with this on its standard input.
fn run_tokens(model: &str, input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dragon-engine"))
        .args(["tokens", "--model", model])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // It may end without reading all.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// For each text its tokens: ids, and the bytes that they cover.
fn tokens(model: &str, texts: &[&str]) -> Vec<Vec<(u64, usize)>> {
    let input: String = texts.iter().map(|text| json!(text).to_string() + "\n").collect();
    let pair = |pair: &Json| (pair[0].as_u64().unwrap(), usize::try_from(pair[1].as_u64().unwrap()).unwrap());
    let answers = lines(&run_tokens(model, &input));
    let answers = answers.iter().map(|line| serde_json::from_str::<Json>(line).unwrap());
    answers.map(|answer| answer.as_array().unwrap().iter().map(pair).collect()).collect()
}

/// The tiny model has a token for every byte.
#[test]
fn tokens_are_given_with_the_bytes_that_they_cover() {
    let bytes = |text: &str| text.bytes().map(|byte| (byte.into(), 1)).collect::<Vec<_>>();
    assert_eq!(tokens(&tiny(), &["a\né", "", "so 日"]), [bytes("a\né"), vec![], bytes("so 日")]);
    assert!(lines(&run_tokens(&tiny(), "")).is_empty());
    let long = "a few words, again and again. ".repeat(20_000);
    assert_eq!(tokens(&tiny(), &[&long, "b"]), [bytes(&long), bytes("b")]);
}

/// Byte pairs, as most models have them, and half characters: the text comes out as it went in.
#[test]
fn tokens_of_the_default_model_cover_the_text() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/SmolLM2-135M-Instruct.Q4_1.gguf");
    assert!(model.is_file(), "{} is missing; scripts/fetch-model.sh brings it", model.display());
    let texts =
        ["So it is, 12345 times.", "  Zażółć 日本語 😀\r\n\tgęślą", "a<|im_end|>\n<|im_start|>b ", "▁ \u{1}"];
    let answers = tokens(&model.display().to_string(), &texts);
    for (text, tokens) in texts.iter().zip(answers) {
        assert_eq!(tokens.iter().map(|(_, n_bytes)| n_bytes).sum::<usize>(), text.len(), "{text}");
        assert!(tokens.iter().all(|(_, n_bytes)| *n_bytes > 0), "{text}: {tokens:?}");
    }
}

/// The same words as a model of the Llama 2 family has them: a space is put in front of every text.
#[test]
fn a_space_that_the_tokenizer_adds_is_not_the_texts() {
    let mut vocabulary: Vec<(String, i32)> =
        ["<unk>", "<s>", "</s>"].map(str::to_owned).into_iter().zip([2, 3, 3]).collect();
    vocabulary.extend((0..=255).map(|byte: u8| (format!("<0x{byte:02X}>"), 6)));
    vocabulary.extend(["▁", "s", "o", "so", "▁so"].map(|piece| (piece.to_owned(), 1)));
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut gguf = GgufWriter::default();
    let scores = (0_u8..).map(f32::from).take(5);
    gguf.set("general.architecture", Value::String("llama".into()))
        .set("tokenizer.ggml.model", Value::String("llama".into()))
        .set("tokenizer.ggml.token_type", Value::I32s(vocabulary.iter().map(|(_, kind)| *kind).collect()))
        .set("tokenizer.ggml.scores", Value::F32s([0.0; 259].into_iter().chain(scores).collect()))
        .set(
            "tokenizer.ggml.tokens",
            Value::Strings(vocabulary.into_iter().map(|(piece, _)| piece).collect()),
        );
    std::fs::write(file.path(), gguf.to_bytes()).unwrap();
    let answers = tokens(&file.path().display().to_string(), &["so so", " so", "é", "▁so"]);
    let (space, so) = (259, 263);
    assert_eq!(answers[0], [(so, 2), (so, 3)]);
    // Two spaces for one: the first takes it.
    assert_eq!(answers[1], [(space, 1), (so, 2)]);
    assert_eq!(answers[2], [(space, 0), (3 + 0xc3, 1), (3 + 0xa9, 1)]);
    // What it writes for a space is one to it, wherever it stands.
    assert_eq!(answers[3], [(space, 0), (so, 5)]);
}

#[test]
fn what_is_no_text_is_said_with_its_line_and_what_is_no_model_too() {
    let output = run_tokens(&tiny(), "\"a\"\n{}\n");
    assert_eq!(output.status.code(), Some(64));
    assert_eq!(output.stdout, b"[[97,1]]\n");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("ERROR line 2: this is no JSON string"), "{said}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "GGUF but not really").unwrap();
    let output = run_tokens(&file.path().display().to_string(), "\"a\"\n");
    assert_eq!((output.status.code(), output.stdout), (Some(65), vec![]));
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
