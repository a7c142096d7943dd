//! Where everything is entered. It has no clock: every time comes from outside.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::samples::{in_words, name};
use super::stage::{StageBook, Total};
use super::timeline::Recent;
use super::times::Times;
use super::{Facts, PhaseTally, Tally, millis, seconds};
use crate::ask::{Ask, Signal};
use crate::exchange::{Exchange, Reply};
use crate::judge::{Class, Fault, Verdict};
use crate::observation::{Observation, Stage, Who};
use crate::plan::{self, Strike};
use crate::report::model::{Recovery, StrikeReport};
use crate::snapshot::Snapshot;

/// All counts so far.
#[derive(Debug)]
pub(super) struct Book {
    facts: Facts,
    stages: BTreeMap<Stage, StageBook>,
    current: Stage,
    recent: Recent,
    recent_memory: VecDeque<u64>,
    n_open: u64,
    n_strikes: u64,
    latest_faults: VecDeque<String>,
    /// Putting faults into words is dear where every answer has one.
    n_faults_to_word: usize,
    send_lag: Times,
    server: Option<String>,
    is_labelled: bool,
    /// In quiet, streams came without the usage that was asked for.
    lacks_usage: bool,
}

/// Faults that the screen shows, and those put into words between two copies.
const N_LATEST_FAULTS: usize = 8;

/// Memory readings that the screen shows.
const N_RECENT_MEMORY: usize = 300;

/// Of a `server` header: longer ones are no names.
const N_SERVER_CHARS: usize = 80;

// === impl Book ===

impl Book {
    pub(super) fn open(facts: Facts) -> Self {
        Self {
            facts,
            stages: BTreeMap::new(),
            current: Stage::Calibration,
            recent: Recent::default(),
            recent_memory: VecDeque::new(),
            n_open: 0,
            n_strikes: 0,
            latest_faults: VecDeque::new(),
            n_faults_to_word: N_LATEST_FAULTS,
            send_lag: Times::none(),
            server: None,
            is_labelled: false,
            lacks_usage: false,
        }
    }

    /// Enters what happened.
    pub(super) fn enter(&mut self, observation: Observation, judge: impl FnOnce(&Ask, &Exchange) -> Verdict) {
        match observation {
            Observation::Began(stage, at) => {
                self.current = stage;
                let lasts = self.lasts(stage);
                self.stages.entry(stage).or_insert_with(|| StageBook::open(at, lasts));
            }
            Observation::Ended(stage, at) => {
                if let Some(book) = self.stages.get_mut(&stage) {
                    book.ended_at = Some(at);
                }
            }
            Observation::Sent(_) => self.n_open += 1,
            Observation::Exchanged { who, ask, exchange } => {
                let verdict = judge(&ask, &exchange);
                self.exchanged(who, &ask, &exchange, verdict);
            }
            Observation::Hostile { who, end, .. } => self.stage().count_hostile(who, &end),
            Observation::Struck(strike) => {
                self.n_strikes += 1;
                self.stage().strikes.push(strike_report(strike));
            }
            Observation::Memory { at, n_bytes } => {
                self.stage().memory.push((seconds(at), n_bytes));
                self.recent_memory.push_back(n_bytes);
                if self.recent_memory.len() > N_RECENT_MEMORY {
                    self.recent_memory.pop_front();
                }
            }
        }
    }

    /// A copy for the screen.
    pub(super) fn snapshot(&mut self, now: Duration) -> Snapshot {
        self.recent.reach_with_open(now, self.n_open);
        self.n_faults_to_word = N_LATEST_FAULTS;
        let (attack, bystander) = self.stages.get(&self.current).map(StageBook::sums).unwrap_or_default();
        Snapshot {
            at: now,
            stage: self.stage_in_words(),
            progress: self.progress(now),
            attack: attack.counts,
            latency: attack.latency,
            bystander: bystander.counts,
            bystander_latency: bystander.latency,
            n_open: self.n_open,
            timeline: self.recent.seconds(),
            memory: self.recent_memory.iter().copied().collect(),
            n_strikes: self.n_strikes,
            latest_faults: self.latest_faults.iter().cloned().collect(),
            is_over: false,
        }
    }

    /// The copy that stays.
    pub(super) fn last_snapshot(&mut self, now: Duration) -> Snapshot {
        Snapshot { is_over: true, ..self.snapshot(now) }
    }

    /// All figures.
    pub(super) fn close(self) -> Tally {
        let mut tally = Tally {
            send_lag: self.send_lag.latency(),
            server: self.server,
            is_labelled: self.is_labelled,
            lacks_usage: self.lacks_usage,
            ..Tally::default()
        };
        let mut quiet = BTreeMap::new();
        let mut bystander = Total::of_bystander();
        for (stage, book) in self.stages {
            match stage {
                Stage::Calibration => tally.calibration = book.bystander(),
                Stage::Quiet(index) => {
                    quiet.insert(index, book.attacks());
                }
                Stage::Phase(index) => {
                    book.add_bystander_to(&mut bystander);
                    tally.phases.push(PhaseTally {
                        index,
                        began_s: seconds(book.began_at),
                        attacks: book.attacks(),
                        quiet: quiet.remove(&index).unwrap_or_default(),
                        bystander: book.bystander(),
                        timeline: book.timeline.seconds(),
                        memory: book.memory,
                        strikes: book.strikes,
                        samples: book.samples.finish(),
                    });
                }
            }
        }
        tally.bystander = bystander.serving();
        tally
    }

