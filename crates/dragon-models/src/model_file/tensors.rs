//! What the tensors must be so that the first computation does not abort.
//!
//! llama.cpp compares the shapes of all tensors with what the keys say, and refuses cleanly; only the
//! embedding's is checked here too, because a vocabulary of another size is the mistake that people make.

use super::{error::ModelFileError, facts::Facts};
use crate::gguf::Tensor;

/// Types that ggml knows only as intermediate results: it has no function to compute with such weights.
const INTERMEDIATE: &[&str] = &["Q8_1", "Q8_K"];

/// Types that no matrix can be multiplied in: ggml has no function there, and calls it.
const WITHOUT_PRODUCT: &[&str] = &["I8", "I16", "I32", "I64", "F64"];

/// Weights that are tables of numbers of experts or tokens, which nothing is multiplied by.
const TABLES: &[&str] = &["tid2eid", "d2t", "t2d"];

/// What a norm's weights may be.
const NORM_TYPES: &[&str] = &["F32", "F16", "BF16"];

/// Architectures whose embedding is not (embedding length) x (vocabulary): codecs, and drafts for another
/// model.
const OTHER_EMBEDDINGS: &[&str] = &["wavtokenizer-dec", "eagle3", "dflash"];

// === impl Facts ===

impl Facts<'_> {
    pub(super) fn check_tensors(
        &self,
        architecture: &str,
        n_embd: u32,
        n_vocab: u32,
    ) -> Result<(), ModelFileError> {
        for tensor in &self.header.tensors {
            if let Some(wrong) = wrong_type(tensor) {
                return Err(self.bad_tensor(tensor, wrong));
            }
        }
        let embedding = self.header.tensors.iter().find(|tensor| tensor.name == "token_embd.weight");
        let expected = [u64::from(n_embd), u64::from(n_vocab)];
        match embedding {
            Some(tensor)
                if without_ones(&tensor.dimensions) != without_ones(&expected)
                    && !OTHER_EMBEDDINGS.contains(&architecture) =>
            {
                let wrong = format!(
                    "has the dimensions {:?}, where the keys and the vocabulary say {expected:?}",
                    tensor.dimensions
                );
                Err(self.bad_tensor(tensor, wrong))
            }
            _ => Ok(()),
        }
    }

    fn bad_tensor(&self, tensor: &Tensor, wrong: String) -> ModelFileError {
        ModelFileError::BadTensor { path: self.path.to_owned(), tensor: tensor.name.clone(), wrong }
    }
}

fn wrong_type(tensor: &Tensor) -> Option<String> {
    let type_name = tensor.element.name;
    if INTERMEDIATE.contains(&type_name) {
        return Some(format!("is of type {type_name}, which is only for intermediate results"));
    }
    if tensor.name.ends_with("_norm.weight") && !NORM_TYPES.contains(&type_name) {
        return Some(format!("is of type {type_name}, where a norm is of F32, F16 or BF16"));
    }
    let is_table = TABLES.iter().any(|table| tensor.name.contains(table));
    if tensor.name.ends_with(".weight") && !is_table && WITHOUT_PRODUCT.contains(&type_name) {
        return Some(format!("is of type {type_name}, in which nothing can be multiplied"));
    }
    None
}

/// Dimensions of one at the end say nothing.
fn without_ones(dimensions: &[u64]) -> &[u64] {
    let n_kept = dimensions.iter().rposition(|&dimension| dimension != 1).map_or(0, |last| last + 1);
    &dimensions[..n_kept]
}
