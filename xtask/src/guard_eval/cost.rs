//! What watching an answer costs, on one core.

use std::hint::black_box;
use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use dragon_guard::licence::Licence;
use dragon_guard::loops::{LoopRule, Loops};
use dragon_guard::reanalysis::Density;
use dragon_guard::watch::{Expectation, Watch};
use rustix::time::{ClockId, clock_gettime};

use super::corpus::{Trace, TraceKind, traces};
use super::random::Random;
use super::statistics::quantile;
use super::tokens::{Token, tokens};
use super::{EvalArgs, table};

/// Tokens of an answer that is measured, at most.
const N_TOKENS: usize = 20_000;

/// Runs, of which the middle one counts.
const N_RUNS: usize = 15;

pub(super) fn print(args: &EvalArgs, out: &mut dyn Write) -> Result<()> {
    let traces = traces(&args.data)?;
    let mut random = Random::new(args.seed);
    writeln!(
        out,
        "### Cost on one core\n\nNanoseconds of computing per token: median of {N_RUNS} runs (fastest to slowest).\n"
    )?;
    let mut rows = vec![table::row(&["answer", "tokens", "all detectors", "exact loops alone"])];
    for (name, tokens) in answers(&traces, &mut random) {
        // Repetition is licensed, so that a loop does not end the work.
        let watched = times(&tokens, || {
            let expectation =
                Expectation { licence: Licence::Unbounded, threshold: Density::per_thousand(f64::INFINITY) };
            let mut watch = Watch::new(expectation);
            move |token: &Token| {
                black_box(watch.push(token.id, &token.piece));
            }
        });
        let exact = times(&tokens, || {
            let mut loops = Loops::new(LoopRule::MODEL_TOKENS);
            move |token: &Token| {
                black_box(loops.push(token.id));
            }
        });
        rows.push(vec![name.to_owned(), tokens.len().to_string(), watched, exact]);
    }
    table::print(out, &rows)
}

fn answers(traces: &[Trace], random: &mut Random) -> Vec<(&'static str, Vec<Token>)> {
    let thought: String = traces
        .iter()
        .filter(|trace| trace.kind == TraceKind::Healthy)
        .take(60)
        .map(|trace| trace.text.as_str())
        .collect();
    let looping = traces.iter().find(|trace| trace.kind == TraceKind::Loop).map_or("", |trace| &trace.text);
    let thought = first(tokens(&thought));
    let ordinary: Vec<Token> = thought.iter().take(2_048).cloned().collect();
    let drawn = |random: &mut Random, of: &[&str]| -> Vec<Token> {
        let draw = |_| random.below(of.len());
        let places: Vec<usize> = (0..N_TOKENS).map(draw).collect();
        let token =
            |place: usize| Token { id: u32::try_from(place).unwrap_or(0), piece: of[place].to_owned() };
        places.into_iter().map(token).collect()
    };
    let long: Vec<Token> = ordinary.iter().cycle().take(N_TOKENS).cloned().collect();
    vec![
        ("healthy traces, one after the other", thought),
        ("a real loop", first(tokens(looping))),
        ("always the same word", drawn(random, &[" word"])),
        ("a period of 2,048 tokens", long),
        ("two words at random", drawn(random, &[" yes", " no"])),
        ("two marks at random", drawn(random, &["(", ")"])),
        ("eight words at random", drawn(random, &[" a", " b", " c", " d", " e", " f", " g", " h"])),
    ]
}

fn first(mut tokens: Vec<Token>) -> Vec<Token> {
    tokens.truncate(N_TOKENS);
    tokens
}

fn times<F: FnMut(&Token)>(tokens: &[Token], start: impl Fn() -> F) -> String {
    let run = || {
        let mut push = start();
        let started_at = computed();
        tokens.iter().for_each(&mut push);
        nanoseconds(computed().saturating_sub(started_at), tokens.len())
    };
    let runs: Vec<f64> = (0..N_RUNS).map(|_| run()).collect();
    let at = |share| quantile(&runs, share).unwrap_or(f64::NAN);
    format!("{:.0} ({:.0} to {:.0})", at(0.5), at(0.0), at(1.0))
}

/// Time that this thread has computed, so that who else is on the machine counts less.
fn computed() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

fn nanoseconds(elapsed: Duration, n_tokens: usize) -> f64 {
    elapsed.as_secs_f64() * 1e9 / n_tokens.max(1) as f64
}
