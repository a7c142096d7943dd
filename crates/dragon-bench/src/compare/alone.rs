//! What concerns dragon alone: streams beside long prompts, its own load, a second server, one prompt a hundred times.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::cases::Group;
use super::noise::Noise;
use super::report::{Comparison, Fact};
use super::window::{Seen, gaps};
use super::{CompareArgs, config, text};
use crate::client::Answer;
use crate::load::{self, Expect, Target};
use crate::measure::percentile;
use crate::server::OwnServer;

/// Slots of these servers.
const N_SLOTS: usize = 8;
/// Tokens of a stream that is watched.
const N_NEW: u32 = 96;
/// Wrong requests per second.
const NOISE_PER_S: u32 = 2000;
/// Long prompts that arrive beside running streams.
const N_LONG: usize = 4;

/// Measures all of it and adds it to the report.
pub(super) async fn run(args: &CompareArgs, comparison: &mut Comparison) -> Result<()> {
    let group = Group { n_slots: N_SLOTS, n_ctx: 2048, cases: Vec::new() };
    let own = OwnServer::start_with(&args.server, &config(args, &group)).await?;
    comparison.dragon_version = own.figures().version;
    comparison.computing = own.computing();
    let target = Target::find("dragon", &own.address, None, Expect::Label).await?;
    for n_streams in [1, 4] {
        beside_long_prompts(&target, n_streams, comparison).await?;
    }
    for n_parallel in [1, 8] {
        beside_noise(&target, n_parallel, comparison).await?;
    }
    second_server(args, &group, &target, comparison).await?;
    own.stop().await?;
    let fresh = OwnServer::start_with(&args.server, &config(args, &group)).await?;
    one_prompt_a_hundred_times(
        &Target::find("dragon", &fresh.address, None, Expect::Label).await?,
        comparison,
    )
    .await?;
    fresh.stop().await
}

/// Streams run; prompts of 1,500 tokens arrive one after the other.
async fn beside_long_prompts(target: &Target, n_streams: usize, comparison: &mut Comparison) -> Result<()> {
    crate::say(&format!("{n_streams} streams beside long prompts"));
    let unmixed = long_prompts(target, &format!("unmixed {n_streams}")).await?;
    let quiet = Seen::of(&together(target, "quiet", n_streams, N_NEW).await?, n_streams);
    let streams = spawn_streams(target, "beside", n_streams, 1200);
    // The streams have begun before the first prompt comes.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let from = Instant::now();
    let mixed = long_prompts(target, &format!("mixed {n_streams}")).await?;
    let until = Instant::now();
    let mut within: Vec<f64> = Vec::new();
    for mut answer in collected(streams).await? {
        answer.texts_at.retain(|at| from < *at && *at < until);
        within.extend(gaps(&answer));
    }
    within.sort_by(f64::total_cmp);
    comparison.facts.push(Fact::new(
        format!("{n_streams} streams beside 1,500-token prompts"),
        format!(
            "gap between tokens p50 {:.0} ms, p99 {:.0} ms (quiet: {:.1} ms); prompts read at {:.2} of their unmixed speed ({:.0} tok/s)",
            percentile(&within, 50),
            percentile(&within, 99),
            quiet.gap_ms_p50,
            mixed / unmixed,
            unmixed
        ),
    ));
    Ok(())
}

/// Prompt tokens per second until the first token, over some prompts one after the other.
async fn long_prompts(target: &Target, seed: &str) -> Result<f64> {
    let (mut n_tokens, mut seconds) = (0.0, 0.0);
    for n in 0..N_LONG {
        let body = body(target, &text::words(&format!("{seed}/{n}"), 1500), 2);
        let answer = load::ask_checked(target, &body, 2).await?;
        n_tokens += f64::from(answer.n_prompt_tokens - answer.n_cached);
        seconds += (answer.first_text_at - answer.sent_at).as_secs_f64();
    }
    Ok(n_tokens / seconds)
}

