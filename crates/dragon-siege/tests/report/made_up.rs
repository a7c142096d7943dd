//! Reports that nobody measured: for looking at the pages, and for their tests.

use dragon_siege::attack::Criterion;
use dragon_siege::criteria::{self, FailUnder};
use dragon_siege::report::model::{
    AttackReport, Calibration, Counts, Latency, Machine, PhaseReport, Recovery, Report, RulesFacts, Sample,
    Second, Serving, Shots, StrikeReport, TargetFacts, ToolCost, VERSION,
};

/// What kind of server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It stands everything.
    Sturdy,
    /// It is fast, and loses answers under attack.
    Brittle,
}

/// A report with six phases.
#[must_use]
pub(crate) fn report(kind: Kind, seed: u64) -> Report {
    let mut dice = fastrand::Rng::with_seed(seed);
    let is_brittle = kind == Kind::Brittle;
    let speed = if is_brittle { 1.2 } else { 1.0 };
    let calibration = Calibration {
        n_questions: 24,
        n_right: if is_brittle { 15 } else { 17 },
        bystander: serving(&mut dice, 8.0, Mix::served(58), 120.0 / speed),
        has_own_key: true,
    };
    let mut phases = vec![
        overload(&mut dice, is_brittle, speed),
        puzzle(&mut dice, is_brittle, speed),
        wrong_requests(&mut dice, is_brittle, speed),
        hostile(&mut dice, is_brittle, speed),
        bombs(&mut dice, speed),
        kills(&mut dice, is_brittle, speed),
    ];
    let rules = FailUnder::default();
    let mut began_s = 14.0;
    for phase in &mut phases {
        phase.began_s = began_s;
        for (at_s, _) in &mut phase.memory {
            *at_s = six_digits(*at_s + began_s);
        }
        for strike in &mut phase.strikes {
            strike.at_s = six_digits(strike.at_s + began_s);
        }
        began_s += phase.timeline.len() as f64 + 2.0;
        phase.criteria = criteria::of_phase(phase, &calibration.bystander, &rules);
    }
    let all = phases.iter().map(|phase| phase.bystander.counts.clone());
    let counts = all.fold(Counts::default(), |sum, counts| sum.plus(&counts));
    let n = counts.n;
    Report {
        version: VERSION,
        tool: "made-up figures, no measurement".to_owned(),
        made_at: "2026-01-02T03:04:05Z".to_owned(),
        command: format!(
            "dragon siege --target http://127.0.0.1:8080 --preset duel --seed {seed} --name made-up"
        ),
        lasted_s: began_s,
        seed: 4711,
        fail_under: None,
        was_interrupted: false,
        has_survived: criteria::has_survived(&phases),
        target: TargetFacts {
            name: if is_brittle { "Made-up server B" } else { "Made-up server A" }.to_owned(),
            url: "http://127.0.0.1:8080".to_owned(),
            model: "made-up-135m".to_owned(),
            server: is_brittle.then(|| "uvicorn".to_owned()),
            is_labelled: !is_brittle,
            lacks_usage: is_brittle,
        },
        machine: Machine { cpu: "Made-up CPU @ 3.0 GHz".to_owned(), n_cores: 2, memory_bytes: 8 << 30 },
        rules: RulesFacts { deadline_ms: 10_000, grace_ms: 250, patience_ms: 20_000 },
        calibration,
        bystander: Serving {
            lasted_s: began_s,
            latency: latency(&mut dice, n, if is_brittle { 2600.0 } else { 700.0 }, 0.6),
            served_latency: latency(&mut dice, counts.served, if is_brittle { 2600.0 } else { 700.0 }, 0.6),
            counts,
            ..Serving::default()
        },
        phases,
        cost: ToolCost {
            cores: 0.21,
            send_lag: latency(&mut dice, 4000, 0.09, 0.7),
            peak_memory_bytes: 61 << 20,
            n_resent: 0,
            longest_wait_ms: 0.4,
        },
    }
}

