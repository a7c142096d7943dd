//! One client with one request at a time, alone and beside a flood.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::Scene;
use super::ask::{Question, Seen, mix, percentile};
use super::puzzle;

/// Requests of the polite client while nobody else asks.
const N_QUIET: usize = 20;

/// Tokens that it asks for.
const N_POLITE_TOKENS: u32 = 32;

/// Whoever of the flood is answered asks again no sooner.
const ASKS_AGAIN: Duration = Duration::from_secs(1);

/// The flood needs this long to be there.
const SETTLES: Duration = Duration::from_secs(2);

/// The polite client's times, alone and beside the flood.
pub(super) async fn run(scene: &Scene) -> String {
    let mut quiet = Vec::new();
    for number in 0..N_QUIET {
        quiet.push(polite(scene, number).ask(scene.patience()).await);
    }
    let over_at = Instant::now() + SETTLES + scene.lasts;
    let numbers = Arc::new(AtomicUsize::new(0));
    let cpu_before = own_cpu();
    let mut flood = JoinSet::new();
    for n in 0..scene.n_parallel {
        let (scene, numbers) = (scene.clone(), Arc::clone(&numbers));
        flood.spawn(async move { keep_asking(&scene, n, &numbers, over_at).await });
    }
    tokio::time::sleep(SETTLES).await;
    let mut beside = Vec::new();
    let started = Instant::now();
    while Instant::now() < over_at {
        beside.push(polite(scene, N_QUIET + beside.len()).ask(scene.patience()).await);
    }
    let cpu = (own_cpu() - cpu_before).as_secs_f64() / (started.elapsed() + SETTLES).as_secs_f64();
    let flood: Vec<Seen> = flood.join_all().await.into_iter().flatten().collect();
    let p95 = |seen: &[Seen]| percentile(seen.iter().map(|seen| seen.took), 0.95);
    let (alone, now) = (p95(&quiet), p95(&beside));
    let n_flood_in_time =
        flood.iter().filter(|seen| seen.is_answered() && seen.took <= scene.in_time()).count();
    format!(
        "- alone: p50 {:.0?}, p95 {alone:.0?}; {}\n\
         - beside {} open requests of {} keys: p50 {:.0?}, p95 {now:.0?}, longest {:.0?}; p95 is {:.2} times as long; {}\n\
         - the flood: {} requests, {n_flood_in_time} answered in time; {}\n\
         - the load itself took {cpu:.2} of a core",
        percentile(quiet.iter().map(|seen| seen.took), 0.5),
        mix(&quiet),
        scene.n_parallel,
        scene.n_flood_keys,
        percentile(beside.iter().map(|seen| seen.took), 0.5),
        percentile(beside.iter().map(|seen| seen.took), 1.0),
        now.as_secs_f64() / alone.as_secs_f64(),
        mix(&beside),
        flood.len(),
        mix(&flood),
    )
}

fn polite(scene: &Scene, number: usize) -> Question {
    let text = format!("Tell me in a few sentences what the number {number} reminds you of.");
    Question { max_tokens: N_POLITE_TOKENS, key: "polite".to_owned(), ..scene.question(text) }
}

async fn keep_asking(scene: &Scene, n: usize, numbers: &AtomicUsize, over_at: Instant) -> Vec<Seen> {
    let mut all = Vec::new();
    while Instant::now() < over_at {
        let asked_at = Instant::now();
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let key = format!("flood-{}", n % scene.n_flood_keys);
        let question = Question { key, ..scene.question(puzzle::variation(number)) };
        all.push(question.ask(scene.patience()).await);
        tokio::time::sleep_until((asked_at + ASKS_AGAIN).into()).await;
    }
    all
}

/// Time that this process has computed for.
fn own_cpu() -> Duration {
    let usage = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = Duration::from_secs(usage.tv_sec.unsigned_abs());
    seconds + Duration::from_nanos(usage.tv_nsec.unsigned_abs())
}
