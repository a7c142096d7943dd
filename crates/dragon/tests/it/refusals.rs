//! Starts that fail: each with its exit code and everything that is wrong.

use std::net::TcpListener;
use std::path::Path;

use crate::program::{Ended, command, dragon_in, run, tiny_model};

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

fn assert_refused(ended: &Ended, code: i32, said: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:#?}");
    assert_eq!(ended.stdout, "", "what cannot serve announces nothing");
    let said_lines = lines(&ended.stderr);
    assert_eq!(said_lines.len(), said.len(), "{ended:#?}");
    for (line, wanted) in said_lines.iter().zip(said) {
        assert!(line.contains(wanted), "{line:?} should hold {wanted:?}");
    }
}

/// `dragon serve --config` with a file that holds this text, on a port of its own.
fn serve_config(directory: &Path, text: &str) -> Ended {
    std::fs::write(directory.join("dragon.toml"), text).unwrap();
    dragon_in(directory, &["serve", "--config", "dragon.toml", "--listen", "127.0.0.1:0"])
}

#[test]
fn bad_usage_ends_with_64_and_questions_with_0() {
    let here = Path::new(".");
    assert_eq!(dragon_in(here, &[]).code, Some(64));
    assert_eq!(dragon_in(here, &["swerve"]).code, Some(64));
    assert_eq!(dragon_in(here, &["serve", "--deadline-ms", "soon"]).code, Some(64));
    let help = dragon_in(here, &["serve", "--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("--config <FILE>"), "{help:#?}");
}

#[test]
fn bad_usage_of_a_siege_ends_with_2_because_1_says_that_the_target_fell() {
    let here = Path::new(".");
    for flags in [&["siege"][..], &["siege", "--no-such-flag"], &["siege", "--compare", "one.json"]] {
        let ended = dragon_in(here, flags);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:#?}");
    }
    let help = dragon_in(here, &["siege", "--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("--target <URL>"), "{help:#?}");
}

#[test]
fn a_siege_of_somebody_else_is_refused_and_all_mistakes_are_told() {
    // An address of documentation (RFC 5737): there is nobody.
    let flags = ["siege", "--target", "http://192.0.2.1", "--rate", "fast", "--preset", "dule"];
    let ended = dragon_in(Path::new("."), &flags);
    let said = [
        "--preset \"dule\": give one of quick, duel, soak; did you mean duel?",
        "--rate \"fast\": give a number",
    ];
    assert_refused(&ended, 2, &said);
    let ended = dragon_in(Path::new("."), &flags[..3]);
    assert_refused(&ended, 2, &["--i-own-this-target"]);
}

#[test]
fn the_version_names_the_engine_library_and_the_cpu() {
    let version = dragon_in(Path::new("."), &["--version"]);
    assert_eq!(version.code, Some(0));
    let lines = lines(&version.stdout);
    assert_eq!(lines[0], format!("dragon {}", env!("CARGO_PKG_VERSION")));
    assert!(lines[1].starts_with("llama-cpp-sys-2 "), "{version:#?}");
    assert!(lines[2].starts_with(std::env::consts::ARCH), "{version:#?}");
}

#[test]
fn all_mistakes_of_a_configuration_and_its_models_are_listed_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let text =
        "[server]\ndeadlin_ms = 5\nmax_body_bytes = 1\n\n[[model]]\nid = \"a\"\npath = \"absent.gguf\"\n";
    let said = [
        "dragon.toml:2: server.deadlin_ms: is not a setting of server; did you mean deadline_ms?",
        "dragon.toml:3: server.max_body_bytes: 1 is out of range",
        "dragon.toml:7: model.path: absent.gguf: there is no such file",
    ];
    assert_refused(&serve_config(directory.path(), text), 64, &said);
}

#[test]
fn a_mistake_hides_no_other_of_the_same_model() {
    let directory = tempfile::tempdir().unwrap();
    let text = "[[model]]\npath = \"absent.gguf\"\nchat_template = \"absent.jinja\"\n\n\
                [[model]]\nid = \"b\"\nchat_template = \"gone.jinja\"\n";
    let said = [
        "dragon.toml:1: model.id: is missing",
        "dragon.toml:2: model.path: absent.gguf: there is no such file",
        "dragon.toml:3: model.chat_template: absent.jinja cannot be read (No such file",
        "dragon.toml:5: model.path: is missing",
        "dragon.toml:7: model.chat_template: gone.jinja cannot be read (No such file",
    ];
    assert_refused(&serve_config(directory.path(), text), 64, &said);
}

#[test]
fn all_mistakes_of_the_command_line_are_listed_at_once() {
    let flags = ["serve", "--listen", "x", "--deadline-ms", "q", "--model", "bad"];
    let said = [
        "command line: --listen: \"x\" is not an IP address",
        "command line: --deadline-ms: \"q\" is not a whole number",
        "command line: --model: \"bad\" is not ID=PATH",
    ];
    assert_refused(&dragon_in(Path::new("."), &flags), 64, &said);
    let flags = ["serve", "--listen", "127.0.0.1:0", "--deadline-ms", "-5", "--model", "a=absent.gguf"];
    let said = ["command line: --deadline-ms: -5 is out of range", "absent.gguf: there is no such file"];
    assert_refused(&dragon_in(Path::new("."), &flags), 64, &said);
}

#[test]
fn an_address_in_use_is_named_and_ends_with_64() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let directory = tempfile::tempdir().unwrap();
    let model = format!("tiny={}", tiny_model(directory.path(), "tiny.gguf").display());
    let ended = dragon_in(directory.path(), &["serve", "--listen", &address, "--model", &model]);
    let said = format!("server.listen: cannot listen on {address} (another program uses it); choose another");
    assert_refused(&ended, 64, &[&said]);
}

#[test]
fn the_default_model_where_it_is_missing_ends_with_69_and_two_ways_to_mend_it() {
    let directory = tempfile::tempdir().unwrap();
    let ended = dragon_in(directory.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_refused(&ended, 69, &["models/SmolLM2-135M-Instruct.Q4_1.gguf: there is no such file"]);
    assert!(ended.stderr.contains("`make serve`"), "{ended:#?}");
    assert!(ended.stderr.contains("--model ID=PATH"), "{ended:#?}");
}

#[test]
fn every_bad_model_file_is_named_and_ends_with_69() {
    let directory = tempfile::tempdir().unwrap();
    tiny_model(directory.path(), "big-00001-of-00002.gguf");
    tiny_model(directory.path(), "tiny.gguf");
    std::fs::write(directory.path().join("not.gguf"), b"PK\x03\x04 something else").unwrap();
    let digest = "0".repeat(64);
    let text = format!(
        "[[model]]\nid = \"split\"\npath = \"big-00001-of-00002.gguf\"\n\
         [[model]]\nid = \"other\"\npath = \"not.gguf\"\n\
         [[model]]\nid = \"dir\"\npath = \".\"\n\
         [[model]]\nid = \"long\"\npath = \"tiny.gguf\"\nctx = 1048576\nsha256 = \"{digest}\"\n"
    );
    let said = [
        "dragon.toml:3: model.path: big-00001-of-00002.gguf: this is part 1 of 2 of a split model",
        "dragon.toml:6: model.path: not.gguf: ",
        "dragon.toml:9: model.path: .: this is a directory",
        "dragon.toml:13: model.ctx: 1048576 is more than the",
    ];
    assert_refused(&serve_config(directory.path(), &text), 69, &said);
}

/// An engine that leaves a mark and ends, and where the mark is.
#[cfg(unix)]
fn marking_engine(directory: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    use std::os::unix::fs::PermissionsExt as _;
    let (engine, mark) = (directory.join("engine"), directory.join("started"));
    std::fs::write(&engine, format!("#!/bin/sh\n: >'{}'\n", mark.display())).unwrap();
    std::fs::set_permissions(&engine, std::fs::Permissions::from_mode(0o755)).unwrap();
    (engine, mark)
}

/// The tiny model with other bytes right after the first place where these stand.
fn tiny_model_with(after: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut model = dragon_testkit::tiny::tiny_model_bytes().to_vec();
    let at = model.windows(after.len()).position(|window| window == after).unwrap() + after.len();
    model[at..at + bytes.len()].copy_from_slice(bytes);
    model
}

#[cfg(unix)]
#[test]
fn a_hostile_model_file_ends_with_69_and_a_sentence_before_any_engine_starts() {
    const U32: [u8; 4] = 4_u32.to_le_bytes();
    const F32: [u8; 4] = 6_u32.to_le_bytes();
    let number = |key: &str, x: u32| tiny_model_with(&[key.as_bytes(), &U32].concat(), &x.to_le_bytes());
    let float = |key: &str, x: f32| tiny_model_with(&[key.as_bytes(), &F32].concat(), &x.to_le_bytes());
    // After its name: two dimensions, then the type.
    let of_integers = |tensor: &str| {
        let place = [tensor.as_bytes(), &2_u32.to_le_bytes(), &64_u64.to_le_bytes(), &64_u64.to_le_bytes()];
        tiny_model_with(&place.concat(), &26_u32.to_le_bytes())
    };
    let cut = |model: &[u8]| model[..model.len() - 64].to_vec();
    let hostile = [
        ("llama.block_count", number("llama.block_count", 513)),
        ("llama.attention.head_count_kv", number("llama.attention.head_count_kv", 3)),
        ("llama.rope.dimension_count", number("llama.rope.dimension_count", 15)),
        ("llama.attention.layer_norm_rms_epsilon", float("llama.attention.layer_norm_rms_epsilon", -1.0)),
        ("NaN", float("llama.rope.freq_base", f32::NAN)),
        ("tokenizer.ggml.eos_token_id", number("tokenizer.ggml.eos_token_id", 262)),
        ("token_embd.weight", number("llama.embedding_length", 128)),
        ("blk.0.attn_q.weight", of_integers("blk.0.attn_q.weight")),
        ("The file is incomplete", cut(dragon_testkit::tiny::tiny_model_bytes())),
    ];
    let directory = tempfile::tempdir().unwrap();
    let (engine, mark) = marking_engine(directory.path());
    let serve = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let model = format!("bad={}", path.display());
        run(command(&["serve", "--listen", "127.0.0.1:0", "--model", &model]).env("DRAGON_ENGINE", &engine))
    };
    for (said, bytes) in &hostile {
        assert_refused(&serve("bad.gguf", bytes), 69, &[said]);
        assert!(!mark.exists(), "{said}: an engine was started");
    }
    serve("good.gguf", dragon_testkit::tiny::tiny_model_bytes());
    assert!(mark.exists(), "the good file reaches an engine");
}

#[test]
fn a_file_that_is_not_the_one_demanded_ends_with_69() {
    let directory = tempfile::tempdir().unwrap();
    tiny_model(directory.path(), "tiny.gguf");
    let digest = "0".repeat(64);
    let text = format!("[[model]]\nid = \"a\"\npath = \"tiny.gguf\"\nsha256 = \"{digest}\"\n");
    let said = "dragon.toml:4: model.sha256: tiny.gguf has the SHA-256 ";
    assert_refused(&serve_config(directory.path(), &text), 69, &[said]);
}

#[test]
fn a_chat_template_that_is_none_is_a_mistake_of_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    tiny_model(directory.path(), "tiny.gguf");
    std::fs::write(directory.path().join("chat.jinja"), "line one\n{% for %}\n").unwrap();
    let model = |template: &str| {
        format!("[[model]]\nid = \"a\"\npath = \"tiny.gguf\"\nchat_template = \"{template}\"\n")
    };
    let ended = serve_config(directory.path(), &model("chat.jinja"));
    assert_refused(
        &ended,
        64,
        &["dragon.toml:4: model.chat_template: chat.jinja: the chat template is not valid in line 2"],
    );
    let ended = serve_config(directory.path(), &model("absent.jinja"));
    assert_refused(
        &ended,
        64,
        &["dragon.toml:4: model.chat_template: absent.jinja cannot be read (No such file"],
    );
}

#[test]
fn a_missing_engine_program_is_said_before_it_is_needed() {
    let directory = tempfile::tempdir().unwrap();
    let model = format!("tiny={}", tiny_model(directory.path(), "tiny.gguf").display());
    let mut command = command(&["serve", "--listen", "127.0.0.1:0", "--model", &model]);
    let ended = run(command.env("DRAGON_ENGINE", directory.path().join("absent-engine")));
    assert_refused(&ended, 69, &["absent-engine is not there; build it with `make build`"]);
}

#[test]
fn an_engine_that_does_not_speak_the_protocol_ends_with_69_and_names_the_model() {
    let directory = tempfile::tempdir().unwrap();
    let model = format!("tiny={}", tiny_model(directory.path(), "tiny.gguf").display());
    // The engine is `dragon` itself: it shows its usage and ends.
    let ended = dragon_in(directory.path(), &["serve", "--listen", "127.0.0.1:0", "--model", &model]);
    assert_eq!(ended.code, Some(69), "{ended:#?}");
    assert!(ended.stderr.contains("model tiny: the engine "), "{ended:#?}");
}

#[test]
fn a_key_of_another_certificate_is_named_with_its_line() {
    let directory = tempfile::tempdir().unwrap();
    tiny_model(directory.path(), "tiny.gguf");
    let pair = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(directory.path().join("c.pem"), pair().cert.pem()).unwrap();
    std::fs::write(directory.path().join("k.pem"), pair().signing_key.serialize_pem()).unwrap();
    let text = "[server]\ntls_certificate = \"c.pem\"\ntls_key = \"k.pem\"\n[[model]]\nid = \"a\"\npath = \"tiny.gguf\"\n";
    let ended = serve_config(directory.path(), text);
    assert_refused(
        &ended,
        64,
        &["dragon.toml:3: server.tls_key: the key does not belong to the certificate"],
    );
    let ended = serve_config(directory.path(), &text.replace("c.pem", "missing.pem"));
    assert_refused(&ended, 64, &["dragon.toml:2: server.tls_certificate: missing.pem cannot be read"]);
}
