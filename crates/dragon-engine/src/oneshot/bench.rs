//! How fast bare loops are: the calls that serving makes, without anything around them.
//!
//! Same library, same cache layout (one stream per sequence, neighbours), same threads as in service; no sampler,
//! no sockets. What serving loses against this is ours.

use std::time::{Duration, Instant};

use dragon_ipc::LoadSpec;

use super::args::{Args, all_threads};
use super::{OneshotError, say};
use crate::compute::{Compute as _, Loaded};
use crate::llama::{Logits, Row, SeqId, TokenId};
use crate::load;

/// Its arguments.
pub(super) const NAMES: &[&str] = &[
    "--model",
    "--cache-type",
    "--flash-attention",
    "--threads",
    "--prefill-chunk",
    "--prompt",
    "--new",
    "--batches",
    "--mix",
    "--shared",
];

/// Sizes of single calls that are timed, in tokens of one prompt.
const CHUNKS: [u32; 6] = [8, 16, 32, 64, 128, 256];

/// Repetitions of a call or a prefill; the fastest counts, since disturbance only ever adds.
const N_REPETITIONS: u32 = 3;

/// Tokens of each sequence's own after a shared prefix.
const N_OWN: u32 = 32;

/// A loaded model and the sizes asked for.
struct Bench {
    loaded: Loaded,
    n_chunk: u32,
    n_prompt: u32,
    n_new: u32,
}

/// Measures and says what was asked for.
pub(super) fn run(args: &Args) -> Result<(), OneshotError> {
    let batches = args.numbers("--batches", &[1, 8, 32])?;
    let n_mixed = args.number("--mix", 0, 0)?;
    let n_sharing = args.number("--shared", 0, 0)?;
    let n_prompt = args.number("--prompt", 1, 256)?;
    let n_new = args.number("--new", 1, 128)?;
    let n_chunk = args.number("--prefill-chunk", 1, 64)?;
    let n_slots = batches.iter().copied().chain([n_mixed, n_sharing]).max().unwrap_or(1);
    let spec = LoadSpec {
        path: args.path("--model")?,
        n_ctx_seq: (n_prompt + N_OWN + n_new).max(CHUNKS[CHUNKS.len() - 1]) + 1,
        n_slots,
        n_prefill_chunk: n_chunk.max(CHUNKS[CHUNKS.len() - 1]),
        n_threads: args.number("--threads", 1, all_threads())?,
        cache_type: args.cache_type("--cache-type")?,
        flash_attention: args.flash_attention("--flash-attention")?,
        n_gpu_layers: 0,
        n_max_kept_bytes: 0,
        n_max_draft: 0,
    };
    let (loaded, ready) = load::load(&spec)?;
    say(&format!(
        r#"{{"kind":"load","load_ms":{},"memory_bytes":{},"threads":{}}}"#,
        ready.load_ms,
        resident_bytes().unwrap_or(0),
        spec.n_threads
    ));
    let mut bench = Bench { loaded, n_chunk, n_prompt, n_new };
    bench.chunks()?;
    bench.prefill()?;
    batches.iter().try_for_each(|n_batch| bench.decode(*n_batch))?;
    if n_mixed > 0 {
        bench.mix(n_mixed)?;
    }
    if n_sharing > 0 {
        bench.shared(n_sharing)?;
    }
    Ok(())
}

// === impl Bench ===

