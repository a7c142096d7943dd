//! `dragon guard` as others call it: lines in, lines out.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::program::{Ended, command, dragon_in, run};

/// Runs `dragon guard scan` with this on its standard input.
fn scan(input: &str) -> Ended {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("input.jsonl");
    std::fs::File::create(&path).unwrap().write_all(input.as_bytes()).unwrap();
    run(command(&["guard", "scan"]).stdin(Stdio::from(std::fs::File::open(&path).unwrap())))
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
