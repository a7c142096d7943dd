use std::fs;

use dragon_testkit::{
    gguf_writer::{GgufWriter, Value},
    tiny::tiny_model_path,
};
use tempfile::TempDir;

use super::*;
use crate::{KvElement, MemoryError, estimate_memory};

/// A file in a directory of its own.
pub(super) fn written(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    fs::write(&path, bytes).unwrap();
    (directory, path)
}

/// A header with the least that a language model has to say, and what is set on top.
pub(super) fn minimal(set: &[(&str, Value)]) -> GgufWriter {
    let mut gguf = GgufWriter::default();
    let least = [
        ("general.architecture", Value::String("llama".to_owned())),
        ("llama.block_count", Value::U32(2)),
        ("llama.embedding_length", Value::U32(8)),
        ("llama.context_length", Value::U32(128)),
        ("llama.attention.head_count", Value::U32(4)),
        ("tokenizer.ggml.model", Value::String("gpt2".to_owned())),
        ("tokenizer.ggml.tokens", Value::Strings(["a", "b", "c"].map(str::to_owned).to_vec())),
    ];
    for (key, value) in least {
        if !set.iter().any(|(other, _)| *other == key) {
            gguf.set(key, value);
        }
    }
    for (key, value) in set {
        gguf.set(key, value.clone());
    }
    gguf.tensor("weight", &[4], &[0.0; 4]);
    gguf
}

pub(super) fn open_minimal(set: &[(&str, Value)]) -> Result<ModelFile, ModelFileError> {
    let (_directory, path) = written("model.gguf", &minimal(set).to_bytes());
    ModelFile::open(&path)
}

#[test]
fn the_facts_of_the_tiny_model_are_read() {
    let path = tiny_model_path();
    let model = ModelFile::open(&path).unwrap();
    assert_eq!(model.architecture, "llama");
    assert_eq!(model.name.as_deref(), Some("Dragon Tiny"));
    assert_eq!(
        (model.n_ctx_train, model.n_layer, model.n_embd, model.n_head, model.n_head_kv, model.n_vocab),
        (32_768, 3, 64, 4, 2, 262)
    );
    assert_eq!(model.size_bytes, fs::metadata(&path).unwrap().len());
    assert!(model.weights_bytes < model.size_bytes);
    assert!(model.chat_template.unwrap().contains("<|im_start|>"));
    assert_eq!((model.bos_text.as_deref(), model.eos_text.as_deref()), (Some("<s>"), Some("</s>")));
    assert!(!model.add_bos);
}

#[test]
fn files_that_are_no_models_are_refused_with_a_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let sentence = |path: &Path| ModelFile::open(path).unwrap_err().to_string();
    assert!(sentence(&directory.path().join("none.gguf")).contains("no such file"));
    assert!(sentence(directory.path()).contains("directory"));
    assert!(sentence(Path::new("/dev/null")).contains("not a regular file"));
    let (_directory, zip) = written("model.gguf", b"PK\x03\x04 and more");
    assert!(sentence(&zip).contains("zip"));
    assert!(sentence(&zip).starts_with(&zip.display().to_string()));
}

#[test]
fn parts_of_a_split_model_are_refused_by_name_and_by_key() {
    let whole = minimal(&[]).to_bytes();
    let (_directory, path) = written("model-00002-of-00003.gguf", &whole);
    let message = ModelFile::open(&path).unwrap_err().to_string();
    assert!(message.contains("part 2 of 3") && message.contains("--merge"), "{message}");

    let error = open_minimal(&[("split.count", Value::U32(3)), ("split.no", Value::U32(0))]).unwrap_err();
    assert!(matches!(error, ModelFileError::Split { part: 1, n_parts: 3, .. }), "{error}");

    for name in ["model-00001-of-00001.gguf", "model-1-of-3.gguf", "best-of-00003.gguf"] {
        let (_directory, path) = written(name, &whole);
        ModelFile::open(&path).unwrap();
    }
}