/// How many of each class.
#[derive(Debug, Clone, Copy, Default)]
struct Mix {
    served: u64,
    refused: u64,
    rejected: u64,
    faults: &'static [(&'static str, u64)],
}

impl Mix {
    const fn served(served: u64) -> Self {
        Self { served, refused: 0, rejected: 0, faults: &[] }
    }

    fn counts(self) -> Counts {
        let of = |kinds: &[&str]| -> u64 {
            self.faults.iter().filter(|(kind, _)| kinds.contains(kind)).map(|(_, n)| n).sum()
        };
        let faulty: u64 = self.faults.iter().map(|(_, n)| n).sum();
        let statuses = [
            (200, self.served + of(&["truncated", "lie", "error as success", "late"])),
            (400, self.rejected),
            (500, of(&["wrong status"])),
            (503, self.refused),
        ];
        Counts {
            n: self.served + self.refused + self.rejected + faulty,
            empty: 0,
            wanted: if self.served > 0 { self.served + self.refused + faulty } else { 0 },
            checked: 0,
            served: self.served,
            refused: self.refused,
            rejected: self.rejected,
            faulty,
            faults: self.faults.iter().map(|(kind, n)| ((*kind).to_owned(), *n)).collect(),
            ill_formed: of(&["malformed", "error as success", "wrong status"]),
            outcomes: vec![
                ("complete".to_owned(), self.served * 3 / 4),
                ("landed".to_owned(), self.served / 4),
            ],
            statuses: statuses.into_iter().filter(|(_, n)| *n > 0).collect(),
            hostile: Vec::new(),
        }
    }
}

fn serving(dice: &mut fastrand::Rng, lasted_s: f64, mix: Mix, median_ms: f64) -> Serving {
    let counts = mix.counts();
    Serving {
        lasted_s,
        latency: latency(dice, counts.n, median_ms, 0.5),
        served_latency: latency(dice, counts.served, median_ms * 1.1, 0.45),
        first_text: latency(dice, counts.served / 2, median_ms * 0.3, 0.5),
        n_tokens: counts.served * 41,
        counts,
    }
}

/// As the tally writes figures.
fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// Times around a median, the logarithm of which is spread like a bell.
fn latency(dice: &mut fastrand::Rng, n: u64, median_ms: f64, spread: f64) -> Latency {
    if n == 0 {
        return Latency::default();
    }
    let mut all: Vec<f64> = (0..n)
        .map(|_| {
            let bell: f64 = (0..12).map(|_| dice.f64()).sum::<f64>() - 6.0;
            median_ms * (bell * spread).exp()
        })
        .collect();
    all.sort_by(f64::total_cmp);
    let at = |percentile: f64| {
        let rank = (0..all.len()).find(|i| (*i + 1) as f64 >= percentile / 100.0 * all.len() as f64);
        (percentile, six_digits(all[rank.unwrap_or(0)]))
    };
    let mut buckets: Vec<(f64, u64)> = Vec::new();
    for ms in &all {
        let edge = six_digits(10_f64.powf((ms.log10() * 20.0).ceil() / 20.0));
        match buckets.last_mut() {
            Some((last, n)) if (*last / edge - 1.0).abs() < 1e-9 => *n += 1,
            _ => buckets.push((edge, 1)),
        }
    }
    Latency {
        n,
        mean_ms: six_digits(all.iter().sum::<f64>() / n as f64),
        percentiles: [0.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 100.0].map(at).to_vec(),
        buckets,
    }
}

