//! Rules of thumb: what was fastest on machines of this kind. docs/BENCHMARKS.md has the figures.

use dragon_ipc::{CacheType, FlashAttention};

use super::{Computing, Machine};

/// What to start with where nothing was measured on this very machine.
///
/// - With a matrix unit, reading a 16-bit float cache in one fused pass is what holds decoding back: at 1,200 cells
///   and 16 sequences 71 tok/s, against 206 with brain floats in the plain graph, at the same divergence as any two
///   orders of the same arithmetic.
/// - Without one the formats are within a tenth of each other, and llama.cpp's own choice stands.
/// - A piece of a prompt should interrupt running answers for about 60 ms: 64 tokens with a matrix unit; without
///   one half of them already take longer, and smaller pieces would cost prompts too much of their speed.
pub(crate) fn rule_of_thumb(machine: &Machine) -> Computing {
    let threads = machine.n_threads.max(1);
    if machine.has_matrix_unit {
        Computing {
            cache_type: CacheType::Bf16,
            flash_attention: FlashAttention::Off,
            threads,
            prefill_chunk: 64,
        }
    } else {
        Computing {
            cache_type: CacheType::F16,
            flash_attention: FlashAttention::Auto,
            threads,
            prefill_chunk: 32,
        }
    }
}
