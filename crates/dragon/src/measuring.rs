//! What the engine program measures without a server: how it is asked, and what its answers mean.

pub(crate) mod results;

use std::ffi::OsString;
use std::path::Path;

use crate::computing::{Computing, attention_word, cache_word};

/// The work that a way of computing is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mix {
    /// Tokens of a prompt.
    pub(crate) n_prompt: u32,
    /// Tokens of an answer.
    pub(crate) n_new: u32,
    /// Requests at the same time.
    pub(crate) n_parallel: u32,
}

impl Default for Mix {
    /// Chats and agents on a small machine.
    fn default() -> Self {
        Self { n_prompt: 256, n_new: 128, n_parallel: 8 }
    }
}

/// The arguments that make the engine program measure this way of computing. The batch of the mix is always among
/// those measured.
pub(crate) fn bench_arguments(
    model: &Path,
    computing: Computing,
    mix: Mix,
    batches: &[u32],
) -> Vec<OsString> {
    let mut sizes = batches.to_vec();
    sizes.push(mix.n_parallel);
    sizes.sort_unstable();
    sizes.dedup();
    let batches: Vec<String> = sizes.iter().map(u32::to_string).collect();
    let numbers = [
        ("--threads", computing.threads.to_string()),
        ("--prefill-chunk", computing.prefill_chunk.to_string()),
        ("--prompt", mix.n_prompt.to_string()),
        ("--new", mix.n_new.to_string()),
        ("--batches", batches.join(",")),
        ("--cache-type", cache_word(computing.cache_type).to_owned()),
        ("--flash-attention", attention_word(computing.flash_attention).to_owned()),
    ];
    let mut arguments: Vec<OsString> = vec!["bench".into(), "--model".into(), model.into()];
    arguments.extend(numbers.into_iter().flat_map(|(name, value)| [name.into(), value.into()]));
    arguments
}
