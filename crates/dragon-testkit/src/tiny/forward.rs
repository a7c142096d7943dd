//! The `llama` architecture in plain F32 Rust: RMS norm, rotary positions on neighbouring pairs, grouped
//! query attention, SwiGLU. Slow, short, and independent of llama.cpp.

use super::{
    teaching::tiny_model,
    vocabulary::{END_OF_GENERATION, N_VOCAB, piece, tokenize},
    weights::{Layer, Matrix, SHAPE, TinyModel},
};

/// A sequence being computed: the keys and values of all tokens so far.
#[derive(Debug)]
pub struct Sequence<'a> {
    model: &'a TinyModel,
    caches: Vec<Cache>,
    n_tokens: usize,
}

/// Keys and values of one layer, one row per token.
#[derive(Debug, Default)]
struct Cache {
    keys: Vec<f32>,
    values: Vec<f32>,
}

/// A greedy answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Greedy {
    /// Its tokens.
    pub tokens: Vec<u32>,
    /// How far, in logits, the best token was ahead of the second, at each step.
    pub gaps: Vec<f32>,
}

// === impl Greedy ===

impl Greedy {
    /// The answer's bytes.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        self.tokens.iter().flat_map(|&token| piece(token)).collect()
    }

    /// The smallest gap of all steps.
    #[must_use]
    pub fn narrowest_gap(&self) -> f32 {
        self.gaps.iter().copied().fold(f32::INFINITY, f32::min)
    }
}

/// The bytes of the tiny model's answer at temperature 0 with the end-of-generation tokens excluded
/// (`ignore_eos`), computed here. Gaps are only wide on the taught lessons: compare with an engine only
/// there.
#[must_use]
pub fn expected_greedy(prompt: &str, n_tokens: usize) -> Vec<u8> {
    greedy(&tiny_model(), &tokenize(prompt), n_tokens).text()
}

/// The answer at temperature 0 with the end-of-generation tokens excluded.
#[must_use]
pub fn greedy(model: &TinyModel, prompt: &[u32], n_tokens: usize) -> Greedy {
    let mut sequence = Sequence::new(model);
    let mut hidden = Vec::new();
    for &token in prompt {
        hidden = sequence.push(token);
    }
    let mut answer = Greedy { tokens: Vec::new(), gaps: Vec::new() };
    while answer.tokens.len() < n_tokens {
        let (token, gap) = best_two(&sequence.logits(&hidden));
        answer.tokens.push(token);
        answer.gaps.push(gap);
        hidden = sequence.push(token);
    }
    answer
}

/// The best token that does not end the answer, and its lead over the next such token.
fn best_two(logits: &[f32]) -> (u32, f32) {
    let mut ranked: Vec<(u32, f32)> =
        (0..).zip(logits.iter().copied()).filter(|(token, _)| !END_OF_GENERATION.contains(token)).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    (ranked[0].0, ranked[0].1 - ranked[1].1)
}

// === impl Sequence ===

impl<'a> Sequence<'a> {
    /// An empty sequence.
    #[must_use]
    pub fn new(model: &'a TinyModel) -> Self {
        Self { model, caches: model.layers.iter().map(|_| Cache::default()).collect(), n_tokens: 0 }
    }

    /// Appends a token; returns the hidden state after the final norm, from which logits are made.
    pub fn push(&mut self, token: u32) -> Vec<f32> {
        let mut stream = self.model.token_embd.row(token as usize).to_vec();
        for (layer, cache) in self.model.layers.iter().zip(&mut self.caches) {
            let attended = attention(layer, cache, &rms_norm(&stream, &layer.attn_norm), self.n_tokens);
            add(&mut stream, &attended);
            let fed = feed_forward(layer, &rms_norm(&stream, &layer.ffn_norm));
            add(&mut stream, &fed);
        }
        self.n_tokens += 1;
        rms_norm(&stream, &self.model.output_norm)
    }

