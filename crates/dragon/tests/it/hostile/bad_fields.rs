//! Well-formed bodies that ask for what makes no sense.

use dragon_testkit::harness::{Response, Server, ServerOptions};
use serde_json::{Value, json};

use super::asking::{CHAT, COMPLETIONS, JSON, assert_error, assert_serves, short, with};

const VALUE: &str = "invalid_value";
const TYPE: &str = "invalid_type";
const MISSING: &str = "missing_required_parameter";
const UNSUPPORTED: &str = "unsupported_parameter";

/// A field, a value for it as JSON text, and the code of the error. `param` is the field unless named.
type Row = (&'static str, &'static str, &'static str);

/// What is wrong at both endpoints.
const BOTH: &[Row] = &[
    ("model", "null", MISSING),
    ("model", "5", TYPE),
    ("model", "[\"tiny\"]", TYPE),
    ("model", "\"\"", VALUE),
    ("temperature", "-0.1", VALUE),
    ("temperature", "2.1", VALUE),
    ("temperature", "1e300", VALUE),
    ("temperature", "\"hot\"", TYPE),
    ("temperature", "true", TYPE),
    ("top_p", "7", VALUE),
    ("top_p", "0", VALUE),
    ("top_p", "-1", VALUE),
    ("top_p", "[0.5]", TYPE),
    ("top_k", "-2", VALUE),
    ("top_k", "1.5", TYPE),
    ("top_k", "99999999999", VALUE),
    ("min_p", "-0.5", VALUE),
    ("min_p", "1.5", VALUE),
    ("presence_penalty", "2.5", VALUE),
    ("presence_penalty", "-3", VALUE),
    ("frequency_penalty", "1e10", VALUE),
    ("repeat_penalty", "0", VALUE),
    ("repeat_penalty", "1e-38", VALUE),
    ("repeat_penalty", "-1", VALUE),
    ("max_tokens", "0", VALUE),
    ("max_tokens", "-1", VALUE),
    ("max_tokens", "1.5", TYPE),
    ("max_tokens", "1e3", TYPE),
    ("max_tokens", "\"5\"", TYPE),
    ("n", "0", VALUE),
    ("n", "-1", VALUE),
    ("n", "9", VALUE),
    ("n", "4294967297", VALUE),
    ("n", "1.5", TYPE),
    // Within the bound of the API, over the slots of this model.
    ("n", "5", VALUE),
    ("seed", "1.5", TYPE),
    ("seed", "\"x\"", TYPE),
    ("seed", "99999999999999999999", VALUE),
    ("seed", "18446744073709551616", VALUE),
    ("seed", "-9223372036854775809", VALUE),
    ("max_tokens", "99999999999999999999999", VALUE),
    ("stop", "5", TYPE),
    ("stop", "\"\"", VALUE),
    ("stream", "\"yes\"", TYPE),
    ("stream", "1", TYPE),
    ("stream_options", "{\"include_usage\":true}", VALUE),
    ("logit_bias", "[]", TYPE),
    ("logit_bias", "{\"a\":1}", VALUE),
    ("logit_bias", "{\"-1\":1}", VALUE),
    ("logit_bias", "{\"999999\":1}", VALUE),
    ("logit_bias", "{\"99999999999\":1}", VALUE),
    ("ignore_eos", "1", TYPE),
    ("user", "5", TYPE),
    ("metadata", "\"x\"", TYPE),
];

const CHAT_ONLY: &[Row] = &[
    ("messages", "null", MISSING),
    ("messages", "\"hi\"", TYPE),
    ("messages", "{}", TYPE),
    ("messages", "[]", VALUE),
    ("max_completion_tokens", "0", VALUE),
    ("max_completion_tokens", "7", VALUE),
    ("logprobs", "3", TYPE),
    ("top_logprobs", "21", VALUE),
    ("top_logprobs", "2", VALUE),
    ("chat_template_kwargs", "[]", TYPE),
    ("reasoning_effort", "\"extreme\"", VALUE),
    ("reasoning_effort", "\"low\"", UNSUPPORTED),
];

const COMPLETIONS_ONLY: &[Row] = &[
    ("prompt", "null", MISSING),
    ("prompt", "\"\"", VALUE),
    ("prompt", "5", TYPE),
    ("prompt", "{}", TYPE),
    ("prompt", "[]", VALUE),
    ("prompt", "[1,2,3]", UNSUPPORTED),
    ("prompt", "[[1,2],[3]]", UNSUPPORTED),
    ("logprobs", "21", VALUE),
    ("logprobs", "true", TYPE),
];

/// Where the fault is deeper than a field: what `field` holds, the code, and `param`.
const DEEPER: &[(&str, &str, &str, &str, &str)] = &[
    (CHAT, "messages", "[5]", TYPE, "messages[0]"),
    (CHAT, "messages", "[null]", TYPE, "messages[0]"),
    (CHAT, "messages", "[{}]", MISSING, "messages[0].role"),
    (CHAT, "messages", r#"[{"role":"user"}]"#, MISSING, "messages[0].content"),
    (CHAT, "messages", r#"[{"role":"user","content":null}]"#, MISSING, "messages[0].content"),
    (CHAT, "messages", r#"[{"role":"user","content":5}]"#, TYPE, "messages[0].content"),
    (CHAT, "messages", r#"[{"role":"user","content":[]}]"#, VALUE, "messages[0].content"),
    (CHAT, "messages", r#"[{"role":5,"content":"x"}]"#, TYPE, "messages[0].role"),
    (
        CHAT,
        "messages",
        r#"[{"role":"user","content":"x"},{"role":"root","content":"x"}]"#,
        VALUE,
        "messages[1].role",
    ),
    (CHAT, "messages", r#"[{"role":"tool","content":"x"}]"#, UNSUPPORTED, "messages[0].role"),
    (CHAT, "messages", r#"[{"role":"user","content":["x"]}]"#, TYPE, "messages[0].content[0]"),
    (
        CHAT,
        "messages",
        r#"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]"#,
        UNSUPPORTED,
        "messages[0].content[0].type",
    ),
    (
        CHAT,
        "messages",
        r#"[{"role":"user","content":[{"type":"text"}]}]"#,
        MISSING,
        "messages[0].content[0].text",
    ),
    (CHAT, "chat_template_kwargs", r#"{"frob":1}"#, UNSUPPORTED, "chat_template_kwargs.frob"),
    (CHAT, "chat_template_kwargs", r#"{"messages":[]}"#, VALUE, "chat_template_kwargs.messages"),
    // Within the bound of the API, over the slots of this model.
    (COMPLETIONS, "prompt", r#"["a","b","c","d","e"]"#, VALUE, "prompt"),
    (COMPLETIONS, "prompt", r#"["a",""]"#, VALUE, "prompt[1]"),
    (COMPLETIONS, "prompt", r#"["a",null]"#, TYPE, "prompt[1]"),
    (COMPLETIONS, "stop", r#"["a",7]"#, TYPE, "stop[1]"),
    (COMPLETIONS, "logit_bias", r#"{"5":101}"#, VALUE, "logit_bias.5"),
    (COMPLETIONS, "logit_bias", r#"{"5":"x"}"#, TYPE, "logit_bias.5"),
];

fn body_for(endpoint: &str) -> Value {
    match endpoint {
        CHAT => json!({"model": "tiny", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}),
        _ => with(short(), "max_tokens", 1),
    }
}

/// Sets the field by text, because not every number in the tables survives a parser.
fn post_with(server: &Server, endpoint: &str, field: &str, value: &str) -> Response {
    let mut body = body_for(endpoint);
    body.as_object_mut().unwrap().remove(field);
    let body = body.to_string();
    let body = format!("{},\"{field}\":{value}}}", body.strip_suffix('}').unwrap());
    server.http("POST", endpoint, &[JSON], body.as_bytes())
}

#[test]
fn every_impossible_field_is_a_400_that_names_it() {
    let server = Server::start(&ServerOptions::tiny());
    let tables = [(CHAT, BOTH), (CHAT, CHAT_ONLY), (COMPLETIONS, BOTH), (COMPLETIONS, COMPLETIONS_ONLY)];
    for (endpoint, table) in tables {
        for (field, value, code) in table {
            let answer = post_with(&server, endpoint, field, value);
            assert_error(&format!("{field} = {value} at {endpoint}"), &answer, 400, code, Some(field));
        }
    }
    for (endpoint, field, value, code, param) in DEEPER {
        let answer = post_with(&server, endpoint, field, value);
        assert_error(&format!("{field} = {value} at {endpoint}"), &answer, 400, code, Some(param));
    }
    assert_serves(&server);
}

#[test]
fn lists_over_their_bounds_are_refused_and_long_names_are_not_repeated() {
    let server = Server::start(&ServerOptions::tiny());
    let stops: Vec<String> = (0..17).map(|number| number.to_string()).collect();
    let answer = server.post(COMPLETIONS, &with(short(), "stop", stops));
    assert_error("17 stop strings", &answer, 400, VALUE, Some("stop"));
    let answer = server.post(COMPLETIONS, &with(short(), "stop", "x".repeat(257)));
    assert_error("a long stop string", &answer, 400, VALUE, Some("stop"));
    let biases: Value = (0..1025).map(|token| (token.to_string(), json!(1))).collect();
    let answer = server.post(COMPLETIONS, &with(short(), "logit_bias", biases));
    assert_error("1025 biases", &answer, 400, VALUE, Some("logit_bias"));
    let answer = server.post(COMPLETIONS, &with(short(), "prompt", vec!["a"; 9]));
    assert_error("nine prompts", &answer, 400, VALUE, Some("prompt"));
    let answer = server.post(COMPLETIONS, &with(short(), "model", "m".repeat(500_000)));
    assert_error("a long model", &answer, 404, "model_not_found", Some("model"));
    let role = json!([{"role": "r".repeat(500_000), "content": "x"}]);
    let answer = server.post(CHAT, &with(body_for(CHAT), "messages", role));
    assert_error("a long role", &answer, 400, VALUE, Some("messages[0].role"));
}

#[test]
fn a_prompt_that_fills_the_context_is_a_400_and_one_token_less_is_served() {
    let server = Server::start(&ServerOptions::tiny().model("ctx", "256"));
    let prompt = |n_tokens: usize| with(with(short(), "prompt", "a".repeat(n_tokens)), "max_tokens", 1);
    for n_tokens in [256, 257, 100_000] {
        let answer = server.post(COMPLETIONS, &prompt(n_tokens));
        assert_error(&n_tokens.to_string(), &answer, 400, "context_length_exceeded", Some("prompt"));
    }
    assert_eq!(server.post(COMPLETIONS, &prompt(255)).status, 200);
    let messages = json!([{"role": "user", "content": "a".repeat(300)}]);
    let answer = server.post(CHAT, &with(body_for(CHAT), "messages", messages));
    assert_error("chat", &answer, 400, "context_length_exceeded", Some("messages"));
}
