//! What a model will take in memory, predicted from its header.

use crate::ModelFile;

/// A prediction, in bytes. What a batch needs besides (scratch memory of the graph, a repacked copy of the
/// weights on some CPUs) comes on top: it depends on the engine's build and is measured there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryEstimate {
    /// All tensors of the file.
    pub weights_bytes: u64,
    /// Keys and values of all slots with full contexts.
    pub kv_bytes: u64,
    /// One row of logits per slot.
    pub logits_bytes: u64,
    /// The sum.
    pub total_bytes: u64,
}

/// How one element of the key-value cache is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvElement {
    /// Four bytes.
    F32,
    /// Two bytes: half-precision and brain floats.
    F16,
    /// 34 bytes for 32 elements.
    Q8_0,
}

/// The prediction is no number of bytes that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the memory for {n_slots} slots of {n_ctx_seq} tokens overflows a 64-bit number: lower `ctx` or `slots`"
)]
pub struct MemoryError {
    /// Tokens of context of one slot.
    pub n_ctx_seq: u32,
    /// Slots.
    pub n_slots: u32,
}

/// Predicts what a model takes with `n_slots` slots of `n_ctx_seq` tokens each.
///
/// # Errors
/// Where a number overflows.
pub fn estimate_memory(
    model: &ModelFile,
    n_ctx_seq: u32,
    n_slots: u32,
    element: KvElement,
) -> Result<MemoryEstimate, MemoryError> {
    checked_estimate(model, n_ctx_seq, n_slots, element).ok_or(MemoryError { n_ctx_seq, n_slots })
}

fn checked_estimate(
    model: &ModelFile,
    n_ctx_seq: u32,
    n_slots: u32,
    element: KvElement,
) -> Option<MemoryEstimate> {
    let n_cells = u64::from(n_ctx_seq) * u64::from(n_slots);
    let kv_bytes = element.bytes_for(n_cells.checked_mul(model.n_kv_elements_per_token)?)?;
    let logits_bytes = u64::from(model.n_vocab) * u64::from(n_slots) * size_of::<f32>() as u64;
    let weights_bytes = model.weights_bytes;
    let total_bytes = weights_bytes.checked_add(kv_bytes)?.checked_add(logits_bytes)?;
    Some(MemoryEstimate { weights_bytes, kv_bytes, logits_bytes, total_bytes })
}

// === impl KvElement ===

impl KvElement {
    fn bytes_for(self, n_elements: u64) -> Option<u64> {
        match self {
            Self::F32 => n_elements.checked_mul(4),
            Self::F16 => n_elements.checked_mul(2),
            Self::Q8_0 => n_elements.div_ceil(32).checked_mul(34),
        }
    }
}
