//! The tiny model as a GGUF file.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::OnceLock,
};

use super::{
    lessons::CHAT_TEMPLATE,
    teaching::tiny_model,
    vocabulary::{BOS, EOS, N_VOCAB, SPECIALS, THINK, THINK_END, file_text},
    weights::{Layer, Matrix, SHAPE, TinyModel},
};
use crate::gguf_writer::{GgufWriter, Value};

/// The file's bytes.
#[must_use]
pub fn tiny_model_bytes() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| tiny_gguf(&tiny_model()).to_bytes())
}

/// The file on disk, written if it is not there yet with the right content. Test processes that run at the
/// same time see a whole file or none.
///
/// # Panics
/// Where the directory of the test binaries cannot be written.
#[must_use]
pub fn tiny_model_path() -> PathBuf {
    write_once("dragon-tiny.gguf", tiny_model_bytes())
}

fn write_once(name: &str, bytes: &[u8]) -> PathBuf {
    let directory = scratch_directory();
    fs::create_dir_all(&directory).expect("the scratch directory can be made");
    let path = directory.join(name);
    if fs::read(&path).is_ok_and(|there| there == bytes) {
        return path;
    }
    let unfinished = directory.join(format!("{name}.{}.unfinished", process::id()));
    fs::write(&unfinished, bytes).expect("the model can be written");
    fs::rename(&unfinished, &path).expect("the model can be put in its place");
    path
}

/// What the poisoned model cannot bear: a byte that no lesson has, and that no self-test reads.
pub const POISON: u8 = 0x07;

/// The same model, but for one token: whoever has [`POISON`] in its prompt gets numbers that are none. On disk.
///
/// # Panics
/// Where the directory of the test binaries cannot be written.
#[must_use]
pub fn poisoned_model_path() -> PathBuf {
    let mut model = TinyModel::clone(&tiny_model());
    model.token_embd.row_mut(usize::from(POISON)).fill(f32::NAN);
    write_once("dragon-tiny-poisoned.gguf", &tiny_gguf(&model).to_bytes())
}

/// `tmp` in cargo's target directory, found from the running test binary; the system's own elsewhere.
fn scratch_directory() -> PathBuf {
    let binary = env::current_exe().unwrap_or_default();
    let target = binary.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file());
    target.map_or_else(env::temp_dir, |target| Path::join(target, "tmp"))
}

fn tiny_gguf(model: &TinyModel) -> GgufWriter {
    let mut gguf = GgufWriter::default();
    set_architecture(&mut gguf);
    set_tokenizer(&mut gguf);
    put_matrix(&mut gguf, "token_embd.weight", &model.token_embd);
    for (index, layer) in model.layers.iter().enumerate() {
        put_layer(&mut gguf, index, layer);
    }
    put_vector(&mut gguf, "output_norm.weight", &model.output_norm);
    put_matrix(&mut gguf, "output.weight", &model.output);
    gguf
}

fn set_architecture(gguf: &mut GgufWriter) {
    let size = |x: usize| Value::U32(x as u32);
    gguf.set("general.architecture", Value::String("llama".to_owned()))
        .set("general.name", Value::String("Dragon Tiny".to_owned()))
        .set("llama.vocab_size", size(N_VOCAB))
        .set("llama.context_length", size(SHAPE.n_ctx_train))
        .set("llama.embedding_length", size(SHAPE.n_embd))
        .set("llama.block_count", size(SHAPE.n_layer))
        .set("llama.feed_forward_length", size(SHAPE.n_ff))
        .set("llama.attention.head_count", size(SHAPE.n_head))
        .set("llama.attention.head_count_kv", size(SHAPE.n_head_kv))
        .set("llama.attention.layer_norm_rms_epsilon", Value::F32(SHAPE.rms_eps))
        .set("llama.rope.dimension_count", size(SHAPE.head_dim()))
        .set("llama.rope.freq_base", Value::F32(SHAPE.rope_base));
}

fn set_tokenizer(gguf: &mut GgufWriter) {
    let tokens = 0..N_VOCAB as u32;
    gguf.set("tokenizer.ggml.model", Value::String("gpt2".to_owned()))
        .set("tokenizer.ggml.pre", Value::String("gpt-2".to_owned()))
        .set("tokenizer.ggml.tokens", Value::Strings(tokens.clone().map(file_text).collect()))
        .set("tokenizer.ggml.token_type", Value::I32s(tokens.map(token_type).collect()))
        // None: with no merges every byte stays a token of its own.
        .set("tokenizer.ggml.merges", Value::Strings(Vec::new()))
        .set("tokenizer.ggml.bos_token_id", Value::U32(BOS))
        .set("tokenizer.ggml.eos_token_id", Value::U32(EOS))
        .set("tokenizer.ggml.add_bos_token", Value::Bool(false))
        .set("tokenizer.chat_template", Value::String(CHAT_TEMPLATE.to_owned()));
}

/// llama.cpp's numbers of token types.
fn token_type(token: u32) -> i32 {
    const NORMAL: i32 = 1;
    const CONTROL: i32 = 3;
    const USER_DEFINED: i32 = 4;
    match token {
        THINK | THINK_END => USER_DEFINED,
        _ if SPECIALS.iter().any(|&(special, _)| special == token) => CONTROL,
        _ => NORMAL,
    }
}

fn put_layer(gguf: &mut GgufWriter, index: usize, layer: &Layer) {
    let name = |part: &str| format!("blk.{index}.{part}.weight");
    put_vector(gguf, &name("attn_norm"), &layer.attn_norm);
    put_matrix(gguf, &name("attn_q"), &layer.attn_q);
    put_matrix(gguf, &name("attn_k"), &layer.attn_k);
    put_matrix(gguf, &name("attn_v"), &layer.attn_v);
    put_matrix(gguf, &name("attn_output"), &layer.attn_output);
    put_vector(gguf, &name("ffn_norm"), &layer.ffn_norm);
    put_matrix(gguf, &name("ffn_gate"), &layer.ffn_gate);
    put_matrix(gguf, &name("ffn_up"), &layer.ffn_up);
    put_matrix(gguf, &name("ffn_down"), &layer.ffn_down);
}

fn put_matrix(gguf: &mut GgufWriter, name: &str, matrix: &Matrix) {
    gguf.tensor(name, &[matrix.n_in, matrix.n_out], &matrix.data);
}

fn put_vector(gguf: &mut GgufWriter, name: &str, vector: &[f32]) {
    gguf.tensor(name, &[vector.len()], vector);
}
