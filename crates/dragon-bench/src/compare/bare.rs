//! What the kernels alone can do: bare loops, without a server around them.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

use super::CompareArgs;
use super::cases::Group;

/// Prompt tokens before decoding: about what a short question has with its template.
const N_PROMPT: &str = "64";
/// Tokens per sequence.
const N_NEW: &str = "128";

/// Tokens per second of a bare loop at one batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bare {
    pub(super) n_batch: usize,
    /// The engine's own library and settings.
    pub(super) engine_tok_s: f64,
    /// llama.cpp's benchmark of the peer's build, with its defaults.
    pub(super) batched_bench_tok_s: Option<f64>,
}

// === impl Bare ===

impl Bare {
    /// At the group's number of sequences, with the settings that the server said it computes with.
    pub(super) async fn measure(args: &CompareArgs, group: &Group, computing: &str) -> Result<Vec<Self>> {
        if !group.cases.iter().any(|case| case.name.starts_with("short,")) {
            return Ok(Vec::new());
        }
        let engine_tok_s = engine(args, group, computing).await?;
        let batched_bench_tok_s = match &args.batched_bench {
            Some(program) => Some(batched_bench(program, args, group).await?),
            None => None,
        };
        Ok(vec![Self { n_batch: group.n_slots, engine_tok_s, batched_bench_tok_s }])
    }
}

async fn engine(args: &CompareArgs, group: &Group, computing: &str) -> Result<f64> {
    let (cache_type, flash_attention) =
        understood(computing).context("what dragon computes with is not known")?;
    let output = Command::new(&args.engine)
        .args(["bench", "--prompt", N_PROMPT, "--new", N_NEW, "--model"])
        .arg(&args.model)
        .args(["--threads", &args.threads.to_string(), "--batches", &group.n_slots.to_string()])
        .args(["--cache-type", cache_type, "--flash-attention", flash_attention])
        // As the server starts it.
        .env("GOMP_SPINCOUNT", "10000")
        .output()
        .await?;
    ensure!(output.status.success(), "dragon-engine bench: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let decode = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let decode = decode.filter(|value| value["kind"] == "decode").find_map(|value| value["tok_s"].as_f64());
    decode.context("dragon-engine bench did not measure decoding")
}

/// From the server's log line: "bf16 cache, flash attention off, 2 threads, ...".
fn understood(computing: &str) -> Option<(&str, &str)> {
    let (cache_type, rest) = computing.split_once(" cache, flash attention ")?;
    let cache_type = cache_type.rsplit(' ').next()?;
    Some((cache_type, rest.split(',').next()?))
}

async fn batched_bench(program: &Path, args: &CompareArgs, group: &Group) -> Result<f64> {
    let n_ctx = group.n_slots * 256;
    let output = Command::new(program)
        .arg("-m")
        .arg(&args.model)
        .args(["-c", &n_ctx.to_string(), "-npp", N_PROMPT, "-ntg", N_NEW, "-npl", &group.n_slots.to_string()])
        .args(["-t", &args.threads.to_string()])
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // | PP | TG | B | N_KV | T_PP s | S_PP t/s | T_TG s | S_TG t/s | T s | S t/s |
    let row =
        text.lines().rfind(|line| line.starts_with('|') && !line.contains("PP") && !line.contains("--"));
    let speed = row.and_then(|row| row.split('|').nth(8)?.trim().parse().ok());
    speed.context("llama-batched-bench printed no table")
}

#[cfg(test)]
mod tests {
    use super::understood;

    #[test]
    fn the_servers_own_words_are_understood() {
        let line = "computing with bf16 cache, flash attention off, 2 threads, prompts in pieces of 64";
        assert_eq!(understood(line), Some(("bf16", "off")));
        assert_eq!(understood("something else"), None);
    }
}