async fn beside_noise(target: &Target, n_parallel: usize, comparison: &mut Comparison) -> Result<()> {
    crate::say(&format!("{n_parallel} streams beside {NOISE_PER_S} wrong requests a second"));
    let (mut idle, mut noisy) = (0.0, 0.0);
    let mut figures = None;
    for round in 0..3 {
        idle += speed(target, &format!("idle {round}"), n_parallel).await?;
        let noise = Noise::start(&target.address, NOISE_PER_S).await?;
        noisy += speed(target, &format!("noisy {round}"), n_parallel).await?;
        figures = Some(noise.stop());
    }
    let Some(figures) = figures else { return Ok(()) };
    comparison.facts.push(Fact::new(
        format!("{n_parallel} parallel beside {NOISE_PER_S} wrong requests a second"),
        format!(
            "{:.2} of the idle speed ({:.0} tok/s); {:.0} of them were answered per second, sending took {:.2} of a core",
            noisy / idle,
            idle / 3.0,
            figures.answers_per_s,
            figures.generator_cpu_share
        ),
    ));
    Ok(())
}

async fn second_server(
    args: &CompareArgs,
    group: &Group,
    first: &Target,
    comparison: &mut Comparison,
) -> Result<()> {
    crate::say("two servers at once");
    let alone = speed(first, "one server", N_SLOTS).await?;
    let second = OwnServer::start_with(&args.server, &config(args, group)).await?;
    let other = Target::find("dragon", &second.address, None, Expect::Label).await?;
    let (a, b) =
        tokio::try_join!(speed(first, "two servers a", N_SLOTS), speed(&other, "two servers b", N_SLOTS))?;
    second.stop().await?;
    comparison.facts.push(Fact::new(
        "two servers at once, 8 parallel each".to_owned(),
        format!("{a:.0} + {b:.0} tok/s, {:.2} of one alone ({alone:.0})", (a + b) / alone),
    ));
    Ok(())
}

/// The same system prompt of 1,000 tokens in a hundred requests that come together to a server that never saw it.
async fn one_prompt_a_hundred_times(target: &Target, comparison: &mut Comparison) -> Result<()> {
    crate::say("one system prompt, a hundred requests together");
    let system = text::words("a hundred", 1000);
    let started_at = Instant::now();
    let mut workers = JoinSet::new();
    for n in 0..100 {
        let target = target.clone();
        let mut body = body(&target, &text::words(&format!("own {n}"), 12), 16);
        body["messages"] = json!([{"role": "system", "content": system}, body["messages"][0]]);
        workers.spawn(async move { load::ask_checked(&target, &body, 16).await });
    }
    let answers = collected(workers).await?;
    let (n_prompt, n_cached) = answers.iter().fold((0_u64, 0_u64), |(prompt, cached), answer| {
        (prompt + u64::from(answer.n_prompt_tokens), cached + u64::from(answer.n_cached))
    });
    comparison.facts.push(Fact::new(
        "100 requests with one 1,000-token system prompt, together, cold".to_owned(),
        format!(
            "{:.1} s; of {n_prompt} prompt tokens {} were computed, {n_cached} reused",
            started_at.elapsed().as_secs_f64(),
            n_prompt - n_cached
        ),
    ));
    Ok(())
}

async fn speed(target: &Target, seed: &str, n_parallel: usize) -> Result<f64> {
    Ok(Seen::of(&together(target, seed, n_parallel, N_NEW).await?, n_parallel).tok_s)
}

async fn together(target: &Target, seed: &str, n_parallel: usize, n_new: u32) -> Result<Vec<Answer>> {
    collected(spawn_streams(target, seed, n_parallel, n_new)).await
}

fn spawn_streams(target: &Target, seed: &str, n_parallel: usize, n_new: u32) -> JoinSet<Result<Answer>> {
    let mut streams = JoinSet::new();
    for n in 0..n_parallel {
        let target = target.clone();
        let body = body(&target, &text::words(&format!("{seed}/{n_parallel}/{n}"), 30), n_new);
        streams.spawn(async move { load::ask_checked(&target, &body, n_new).await });
    }
    streams
}

async fn collected(mut streams: JoinSet<Result<Answer>>) -> Result<Vec<Answer>> {
    let mut answers = Vec::new();
    while let Some(answer) = streams.join_next().await {
        answers.push(answer??);
    }
    Ok(answers)
}

fn body(target: &Target, question: &str, n_new: u32) -> Value {
    json!({
        "model": target.model,
        "messages": [{"role": "user", "content": question}],
        "max_tokens": n_new,
        "ignore_eos": true,
        "temperature": 0,
        "stream": true,
        "stream_options": {"include_usage": true},
    })
}
