use proptest::prelude::*;

use super::{FILE, plan, problems_of};
use crate::config::{Flags, Plan, Problems};
use crate::exit::Exit;

/// A model section that is right, for tests of `[server]`.
const MODEL: &str = "[[model]]\nid = \"a\"\npath = \"a.gguf\"\n";

#[test]
fn every_mistake_of_a_file_is_reported_with_its_line() {
    let text = r#"[server]
listen = "localhost"
deadline_ms = 50
quue_max = 5
max_connections = "many"
cors_origins = ["https://ok.example", "*", 7]

[[model]]
id = "a b"
path = ""
ctx = 1_000_000_000
cache_type = "q8"
top_p = 0.0

[[model]]
id = "twin"
weights = "q4"

[[model]]
id = "twin"
path = "b.gguf"

[[client]]
name = "x"
"#;
    let expected = [
        r#"2: server.listen: "localhost" is not an IP address with a port, such as 127.0.0.1:8080; give ADDRESS:PORT, or leave it out for 127.0.0.1:8080"#,
        "3: server.deadline_ms: 50 is out of range; give 100 to 3600000 ms, or leave it out for 10000",
        "4: server.quue_max: is not a setting of server; did you mean queue_max?",
        "5: server.max_connections: has to be a whole number, not a string; give 1 to 65536, or leave it out for 1024",
        r#"6: server.cors_origins: has to be a list of strings, not a whole number; give a list of origins, or leave it out for []"#,
        r#"6: server.cors_origins: "*" is not an origin such as https://chat.example.org; give a list of origins, or leave it out for []"#,
        r#"9: model.id: holds the character ' '; give 1 to 128 of A-Z a-z 0-9 . _ : / -"#,
        "10: model.path: is empty; give a GGUF file",
        "11: model.ctx: 1000000000 is out of range; give 64 to 1048576 tokens",
        r#"12: model.cache_type: "q8" is not one of auto, f32, f16, bf16, q8_0; did you mean q8_0?"#,
        "13: model.top_p: 0.0 is out of range; give above 0 and at most 1, or leave it out for 0.95",
        "15: model.path: is missing; give a GGUF file",
        r#"17: model.weights: "q4" is not one of as-is, fast; known are as-is, fast"#,
        r#"20: model.id: "twin" is already the id of another model (/etc/dragon/dragon.toml:16); give every model its own id"#,
        "23: client.key_sha256: is missing; give 64 hexadecimal digits",
    ];
    let expected: Vec<String> = expected.iter().map(|line| format!("{FILE}:{line}")).collect();
    assert_eq!(problems_of(text), expected);
}

#[test]
fn values_of_the_wrong_kind_and_range_are_refused_one_by_one() {
    for (setting, named) in [
        ("slots = 0", "0 is out of range"),
        ("slots = 257", "257 is out of range"),
        ("slots = -1", "-1 is out of range"),
        ("slots = 99999999999999999999", "99999999999999999999 is out of range"),
        ("slots = 2.0", "has to be a whole number, not a fraction"),
        ("threads = 0", "0 is out of range"),
        ("prefill_chunk = 7", "7 is out of range"),
        ("prefix_cache_mib = -1", "-1 is out of range"),
        ("speculation = \"draft\"", "is not one of off, prompt-lookup"),
        ("max_tokens = 0", "0 is out of range"),
        ("temperature = nan", "nan is out of range"),
        ("temperature = inf", "inf is out of range"),
        ("temperature = 2.1", "2.1 is out of range"),
        ("temperature = \"hot\"", "has to be a number, not a string"),
        ("min_p = -0.1", "-0.1 is out of range"),
        ("sha256 = \"abc\"", "has 3 characters and is not a SHA-256"),
        ("chat_template = true", "has to be a string, not true or false"),
        ("guard = \"maybe\"", "is not one of on, alarm, off"),
        ("tuned = true", "has to be a string, not true or false"),
        ("gpu_layer = 1", "did you mean gpu_layers?"),
        ("entirely_different = 1", "known are id, path, sha256"),
    ] {
        let problems = problems_of(&format!("{MODEL}{setting}\n"));
        let name = setting.split(' ').next().unwrap();
        assert_eq!(problems.len(), 1, "{setting}: {problems:?}");
        assert!(problems[0].starts_with(&format!("{FILE}:4: model.{name}: ")), "{setting}: {problems:?}");
        assert!(problems[0].contains(named), "{setting}: {problems:?}");
    }
}

