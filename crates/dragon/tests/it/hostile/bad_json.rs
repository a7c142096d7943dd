//! Bodies that are not JSON, or not an object, or not whole.

use dragon_testkit::harness::{Server, ServerOptions};

use super::asking::{CHAT, COMPLETIONS, JSON, assert_error, assert_serves};

/// More levels than a parser can recurse into on any stack.
const DEEP: usize = 10_000;

fn bodies() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let nested = |open: &str, close: &str| {
        format!("{{\"model\":\"tiny\",\"x\":{}1{}}}", open.repeat(DEEP), close.repeat(DEEP)).into_bytes()
    };
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("nothing", text(""), "invalid_json"),
        ("blanks", text(" \r\n\t "), "invalid_json"),
        ("a word", text("hello"), "invalid_json"),
        ("a cut object", text(r#"{"model":"tiny","prompt":"#), "invalid_json"),
        ("a cut string", text(r#"{"model":"ti"#), "invalid_json"),
        ("a missing brace", text(r#"{"model":"tiny""#), "invalid_json"),
        ("a comma too many", text(r#"{"model":"tiny",}"#), "invalid_json"),
        ("two documents", text(r#"{"model":"tiny"}{}"#), "invalid_json"),
        ("single quotes", text("{'model':'tiny'}"), "invalid_json"),
        ("a comment", text(r#"{"model":"tiny"/* hi */}"#), "invalid_json"),
        ("a bare key", text(r#"{model:"tiny"}"#), "invalid_json"),
        ("a raw line end in a string", text("{\"model\":\"ti\nny\"}"), "invalid_json"),
        ("a zero byte", text("{\"model\":\0}"), "invalid_json"),
        ("a lone surrogate", text(r#"{"model":"\ud800"}"#), "invalid_json"),
        ("a bad escape", text(r#"{"model":"\x41"}"#), "invalid_json"),
        ("not a number", text(r#"{"temperature":NaN}"#), "invalid_json"),
        ("infinity", text(r#"{"temperature":-Infinity}"#), "invalid_json"),
        ("beyond all doubles", text(r#"{"temperature":1e999}"#), "invalid_json"),
        ("a hexadecimal number", text(r#"{"max_tokens":0x10}"#), "invalid_json"),
        ("a leading zero", text(r#"{"max_tokens":010}"#), "invalid_json"),
        ("deep lists", nested("[", "]"), "invalid_json"),
        ("deep objects", nested("{\"a\":", "}"), "invalid_json"),
        ("deep and never closed", "[".repeat(1 << 20).into_bytes(), "invalid_json"),
        ("a byte order mark", text("\u{feff}{}"), "invalid_json"),
        ("a form", text("model=tiny&prompt=hi"), "invalid_json"),
        ("a list", text("[]"), "invalid_type"),
        ("a string", text(r#""model""#), "invalid_type"),
        ("a number", text("1"), "invalid_type"),
        ("null", text("null"), "invalid_type"),
        ("an empty object", text("{}"), "missing_required_parameter"),
        ("a wrong byte", b"{\"model\":\"t\xffny\"}".to_vec(), "invalid_utf8"),
        ("a cut character", b"{\"model\":\"\xf0\x9f\x90\"}".to_vec(), "invalid_utf8"),
        ("an overlong slash", b"{\"model\":\"\xc0\xaf\"}".to_vec(), "invalid_utf8"),
        ("UTF-16", b"\xff\xfe{\0}\0".to_vec(), "invalid_utf8"),
    ]
}

#[test]
fn what_is_no_json_object_is_a_400_that_says_so() {
    let server = Server::start(&ServerOptions::tiny());
    for endpoint in [CHAT, COMPLETIONS] {
        for (name, body, code) in bodies() {
            let answer = server.http("POST", endpoint, &[JSON], &body);
            let param = (code == "missing_required_parameter").then_some("model");
            assert_error(&format!("{name} at {endpoint}"), &answer, 400, code, param);
        }
    }
    assert_serves(&server);
}