    /// One logit per token of the vocabulary.
    #[must_use]
    pub fn logits(&self, hidden: &[f32]) -> Vec<f32> {
        let logits = multiply(&self.model.output, hidden);
        debug_assert_eq!(logits.len(), N_VOCAB);
        logits
    }
}

fn attention(layer: &Layer, cache: &mut Cache, x: &[f32], position: usize) -> Vec<f32> {
    let head_dim = SHAPE.head_dim();
    let mut queries = multiply(&layer.attn_q, x);
    let mut keys = multiply(&layer.attn_k, x);
    for head in queries.chunks_mut(head_dim).chain(keys.chunks_mut(head_dim)) {
        rotate(head, position);
    }
    cache.keys.extend(keys);
    cache.values.extend(multiply(&layer.attn_v, x));

    let queries_per_kv_head = SHAPE.n_head / SHAPE.n_head_kv;
    let mut mixed = vec![0.0; SHAPE.n_embd];
    for (head, (query, out)) in queries.chunks(head_dim).zip(mixed.chunks_mut(head_dim)).enumerate() {
        attend(cache, query, head / queries_per_kv_head, out);
    }
    multiply(&layer.attn_output, &mixed)
}

/// One head: the values, weighted by the softmax of the scaled scores.
fn attend(cache: &Cache, query: &[f32], kv_head: usize, out: &mut [f32]) {
    let head_dim = SHAPE.head_dim();
    let of_this_head = |row: usize| row * SHAPE.kv_dim() + kv_head * head_dim..;
    let n_tokens = cache.keys.len() / SHAPE.kv_dim();
    let scale = 1.0 / (head_dim as f32).sqrt();
    let scores: Vec<f32> =
        (0..n_tokens).map(|row| scale * dot(query, &cache.keys[of_this_head(row)][..head_dim])).collect();
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f32> = scores.iter().map(|score| (score - highest).exp()).collect();
    let total: f32 = weights.iter().sum();
    for (row, weight) in weights.iter().enumerate() {
        for (sum, value) in out.iter_mut().zip(&cache.values[of_this_head(row)][..head_dim]) {
            *sum += weight / total * value;
        }
    }
}

/// Rotary positions after Su et al., "RoFormer", 2021, on neighbouring pairs, as llama.cpp does it for the
/// `llama` architecture.
fn rotate(head: &mut [f32], position: usize) {
    let step = SHAPE.rope_base.powf(-2.0 / head.len() as f32);
    let mut angle = position as f32;
    for pair in head.chunks_exact_mut(2) {
        let (sin, cos) = angle.sin_cos();
        (pair[0], pair[1]) = (pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos);
        angle *= step;
    }
}

fn feed_forward(layer: &Layer, x: &[f32]) -> Vec<f32> {
    let mut gate = multiply(&layer.ffn_gate, x);
    let up = multiply(&layer.ffn_up, x);
    for (gate, up) in gate.iter_mut().zip(up) {
        let silu = *gate / (1.0 + (-*gate).exp());
        *gate = silu * up;
    }
    multiply(&layer.ffn_down, &gate)
}

fn rms_norm(x: &[f32], weights: &[f32]) -> Vec<f32> {
    let mean_square = dot(x, x) / x.len() as f32;
    let scale = 1.0 / (mean_square + SHAPE.rms_eps).sqrt();
    x.iter().zip(weights).map(|(x, weight)| x * scale * weight).collect()
}

fn multiply(matrix: &Matrix, x: &[f32]) -> Vec<f32> {
    (0..matrix.n_out).map(|row| dot(matrix.row(row), x)).collect()
}

/// In eight lanes: the compiler may not reorder a plain sum of floats, and a chain of 64 additions is slow.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let (a_blocks, a_rest) = a.as_chunks::<8>();
    let (b_blocks, b_rest) = b.as_chunks::<8>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}

fn add(sum: &mut [f32], x: &[f32]) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum += x;
    }
}