#[test]
fn numbers_at_the_ends_of_their_ranges_and_in_other_writings_are_taken() {
    for setting in [
        "slots = 256",
        "slots = 0x10",
        "ctx = 1_048_576",
        "top_p = 1",
        "temperature = 0",
        "temperature = 2.0",
        "top_k = 0",
        "min_p = 1e-3",
    ] {
        assert_eq!(problems_of(&format!("{MODEL}{setting}\n")), Vec::<String>::new(), "{setting}");
    }
}

#[test]
fn a_syntax_error_names_its_line() {
    let problems = problems_of("[server]\nlisten = \"127.0.0.1:1\ndeadline_ms = 5\n");
    assert!(problems[0].starts_with(&format!("{FILE}:2: ")), "{problems:?}");
    assert!(problems[0].ends_with("correct the TOML syntax"), "{problems:?}");
    let problems = problems_of("[[model]]\nid = \"a\"\nid = \"b\"\n");
    assert!(problems[0].starts_with(&format!("{FILE}:3: ")), "{problems:?}");
}

#[test]
fn sections_of_the_wrong_shape_are_refused() {
    let problems = problems_of("server = 1\n");
    assert!(problems[0].contains(":1: server: has to be a table; write [server]"), "{problems:?}");
    let problems = problems_of("[model]\nid = \"a\"\n");
    assert!(problems[0].contains(":1: model: has to be a list of tables; write [[model]]"), "{problems:?}");
    let problems = problems_of(&format!("{MODEL}[sever]\n"));
    assert!(problems[0].contains(":4: sever: is not a section; did you mean server?"), "{problems:?}");
}

#[test]
fn a_file_without_models_is_refused_unless_a_flag_names_one() {
    let problems = problems_of("[server]\ndeadline_ms = 500\n");
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("names no model to serve; add a [[model]] section"), "{problems:?}");
    assert!(!problems_of("model = []\n").is_empty());

    let flags = Flags { models: vec!["m=m.gguf".to_owned()], ..Flags::default() };
    assert_eq!(plan("[server]\ndeadline_ms = 500\n", &flags).1, Vec::<String>::new());
}

#[test]
fn flags_are_checked_like_the_file() {
    let models = ["nopath", "=x", "a=", "b c=x", "ok=x", "ok=y"].map(str::to_owned).to_vec();
    let flags = Flags {
        models,
        listen: Some("8080".to_owned()),
        deadline_ms: Some("1".to_owned()),
        ..Flags::default()
    };
    let mut problems = Problems::default();
    Plan::new(&flags, &mut problems);
    let lines = problems.lines();
    let wanted = [
        "--listen: \"8080\" is not an IP address",
        "--deadline-ms: 1 is out of range",
        "--model: \"nopath\" is not ID=PATH",
        "--model: the id in \"=x\" is empty",
        "--model: \"a=\" is not ID=PATH",
        "--model: the id in \"b c=x\" holds the character ' '",
        "model.id: \"ok\" is already the id of another model",
    ];
    assert_eq!(lines.len(), wanted.len(), "{lines:#?}");
    for (line, wanted) in lines.iter().zip(wanted) {
        assert!(line.starts_with(&format!("command line: {wanted}")), "{line} should say {wanted}");
    }
    assert_eq!(problems.exit(), Some(Exit::Usage));
}

#[test]
fn a_deadline_flag_is_a_whole_number_in_its_range() {
    let said = |text: &str| {
        let flags = Flags { deadline_ms: Some(text.to_owned()), ..Flags::default() };
        let mut problems = Problems::default();
        let plan = Plan::new(&flags, &mut problems);
        (plan.models[0].deadline.as_millis(), problems.lines())
    };
    assert_eq!(said("2500"), (2500, Vec::new()));
    for (text, wrong) in [
        ("soon", "\"soon\" is not a whole number"),
        ("", "\"\" is not a whole number"),
        ("-", "\"-\" is not a whole number"),
        ("1e3", "\"1e3\" is not a whole number"),
        ("99", "99 is out of range"),
        ("-500", "-500 is out of range"),
        ("99999999999999999999", "99999999999999999999 is out of range"),
    ] {
        let remedy = "give 100 to 3600000 ms, or leave it out for 10000";
        let line = format!("command line: --deadline-ms: {wrong}; {remedy}");
        assert_eq!(said(text), (10_000, vec![line]));
    }
}

#[test]
fn sections_with_half_a_model_are_still_looked_into() {
    let text = "[[model]]\npath = \"a.gguf\"\n[[model]]\nid = \"b\"\nchat_template = \"b.jinja\"\n";
    let (plan, problems) = plan(text, &Flags::default());
    assert_eq!(problems.len(), 2, "{problems:?}");
    let paths: Vec<_> = plan.models.iter().map(|model| model.path.value.display().to_string()).collect();
    assert_eq!(paths, ["/etc/dragon/a.gguf"]);
    let strays: Vec<_> = plan.stray_templates.iter().map(|stray| stray.value.display().to_string()).collect();
    assert_eq!(strays, ["/etc/dragon/b.jinja"]);
}