/// Spreads counts over seconds, and makes up the rest of a timeline.
fn timeline(
    dice: &mut fastrand::Rng,
    n_seconds: usize,
    counts: &Counts,
    n_open: u64,
    slowest_ms: f64,
) -> Vec<Second> {
    let mut seconds = vec![Second::default(); n_seconds];
    for (i, second) in seconds.iter_mut().enumerate() {
        // The load grows over three seconds, and has gone at the end.
        let (thirds, halves) = ((i as u64 + 1).min(3), ((n_seconds - i) as u64).min(2));
        second.n_open = (n_open * thirds * halves / 6).saturating_sub(dice.u64(0..=n_open / 20));
        if dice.u8(0..10) < 7 {
            second.bystander_ms = six_digits(slowest_ms * (0.3 + 0.7 * dice.f64()));
        }
    }
    seconds[0].n_open = n_open / 3;
    let mut spread = |n: u64, late: bool, add: fn(&mut Second)| {
        for _ in 0..n {
            let from = if late { n_seconds / 2 } else { 1 };
            add(&mut seconds[dice.usize(from..n_seconds)]);
        }
    };
    spread(counts.served, false, |second| second.served += 1);
    spread(counts.refused, false, |second| second.refused += 1);
    spread(counts.rejected, false, |second| second.rejected += 1);
    spread(counts.faulty, true, |second| second.faulty += 1);
    seconds
}

fn memory(dice: &mut fastrand::Rng, n_seconds: usize, from_mib: u64, to_mib: u64) -> Vec<(f64, u64)> {
    let n = n_seconds as u64 * 2;
    (0..n)
        .map(|i| {
            let mib = from_mib + (to_mib - from_mib) * i.min(n / 2) * 2 / n + dice.u64(0..4);
            (i as f64 / 2.0, mib << 20)
        })
        .collect()
}

struct Made<'a> {
    name: &'a str,
    shape: &'a str,
    n_seconds: usize,
    n_open: u64,
    slowest_ms: f64,
    mib: (u64, u64),
}

fn phase(
    dice: &mut fastrand::Rng,
    made: &Made<'_>,
    attacks: Vec<AttackReport>,
    bystander: Serving,
    samples: Vec<Sample>,
) -> PhaseReport {
    let all = attacks.iter().fold(bystander.counts.clone(), |sum, attack| sum.plus(&attack.serving.counts));
    PhaseReport {
        name: made.name.to_owned(),
        shape: made.shape.to_owned(),
        began_s: 0.0,
        shots: Shots::default(),
        attacks,
        bystander,
        timeline: timeline(dice, made.n_seconds, &all, made.n_open, made.slowest_ms),
        memory: memory(dice, made.n_seconds, made.mib.0, made.mib.1),
        strikes: Vec::new(),
        criteria: Vec::new(),
        samples,
    }
}

fn attack(
    name: &str,
    description: &str,
    criterion: Criterion,
    serving: Serving,
    quiet: Option<Serving>,
) -> AttackReport {
    AttackReport { name: name.to_owned(), description: description.to_owned(), criterion, serving, quiet }
}

fn sample(who: &str, fault: &str, at_s: f64, took_ms: f64, body: &str, reply: &str) -> Sample {
    let kind = fault.split(':').next().unwrap_or(fault);
    Sample {
        who: who.to_owned(),
        faults: vec![fault.to_owned()],
        kind: kind.to_owned(),
        at_s,
        took_ms,
        curl: format!(
            "curl -sSiN --http1.1 -X 'POST' 'http://127.0.0.1:8080/v1/chat/completions' -H 'content-type: application/json' \
             -H 'x-dragon-deadline-ms: 10000' -H 'accept:' -H 'user-agent:' -H 'expect:' --data-raw '{body}'"
        ),
        reply: reply.to_owned(),
    }
}

const CLOSED: &str = "490 clients, reached over 2 s; for 30 s, at most 100,000 shots";

