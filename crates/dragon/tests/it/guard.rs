//! `dragon guard` as others call it: lines in, lines out.

use std::io::{Seek, Write};
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::program::{Ended, command, dragon_in, run, tiny_model};

/// Runs `dragon guard scan` with this on its standard input.
fn scan(input: &str) -> Ended {
    run(command(&["guard", "scan"]).stdin(standard_input(input)))
}

/// The same by a model's tokens, with the real engine program.
fn scan_by(arguments: &[&str], input: &str) -> Ended {
    let mut command = command(&[&["guard", "scan"], arguments].concat());
    run(command.env_remove("DRAGON_ENGINE").stdin(standard_input(input)))
}

fn standard_input(text: &str) -> Stdio {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.rewind().unwrap();
    Stdio::from(file)
}

fn lines_of(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

fn answers(ended: &Ended) -> Vec<Value> {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn guard_scan_answers_every_line_in_its_order() {
    let thought = "Wait, maybe the sign means half of the price.\n\n".repeat(40);
    let rows = [
        json!({ "id": "healthy", "text": "Both rides cost twelve dollars.", "kind": "ignored" }),
        json!({ "id": 2, "text": thought }),
        json!({ "id": "asked", "text": thought, "prompt": "Write it 40 times." }),
    ];
    let input: Vec<String> = rows.iter().map(Value::to_string).collect();
    let ended = scan(&input.join("\n"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let answers: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let healthy = json!({ "id": "healthy", "flag_at_chars": null, "kind": null });
    let looping = json!({ "id": 2, "flag_at_chars": 725, "kind": "exact" });
    let asked = json!({ "id": "asked", "flag_at_chars": null, "kind": null });
    assert_eq!(answers, [healthy, looping, asked]);

    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.jsonl"), &input[1]).unwrap();
    std::fs::write(directory.path().join("b.jsonl"), &input[0]).unwrap();
    let from_files = dragon_in(directory.path(), &["guard", "scan", "a.jsonl", "b.jsonl"]);
    assert_eq!(from_files.stdout.lines().count(), 2);
    assert_eq!(from_files.stdout.lines().next(), ended.stdout.lines().nth(1));
}

#[test]
fn guard_scan_says_which_line_it_cannot_read() {
    let ended = scan("{\"id\": 1, \"text\": \"a\"}\n{\"id\": 2}\n");
    assert_eq!(ended.code, Some(64));
    assert_eq!(ended.stdout.lines().count(), 1);
    assert_eq!(ended.stderr, "standard input, line 2: \"text\" has to be a string\n");
    let directory = tempfile::tempdir().unwrap();
    let ended = dragon_in(directory.path(), &["guard", "scan", "absent.jsonl"]);
    assert_eq!(ended.code, Some(64));
    assert!(ended.stderr.starts_with("absent.jsonl cannot be read: "), "{}", ended.stderr);
}

/// The tiny model has a token for every byte: 256 of them are a handful of copies, where words would need 200.
#[test]
fn guard_scan_by_tokens_answers_every_line_in_its_order() {
    let directory = tempfile::tempdir().unwrap();
    let model = tiny_model(directory.path(), "tiny.gguf").display().to_string();
    let looping = "Wait, maybe the sign means half of the price.\n\n".repeat(10);
    let polish = "Może znak mówi o połowie ceny, a może nie?\n\n".repeat(10);
    let healthy: String =
        (0..400).map(|n| format!("ride {} costs {} ", n * 37 % 101, n * n * 31 % 509)).collect();
    let rows = [
        json!({ "id": 1, "text": healthy }),
        json!({ "id": "l", "text": looping }),
        json!({ "id": ["p"], "text": polish }),
        json!({ "id": 1, "text": "" }),
        json!({ "id": "asked", "text": looping, "prompt": "Write it 40 times." }),
        json!({ "id": "not asked", "text": looping, "prompt": "What does the sign mean?" }),
    ];
    let input = lines_of(&rows);
    let none = |id: Value| json!({ "id": id, "flag_at_chars": null, "kind": null });
    let exact = |id: Value, at_chars: usize| json!({ "id": id, "flag_at_chars": at_chars, "kind": "exact" });
    let expected = [
        none(json!(1)),
        exact(json!("l"), 256),
        // 22 of the 256 bytes are second halves of letters.
        exact(json!(["p"]), 234),
        none(json!(1)),
        none(json!("asked")),
        exact(json!("not asked"), 256),
    ];
    assert_eq!(answers(&scan_by(&["--model", &model], &input)), expected);
    // In words none of them is long enough.
    assert!(answers(&scan(&input)).iter().all(|answer| answer["kind"].is_null()));

    let config = directory.path().join("dragon.toml");
    std::fs::write(&config, "[[model]]\nid = \"chat\"\npath = \"tiny.gguf\"\n").unwrap();
    let config = config.display().to_string();
    assert_eq!(answers(&scan_by(&["--model", "chat", "--config", &config], &input)), expected);
}

/// Texts that are longer than what a pipe holds, and a model whose tokens are words.
#[test]
fn guard_scan_by_the_default_models_tokens_finds_long_loops() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/SmolLM2-135M-Instruct.Q4_1.gguf");
    let healthy: String = (0_u64..20_000).map(|n| format!("w{} ", n * n * 31 % 50_021)).collect();
    let looping = format!("{healthy}{}", "Być może znak mówi o połowie ceny.\n\n".repeat(100));
    let rows = [json!({ "id": 1, "text": looping }), json!({ "id": 2, "text": healthy })];
    let found = answers(&scan_by(&["--model", &model.display().to_string()], &lines_of(&rows)));
    let at_chars = usize::try_from(found[0]["flag_at_chars"].as_u64().unwrap()).unwrap();
    let onset = healthy.chars().count();
    assert!((onset + 400..onset + 1_200).contains(&at_chars), "{at_chars} {onset}");
    assert_eq!(found[1]["flag_at_chars"], Value::Null);
}

#[test]
fn guard_scan_says_which_model_it_cannot_use() {
    let row = lines_of(&[json!({ "id": 1, "text": "a" })]);
    let directory = tempfile::tempdir().unwrap();
    let unknown = scan_by(&["--model", "no-such-model"], &row);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(69), ""));
    assert!(
        unknown.stderr.contains("no-such-model is neither") && unknown.stderr.contains("smollm2-135m"),
        "{}",
        unknown.stderr
    );
    let wrong = directory.path().join("wrong.gguf").display().to_string();
    std::fs::write(&wrong, "GGUF but not really").unwrap();
    // Also where there is nothing to scan.
    for input in [row.as_str(), ""] {
        let ended = scan_by(&["--model", &wrong], input);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(69), ""));
        let said = &ended.stderr;
        assert!(
            said.starts_with(&format!("model {wrong}: ")) && said.contains("cannot load this file"),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let model = tiny_model(directory.path(), "tiny.gguf").display().to_string();
    let mut without_engine = command(&["guard", "scan", "--model", &model]);
    let ended = run(without_engine.env("DRAGON_ENGINE", directory.path().join("absent")));
    assert_eq!(ended.code, Some(69));
    assert!(ended.stderr.contains("absent is not there"), "{}", ended.stderr);
    let config_alone = dragon_in(directory.path(), &["guard", "scan", "--config", "dragon.toml"]);
    assert_eq!(config_alone.code, Some(64), "{}", config_alone.stderr);
}

#[test]
fn guard_scan_by_tokens_says_which_line_it_cannot_read() {
    let directory = tempfile::tempdir().unwrap();
    let model = tiny_model(directory.path(), "tiny.gguf").display().to_string();
    let long = json!({ "id": 2, "text": "a".repeat((4 << 20) + 1) }).to_string();
    for (line, wrong) in [
        ("{\"id\": 2}", "\"text\" has to be a string"),
        (long.as_str(), "\"text\" has 4194305 bytes, and 4194304 is the most"),
    ] {
        let ended = scan_by(&["--model", &model], &format!("{{\"id\": 1, \"text\": \"a\"}}\n{line}\n"));
        assert_eq!((ended.code, ended.stdout.lines().count()), (Some(64), 1));
        assert_eq!(ended.stderr, format!("standard input, line 2: {wrong}\n"));
    }
}