#[test]
fn a_file_that_cannot_be_read_is_one_problem() {
    let directory = tempfile::tempdir().unwrap();
    let not_text = directory.path().join("binary.toml");
    std::fs::write(&not_text, b"[server]\n# \xff\n").unwrap();
    let huge = directory.path().join("huge.toml");
    std::fs::write(&huge, vec![b'#'; 1024 * 1024 + 1]).unwrap();
    for (path, wanted) in [
        (directory.path().join("absent.toml"), ": cannot be read (No such file"),
        (directory.path().to_path_buf(), ": cannot be read (Is a directory"),
        (not_text, ":2: is not UTF-8 text"),
        (huge, ": is larger than 1048576 bytes"),
    ] {
        let mut problems = Problems::default();
        Plan::new(&Flags { config: Some(path.clone()), ..Flags::default() }, &mut problems);
        let lines = problems.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with(&format!("{}{wanted}", path.display())), "{lines:?}");
    }
}

proptest! {
    /// Whatever is in the file: no panic, and a plan without a model comes with a reason.
    #[test]
    fn any_text_gives_a_model_or_a_reason(text in "(\\PC|\n|[\\[\\]=\"a-z0-9_.#]){0,200}") {
        let (plan, problems) = plan(&text, &Flags::default());
        prop_assert!(!plan.models.is_empty() || !problems.is_empty());
    }

    /// A key that nobody knows is never silently accepted.
    #[test]
    fn an_unknown_key_is_always_refused(key in "[a-z]{1,12}_x") {
        prop_assert_eq!(problems_of(&format!("{MODEL}{key} = 1\n")).len(), 1);
        prop_assert_eq!(problems_of(&format!("{MODEL}[server]\n{key} = 1\n")).len(), 1);
    }
}

#[test]
fn clients_that_could_not_be_told_apart_are_refused() {
    let digest = "ab".repeat(32);
    let client = format!("[[client]]\nname = \"a\"\nkey_sha256 = \"{digest}\"\n");
    let text = format!("[[model]]\nid = \"m\"\npath = \"m.gguf\"\n{client}{client}weight = 0.0\n");
    let expected = [
        "10: client.weight: 0.0 is out of range; give 0.001 to 1000, or leave it out for 1",
        "8: client.name: is that of another client already (/etc/dragon/dragon.toml:5); give every client its own",
        "9: client.key_sha256: is that of another client already (/etc/dragon/dragon.toml:6); give every client its own",
    ];
    let mut lines = problems_of(&text);
    lines.sort();
    let mut expected = expected.map(|line| format!("{FILE}:{line}"));
    expected.sort();
    assert_eq!(lines, expected);
}

#[test]
fn beyond_loopback_somebody_has_to_be_named_or_everyone_allowed() {
    let model = "[[model]]\nid = \"m\"\npath = \"m.gguf\"\n";
    let lines = problems_of(&format!("[server]\nlisten = \"0.0.0.0:8080\"\n{model}"));
    assert!(lines.len() == 1 && lines[0].contains("dragon key NAME"), "{lines:?}");
    let open = format!("[server]\nlisten = \"0.0.0.0:8080\"\nallow_anyone = \"on\"\n{model}");
    assert_eq!(problems_of(&open), Vec::<String>::new());
    let digest = "ab".repeat(32);
    let keyed = format!("[[client]]\nname = \"a\"\nkey_sha256 = \"{digest}\"\n");
    let closed = format!("[server]\nlisten = \"0.0.0.0:8080\"\n{model}{keyed}");
    assert_eq!(problems_of(&closed), Vec::<String>::new());
}

#[test]
fn tls_wants_both_files_and_paths_start_from_the_configuration() {
    for (given, missing) in [("tls_certificate", "tls_key"), ("tls_key", "tls_certificate")] {
        let lines = problems_of(&format!("[server]\n{given} = \"a.pem\"\n{MODEL}"));
        let said = format!("{FILE}:2: server.{given}: does nothing without {missing}");
        assert!(lines.len() == 1 && lines[0].starts_with(&said), "{lines:?}");
    }
    let both = format!("[server]\ntls_certificate = \"a.pem\"\ntls_key = \"/b.pem\"\n{MODEL}");
    let (plan, lines) = plan(&both, &Flags::default());
    let files = plan.tls.unwrap();
    assert_eq!((lines.len(), files.certificate.value.to_str()), (0, Some("/etc/dragon/a.pem")));
    assert_eq!(files.key.value.to_str(), Some("/b.pem"));
}
