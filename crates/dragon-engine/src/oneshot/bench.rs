//! How fast bare loops are: the calls that serving makes, without anything around them.
//!
//! Same library, same cache layout (one stream per sequence, neighbours), same threads as in service; no sampler, not
//! even a look at the logits, and no sockets. What serving loses against this is ours.

mod loops;

use std::fs::File;
use std::io::Read as _;
use std::time::{Duration, Instant};

use dragon_ipc::{LoadSpec, MAX_SEQUENCES};

use super::args::{Args, ArgsError};
use super::{OneshotError, restrict, say};
use crate::load;
use crate::sandbox::Work;
use loops::{Loops, Stop};

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
    "--slots",
    "--ctx",
    "--seconds",
];

/// Sizes of single calls that are timed, in tokens of one prompt.
const CHUNKS: [u32; 6] = [8, 16, 32, 64, 128, 256];

/// Tokens of each sequence's own after a shared prefix.
const N_OWN: u32 = 32;

/// Longest prompt, answer, chunk and context, in tokens: more than any model knows, and sums of them are numbers.
const MAX_TOKENS: u32 = 1 << 22;

/// Longest `--seconds`: a day.
const MAX_SECONDS: u32 = 24 * 60 * 60;

/// What is to be measured.
struct Bench {
    n_chunk: u32,
    n_prompt: u32,
    n_new: u32,
    batches: Vec<u32>,
    n_mixed: u32,
    n_sharing: u32,
}

/// Memory of this process, where the system tells: opened before the process may open nothing any more.
struct Memory(Option<File>);

