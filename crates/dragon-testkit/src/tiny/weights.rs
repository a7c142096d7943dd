//! The tiny model's weights before teaching: random, with the grammar built in.

use super::{
    grammar::{N_RESERVED, role_after, role_of},
    vocabulary::{END_OF_GENERATION, N_VOCAB, THINK_END},
};
use crate::rng::SplitMix64;

/// The sizes of the model, in the words of the `llama` architecture.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "the architecture's own words")]
pub struct Shape {
    pub n_layer: usize,
    pub n_embd: usize,
    pub n_head: usize,
    pub n_head_kv: usize,
    pub n_ff: usize,
    pub n_ctx_train: usize,
    pub rms_eps: f32,
    pub rope_base: f32,
}

/// The one shape there is. The context is long so that limits of a thousand tokens and more can be tested;
/// the cache costs 768 bytes a token.
pub(super) const SHAPE: Shape = Shape {
    n_layer: 3,
    n_embd: 64,
    n_head: 4,
    n_head_kv: 2,
    n_ff: 128,
    n_ctx_train: 32_768,
    rms_eps: 1e-5,
    rope_base: 10_000.0,
};

// === impl Shape ===

impl Shape {
    /// Dimensions of one head.
    #[must_use]
    pub const fn head_dim(&self) -> usize {
        self.n_embd / self.n_head
    }

    /// Dimensions of all key heads, or of all value heads, of a layer.
    #[must_use]
    pub const fn kv_dim(&self) -> usize {
        self.head_dim() * self.n_head_kv
    }
}

/// A matrix as llama.cpp stores it: one row per output.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// Length of a row.
    pub n_in: usize,
    /// Number of rows.
    pub n_out: usize,
    /// The rows, one after the other.
    pub data: Vec<f32>,
}

/// One transformer layer.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names of the tensors in the file")]
pub struct Layer {
    pub attn_norm: Vec<f32>,
    pub attn_q: Matrix,
    pub attn_k: Matrix,
    pub attn_v: Matrix,
    pub attn_output: Matrix,
    pub ffn_norm: Vec<f32>,
    pub ffn_gate: Matrix,
    pub ffn_up: Matrix,
    pub ffn_down: Matrix,
}

/// All weights.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names of the tensors in the file")]
pub struct TinyModel {
    pub token_embd: Matrix,
    pub layers: Vec<Layer>,
    pub output_norm: Vec<f32>,
    pub output: Matrix,
}

/// Deviation of queries and keys. Attention scores then deviate by its square, so that each head looks at
/// one or two tokens, and these are others at every step: so nearly every token of a prompt decides some
/// token of the answer (with 1.6 in place of 3.3, only one position in twenty of the longest prompt did).
const QUERY_DEVIATION: f32 = 3.3;
/// How much of the residual stream attention writes, against 1 for the embedding: much, so that the next
/// token depends on the history more than on the last token.
const ATTENTION_GAIN: f32 = 3.0;
/// The same for the feed-forward part.
const FEED_FORWARD_GAIN: f32 = 1.5;
/// Deviation of the logits before teaching.
const LOGIT_DEVIATION: f32 = 1.0;
/// The value that a reserved dimension holds in the embedding.
const ROLE_SIGNAL: f32 = 4.0;
/// Its weight in the output matrix: far enough ahead that even sampling at temperature 2 keeps to the
/// grammar.
const ROLE_WEIGHT: f32 = 40.0;
/// How much less the tokens get that end something, so that babble seldom ends by chance.
const ENDING_SHARE: f32 = 0.9;

// === impl Matrix ===

impl Matrix {
    /// Random rows; an input of deviation 1 gives an output of `deviation`.
    fn random(rng: &mut SplitMix64, n_in: usize, n_out: usize, deviation: f32) -> Self {
        let scale = deviation / (n_in as f32).sqrt();
        Self { n_in, n_out, data: (0..n_in * n_out).map(|_| rng.normal() * scale).collect() }
    }

    /// One row.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f32] {
        &self.data[index * self.n_in..][..self.n_in]
    }

    /// One row, to write.
    pub(super) fn row_mut(&mut self, index: usize) -> &mut [f32] {
        &mut self.data[index * self.n_in..][..self.n_in]
    }

    /// Keeps the reserved dimensions of the residual stream clean: this matrix writes nothing there.
    fn spare_reserved_outputs(mut self) -> Self {
        self.data[..N_RESERVED * self.n_in].fill(0.0);
        self
    }
}

// === impl TinyModel ===

impl TinyModel {
    /// The model before it was taught anything.
    pub(super) fn untaught(seed: u64) -> Self {
        let mut rng = SplitMix64::new(seed);
        Self {
            token_embd: embeddings(&mut rng),
            layers: (0..SHAPE.n_layer).map(|_| Layer::random(&mut rng)).collect(),
            output_norm: vec![1.0; SHAPE.n_embd],
            output: output_matrix(&mut rng),
        }
    }
}

// === impl Layer ===

impl Layer {
    fn random(rng: &mut SplitMix64) -> Self {
        let Shape { n_embd, n_ff, .. } = SHAPE;
        let kv_dim = SHAPE.kv_dim();
        Self {
            attn_norm: norm_weights(rng),
            attn_q: Matrix::random(rng, n_embd, n_embd, QUERY_DEVIATION),
            attn_k: Matrix::random(rng, n_embd, kv_dim, QUERY_DEVIATION),
            attn_v: Matrix::random(rng, n_embd, kv_dim, 1.0),
            attn_output: Matrix::random(rng, n_embd, n_embd, ATTENTION_GAIN).spare_reserved_outputs(),
            ffn_norm: norm_weights(rng),
            ffn_gate: Matrix::random(rng, n_embd, n_ff, 1.0),
            ffn_up: Matrix::random(rng, n_embd, n_ff, 1.0),
            ffn_down: Matrix::random(rng, n_ff, n_embd, FEED_FORWARD_GAIN).spare_reserved_outputs(),
        }
    }
}

/// Norm weights near 1 but not equal, so that an engine that leaves them out is noticed.
fn norm_weights(rng: &mut SplitMix64) -> Vec<f32> {
    (0..SHAPE.n_embd).map(|_| 1.0 + 0.1 * rng.normal()).collect()
}

fn embeddings(rng: &mut SplitMix64) -> Matrix {
    let mut matrix = Matrix::random(rng, SHAPE.n_embd, N_VOCAB, (SHAPE.n_embd as f32).sqrt());
    for token in 0..N_VOCAB {
        let row = matrix.row_mut(token);
        row[..N_RESERVED].fill(0.0);
        row[role_after(token as u32) as usize] = ROLE_SIGNAL;
    }
    matrix
}

fn output_matrix(rng: &mut SplitMix64) -> Matrix {
    let mut matrix = Matrix::random(rng, SHAPE.n_embd, N_VOCAB, LOGIT_DEVIATION);
    for token in 0..N_VOCAB as u32 {
        let row = matrix.row_mut(token as usize);
        row[..N_RESERVED].fill(0.0);
        if let Some(role) = role_of(token) {
            let ends_something = token == THINK_END || END_OF_GENERATION.contains(&token);
            row[role as usize] = if ends_something { ROLE_WEIGHT * ENDING_SHARE } else { ROLE_WEIGHT };
        }
    }
    matrix
}