impl Bench {
    /// The time of one call of so many prompt tokens.
    fn chunks(&mut self) -> Result<(), OneshotError> {
        for n_tokens in CHUNKS {
            let took = self.fastest(|bench| {
                let took = bench.timed(&bench.rows(0, 0..n_tokens))?;
                bench.loaded.free_sequence(0)?;
                Ok(took)
            })?;
            say(&format!(r#"{{"kind":"chunk","n_tokens":{n_tokens},"ms":{:.3}}}"#, ms(took)));
        }
        Ok(())
    }

    /// One prompt, chunk by chunk.
    fn prefill(&mut self) -> Result<(), OneshotError> {
        let (n_prompt, n_chunk) = (self.n_prompt, self.n_chunk);
        let took = self.fastest(|bench| {
            let started_at = Instant::now();
            bench.read(0, 0..n_prompt)?;
            let took = started_at.elapsed();
            bench.loaded.free_sequence(0)?;
            Ok(took)
        })?;
        let speed = f64::from(n_prompt) / took.as_secs_f64();
        say(&format!(r#"{{"kind":"prefill","n_tokens":{n_prompt},"chunk":{n_chunk},"tok_s":{speed:.1}}}"#));
        Ok(())
    }

    /// Steps of a batch whose sequences all hold a prompt.
    fn decode(&mut self, n_batch: u32) -> Result<(), OneshotError> {
        self.read(0, 0..self.n_prompt)?;
        self.copy_to(1..n_batch)?;
        let started_at = Instant::now();
        let mut steps = self.steps(n_batch, self.n_prompt)?;
        let took = started_at.elapsed();
        self.free(n_batch)?;
        steps.sort_unstable();
        let at = |share: usize| steps.get(steps.len() * share / 100).copied().unwrap_or_default();
        let speed = f64::from(n_batch * self.n_new) / took.as_secs_f64();
        say(&format!(
            r#"{{"kind":"decode","batch":{n_batch},"n_cells_start":{},"n_new":{},"tok_s":{speed:.1},"step_ms_p50":{:.3},"step_ms_p95":{:.3}}}"#,
            self.n_prompt,
            self.n_new,
            ms(at(50)),
            ms(at(95))
        ));
        Ok(())
    }

    /// So many prompts that have nothing in common, read one after the other, then answered together.
    fn mix(&mut self, n_parallel: u32) -> Result<(), OneshotError> {
        let started_at = Instant::now();
        for seq in 0..n_parallel {
            self.read(seq, 0..self.n_prompt)?;
        }
        self.steps(n_parallel, self.n_prompt)?;
        let took = started_at.elapsed();
        self.free(n_parallel)?;
        self.say_whole("mix", n_parallel, took);
        Ok(())
    }

    /// One prompt that all begin with, read once, some tokens of each one's own, then answered together.
    fn shared(&mut self, n_parallel: u32) -> Result<(), OneshotError> {
        let started_at = Instant::now();
        self.read(0, 0..self.n_prompt)?;
        let copying_at = Instant::now();
        self.copy_to(1..n_parallel)?;
        let copied = copying_at.elapsed();
        for seq in 0..n_parallel {
            self.read(seq, self.n_prompt..self.n_prompt + N_OWN)?;
        }
        self.steps(n_parallel, self.n_prompt + N_OWN)?;
        let took = started_at.elapsed();
        self.free(n_parallel)?;
        self.say_whole("shared", n_parallel, took);
        let n_cells = f64::from(self.n_prompt * n_parallel.saturating_sub(1).max(1));
        say(&format!(r#"{{"kind":"copy","us_per_cell":{:.2}}}"#, copied.as_secs_f64() * 1e6 / n_cells));
        Ok(())
    }

    fn say_whole(&self, kind: &str, n_parallel: u32, took: Duration) {
        say(&format!(
            r#"{{"kind":"{kind}","parallel":{n_parallel},"prompt":{},"new":{},"seconds":{:.3},"tok_s":{:.1}}}"#,
            self.n_prompt,
            self.n_new,
            took.as_secs_f64(),
            f64::from(n_parallel * self.n_new) / took.as_secs_f64()
        ));
    }

    fn read(&mut self, seq: SeqId, positions: std::ops::Range<u32>) -> Result<(), OneshotError> {
        let mut start = positions.start;
        while start < positions.end {
            let end = ((start / self.n_chunk + 1) * self.n_chunk).min(positions.end);
            let rows = self.rows(seq, start..end);
            self.loaded.decode(&rows)?;
            start = end;
        }
        Ok(())
    }

    /// Makes `n_new` steps of the first `n_batch` sequences and returns how long each took.
    fn steps(&mut self, n_batch: u32, n_cells: u32) -> Result<Vec<Duration>, OneshotError> {
        (n_cells..n_cells + self.n_new)
            .map(|position| {
                let rows: Vec<Row> = (0..n_batch)
                    .map(|seq| Row {
                        token: self.token(seq, position),
                        seq,
                        position,
                        logits: Logits::Wanted,
                    })
                    .collect();
                self.timed(&rows)
            })
            .collect()
    }

    fn copy_to(&mut self, seqs: std::ops::Range<SeqId>) -> Result<(), OneshotError> {
        let state = self.loaded.save_sequence(0)?;
        seqs.into_iter().try_for_each(|seq| Ok(self.loaded.restore_sequence(seq, &state)?))
    }

    fn free(&mut self, n_seqs: u32) -> Result<(), OneshotError> {
        (0..n_seqs).try_for_each(|seq| Ok(self.loaded.free_sequence(seq)?))
    }

    fn timed(&mut self, rows: &[Row]) -> Result<Duration, OneshotError> {
        let started_at = Instant::now();
        self.loaded.decode(rows)?;
        Ok(started_at.elapsed())
    }

    fn fastest(
        &mut self,
        measure: impl Fn(&mut Self) -> Result<Duration, OneshotError>,
    ) -> Result<Duration, OneshotError> {
        let mut fastest = measure(self)?;
        for _ in 1..N_REPETITIONS {
            fastest = fastest.min(measure(self)?);
        }
        Ok(fastest)
    }

    /// Part of a prompt; only the last token gives logits.
    fn rows(&self, seq: SeqId, positions: std::ops::Range<u32>) -> Vec<Row> {
        let last = positions.end - 1;
        positions
            .map(|position| {
                let logits = if position == last { Logits::Wanted } else { Logits::Skipped };
                Row { token: self.token(seq, position), seq, position, logits }
            })
            .collect()
    }

    /// Spread over the vocabulary; what they say does not matter to the time.
    fn token(&self, seq: SeqId, position: u32) -> TokenId {
        let mixed = (u64::from(seq) << 32 | u64::from(position)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        let n_vocab = u64::from(self.loaded.facts().n_vocab.max(1));
        TokenId::try_from(mixed % n_vocab).unwrap_or(0)
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Memory of this process, where the system tells.
fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let n_pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(n_pages * rustix::param::page_size() as u64)
}
