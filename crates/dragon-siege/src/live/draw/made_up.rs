//! Snapshots of sieges that never were.

use std::time::Duration;

use crate::live::Headline;
use crate::report::model::{Counts, Latency, Second};
use crate::snapshot::Snapshot;

/// In the middle of an overload.
pub(crate) fn snapshot() -> Snapshot {
    let second = |t: u64| Second {
        served: 20 + t % 7,
        refused: if t > 30 { 40 + t % 11 } else { 0 },
        rejected: t % 3,
        faulty: u64::from(t.is_multiple_of(13)),
        bystander_ms: f64::from(u32::try_from(100 + t * 31 % 900).unwrap()),
        n_open: 490.min(t * 20),
    };
    Snapshot {
        at: Duration::from_millis(83_400),
        stage: "phase 2 of 5: overload".to_owned(),
        progress: 0.42,
        attack: Counts {
            n: 1526,
            served: 1204,
            refused: 310,
            faulty: 12,
            faults: vec![("late".to_owned(), 9), ("truncated".to_owned(), 3)],
            ..Counts::default()
        },
        latency: latency(1526, 4.0),
        bystander: Counts {
            n: 60,
            served: 58,
            refused: 1,
            faulty: 1,
            faults: vec![("late".to_owned(), 1)],
            ..Counts::default()
        },
        bystander_latency: latency(60, 1.0),
        n_open: 490,
        timeline: (0..84).map(second).collect(),
        memory: (0..84).map(|t| (400 + t) << 20).collect(),
        n_strikes: 3,
        latest_faults: vec![
            "overload: late by 312 ms".to_owned(),
            "overload: truncated: no [DONE]\x1b[31m".to_owned(),
            "bystander: late by 18 ms".to_owned(),
        ],
        is_over: false,
    }
}

/// Whom it attacks.
pub(crate) fn headline() -> Headline {
    Headline { target: "http://127.0.0.1:8080".to_owned(), model: "smollm2-135m".to_owned() }
}

fn latency(n: u64, factor: f64) -> Latency {
    let percentiles =
        [(0.0, 3.0), (50.0, 210.0), (95.0, 812.0), (99.0, 2100.0), (99.9, 2600.0), (100.0, 2750.0)];
    let percentiles = percentiles.map(|(percentile, ms)| (percentile, ms * factor)).to_vec();
    Latency { n, mean_ms: 300.0 * factor, percentiles, buckets: Vec::new() }
}
