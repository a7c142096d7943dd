//! Log-probabilities in the formats of both endpoints.

use serde_json::{Map, Value, json};

use crate::response::{TokenLogprob, TopLogprob};

/// Stands for minus infinity and for what is not a number, which JSON cannot say. OpenAI's value.
const IMPOSSIBLE: f64 = -9999.0;

/// Chat: `{"content": [{token, logprob, bytes, top_logprobs}], "refusal": null}`.
pub(crate) fn chat(tokens: &[TokenLogprob]) -> Value {
    let content: Vec<Value> = tokens.iter().map(chat_token).collect();
    json!({ "content": content, "refusal": null })
}

/// Completions: parallel lists. `n_chars_before` is the number of characters of the choice's text that came
/// before the first of `tokens`.
///
/// A token's `text_offset` counts the characters that began before it, so one that continues a character
/// begun by another token points behind that character.
pub(crate) fn completions(tokens: &[TokenLogprob], n_chars_before: usize) -> Value {
    let mut offset = n_chars_before;
    let mut offsets = Vec::with_capacity(tokens.len());
    for token in tokens {
        offsets.push(offset);
        offset += n_characters_begun(&token.bytes);
    }
    json!({
        "tokens": tokens.iter().map(|token| text(&token.bytes)).collect::<Vec<_>>(),
        "token_logprobs": tokens.iter().map(|token| number(token.logprob)).collect::<Vec<_>>(),
        "top_logprobs": tokens.iter().map(|token| alternatives_by_text(&token.top)).collect::<Vec<_>>(),
        "text_offset": offsets,
    })
}

fn chat_token(token: &TokenLogprob) -> Value {
    let top: Vec<Value> =
        token.top.iter().map(|top| entry(&top.bytes, top.logprob)).map(Value::Object).collect();
    let mut entry = entry(&token.bytes, token.logprob);
    entry.insert("top_logprobs".to_owned(), Value::Array(top));
    Value::Object(entry)
}

fn entry(bytes: &[u8], logprob: f32) -> Map<String, Value> {
    Map::from_iter([
        ("token".to_owned(), json!(text(bytes))),
        ("logprob".to_owned(), number(logprob)),
        ("bytes".to_owned(), json!(bytes)),
    ])
}

/// Alternatives by their text. Two tokens can have the same text; the better one, which comes first, stays.
fn alternatives_by_text(top: &[TopLogprob]) -> Value {
    let mut by_text = Map::new();
    for alternative in top {
        by_text.entry(text(&alternative.bytes)).or_insert_with(|| number(alternative.logprob));
    }
    Value::Object(by_text)
}

/// A token's bytes as text; what is not whole UTF-8 shows as U+FFFD.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The shortest decimal that is this `f32`: widened to `f64` it would carry digits that were never computed.
fn number(logprob: f32) -> Value {
    if !logprob.is_finite() {
        return json!(IMPOSSIBLE);
    }
    json!(logprob.to_string().parse::<f64>().unwrap_or(f64::from(logprob)))
}

fn n_characters_begun(bytes: &[u8]) -> usize {
    let is_continuation = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    bytes.iter().filter(|byte| !is_continuation(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(bytes: &[u8], logprob: f32) -> TokenLogprob {
        TokenLogprob { bytes: bytes.to_vec(), logprob, top: Vec::new() }
    }

    #[test]
    fn chat_entries_have_openais_fields() {
        let top = vec![TopLogprob { bytes: b" a".to_vec(), logprob: -0.1 }];
        let shown = chat(&[TokenLogprob { bytes: b" a".to_vec(), logprob: -0.1, top }]);
        let entry = json!({"token": " a", "logprob": -0.1, "bytes": [32, 97]});
        let mut whole = entry.clone();
        whole["top_logprobs"] = json!([entry]);
        assert_eq!(shown, json!({"content": [whole], "refusal": null}));
    }

    #[test]
    fn what_json_cannot_say_becomes_a_very_small_number() {
        for value in [f32::NEG_INFINITY, f32::NAN, f32::INFINITY] {
            assert_eq!(number(value), json!(-9999.0));
        }
    }

    #[test]
    fn offsets_count_characters_and_go_on_from_the_piece_before() {
        // "ü" comes in two tokens of a byte each.
        let tokens = [token(b"a", -1.0), token(&[0xc3], -1.0), token(&[0xbc], -1.0), token(b"b", -1.0)];
        assert_eq!(completions(&tokens, 10)["text_offset"], json!([10, 11, 12, 12]));
    }

    #[test]
    fn of_two_alternatives_with_one_text_the_better_stays() {
        let top = vec![
            TopLogprob { bytes: vec![0xff], logprob: -1.0 },
            TopLogprob { bytes: vec![0xfe], logprob: -2.0 },
        ];
        let shown = completions(&[TokenLogprob { bytes: vec![0xff], logprob: -1.0, top }], 0);
        assert_eq!(shown["top_logprobs"], json!([{"\u{fffd}": -1.0}]));
    }
}