    fn exchanged(&mut self, who: Who, ask: &Ask, exchange: &Exchange, mut verdict: Verdict) {
        if verdict.lacks_usage {
            if matches!(self.current, Stage::Phase(_)) && !self.lacks_usage {
                verdict.demand_usage();
            } else {
                self.lacks_usage = true;
            }
        }
        let verdict = &verdict;
        self.n_open = self.n_open.saturating_sub(1);
        self.note_server(&exchange.reply);
        self.is_labelled |= verdict.outcome.is_some();
        self.note_send_lag(who, exchange);
        // A question that the target cannot answer in quiet is dropped, which is no fault.
        if self.current == Stage::Calibration && is_wrong_content_only(verdict) {
            let verdict = Verdict { class: Class::Served, faults: Vec::new(), ..verdict.clone() };
            self.recent.add(who, verdict.class, exchange);
            self.stage().count(who, &ask.expects, exchange, &verdict);
            return;
        }
        self.recent.add(who, verdict.class, exchange);
        if let Some(fault) = verdict.faults.first() {
            self.note_fault(who, fault);
        }
        let current = self.current;
        let lasts = self.lasts(current);
        let began_at = exchange.intended_at;
        let stage = self.stages.entry(current).or_insert_with(|| StageBook::open(began_at, lasts));
        stage.count(who, &ask.expects, exchange, verdict);
        if verdict.class == Class::Faulty {
            stage.samples.offer(who, ask, exchange, verdict, &self.facts.origin, &self.facts.secret);
        }
    }

    /// The stage that was begun last. What comes before any stage belongs to the calibration.
    fn stage(&mut self) -> &mut StageBook {
        let lasts = self.lasts(self.current);
        self.stages.entry(self.current).or_insert_with(|| StageBook::open(Duration::ZERO, lasts))
    }

    fn note_server(&mut self, reply: &Reply) {
        if self.server.is_some() {
            return;
        }
        let Reply::Response(response) = reply else { return };
        let server = response.headers.get(http::header::SERVER).and_then(|value| value.to_str().ok());
        self.server =
            server.map(|server| self.facts.secret.hidden_in(server).chars().take(N_SERVER_CHARS).collect());
    }

    fn note_send_lag(&mut self, who: Who, exchange: &Exchange) {
        let is_open = self.phase().is_some_and(|phase| phase.is_open);
        if is_open && who != Who::Bystander {
            self.send_lag.add(exchange.sent_at.saturating_sub(exchange.intended_at));
        }
    }

    fn note_fault(&mut self, who: Who, fault: &Fault) {
        if self.n_faults_to_word == 0 {
            return;
        }
        self.n_faults_to_word -= 1;
        if self.latest_faults.len() == N_LATEST_FAULTS {
            self.latest_faults.pop_front();
        }
        self.latest_faults.push_back(format!("{}: {}", name(who), in_words(fault, &self.facts.secret)));
    }

    fn phase(&self) -> Option<&super::PhaseFacts> {
        match self.current {
            Stage::Phase(index) => self.facts.phases.get(index),
            Stage::Calibration | Stage::Quiet(_) => None,
        }
    }

    fn lasts(&self, stage: Stage) -> Duration {
        match stage {
            // Quiet stages end when they have what they want: every second of them counts.
            Stage::Calibration | Stage::Quiet(_) => Duration::MAX / 2,
            Stage::Phase(index) => {
                self.facts.phases.get(index).map_or(Duration::MAX / 2, |phase| phase.lasts)
            }
        }
    }

    fn stage_in_words(&self) -> String {
        let named = |index: usize| self.facts.phases.get(index).map_or("", |phase| phase.name.as_str());
        match self.current {
            Stage::Calibration => "calibration: the bystander alone".to_owned(),
            Stage::Quiet(index) => format!("quiet measurement before {}", named(index)),
            Stage::Phase(index) => {
                format!("phase {} of {}: {}", index + 1, self.facts.phases.len(), named(index))
            }
        }
    }

    fn progress(&self, now: Duration) -> f64 {
        let Some(book) = self.stages.get(&self.current) else { return 0.0 };
        if book.ended_at.is_some() {
            return 1.0;
        }
        let lasts = self.phase().map_or(self.facts.calibration, |phase| phase.lasts).as_secs_f64();
        let passed = now.saturating_sub(book.began_at).as_secs_f64();
        if lasts > 0.0 { (passed / lasts).min(1.0) } else { 0.0 }
    }
}

fn is_wrong_content_only(verdict: &Verdict) -> bool {
    !verdict.faults.is_empty() && verdict.faults.iter().all(|fault| matches!(fault, Fault::WrongContent(_)))
}

fn strike_report(strike: Strike) -> StrikeReport {
    let signal = match strike.signal {
        Signal::Kill => "kill",
        Signal::Stop => "stop",
    };
    let recovery = match strike.recovery {
        plan::Recovery::Ready(at) => Recovery::Ready { after_ms: millis(at.saturating_sub(strike.at)) },
        plan::Recovery::Never => Recovery::Never,
        plan::Recovery::Unseen => Recovery::Unseen,
    };
    StrikeReport { signal: signal.to_owned(), at_s: seconds(strike.at), recovery }
}
