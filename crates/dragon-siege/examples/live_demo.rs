//! Shows the live screen of a siege that never was, for looking at the screen: `cargo run --release -p dragon-siege
//! --example live_demo`, ended by q. Nothing is sent anywhere.

use std::thread;
use std::time::{Duration, Instant};

use dragon_siege::cli::request::View;
use dragon_siege::live::{Headline, Watching};
use dragon_siege::report::model::{Counts, Latency, Second};
use dragon_siege::snapshot::{Board, Snapshot};
use tokio_util::sync::CancellationToken;

/// It ends by itself, so that it can be run without a keyboard.
const LASTS: Duration = Duration::from_secs(40);

fn main() -> std::io::Result<()> {
    let (board, stop) = (Board::default(), CancellationToken::new());
    let headline =
        Headline { target: "http://127.0.0.1:8080 (made up)".to_owned(), model: "no-such-model".to_owned() };
    let watching = Watching::begin(View::Screen, headline, board.clone(), stop.clone())?;
    let began = Instant::now();
    while !stop.is_cancelled() && began.elapsed() < LASTS {
        board.show(snapshot(began.elapsed()));
        thread::sleep(Duration::from_millis(250));
    }
    // What is on its way is waited for.
    thread::sleep(Duration::from_millis(500));
    watching.end();
    Ok(())
}

/// Five seconds of it pass in one.
fn snapshot(elapsed: Duration) -> Snapshot {
    let at = elapsed * 5;
    let timeline: Vec<Second> = (0..at.as_secs() + 1).map(second).collect();
    let sum = |part: fn(&Second) -> u64| timeline.iter().map(part).sum::<u64>();
    let attack = Counts {
        n: sum(|second| second.served + second.refused + second.rejected + second.faulty),
        served: sum(|second| second.served),
        refused: sum(|second| second.refused),
        rejected: sum(|second| second.rejected),
        faulty: sum(|second| second.faulty),
        faults: vec![("late".to_owned(), sum(|second| second.faulty))],
        ..Counts::default()
    };
    let n_seconds = at.as_secs();
    let bystander = Counts { n: n_seconds * 2, served: n_seconds * 2, ..Counts::default() };
    Snapshot {
        at,
        stage: format!("phase {} of 4: made up", 1 + n_seconds / 50),
        progress: at.as_secs_f64() % 50.0 / 50.0,
        latency: latency(attack.n, 12.5),
        bystander_latency: latency(bystander.n, 1.0),
        attack,
        bystander,
        n_open: 490,
        memory: timeline.iter().zip(0_u64..).map(|(_, t)| (380 + t % 60) << 20).collect(),
        timeline,
        n_strikes: n_seconds / 20,
        latest_faults: (0..n_seconds / 17).map(|n| format!("overload: late by {n} ms (made up)")).collect(),
        is_over: false,
    }
}

fn second(t: u64) -> Second {
    let crowd = t % 50;
    Second {
        served: 30 + t % 7 * 2,
        refused: if crowd > 15 { 60 + t % 11 } else { 0 },
        rejected: if crowd > 35 { 25 } else { 0 },
        faulty: u64::from(t % 17 == 16) * 6,
        bystander_ms: (t * 37 % 400 + 100) as f64,
        n_open: crowd * 10,
    }
}

fn latency(n: u64, factor: f64) -> Latency {
    let percentiles = [(0.0, 3.0), (50.0, 88.0), (95.0, 410.0), (99.0, 620.0), (99.9, 700.0), (100.0, 742.0)];
    let percentiles = percentiles.map(|(percentile, ms)| (percentile, ms * factor)).to_vec();
    Latency { n, mean_ms: 100.0 * factor, percentiles, buckets: Vec::new() }
}