#[test]
fn missing_and_absurd_keys_are_named() {
    let error = open_minimal(&[("general.architecture", Value::String("mpt".to_owned()))]).unwrap_err();
    assert!(matches!(&error, ModelFileError::MissingKey { key, .. } if key == "mpt.block_count"), "{error}");
    let absurd = [
        ("general.architecture", Value::U32(7)),
        ("llama.block_count", Value::U32(0)),
        ("llama.block_count", Value::U32(1 << 20)),
        ("llama.context_length", Value::U64(u64::MAX)),
        ("llama.embedding_length", Value::I32(-8)),
        ("llama.attention.head_count", Value::I32s(vec![4, 4, 4])),
        ("tokenizer.ggml.tokens", Value::I32s(vec![1])),
        ("tokenizer.ggml.add_bos_token", Value::U32(1)),
    ];
    for (key, value) in absurd {
        let error = open_minimal(&[(key, value)]).unwrap_err();
        assert!(matches!(&error, ModelFileError::BadKey { key: named, .. } if named == key), "{error}");
    }
}

#[test]
fn a_special_token_outside_the_vocabulary_is_refused() {
    let tokens = ("tokenizer.ggml.tokens", Value::Strings(vec!["a".to_owned(), "b".to_owned()]));
    let with_bos = |id| open_minimal(&[tokens.clone(), ("tokenizer.ggml.bos_token_id", Value::U32(id))]);
    let model = with_bos(1).unwrap();
    assert_eq!((model.bos_text.as_deref(), model.n_vocab), (Some("b"), 2));
    assert!(matches!(with_bos(2), Err(ModelFileError::BadKey { .. })));
}

#[test]
fn a_vocabulary_without_weights_is_refused() {
    let (_directory, path) = written("vocab.gguf", &GgufWriter::default().to_bytes());
    assert!(matches!(ModelFile::open(&path), Err(ModelFileError::NoWeights { .. })));
}

#[test]
fn the_beginning_token_follows_the_kind_of_vocabulary_where_the_file_is_silent() {
    let adds_bos = |model: &str, pre: &str| {
        let text = |text: &str| Value::String(text.to_owned());
        let bytes = (0..=u8::MAX).map(|byte| format!("<0x{byte:02X}>")).collect();
        let set = [
            ("tokenizer.ggml.model", text(model)),
            ("tokenizer.ggml.pre", text(pre)),
            ("tokenizer.ggml.tokens", Value::Strings(bytes)),
        ];
        open_minimal(&set).unwrap().add_bos
    };
    assert!(adds_bos("llama", "default"));
    assert!(adds_bos("gpt2", "llama-bpe"));
    assert!(!adds_bos("gpt2", "smollm"));
}

#[test]
fn memory_is_predicted_from_the_header() {
    let model = ModelFile::open(&tiny_model_path()).unwrap();
    // 3 layers, 2 key-value heads of 16 keys and 16 values.
    assert_eq!(model.n_kv_elements_per_token, 3 * 2 * 32);
    let estimate = estimate_memory(&model, 1_000, 4, KvElement::F16).unwrap();
    assert_eq!(estimate.kv_bytes, 4_000 * 192 * 2);
    assert_eq!(estimate.logits_bytes, 4 * 262 * 4);
    assert_eq!(estimate.total_bytes, model.weights_bytes + estimate.kv_bytes + estimate.logits_bytes);
    let blocks = estimate_memory(&model, 1_000, 4, KvElement::Q8_0).unwrap();
    assert_eq!(blocks.kv_bytes, 4_000 * 192 / 32 * 34);
}

#[test]
fn layers_may_differ_in_their_heads() {
    let model = open_minimal(&[("llama.attention.head_count_kv", Value::I32s(vec![4, 1]))]).unwrap();
    assert_eq!((model.n_head_kv, model.n_kv_elements_per_token), (4, (4 + 1) * 4));
}

#[test]
fn a_prediction_that_overflows_is_an_error() {
    let large = [
        ("llama.block_count", Value::U32(512)),
        ("llama.attention.head_count", Value::U32(1 << 20)),
        ("llama.attention.key_length", Value::U32(1 << 20)),
    ];
    let model = open_minimal(&large).unwrap();
    let error = estimate_memory(&model, u32::MAX, 4_096, KvElement::F32).unwrap_err();
    assert_eq!(error, MemoryError { n_ctx_seq: u32::MAX, n_slots: 4_096 });
}
