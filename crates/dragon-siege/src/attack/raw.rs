//! Requests as bytes, for connections that go wrong on purpose.

use serde_json::Value;

use super::Context;
use super::wish::Wish;
use crate::ask::{Endpoint, Way};

/// The whole request: head and body.
pub(super) fn post(context: &Context<'_>, path: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = head(context, path, body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A head that announces a body of this length.
pub(super) fn head(context: &Context<'_>, path: &str, body_len: usize) -> String {
    let start = open_head(context, path);
    format!("{start}content-type: application/json\r\ncontent-length: {body_len}\r\n\r\n")
}

/// A head that has not ended.
pub(super) fn open_head(context: &Context<'_>, path: &str) -> String {
    let mut head = format!("POST {path} HTTP/1.1\r\nhost: {}\r\n", context.host);
    if let Some(key) = context.api_key {
        head += &format!("authorization: Bearer {key}\r\n");
    }
    head
}

/// A request for a stream that a server would have to work at for long, as far as it does not end by itself.
pub(super) fn long_stream(context: &Context<'_>, text: &str, max_tokens: u64) -> Vec<u8> {
    let wish = Wish {
        endpoint: Endpoint::Completions,
        way: Way::Streamed,
        model: context.model,
        text,
        max_tokens,
        temperature: None,
    };
    let mut document = wish.document();
    // Several servers know it; others pass it over, or say that they do not.
    document.insert("ignore_eos".to_owned(), true.into());
    post(context, wish.endpoint.path(), Value::Object(document).to_string().as_bytes())
}
