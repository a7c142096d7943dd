//! Texts that are meant to hurt.

use std::path::PathBuf;
use std::time::Instant;

use dragon_ipc::{
    FromEngine, LoadSpec, MAX_SHORT_TEXT_BYTES, MAX_TEXT_BYTES_PER_PIECE, TextLane, ToEngine, TokenizePiece,
};
use dragon_testkit::tiny::tiny_model_bytes;

use crate::driver::{Engine, load_spec};

/// The tiny model with another way to divide texts into words. Its name is shortened by as much as the new value
/// is longer, so that everything behind stays in its place.
fn tiny_model_divided_like(pre: &str) -> LoadSpec {
    let name = &"Dragon Tiny"[..11 + "gpt-2".len() - pre.len()];
    let bytes = replaced(tiny_model_bytes(), &field("Dragon Tiny"), &field(name));
    let bytes = replaced(&bytes, &field("gpt-2"), &field(pre));
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("tiny-{pre}.{}.gguf", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    LoadSpec { path, ..load_spec() }
}

/// A string as the format writes it.
fn field(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = bytes.windows(old.len()).position(|window| window == old).expect("it is in the file");
    [&bytes[..at], new, &bytes[at + old.len()..]].concat()
}

fn send_long(engine: &mut Engine, call: u64, text: &str) {
    let mut pieces = text.as_bytes().chunks(MAX_TEXT_BYTES_PER_PIECE).peekable();
    while let Some(piece) = pieces.next() {
        engine.send(&ToEngine::Tokenize(TokenizePiece {
            call,
            lane: TextLane::Long,
            text: String::from_utf8(piece.to_vec()).unwrap(),
            last: pieces.peek().is_none(),
            add_special: false,
        }));
    }
}

/// The call that was answered, and its tokens.
fn next_answer(engine: &mut Engine) -> (u64, Vec<u32>) {
    let mut tokens = Vec::new();
    loop {
        match engine.next() {
            FromEngine::Tokens(piece) => {
                tokens.extend(piece.tokens);
                if piece.last {
                    return (piece.call, tokens);
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

/// llama.cpp divides texts for these vocabularies with expressions that call themselves for every character.
#[test]
fn one_character_again_and_again_does_not_overflow_the_stack() {
    for pre in ["falcon", "deepseek-llm", "poro-chat"] {
        let spec = tiny_model_divided_like(pre);
        let path = spec.path.clone();
        let (mut engine, _) = Engine::ready(spec);
        std::fs::remove_file(path).unwrap();
        for character in ['!', 'a', ' ', '1'] {
            let text = character.to_string().repeat(MAX_SHORT_TEXT_BYTES);
            assert_eq!(engine.tokenize(&text, false), vec![u32::from(character); text.len()], "{pre}");
        }
        for (call, character) in (10..).zip(['!', 'a']) {
            let text = character.to_string().repeat(600_000);
            send_long(&mut engine, call, &text);
            let (answered, tokens) = next_answer(&mut engine);
            assert_eq!(answered, call);
            assert_eq!(tokens, vec![u32::from(character); text.len()], "{pre}");
        }
    }
}

#[test]
fn a_short_text_does_not_wait_for_a_long_one() {
    let (mut engine, _) = Engine::ready(load_spec());
    let long = "a few words, again and again. ".repeat(100_000);
    let sent_at = Instant::now();
    send_long(&mut engine, 1, &long);
    for call in 2..10 {
        engine.send(&ToEngine::Tokenize(TokenizePiece {
            call,
            lane: TextLane::Short,
            text: "short".to_owned(),
            last: true,
            add_special: false,
        }));
    }
    for call in 2..10 {
        assert_eq!(next_answer(&mut engine), (call, b"short".map(u32::from).to_vec()));
    }
    let waited = sent_at.elapsed();
    let (call, tokens) = next_answer(&mut engine);
    assert_eq!((call, tokens.len()), (1, long.len()));
    assert!(waited < sent_at.elapsed());
}
