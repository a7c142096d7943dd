//! A first decode that shows whether this build computes correctly on this CPU.
//!
//! Some compilers get code for some CPUs wrong: then the first decode crashes, or its numbers are not numbers.
//! Better to see that here, with a sentence, than in the first request.

use std::time::{Duration, Instant};

use dragon_ipc::SelfTest;

use crate::compute::Compute;
use crate::llama::{DecodeError, Logits, Position, Row, TokenId};
use crate::sampler;

/// Tokens of the prompt: enough for the code paths of a prefill.
const N_PROMPT: u32 = 8;

/// Single tokens decoded after it. Their median time says how fast an answer is, whatever one of them met; on
/// the default model they take a tenth of a second.
const N_DECODES: u32 = 9;

/// What the self-test found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelfTestError {
    /// The decode failed.
    #[error("the self-test could not be decoded: {0}")]
    Decode(#[from] DecodeError),
    /// The numbers are wrong.
    #[error(
        "the self-test gave numbers that are not finite: this build does not compute correctly on this CPU \
         (or the model file is damaged); rebuild on this machine with `make`"
    )]
    NotFinite,
}

/// Prefills a short prompt, decodes some tokens more, and leaves the cache empty. Returns the median time of
/// those decodes; zero after a brief test, of which a single one says nothing.
///
/// # Errors
/// See [`SelfTestError`].
pub(crate) fn run<C: Compute>(compute: &mut C, how: SelfTest) -> Result<Duration, SelfTestError> {
    let n_vocab = compute.facts().n_vocab;
    let n_ctx = compute.facts().n_ctx_seq;
    let n_prompt = N_PROMPT.min(compute.facts().n_prefill_chunk).min(n_ctx - 1);
    let prompt: Vec<Row> = (0..n_prompt).map(|position| row(position, n_prompt, n_vocab)).collect();
    decode(compute, &prompt)?;
    let n_decodes = match how {
        SelfTest::Timed => N_DECODES,
        SelfTest::Brief => 1,
    };
    let mut times = Vec::new();
    for position in n_prompt..n_ctx.min(n_prompt + n_decodes) {
        let started_at = Instant::now();
        decode(compute, &[row(position, position + 1, n_vocab)])?;
        times.push(started_at.elapsed());
    }
    compute.free_sequence(0)?;
    if how == SelfTest::Brief {
        return Ok(Duration::ZERO);
    }
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

/// Tokens spread over the vocabulary; the last of `n_rows` gives logits.
fn row(position: Position, n_rows: u32, n_vocab: u32) -> Row {
    let token: TokenId =
        (n_vocab / (N_PROMPT + 1)).saturating_mul(position % (N_PROMPT + 1)).min(n_vocab - 1);
    let logits = if position + 1 == n_rows { Logits::Wanted } else { Logits::Skipped };
    Row { token, seq: 0, position, logits }
}

fn decode<C: Compute>(compute: &mut C, rows: &[Row]) -> Result<(), SelfTestError> {
    compute.decode(rows)?;
    let logits = compute.logits(rows.len() - 1)?;
    if sampler::are_sound(logits) { Ok(()) } else { Err(SelfTestError::NotFinite) }
}
