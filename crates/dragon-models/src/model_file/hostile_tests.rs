//! Files made to hurt: each has one thing wrong that llama.cpp would abort on, or that would make it read
//! where it must not. The refusal names the key or the tensor.

use dragon_testkit::gguf_writer::Value;

use super::tests::{minimal, open_minimal, written};
use super::*;

/// The message for a file with these keys, which must name the first of them.
fn refusal(set: &[(&str, Value)]) -> String {
    let message = open_minimal(set).expect_err(set[0].0).to_string();
    assert!(message.contains(set[0].0), "{message}");
    message
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn texts(texts: &[&str]) -> Value {
    Value::Strings(texts.iter().map(|&text| text.to_owned()).collect())
}

#[test]
fn more_layers_than_the_engine_has_places_for() {
    refusal(&[("llama.block_count", Value::U32(513))]);
    open_minimal(&[("llama.block_count", Value::U32(512))]).unwrap();
    refusal(&[("llama.nextn_predict_layers", Value::U32(3))]);
    open_minimal(&[("llama.nextn_predict_layers", Value::U32(2))]).unwrap();
}

#[test]
fn heads_that_cannot_be_shared_evenly() {
    refusal(&[("llama.attention.head_count_kv", Value::U32(3))]);
    refusal(&[("llama.attention.head_count_kv", Value::I32s(vec![4, 8]))]);
    open_minimal(&[("llama.attention.head_count_kv", Value::I32s(vec![0, 2]))]).unwrap();
}

#[test]
fn no_heads_are_no_division_by_zero() {
    let model = open_minimal(&[("llama.attention.head_count", Value::U32(0))]).unwrap();
    assert_eq!((model.n_head, model.n_kv_elements_per_token), (0, 0));
}

#[test]
fn more_rotated_dimensions_than_a_head_has_or_half_a_pair() {
    // Heads have 8 / 4 = 2 dimensions.
    refusal(&[("llama.rope.dimension_count", Value::U32(4))]);
    let wide = ("llama.attention.key_length", Value::U32(64));
    refusal(&[("llama.rope.dimension_count", Value::U32(63)), wide.clone()]);
    refusal(&[("llama.rope.dimension_count", Value::U64(u64::MAX)), wide.clone()]);
    open_minimal(&[("llama.rope.dimension_count", Value::U32(32)), wide]).unwrap();
}

#[test]
fn experts_that_do_not_add_up() {
    let experts = |n: u32| ("llama.expert_count", Value::U32(n));
    let used = |n: u32| ("llama.expert_used_count", Value::U32(n));
    let groups = |n: u32| ("llama.expert_group_count", Value::U32(n));
    let used_groups = |n: u32| ("llama.expert_group_used_count", Value::U32(n));
    refusal(&[experts(1_025), used(1)]);
    refusal(&[used(1)]);
    refusal(&[used(9), experts(8)]);
    refusal(&[used(0), experts(8)]);
    refusal(&[groups(8), experts(8), used(2)]);
    refusal(&[groups(3), experts(8), used(2), used_groups(1)]);
    refusal(&[used_groups(4), groups(4), experts(8), used(2)]);
    open_minimal(&[experts(8), used(2), groups(4), used_groups(2)]).unwrap();
    open_minimal(&[experts(8), ("llama.expert_used_count", Value::I32s(vec![0, 2]))]).unwrap();
}

#[test]
fn numbers_that_would_make_nonsense_of_every_token() {
    for key in ["llama.attention.layer_norm_rms_epsilon", "llama.rope.freq_base", "llama.rope.scaling.factor"]
    {
        for x in [-1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            refusal(&[(key, Value::F32(x))]);
        }
        refusal(&[(key, Value::U32(1))]);
        open_minimal(&[(key, Value::F32(0.5))]).unwrap();
    }
}

#[test]
fn a_way_to_stretch_positions_that_does_not_exist() {
    refusal(&[("llama.rope.scaling.type", text("bogus"))]);
    for word in ["none", "linear", "yarn", "longrope"] {
        open_minimal(&[("llama.rope.scaling.type", text(word))]).unwrap();
    }
}

#[test]
fn numbers_that_are_divided_by() {
    refusal(&[("llama.wkv.head_size", Value::U32(0))]);
    refusal(&[("llama.wkv.head_size", Value::U32(3))]);
    refusal(&[("llama.ssm.time_step_rank", Value::U32(0))]);
    open_minimal(&[("llama.wkv.head_size", Value::U32(4))]).unwrap();
}

#[test]
fn an_architecture_whose_name_is_no_name() {
    for name in ["", "ll\u{1b}[2Jama", "../llama", "llama llama", &"x".repeat(64)] {
        let error = open_minimal(&[("general.architecture", text(name))]).unwrap_err();
        assert!(matches!(error, ModelFileError::BadArchitecture { .. }), "{error}");
        assert!(!error.to_string().contains('\u{1b}'), "{error:?}");
    }
    // One that nobody has heard of is asked for its own keys, no more.
    let error = open_minimal(&[("general.architecture", text("wombat-9_x.1"))]).unwrap_err();
    assert!(matches!(&error, ModelFileError::MissingKey { key, .. } if key == "wombat-9_x.1.block_count"));
}

#[test]
fn an_unknown_architecture_with_all_its_keys_is_not_refused() {
    let keys = ["block_count", "embedding_length", "context_length", "attention.head_count"];
    let keys = keys.map(|key| (format!("wombat.{key}"), Value::U32(4)));
    let mut set: Vec<(&str, Value)> = keys.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    set.push(("general.architecture", text("wombat")));
    set.push(("tokenizer.ggml.model", text("a kind of its own")));
    assert_eq!(open_minimal(&set).unwrap().architecture, "wombat");
}

#[test]
fn a_vocabulary_whose_parts_disagree() {
    refusal(&[("tokenizer.ggml.scores", Value::F32s(vec![0.0; 2]))]);
    refusal(&[("tokenizer.ggml.token_type", Value::I32s(vec![1; 2]))]);
    refusal(&[("tokenizer.ggml.token_type", Value::F32s(vec![1.0; 3]))]);
    refusal(&[("tokenizer.ggml.merges", Value::I32s(vec![1]))]);
    refusal(&[("tokenizer.ggml.scores", Value::F32(1.0))]);
    open_minimal(&[("tokenizer.ggml.scores", Value::F32s(vec![0.0; 3]))]).unwrap();
}

#[test]
fn a_vocabulary_that_is_not_there() {
    refusal(&[("tokenizer.ggml.tokens", texts(&[]))]);
    let error = open_minimal(&[("tokenizer.ggml.model", text("no_vocab"))]).unwrap_err();
    assert!(matches!(error, ModelFileError::BadVocabulary { .. }), "{error}");
    let mut gguf = dragon_testkit::gguf_writer::GgufWriter::default();
    gguf.set("general.architecture", text("llama"));
    for key in ["block_count", "embedding_length", "context_length", "attention.head_count"] {
        gguf.set(&format!("llama.{key}"), Value::U32(4));
    }
    gguf.tensor("weight", &[4], &[0.0; 4]);
    let (_directory, path) = written("model.gguf", &gguf.to_bytes());
    let error = ModelFile::open(&path).unwrap_err();
    assert!(matches!(&error, ModelFileError::MissingKey { key, .. } if key == "tokenizer.ggml.tokens"));
}

#[test]
fn two_tokens_of_one_text() {
    let message = refusal(&[("tokenizer.ggml.tokens", texts(&["a", "b", "c", "b"]))]);
    assert!(message.contains("tokens 1 and 3"), "{message}");
    // A token without text gets one from llama.cpp, which must not be there already.
    refusal(&[("tokenizer.ggml.tokens", texts(&["a", "[EMPTY_2]", ""]))]);
    open_minimal(&[("tokenizer.ggml.tokens", texts(&["a", "", ""]))]).unwrap();
}

#[test]
fn a_vocabulary_that_lacks_a_byte_which_texts_fall_back_to() {
    let bytes: Vec<String> = (0..=u8::MAX).map(|byte| format!("<0x{byte:02X}>")).collect();
    let with = |tokens: &[String]| {
        open_minimal(&[
            ("tokenizer.ggml.tokens", Value::Strings(tokens.to_vec())),
            ("tokenizer.ggml.model", text("llama")),
        ])
    };
    with(&bytes).unwrap();
    let message = with(&bytes[..255]).unwrap_err().to_string();
    assert!(message.contains("<0xFF>"), "{message}");
    // Some converters lose the zero byte.
    with(&bytes[1..]).unwrap();
    // A byte of ASCII may stand for itself.
    let mut as_itself = bytes.clone();
    as_itself[0x41] = "A".to_owned();
    with(&as_itself).unwrap();
    as_itself[0x41] = "<0x4g>".to_owned();
    with(&as_itself).unwrap_err();
}

#[test]
fn a_vocabulary_of_longest_matches_in_which_the_engine_would_turn_for_ever() {
    let with = |tokens: &[&str]| {
        let set = [("tokenizer.ggml.tokens", texts(tokens)), ("tokenizer.ggml.model", text("rwkv"))];
        open_minimal(&set).map_err(|error| error.to_string())
    };
    with(&["a", "ab", r"\n", r"\n\n", r"\x80", r"\x80\x81", r"\\"]).unwrap();
    for (tokens, byte) in
        [(["a", r"\n\n", "b"], "<0x0A>"), (["a", r"\xff\x80", "b"], "<0xFF>"), (["a", "ba", "c"], "<0x62>")]
    {
        let message = with(&tokens).unwrap_err();
        assert!(message.contains(byte), "{message}");
    }
}

#[test]
fn byte_tokens_in_a_vocabulary_that_cannot_have_any() {
    let types = |types: [i32; 3]| {
        open_minimal(&[
            ("tokenizer.ggml.token_type", Value::I32s(types.to_vec())),
            ("tokenizer.ggml.model", text("bert")),
        ])
    };
    types([1, 3, 1]).unwrap();
    let message = types([1, 1, 6]).unwrap_err().to_string();
    assert!(message.contains("token 2"), "{message}");
    open_minimal(&[("tokenizer.ggml.token_type", Value::I32s(vec![1, 6, 1]))]).unwrap();
}

#[test]
fn tokens_outside_the_vocabulary() {
    for key in ["tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id"] {
        refusal(&[(key, Value::U32(3))]);
        refusal(&[(key, Value::I32(-1))]);
    }
}

#[test]
fn an_embedding_of_another_size_than_the_vocabulary() {
    let open = |dims: &[usize; 2]| {
        let mut gguf = minimal(&[]);
        gguf.tensor("token_embd.weight", dims, &vec![0.0; dims[0] * dims[1]]);
        let (_directory, path) = written("model.gguf", &gguf.to_bytes());
        ModelFile::open(&path)
    };
    // 8 dimensions, 3 tokens.
    open(&[8, 3]).unwrap();
    for dims in [[8, 2], [8, 4], [3, 8], [4, 6]] {
        let message = open(&dims).unwrap_err().to_string();
        assert!(message.contains("token_embd.weight"), "{message}");
    }
}

#[test]
fn weights_of_types_that_nothing_can_be_computed_with() {
    let open = |name: &str, type_id: u32| {
        let mut bytes = minimal(&[]).tensor(name, &[256, 4], &[0.0; 1024]).to_bytes();
        // The type's number comes after name, number of dimensions and two dimensions.
        let at = bytes.windows(name.len()).position(|window| window == name.as_bytes()).unwrap();
        let at = at + name.len() + 4 + 2 * 8;
        bytes[at..at + 4].copy_from_slice(&type_id.to_le_bytes());
        let (_directory, path) = written("model.gguf", &bytes);
        ModelFile::open(&path)
    };
    const F32: u32 = 0;
    const Q8_0: u32 = 8;
    const Q8_K: u32 = 15;
    const I32: u32 = 26;
    let name = "blk.0.attn_q.weight";
    for type_id in [F32, Q8_0] {
        open(name, type_id).unwrap();
    }
    for type_id in [Q8_K, I32] {
        let message = open(name, type_id).unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
    }
    for type_id in [Q8_0, I32] {
        open("blk.0.attn_norm.weight", type_id).unwrap_err();
    }
    open("blk.0.attn_norm.weight", F32).unwrap();
    for name in ["blk.0.ffn_gate_tid2eid.weight", "d2t"] {
        open(name, I32).unwrap();
    }
}

#[test]
fn the_files_that_the_fuzzer_starts_from_are_accepted() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/model_file");
    let opened: Vec<ModelFile> = std::fs::read_dir(seeds)
        .unwrap()
        .map(|entry| ModelFile::open(&entry.unwrap().path()).unwrap_or_else(|error| panic!("{error}")))
        .collect();
    assert!(opened.len() >= 2 && opened.iter().any(|model| model.bos_text.is_some()));
}

#[test]
fn a_chat_template_of_megabytes() {
    open_minimal(&[("tokenizer.chat_template", text(&"x".repeat(1024 * 1024)))]).unwrap();
    refusal(&[("tokenizer.chat_template", text(&"x".repeat(1024 * 1024 + 1)))]);
}