fn overload(dice: &mut fastrand::Rng, is_brittle: bool, speed: f64) -> PhaseReport {
    let mix = if is_brittle {
        Mix {
            served: 1310,
            refused: 0,
            rejected: 0,
            faults: &[("unanswered", 38), ("truncated", 11), ("late", 402)],
        }
    } else {
        Mix { served: 1122, refused: 890, ..Mix::default() }
    };
    let bystander = if is_brittle {
        Mix { served: 9, faults: &[("late", 3)], ..Mix::default() }
    } else {
        Mix { served: 41, refused: 2, ..Mix::default() }
    };
    let samples = if is_brittle {
        vec![
            sample(
                "bystander",
                "late: by 3212 ms",
                17.2,
                13_462.0,
                r#"{"model":"made-up-135m","messages":[{"role":"user","content":"What is 2 + 2?"}],"max_tokens":16}"#,
                "HTTP 200 OK\nserver: uvicorn\ncontent-type: application/json\n\n{\"id\":\"cmpl-1\",\"object\":\"chat.completion\"}",
            ),
            sample(
                "overload",
                "truncated: the connection ended in the middle of the body",
                29.0,
                8_801.0,
                r#"{"model":"made-up-135m","messages":[{"role":"user","content":"It'\''s a long story"}],"stream":true}"#,
                "HTTP 200 OK\ncontent-type: text/event-stream\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"<script>document.title='owned'</script>\"}}]}\n\n[the connection ended here: connection reset]",
            ),
        ]
    } else {
        Vec::new()
    };
    let made = Made {
        name: "overload",
        shape: CLOSED,
        n_seconds: if is_brittle { 41 } else { 38 },
        n_open: 490,
        slowest_ms: if is_brittle { 13_000.0 } else { 2_400.0 },
        mib: (310, if is_brittle { 1840 } else { 402 }),
    };
    let own = serving(dice, 38.0, mix, if is_brittle { 6100.0 } else { 3900.0 });
    let quiet = serving(dice, 4.0, Mix::served(132), 118.0 / speed);
    let bystander = serving(dice, 38.0, bystander, if is_brittle { 7400.0 } else { 640.0 });
    let attacks = vec![attack(
        "overload",
        "Many clients at once, each with a prompt of its own.",
        Criterion::OwnThroughput,
        own,
        Some(quiet),
    )];
    phase(dice, &made, attacks, bystander, samples)
}

fn puzzle(dice: &mut fastrand::Rng, is_brittle: bool, speed: f64) -> PhaseReport {
    let mix = Mix { served: if is_brittle { 540 } else { 610 }, refused: 120, ..Mix::default() };
    let own = serving(dice, 30.0, mix, 2900.0);
    let quiet = serving(dice, 4.0, Mix::served(90), 170.0 / speed);
    let bystander = serving(dice, 30.0, Mix::served(52), 590.0);
    let made = Made {
        name: "tyrolka",
        shape: "20 a second at random (Poisson); for 30 s, at most 100,000 shots",
        n_seconds: 31,
        n_open: 62,
        slowest_ms: 1_900.0,
        mib: (402, 410),
    };
    let attacks = vec![attack(
        "tyrolka",
        "Ambiguous puzzles in five languages that make models think in circles.",
        Criterion::OwnThroughput,
        own,
        Some(quiet),
    )];
    phase(dice, &made, attacks, bystander, Vec::new())
}

fn wrong_requests(dice: &mut fastrand::Rng, is_brittle: bool, speed: f64) -> PhaseReport {
    let (endpoints, malformed, samples) = if is_brittle {
        (
            Mix { rejected: 30_122, faults: &[("malformed", 4120)], ..Mix::default() },
            Mix {
                rejected: 20_040,
                faults: &[("error as success", 211), ("wrong status", 1873)],
                ..Mix::default()
            },
            vec![sample(
                "malformed",
                "wrong status: 500",
                82.0,
                3.1,
                r#"{"model":"made-up-135m","messages":"#,
                "HTTP 500 Internal Server Error\ncontent-type: text/html\n\n<html><body><h1>Internal Server Error</h1></body></html>",
            )],
        )
    } else {
        (Mix { rejected: 38_411, ..Mix::default() }, Mix { rejected: 25_902, ..Mix::default() }, Vec::new())
    };
    let made = Made {
        name: "wrong-endpoint+malformed",
        shape: "64 clients; for 20 s, at most 100,000 shots",
        n_seconds: 20,
        n_open: 64,
        slowest_ms: 420.0,
        mib: (410, 412),
    };
    let attacks = vec![
        attack(
            "wrong-endpoint",
            "Wrong paths, methods and content types.",
            Criterion::BystanderThroughput,
            serving(dice, 20.0, endpoints, 0.9),
            None,
        ),
        attack(
            "malformed",
            "Broken JSON and UTF-8, wrong types, deep nesting, huge numbers.",
            Criterion::BystanderThroughput,
            serving(dice, 20.0, malformed, 1.1),
            None,
        ),
    ];
    let bystander = serving(dice, 20.0, Mix::served(101), 160.0 / speed);
    phase(dice, &made, attacks, bystander, samples)
}

