//! Bodies that are no request: bad JSON, bad UTF-8, wrong types, deep nesting, huge numbers.

use http::{HeaderName, HeaderValue};

use super::wish::post;
use super::{Attack, Context, Criterion};
use crate::ask::{Endpoint, Expects, Shot};

/// Nested deeper than any document, and than a reader that calls itself can bear.
const DEEP: usize = 50_000;

/// Tells whoever reads a sample, or the target's log, what is wrong with the body.
const NOTE: HeaderName = HeaderName::from_static("x-siege-note");

/// What may be wrong with a body, with `MODEL` for the model's name as JSON.
#[derive(Debug, Clone, Copy)]
struct Variant {
    /// What is wrong, in words.
    wrong: &'static str,
    body: Wrong,
}

#[derive(Debug, Clone, Copy)]
enum Wrong {
    /// It is not JSON.
    Syntax(&'static str),
    /// It is JSON, and no request.
    Meaning(&'static str),
    /// It is not UTF-8: these bytes stand where the text would.
    Bytes(&'static [u8]),
    /// This, again and again.
    Deep(&'static str),
}

const VARIANTS: [Variant; 34] = [
    syntax("no body at all", ""),
    syntax("it ends in the middle", r#"{"model":MODEL,"messages":[{"role":"user","content":"Hello"#),
    syntax(
        "it ends before the last brace",
        r#"{"model":MODEL,"messages":[{"role":"user","content":"Hello"}]"#,
    ),
    syntax("single quotes", "{'model':MODEL,'messages':[{'role':'user','content':'Hello'}]}"),
    syntax("something follows", r#"{"model":MODEL,"messages":[{"role":"user","content":"Hello"}]} and more"#),
    syntax(
        "two documents",
        r#"{"model":MODEL,"messages":[{"role":"user","content":"Hello"}]}{"model":MODEL}"#,
    ),
    syntax("a comma too many", r#"{"model":MODEL,"messages":[{"role":"user","content":"Hello"},],}"#),
    syntax("a comma too few", r#"{"model":MODEL "messages":[{"role":"user","content":"Hello"}]}"#),
    syntax("a comment", r#"{"model":MODEL,/* hello */"messages":[{"role":"user","content":"Hello"}]}"#),
    syntax("keys without quotes", r#"{model:MODEL,messages:[{role:"user",content:"Hello"}]}"#),
    syntax(
        "a line feed within a string",
        "{\"model\":MODEL,\"messages\":[{\"role\":\"user\",\"content\":\"Hel\nlo\"}]}",
    ),
    syntax("zero bytes", "\0\0\0\0\0\0\0\0"),
    syntax("a half escape", r#"{"model":MODEL,"messages":[{"role":"user","content":"\u12"}]}"#),
    syntax(
        "a number that is none",
        r#"{"model":MODEL,"messages":[{"role":"user","content":"Hello"}],"max_tokens":0x10}"#,
    ),
    syntax("HTML", "<!doctype html><title>Hello</title>"),
    meaning("null", "null"),
    meaning("a number", "42"),
    meaning("a string", r#""Hello""#),
    meaning("a list", r#"[{"role":"user","content":"Hello"}]"#),
    meaning("no messages", r#"{"model":MODEL}"#),
    meaning("messages that are a string", r#"{"model":MODEL,"messages":"Hello"}"#),
    meaning("messages that are a number", r#"{"model":MODEL,"messages":7}"#),
    meaning("messages that are null", r#"{"model":MODEL,"messages":null}"#),
    meaning("a message that is a string", r#"{"model":MODEL,"messages":["Hello"]}"#),
    meaning("content that is a number", r#"{"model":MODEL,"messages":[{"role":"user","content":42}]}"#),
    meaning("a role that is a list", r#"{"model":MODEL,"messages":[{"role":["user"],"content":"Hello"}]}"#),
    meaning(
        "max_tokens in words",
        r#"{"model":MODEL,"messages":[{"role":"user","content":"Hello"}],"max_tokens":"many"}"#,
    ),
    meaning(
        "a temperature that is an object",
        r#"{"model":MODEL,"messages":[{"role":"user","content":"Hello"}],"max_tokens":8,"temperature":{"hot":true}}"#,
    ),
    meaning(
        "a temperature of 10^60",
        r#"{"model":MODEL,"messages":[{"role":"user","content":"Hello"}],"max_tokens":8,"temperature":1000000000000000000000000000000000000000000000000000000000000}"#,
    ),
    syntax(
        "a number beyond all numbers",
        r#"{"model":MODEL,"messages":[{"role":"user","content":"Hello"}],"max_tokens":8,"temperature":1e400}"#,
    ),
    Variant { wrong: "bytes that are not UTF-8", body: Wrong::Bytes(b"\xff\xfe\xc0\x80\xf5") },
    Variant { wrong: "a character cut in two", body: Wrong::Bytes(b"caf\xc3") },
    Variant { wrong: "lists nested without end", body: Wrong::Deep("[") },
    Variant { wrong: "objects nested without end", body: Wrong::Deep(r#"{"a":"#) },
];

const fn syntax(wrong: &'static str, body: &'static str) -> Variant {
    Variant { wrong, body: Wrong::Syntax(body) }
}

const fn meaning(wrong: &'static str, body: &'static str) -> Variant {
    Variant { wrong, body: Wrong::Meaning(body) }
}

/// Bodies that are no request.
#[derive(Debug)]
pub(super) struct Malformed;

impl Attack for Malformed {
    fn name(&self) -> &'static str {
        "malformed"
    }

    fn description(&self) -> &'static str {
        "bodies that are no request: bad JSON, bad UTF-8, wrong types, deep nesting, huge numbers"
    }

    fn criterion(&self) -> Criterion {
        Criterion::BystanderThroughput
    }

    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        #[expect(clippy::indexing_slicing, reason = "below the length, which is not zero")]
        let variant = VARIANTS[dice.usize(..VARIANTS.len())];
        let mut ask = post(Endpoint::Chat.path(), variant.body(context.model), Expects::Rejection);
        ask.headers.push((NOTE, HeaderValue::from_static(variant.wrong)));
        Shot::ask(ask)
    }
}

// === impl Variant ===

impl Variant {
    fn body(&self, model: &str) -> Vec<u8> {
        let model = serde_json::Value::from(model).to_string();
        match self.body {
            Wrong::Syntax(body) | Wrong::Meaning(body) => body.replace("MODEL", &model).into_bytes(),
            Wrong::Bytes(bytes) => {
                let start = format!(r#"{{"model":{model},"messages":[{{"role":"user","content":""#);
                [start.as_bytes(), bytes, br#""}]}"#].concat()
            }
            Wrong::Deep(again) => {
                let start = format!(r#"{{"model":{model},"messages":"#);
                (start + &again.repeat(DEEP)).into_bytes()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::super::tests::asks;
    use super::*;

    #[test]
    fn each_is_wrong_in_the_way_it_says() {
        for variant in VARIANTS {
            let body = variant.body("a \"quoted\" model");
            let read = serde_json::from_slice::<Value>(&body);
            match variant.body {
                Wrong::Meaning(_) => assert!(read.is_ok(), "{}", variant.wrong),
                Wrong::Bytes(_) => assert!(std::str::from_utf8(&body).is_err(), "{}", variant.wrong),
                Wrong::Syntax(_) | Wrong::Deep(_) => {
                    assert!(read.is_err() && std::str::from_utf8(&body).is_ok(), "{}", variant.wrong);
                }
            }
        }
    }

    #[test]
    fn all_of_them_come_and_say_different_things() {
        let bodies: HashSet<_> = asks(&Malformed, 2_000).into_iter().map(|ask| ask.body).collect();
        assert_eq!(bodies.len(), VARIANTS.len());
        let words: HashSet<_> = VARIANTS.iter().map(|variant| variant.wrong).collect();
        assert_eq!(words.len(), VARIANTS.len());
    }
}
