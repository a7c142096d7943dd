//! One stage while it is counted: calibration, quiet, or a phase.

use std::time::Duration;

use super::samples::Samples;
use super::timeline::Timeline;
use super::times::Times;
use super::{counting, seconds};
use crate::ask::Expects;
use crate::exchange::{Exchange, HostileEnd, Reply, Silence};
use crate::judge::{Class, Verdict};
use crate::observation::Who;
use crate::report::model::{Counts, Latency, Serving, StrikeReport};

/// One stage.
#[derive(Debug)]
pub(super) struct StageBook {
    pub(super) began_at: Duration,
    pub(super) ended_at: Option<Duration>,
    /// The last end of a request.
    last_seen_at: Duration,
    /// How long shots are fired, at most.
    pub(super) lasts: Duration,
    pub(super) timeline: Timeline,
    pub(super) samples: Samples,
    pub(super) memory: Vec<(f64, u64)>,
    pub(super) strikes: Vec<StrikeReport>,
    accounts: Vec<Account>,
}

/// What somebody asked and got.
#[derive(Debug)]
struct Account {
    who: Who,
    counts: Counts,
    all: Times,
    served: Times,
    first_text: Times,
    n_tokens: u64,
    last_served_at: Option<Duration>,
}

/// Somebody in several stages together.
#[derive(Debug)]
pub(super) struct Total {
    account: Account,
    lasted: Duration,
}

/// Attacks or the bystander together, as the screen shows them.
#[derive(Debug, Default)]
pub(super) struct Sum {
    pub(super) counts: Counts,
    pub(super) latency: Latency,
}

// === impl StageBook ===

impl StageBook {
    pub(super) fn open(began_at: Duration, lasts: Duration) -> Self {
        Self {
            began_at,
            ended_at: None,
            last_seen_at: began_at,
            lasts,
            timeline: Timeline::since(began_at),
            samples: Samples::default(),
            memory: Vec::new(),
            strikes: Vec::new(),
            accounts: Vec::new(),
        }
    }

    pub(super) fn count(&mut self, who: Who, expects: &Expects, exchange: &Exchange, verdict: &Verdict) {
        self.last_seen_at = self.last_seen_at.max(exchange.ended_at);
        self.timeline.add(who, verdict.class, exchange);
        self.account(who).count(expects, exchange, verdict);
    }

    pub(super) fn count_hostile(&mut self, who: Who, end: &HostileEnd) {
        counting::count_hostile(&mut self.account(who).counts, end);
    }

    /// Everybody but the bystander, in the order in which they came.
    pub(super) fn attacks(&self) -> Vec<(&'static str, Serving)> {
        let serving = |account: &Account| match account.who {
            Who::Attack(name) => Some((name, self.serving_of(account))),
            Who::Bystander => None,
        };
        self.accounts.iter().filter_map(serving).collect()
    }

    pub(super) fn bystander(&self) -> Serving {
        let bystander = self.accounts.iter().find(|account| account.who == Who::Bystander);
        bystander.map_or_else(Serving::default, |account| self.serving_of(account))
    }

    /// Adds what the bystander got here to what it got elsewhere.
    pub(super) fn add_bystander_to(&self, total: &mut Total) {
        if let Some(account) = self.accounts.iter().find(|account| account.who == Who::Bystander) {
            total.lasted += self.lasted(account);
            total.account.add_all(account);
        }
    }

    /// All attacks together, and the bystander.
    pub(super) fn sums(&self) -> (Sum, Sum) {
        let is_bystander = |account: &&Account| account.who == Who::Bystander;
        (
            sum(self.accounts.iter().filter(|account| !is_bystander(account))),
            sum(self.accounts.iter().filter(is_bystander)),
        )
    }

    fn account(&mut self, who: Who) -> &mut Account {
        let i = self.accounts.iter().position(|account| account.who == who).unwrap_or_else(|| {
            self.accounts.push(Account::open(who));
            self.accounts.len() - 1
        });
        &mut self.accounts[i]
    }

    fn serving_of(&self, account: &Account) -> Serving {
        account.serving(self.lasted(account))
    }

    /// As long as shots were fired, and longer where answers still came. Waiting for what never comes does not make the
    /// target slower than it was.
    fn lasted(&self, account: &Account) -> Duration {
        // A siege that was broken off has a last stage without an end.
        let ended_at = self.ended_at.unwrap_or(self.last_seen_at);
        let fired_until = ended_at.min(self.began_at + self.lasts);
        let until = account.last_served_at.map_or(fired_until, |at| at.max(fired_until));
        until.saturating_sub(self.began_at)
    }
}

// === impl Total ===

impl Total {
    pub(super) fn of_bystander() -> Self {
        Self { account: Account::open(Who::Bystander), lasted: Duration::ZERO }
    }

    pub(super) fn serving(&self) -> Serving {
        self.account.serving(self.lasted)
    }
}

// === impl Account ===

impl Account {
    fn open(who: Who) -> Self {
        Self {
            who,
            counts: Counts::default(),
            all: Times::none(),
            served: Times::none(),
            first_text: Times::none(),
            n_tokens: 0,
            last_served_at: None,
        }
    }

    fn count(&mut self, expects: &Expects, exchange: &Exchange, verdict: &Verdict) {
        counting::count(&mut self.counts, expects, &exchange.reply, verdict);
        if matches!(exchange.reply, Reply::Response(_) | Reply::None(Silence::Hung)) {
            self.all.add(exchange.latency());
        }
        if let Some(first_text) = verdict.first_text {
            self.first_text.add(first_text);
        }
        if verdict.class == Class::Served {
            self.served.add(exchange.latency());
            self.n_tokens += verdict.n_tokens;
            self.last_served_at = self.last_served_at.max(Some(exchange.ended_at));
        }
    }

    fn add_all(&mut self, other: &Self) {
        self.counts = self.counts.plus(&other.counts);
        self.all.add_all(&other.all);
        self.served.add_all(&other.served);
        self.first_text.add_all(&other.first_text);
        self.n_tokens += other.n_tokens;
    }

    fn serving(&self, lasted: Duration) -> Serving {
        Serving {
            lasted_s: seconds(lasted),
            counts: counting::in_order(self.counts.clone()),
            latency: self.all.latency(),
            served_latency: self.served.latency(),
            first_text: self.first_text.latency(),
            n_tokens: self.n_tokens,
        }
    }
}

fn sum<'a>(accounts: impl Iterator<Item = &'a Account>) -> Sum {
    let mut counts = Counts::default();
    let mut times: Option<Times> = None;
    for account in accounts {
        counts = counts.plus(&account.counts);
        match &mut times {
            Some(times) => times.add_all(&account.all),
            None => times = Some(account.all.clone()),
        }
    }
    let latency = times.map_or_else(Latency::default, |times| times.latency());
    Sum { counts: counting::in_order(counts), latency }
}
