//! Arrivals that do not wait for answers, at multiples of what the server can do.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::Scene;
use super::ask::{Question, Seen, Verdict, mix, percentile};
use super::puzzle;

/// Multiples of the capacity.
const LOADS: [f64; 5] = [0.5, 1.0, 2.0, 5.0, 10.0];

/// Tokens of each answer: short ones, so that there are enough of them.
const N_TOKENS: u32 = 64;

/// Workers that keep the server busy while its capacity is measured.
const N_BUSY: usize = 16;

/// A table of answers by the model a second, and of the time of those without.
pub(super) async fn run(scene: &Scene) -> String {
    let mut numbers = 0..;
    let capacity = capacity(scene, &mut numbers).await;
    let mut told = format!(
        "Capacity, {N_BUSY} at a time: {capacity:.2} answers of {N_TOKENS} tokens a second.\n\n\
         | load | arrivals/s | answered in time | by the model/s | turned away at once | p50 | p99 | after waiting | mix |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|---|\n"
    );
    for load in LOADS {
        let rate = capacity * load;
        let all = arrivals(scene, rate, &mut numbers).await;
        let n_in_time = all.iter().filter(|seen| seen.is_answered() && seen.took <= scene.in_time()).count();
        let n_useful = all.iter().filter(|seen| seen.is_useful()).count();
        let immediate = || all.iter().filter(|seen| is_immediate(seen)).map(|seen| seen.took);
        let n_late = all.iter().filter(|seen| is_fallback(seen) && !is_immediate(seen)).count();
        told.push_str(&format!(
            "| {load} | {rate:.1} | {n_in_time} of {} | {:.2} | {} | {:.1?} | {:.1?} | {n_late} | {} |\n",
            all.len(),
            n_useful as f64 / scene.lasts.as_secs_f64(),
            immediate().count(),
            percentile(immediate(), 0.5),
            percentile(immediate(), 0.99),
            mix(&all),
        ));
    }
    told
}

async fn capacity(scene: &Scene, numbers: &mut impl Iterator<Item = usize>) -> f64 {
    const ROUNDS: usize = 4;
    let questions: Vec<Question> =
        numbers.take(N_BUSY * ROUNDS).map(|number| question(scene, number)).collect();
    let started = Instant::now();
    let mut workers = JoinSet::new();
    for mine in questions.chunks(ROUNDS).map(<[Question]>::to_vec) {
        let patience = scene.patience();
        workers.spawn(async move {
            let mut n_useful = 0;
            for question in mine {
                n_useful += u32::from(question.ask(patience).await.is_useful());
            }
            n_useful
        });
    }
    let n_useful: u32 = workers.join_all().await.into_iter().sum();
    f64::from(n_useful) / started.elapsed().as_secs_f64()
}

/// Evenly spaced, whatever becomes of them.
async fn arrivals(scene: &Scene, rate: f64, numbers: &mut impl Iterator<Item = usize>) -> Vec<Seen> {
    let started = Instant::now();
    let mut asked = JoinSet::new();
    for n in 0.. {
        let at = Duration::from_secs_f64(f64::from(n) / rate);
        if at >= scene.lasts {
            break;
        }
        tokio::time::sleep_until((started + at).into()).await;
        let Some(number) = numbers.next() else { break };
        let (question, patience) = (question(scene, number), scene.patience());
        asked.spawn(async move { question.ask(patience).await });
    }
    asked.join_all().await
}

fn question(scene: &Scene, number: usize) -> Question {
    Question { max_tokens: N_TOKENS, ..scene.question(puzzle::variation(number)) }
}

fn is_fallback(seen: &Seen) -> bool {
    matches!(&seen.verdict, Verdict::Answered(answered) if answered.how.starts_with("fallback"))
}

/// Turned away on arrival, because the queue was full or there was no hope: by the server's own account it never
/// waited. How long that took is the client's account.
fn is_immediate(seen: &Seen) -> bool {
    const AT_ONCE: Duration = Duration::from_millis(1);
    match &seen.verdict {
        Verdict::Answered(answered) => answered.how.starts_with("fallback") && answered.waited <= AT_ONCE,
        Verdict::Refused(_) => true,
        Verdict::Unanswered(_) => false,
    }
}
