//! The load: so many clients, each asking one request after the other, and judging each answer as soon as it has
//! ended.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dragon_chaos::check::{self, Asked, Event, Exactness, Outcome, Reply, Rules, Transcript, Verdict, Way};
use dragon_testkit::rng::SplitMix64;

use crate::client::Client;
use crate::killer::Deaths;
use crate::reference::Prepared;
use crate::tally::Tally;

/// Answers of one kind (outcome, reason and fault) that are kept in files; more would be more of the same.
const SAMPLES_MAX: u64 = 4;

/// Answers that are kept in all.
const ALL_SAMPLES_MAX: u64 = 80;

/// One of so many requests may be another client's too, so that some are asked twice at the same time and shared.
const FOREIGN_ONE_OF: usize = 12;

/// After an answer that is not the model's a client waits: whoever refuses, or is gone, must not be asked a thousand
/// times a second.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// What the clients share.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    pub(crate) client: Client<'a>,
    pub(crate) prepared: &'a [Prepared],
    pub(crate) n_clients: usize,
    pub(crate) deaths: &'a Deaths,
    pub(crate) rules: Rules,
    /// Folder for samples of faults.
    pub(crate) out: &'a Path,
    pub(crate) is_over: AtomicBool,
    pub(crate) tally: Mutex<Tally>,
    pub(crate) n_open: AtomicU64,
    next_id: AtomicU64,
    samples: Mutex<BTreeMap<String, u64>>,
}

// === impl Load ===

impl<'a> Load<'a> {
    pub(crate) fn new(
        client: Client<'a>,
        prepared: &'a [Prepared],
        n_clients: usize,
        deaths: &'a Deaths,
        rules: Rules,
        out: &'a Path,
    ) -> Self {
        Self {
            client,
            prepared,
            n_clients,
            deaths,
            rules,
            out,
            is_over: AtomicBool::new(false),
            tally: Mutex::default(),
            n_open: AtomicU64::new(0),
            next_id: AtomicU64::new(0),
            samples: Mutex::default(),
        }
    }

    /// One client, until the load is over.
    pub(crate) fn run_client(&self, client: usize, seed: u64) {
        let mut rng = SplitMix64::new(seed ^ (client as u64 + 1).wrapping_mul(0x9E37_79B9));
        while !self.is_over.load(Ordering::Relaxed) {
            let prepared = &self.prepared[self.draw(client, &mut rng)];
            let way = match rng.below(4) {
                0 | 1 => Way::Whole,
                2 => Way::Streamed,
                _ => Way::StreamedWithUsage,
            };
            let verdict = self.ask(prepared, way);
            if matches!(verdict.outcome(), None | Some(Outcome::Fallback)) {
                std::thread::sleep(AFTER_REFUSAL);
            }
        }
    }

    /// One of the client's own cases, which nobody else asks at the same time; seldom, anybody's.
    fn draw(&self, client: usize, rng: &mut SplitMix64) -> usize {
        let n = self.prepared.len();
        let own = n.saturating_sub(client).div_ceil(self.n_clients);
        if own == 0 || rng.below(FOREIGN_ONE_OF) == 0 {
            return rng.below(n);
        }
        client + rng.below(own) * self.n_clients
    }

    fn ask(&self, prepared: &Prepared, way: Way) -> Verdict {
        let request_id = format!("chaos-{}", self.next_id.fetch_add(1, Ordering::Relaxed));
        let (asked, body) = prepared.case.asked(way);
        self.tally().history.sent(&request_id);
        self.n_open.fetch_add(1, Ordering::Relaxed);
        let transcript = self.client.ask(&asked, &body, &request_id);
        self.n_open.fetch_sub(1, Ordering::Relaxed);
        let deaths = self.deaths.since(transcript.sent_at);
        let verdict = check::check(&asked, &prepared.reference, &transcript, &deaths, self.rules);
        let mut tally = self.tally();
        tally.history.ended(&request_id);
        tally.add(prepared.case.number, &verdict);
        drop(tally);
        let is_odd = self.rules.exactness == Exactness::Exact && !verdict.is_as_if_nothing_had_happened();
        if is_odd || !verdict.faults.is_empty() {
            self.keep_sample(&asked, prepared, &transcript, &verdict);
        }
        verdict
    }

    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a faulty answer to a file, with all that was sent and came back.
    fn keep_sample(&self, asked: &Asked, prepared: &Prepared, transcript: &Transcript, verdict: &Verdict) {
        let label = verdict.label.as_ref().map(|label| (label.outcome, label.reason.as_deref()));
        let kind = format!("{label:?} {:?}", verdict.faults.first().map(check::Fault::kind));
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let n_all: u64 = samples.values().sum();
        let n = samples.entry(kind).or_default();
        if *n >= SAMPLES_MAX || n_all >= ALL_SAMPLES_MAX {
            return;
        }
        *n += 1;
        drop(samples);
        let path = self.out.join(format!("sample-{}.txt", transcript.request_id));
        let text = sample(asked, prepared, transcript, verdict, &self.deaths.since(transcript.sent_at));
        if let Err(error) = fs::write(&path, text) {
            crate::say(&format!("cannot write {}: {error}", path.display()));
        }
    }
}

fn sample(
    asked: &Asked,
    prepared: &Prepared,
    transcript: &Transcript,
    verdict: &Verdict,
    deaths: &[check::Death],
) -> String {
    let mut text = format!("case {}\nasked: {asked:?}\n", prepared.case.number);
    text += &format!("body: {}\n", prepared.case.asked(asked.way).1);
    for fault in &verdict.faults {
        text += &format!("FAULT {fault}\n");
    }
    text += &format!("label: {:?}\n", verdict.label);
    text += &format!("sent at {:?}, ended at {:?}\n", transcript.sent_at, transcript.ended_at);
    for death in deaths {
        text += &format!("death at {:?}, ready again at {:?}\n", death.at, death.ready_at);
    }
    text += &format!("undisturbed: {:?}\n\n", prepared.reference);
    match &transcript.reply {
        Reply::None(why) => text += &format!("nothing came: {why}\n"),
        Reply::Whole { status, headers, body } => {
            text += &format!("{status} {headers:?}\n{}\n", String::from_utf8_lossy(body));
        }
        Reply::Stream { status, headers, events, end } => {
            text += &format!("{status} {headers:?}\n");
            for Event { at, lines } in events {
                text += &format!("{at:?} {}\n", lines.join("\n"));
            }
            text += &format!("{end:?}\n");
        }
    }
    text
}
