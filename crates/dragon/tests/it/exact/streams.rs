//! The order of a stream's chunks and what each carries.

use dragon_testkit::harness::{Server, ServerOptions};
use dragon_testkit::tiny::{EQUALITY_PROMPTS, expected_greedy};
use serde_json::{Value, json};

use super::answers::{Endpoint, Way, ask, chat, completion, with};

fn chunks(server: &Server, endpoint: Endpoint, body: Value, options: Value) -> Vec<Value> {
    let stream = server.stream(endpoint.path(), &with(with(body, json!({ "stream": true })), options));
    assert_eq!(stream.head.status, 200);
    assert_eq!(stream.head.header("content-type"), Some("text/event-stream; charset=utf-8"));
    stream.chunks()
}

fn requests() -> [(Endpoint, Value); 2] {
    [
        (Endpoint::Chat, chat("Hello", 30, json!({ "n": 2 }))),
        (Endpoint::Completions, completion("Hello", 30, json!({ "n": 2 }))),
    ]
}

/// What holds for every stream.
fn assert_well_formed(chunks: &[Value], endpoint: Endpoint) {
    let object = match endpoint {
        Endpoint::Chat => "chat.completion.chunk",
        Endpoint::Completions => "text_completion",
    };
    for chunk in chunks {
        for name in ["id", "created", "model"] {
            assert_eq!(chunk[name], chunks[0][name]);
        }
        assert_eq!(chunk["object"], object);
    }
    let (last, before) = chunks.split_last().unwrap();
    assert!(before.iter().all(|chunk| chunk.get("dragon").is_none()), "the label is on the last chunk only");
    assert_eq!(last["dragon"]["outcome"], "complete");
    let finished: Vec<&Value> = chunks
        .iter()
        .flat_map(|chunk| chunk["choices"].as_array().unwrap())
        .filter(|choice| !choice["finish_reason"].is_null())
        .map(|choice| &choice["index"])
        .collect();
    assert_eq!(finished.len(), 2, "each choice ends once: {finished:?}");
    assert_ne!(finished[0], finished[1]);
}

#[test]
fn with_usage_the_last_chunk_has_it_and_no_choices() {
    let server = Server::start(&ServerOptions::tiny());
    for (endpoint, body) in requests() {
        let options = json!({ "stream_options": { "include_usage": true } });
        let chunks = chunks(&server, endpoint, body, options);
        assert_well_formed(&chunks, endpoint);
        let (last, before) = chunks.split_last().unwrap();
        assert!(before.iter().all(|chunk| chunk.get("usage") == Some(&Value::Null)));
        assert_eq!(last["choices"], json!([]));
        assert_eq!(last["usage"]["completion_tokens"], 60);
    }
}

#[test]
fn without_usage_the_last_chunk_is_the_last_end() {
    let server = Server::start(&ServerOptions::tiny());
    for options in [json!({}), json!({ "stream_options": { "include_usage": false } })] {
        for (endpoint, body) in requests() {
            let chunks = chunks(&server, endpoint, body, options.clone());
            assert_well_formed(&chunks, endpoint);
            assert!(chunks.iter().all(|chunk| chunk.get("usage").is_none()));
            assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "length");
        }
    }
}

#[test]
fn a_chat_stream_opens_every_choice_with_its_role() {
    let server = Server::start(&ServerOptions::tiny());
    let chunks = chunks(&server, Endpoint::Chat, chat("Hello", 5, json!({ "n": 3 })), json!({}));
    for (index, chunk) in chunks[..3].iter().enumerate() {
        assert_eq!(chunk["choices"][0]["index"], index);
        assert_eq!(chunk["choices"][0]["delta"], json!({ "role": "assistant", "content": "" }));
    }
    assert!(chunks[3..].iter().all(|chunk| chunk["choices"][0]["delta"].get("role").is_none()));
}

#[test]
fn joined_chunks_are_the_whole_answer() {
    let server = Server::start(&ServerOptions::tiny());
    let sampling = json!({ "temperature": 1, "seed": 8, "n": 3 });
    let bodies = [
        (Endpoint::Chat, chat("Hello", 90, with(sampling.clone(), json!({ "logprobs": true })))),
        (Endpoint::Completions, completion("Hello", 90, with(sampling, json!({ "logprobs": 2 })))),
    ];
    for (endpoint, body) in bodies {
        let whole = ask(&server, endpoint, &body, Way::Whole);
        let streamed = ask(&server, endpoint, &body, Way::Streamed);
        assert_eq!(streamed.choices, whole.choices);
        assert_eq!(streamed.usage, whole.usage);
    }
}

#[test]
fn characters_are_never_cut_between_chunks() {
    let server = Server::start(&ServerOptions::tiny());
    let prompt = EQUALITY_PROMPTS[2];
    let body = completion(prompt.prompt, prompt.n_tokens, json!({}));
    let chunks = chunks(&server, Endpoint::Completions, body, json!({}));
    let pieces: Vec<&str> = chunks.iter().flat_map(|chunk| chunk["choices"][0]["text"].as_str()).collect();
    assert!(pieces.iter().all(|piece| !piece.contains('\u{fffd}')), "{pieces:?}");
    let expected = expected_greedy(prompt.prompt, prompt.n_tokens);
    assert!(!expected.is_ascii(), "the text has characters of several tokens");
    assert_eq!(pieces.concat().as_bytes(), expected);
    assert!(pieces.len() > 20, "it came in {} pieces", pieces.len());
}
