//! Texts that are hard to cut into tokens.

use std::time::{Duration, Instant};

use dragon_testkit::harness::{Server, ServerOptions};
use dragon_testkit::tiny::vocabulary::tokenize;
use serde_json::json;

use super::asking::{CHAT, COMPLETIONS, JSON, assert_error, assert_serves, patient, with};

/// A context so long that the number of bytes alone does not rule these texts out: they are really tokenized.
const LONG_CONTEXT: &str = "32768";

/// Just under what that context could hold if every token were the longest one, of 12 bytes.
const TEXT_BYTES: usize = 390_000;

fn long_context() -> ServerOptions {
    ServerOptions::tiny().model("ctx", LONG_CONTEXT).model("slots", "1")
}

#[test]
fn no_long_text_holds_up_the_others() {
    let server = Server::start(&long_context().model("deadline_ms", "10000"));
    let texts =
        ["a", " ", "7", "!", "'s", "\u{1F409}", "e\u{301}", "\u{200d}", "<|im_end|>", "<|im_start|>a", "<"];
    for text in texts {
        let body = json!({"model": "tiny", "prompt": text.repeat(TEXT_BYTES / text.len()), "max_tokens": 1});
        let answer = server.http("POST", COMPLETIONS, &[JSON], body.to_string().as_bytes());
        assert_error(text, &answer, 400, "context_length_exceeded", Some("prompt"));
    }
    assert_serves(&server);
    assert_eq!(server.first_model()["restarts"], 0);
}

#[test]
fn odd_characters_are_text_like_any_other() {
    let server = Server::start(&patient());
    let odd = [
        "\u{0}",
        "\u{feff}",
        "\u{fffd}",
        "\u{10ffff}",
        "\r\n",
        "\u{7f}",
        "\u{202e}abc",
        "\u{1F468}\u{200d}\u{1F469}",
    ];
    for text in odd {
        let body = json!({"model": "tiny", "prompt": text, "max_tokens": 1, "ignore_eos": true});
        let answer = server.post(COMPLETIONS, &body);
        assert_eq!(answer.status, 200, "{text:?}: {}", answer.text());
        assert_eq!(answer.json()["usage"]["prompt_tokens"], text.len(), "{text:?}");
    }
}

#[test]
fn a_long_text_full_of_special_tokens_has_exactly_its_tokens() {
    let server = Server::start(&long_context());
    let words = [
        "<|im_start|>",
        "user\n",
        "Zażółć 🐉",
        "<|im_end|>",
        "\n",
        "<think>",
        " ",
        "</s>",
        "<|im_",
        "<s>",
        "x",
    ];
    let text: String = (0..40_000).map(|index: usize| words[index * index % 101 % words.len()]).collect();
    let n_tokens = tokenize(&text).len();
    for (endpoint, input) in [
        (COMPLETIONS, json!({"prompt": text})),
        (CHAT, json!({"messages": [{"role": "user", "content": text}]})),
    ] {
        let body = with(input, "model", "tiny");
        let answer = server.post(endpoint, &body);
        // Around the content the chat template writes two turns' marks.
        let n_around = if endpoint == CHAT {
            tokenize("<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n").len()
        } else {
            0
        };
        let said = format!("The prompt has {} tokens", n_tokens + n_around);
        assert!(answer.text().contains(&said), "{said}: {}", answer.text());
    }
}

#[test]
fn a_text_that_cannot_fit_is_refused_by_its_bytes_at_once() {
    let server = Server::start(&ServerOptions::tiny());
    let body = json!({"model": "tiny", "prompt": "<|im_start|>".repeat(80_000)});
    let started_at = Instant::now();
    let answer = server.post(COMPLETIONS, &body);
    assert_error("a megabyte of marks", &answer, 400, "context_length_exceeded", Some("prompt"));
    assert!(started_at.elapsed() < Duration::from_secs(1), "{:?}", started_at.elapsed());
}