fn hostile(dice: &mut fastrand::Rng, is_brittle: bool, speed: f64) -> PhaseReport {
    let made = Made {
        name: "slow-header",
        shape: "200 clients; for 20 s, at most 100,000 shots",
        n_seconds: 20,
        n_open: 1,
        slowest_ms: 190.0,
        mib: (412, 414),
    };
    let mut own = Serving { lasted_s: 20.0, ..Serving::default() };
    own.counts.hostile =
        vec![("answered 408".to_owned(), if is_brittle { 0 } else { 388 }), ("left".to_owned(), 212)];
    let attacks = vec![attack(
        "slow-header",
        "Sends request heads a byte at a time.",
        Criterion::BystanderThroughput,
        own,
        None,
    )];
    let bystander = serving(dice, 20.0, Mix::served(138), 125.0 / speed);
    phase(dice, &made, attacks, bystander, Vec::new())
}

fn bombs(dice: &mut fastrand::Rng, speed: f64) -> PhaseReport {
    let mix = Mix { served: 210, refused: 33, rejected: 51, ..Mix::default() };
    let own = serving(dice, 20.0, mix, 4100.0);
    let quiet = serving(dice, 4.0, Mix::served(26), 900.0 / speed);
    let bystander = serving(dice, 20.0, Mix::served(30), 480.0);
    let made = Made {
        name: "max-tokens-bomb",
        shape: "32 clients; for 20 s, at most 100,000 shots",
        n_seconds: 24,
        n_open: 32,
        slowest_ms: 1200.0,
        mib: (414, 420),
    };
    let attacks = vec![attack(
        "max-tokens-bomb",
        "Asks for absurd numbers of tokens.",
        Criterion::OwnThroughput,
        own,
        Some(quiet),
    )];
    phase(dice, &made, attacks, bystander, Vec::new())
}

fn kills(dice: &mut fastrand::Rng, is_brittle: bool, speed: f64) -> PhaseReport {
    let bystander = if is_brittle {
        Mix { served: 12, faults: &[("unanswered", 5), ("wrong status", 9)], ..Mix::default() }
    } else {
        Mix { served: 131, ..Mix::default() }
    };
    let samples = if is_brittle {
        vec![sample(
            "bystander",
            "unanswered: the connection ended before a response",
            140.0,
            12.0,
            r#"{"model":"made-up-135m","prompt":"Repeat this word: apple"}"#,
            "The connection ended before a response: connection reset by peer",
        )]
    } else {
        Vec::new()
    };
    let made = Made {
        name: "kill-engine",
        shape: "1 clients; for 30 s, at most 1,677 shots",
        n_seconds: 30,
        n_open: 3,
        slowest_ms: 1400.0,
        mib: (300, 420),
    };
    let attacks = vec![attack(
        "kill-engine",
        "Kills and stops the process that runs the model.",
        Criterion::BystanderThroughput,
        Serving { lasted_s: 30.0, ..Serving::default() },
        None,
    )];
    let bystander = serving(dice, 30.0, bystander, 390.0 / speed);
    let mut phase = phase(dice, &made, attacks, bystander, samples);
    let ready = if is_brittle { 2200.0 } else { 310.0 };
    phase.strikes = (0..24)
        .map(|i| StrikeReport {
            signal: if i % 8 == 7 { "stop" } else { "kill" }.to_owned(),
            at_s: f64::from(i) * 1.2 + 0.5,
            recovery: Recovery::Ready {
                after_ms: six_digits(
                    ready * (0.8 + 0.5 * dice.f64()) + if i % 8 == 7 { 3000.0 } else { 0.0 },
                ),
            },
        })
        .collect();
    phase
}