/// Measures and says what was asked for.
pub(super) fn run(args: &Args) -> Result<(), OneshotError> {
    let started_at = Instant::now();
    let bench = Bench::read(args)?;
    let spec = bench.load_spec(args)?;
    let n_seconds = args.number("--seconds", 1..=MAX_SECONDS, MAX_SECONDS)?;
    let memory = Memory::open();
    restrict(Work::Compute { models: &[&spec.path] })?;
    let (loaded, ready) = load::load(&spec)?;
    let memory_bytes = memory.resident_bytes().unwrap_or(0);
    let ends_at = started_at + Duration::from_secs(n_seconds.into());
    let mut loops = Loops::new(loaded, bench.n_chunk, bench.n_new, ends_at);
    let mut measure = || {
        say(&format!(
            r#"{{"kind":"load","load_ms":{},"memory_bytes":{memory_bytes},"kv_bytes":{},"threads":{}}}"#,
            ready.load_ms,
            loops.cache_bytes()?,
            spec.n_threads
        ));
        bench.measure(&mut loops)
    };
    match measure() {
        Ok(()) => Ok(()),
        Err(Stop::TimeUp) => {
            let took = started_at.elapsed().as_secs_f64();
            say(&format!(r#"{{"kind":"stopped","seconds":{took:.3}}}"#));
            Ok(())
        }
        Err(Stop::Failed(error)) => Err(error.into()),
    }
}

// === impl Bench ===

impl Bench {
    fn read(args: &Args) -> Result<Self, ArgsError> {
        Ok(Self {
            n_chunk: args.number("--prefill-chunk", 1..=MAX_TOKENS, 64)?,
            n_prompt: args.number("--prompt", 1..=MAX_TOKENS, 256)?,
            n_new: args.number("--new", 1..=MAX_TOKENS, 128)?,
            batches: args.numbers("--batches", 1..=MAX_SEQUENCES, &[1, 8, 32])?,
            n_mixed: args.number("--mix", 0..=MAX_SEQUENCES, 0)?,
            n_sharing: args.number("--shared", 0..=MAX_SEQUENCES, 0)?,
        })
    }

    /// The smallest cache that holds what is measured, unless a larger one is asked for.
    fn load_spec(&self, args: &Args) -> Result<LoadSpec, ArgsError> {
        let longest_chunk = CHUNKS[CHUNKS.len() - 1];
        let sequences = self.batches.iter().copied().chain([self.n_mixed, self.n_sharing]);
        let n_slots = sequences.max().unwrap_or(1);
        let n_ctx_seq = (self.n_prompt + N_OWN + self.n_new).max(longest_chunk) + 1;
        Ok(LoadSpec {
            path: args.path("--model")?,
            n_ctx_seq: args.number("--ctx", n_ctx_seq..=4 * MAX_TOKENS, n_ctx_seq)?,
            n_slots: args.number("--slots", n_slots..=MAX_SEQUENCES, n_slots)?,
            n_prefill_chunk: self.n_chunk.max(longest_chunk),
            n_threads: args.threads()?,
            cache_type: args.cache_type("--cache-type")?,
            flash_attention: args.flash_attention("--flash-attention")?,
            n_gpu_layers: 0,
            n_max_kept_bytes: 0,
            n_max_draft: 0,
            self_test: dragon_ipc::SelfTest::Timed,
            probe_sandbox: false,
        })
    }

    fn measure(&self, loops: &mut Loops) -> Result<(), Stop> {
        for n_tokens in CHUNKS {
            let took = loops.fastest(|loops| loops.call(n_tokens))?;
            say(&format!(r#"{{"kind":"chunk","n_tokens":{n_tokens},"ms":{:.3}}}"#, ms(took)));
        }
        self.prefill(loops)?;
        self.batches.iter().try_for_each(|n_batch| self.decode(loops, *n_batch))?;
        if self.n_mixed > 0 {
            self.mix(loops, self.n_mixed)?;
        }
        if self.n_sharing > 0 {
            self.shared(loops, self.n_sharing)?;
        }
        Ok(())
    }

    /// One prompt, chunk by chunk.
    fn prefill(&self, loops: &mut Loops) -> Result<(), Stop> {
        let (n_prompt, n_chunk) = (self.n_prompt, self.n_chunk);
        let took = loops.fastest(|loops| loops.prompt(n_prompt))?;
        let speed = f64::from(n_prompt) / took.as_secs_f64();
        say(&format!(r#"{{"kind":"prefill","n_tokens":{n_prompt},"chunk":{n_chunk},"tok_s":{speed:.1}}}"#));
        Ok(())
    }

    /// Steps of a batch whose sequences all hold a prompt.
    fn decode(&self, loops: &mut Loops, n_batch: u32) -> Result<(), Stop> {
        loops.read(0, 0..self.n_prompt)?;
        loops.copy_to(1..n_batch)?;
        let started_at = Instant::now();
        let mut steps = loops.steps(n_batch, self.n_prompt)?;
        let took = started_at.elapsed();
        loops.free(n_batch)?;
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
    fn mix(&self, loops: &mut Loops, n_parallel: u32) -> Result<(), Stop> {
        let started_at = Instant::now();
        (0..n_parallel).try_for_each(|seq| loops.read(seq, 0..self.n_prompt))?;
        loops.steps(n_parallel, self.n_prompt)?;
        let took = started_at.elapsed();
        loops.free(n_parallel)?;
        self.say_whole("mix", n_parallel, took);
        Ok(())
    }

    /// One prompt that all begin with, read once, some tokens of each one's own, then answered together.
    fn shared(&self, loops: &mut Loops, n_parallel: u32) -> Result<(), Stop> {
        let started_at = Instant::now();
        loops.read(0, 0..self.n_prompt)?;
        let copying_at = Instant::now();
        loops.copy_to(1..n_parallel)?;
        let copied = copying_at.elapsed();
        let n_all = self.n_prompt + N_OWN;
        (0..n_parallel).try_for_each(|seq| loops.read(seq, self.n_prompt..n_all))?;
        loops.steps(n_parallel, n_all)?;
        let took = started_at.elapsed();
        loops.free(n_parallel)?;
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
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

// === impl Memory ===

impl Memory {
    fn open() -> Self {
        Self(File::open("/proc/self/statm").ok())
    }

    fn resident_bytes(mut self) -> Option<u64> {
        let mut statm = String::new();
        self.0.as_mut()?.read_to_string(&mut statm).ok()?;
        let n_pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
        Some(n_pages * rustix::param::page_size() as u64)
    }
}
