//! `dragon-chaos soak`: everything at once for half an hour, and a look at what the server holds.

use std::fs;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use dragon_chaos::check::Rules;
use dragon_testkit::harness::Server;
use dragon_testkit::rng::SplitMix64;

use crate::cases::{self, Plan};
use crate::cli::{Common, SoakArgs};
use crate::client::Client;
use crate::clock::{Clock, Pulse};
use crate::flood::Flood;
use crate::hostile::{ATTACKS, Strikes, Target};
use crate::kill::PROMISED_GRACE;
use crate::killer::{Deaths, How, Killer, When};
use crate::load::Load;
use crate::reference::Undisturbed;
use crate::report::{Criteria, Report};
use crate::vitals::{self, Sample};
use crate::watch::Watcher;
use crate::{Held, reference, report, scene};

mod account;

use account::Account;

/// Samples in a run, at least: the verdict compares sixths.
const SAMPLES_MIN: u32 = 36;

/// The usual pause between two samples.
const SAMPLE_EVERY: Duration = Duration::from_secs(10);

/// Hostile clients of each kind.
const N_OF_EACH: usize = 2;

/// Longest pause between two strikes at engines.
const STRIKE_PAUSE_MAX: Duration = Duration::from_secs(6);

/// One strike of so many is a stop.
const STOP_ONE_OF: usize = 12;

/// Before and after an attack the server is left alone for so long, so that only what it keeps is counted: longer than
/// any of its limits for a client.
const REST: Duration = Duration::from_secs(15);

/// Samples of the server at rest.
const SAMPLES_AT_REST: u32 = 5;

/// The parts of a soak.
struct Soak<'a> {
    args: &'a SoakArgs,
    server: &'a Server,
    clock: Clock,
    client: Client<'a>,
    deaths: &'a Deaths,
    is_over: &'a AtomicBool,
    seed: u64,
}

/// Runs the soak; reports whether everything stayed flat and every answer was right.
pub(crate) fn run(args: &SoakArgs) -> Result<Held> {
    let common = &args.common;
    let seed = common.seed();
    fs::create_dir_all(&common.out).with_context(|| format!("cannot make {}", common.out.display()))?;
    crate::say(&format!("seed {seed}: {} minutes", args.minutes));
    let server = scene::start(common)?;
    let (clock, pulse, deaths) = (Clock::start(), Pulse::default(), Deaths::default());
    let client = Client { address: server.address(), clock, pulse: &pulse, from: None };
    let is_over = AtomicBool::new(false);
    let soak = Soak { args, server: &server, clock, client, deaths: &deaths, is_over: &is_over, seed };
    let (plan, undisturbed) = soak.prepare(common)?;
    let grace = PROMISED_GRACE + Duration::from_millis(common.tolerance_ms);
    let rules = Rules { exactness: common.model.exactness(), grace };
    let n_clients = usize::from(common.parallel);
    let load = Load::new(client, &undisturbed.prepared, n_clients, &deaths, rules, &common.out);
    let began_at = clock.now();
    let account = soak.attack(&load, rules)?;
    let lasted = clock.now() - began_at;
    let log_path = common.out.join("server.log");
    fs::write(&log_path, server.log()).with_context(|| format!("cannot write {}", log_path.display()))?;
    let ended = server.stop();
    let tally = load.tally();
    let report = Report {
        seed,
        lasted,
        model: common.model,
        n_parallel: n_clients,
        n_tokens: plan.n_tokens,
        n_busy: 1,
        rules,
        undisturbed: (undisturbed.n_equal, undisturbed.n_cases),
        strikes: deaths.all(),
        silences: pulse.silences(),
        tally: &tally,
    };
    let criteria = Criteria::ANY_OUTCOME;
    let (mut text, mut json) = if args.attack_only {
        (
            format!("attack only, seed {seed}, {:.0} s\n", lasted.as_secs_f64()),
            serde_json::json!({ "seed": seed }),
        )
    } else {
        (report.text(criteria), report.json(criteria))
    };
    text += &account.text();
    json["soak"] = account.json();
    let stem = format!("{}-{}", if args.attack_only { "attack" } else { "soak" }, common.model.id());
    report::publish(&text, &json, &stem, &common.out)?;
    ensure!(ended.success(), "the server ended with {ended}");
    let held = account.holds() && (args.attack_only || report.held(criteria) == Held::Yes);
    Ok(if held { Held::Yes } else { Held::No })
}

// === impl Soak ===

impl Soak<'_> {
    fn prepare(&self, common: &Common) -> Result<(Plan, Undisturbed)> {
        let plan = Plan {
            model: common.model,
            n_cases: usize::from(common.cases),
            n_tokens: common.n_tokens(),
            deadline: Duration::from_millis(common.deadline_ms),
        };
        let cases = cases::draw(&plan, self.seed);
        let mut rng = SplitMix64::new(self.seed);
        let n_clients = usize::from(common.parallel);
        let exactness = common.model.exactness();
        let undisturbed = reference::make(self.client, cases, exactness, n_clients, &mut rng)?;
        Ok((plan, undisturbed))
    }

    /// Everything at once, sampled; before and after it the server is at rest.
    fn attack(&self, load: &Load<'_>, rules: Rules) -> Result<Account> {
        let before = self.at_rest()?;
        let (strikes, flood) = (Strikes::default(), Flood::default());
        let outcome = thread::scope(|scope| {
            for number in 0..ATTACKS.len() * N_OF_EACH {
                let (target, strikes) = (self.target(number), &strikes);
                let seed = self.seed ^ number as u64;
                scope.spawn(move || ATTACKS[number % ATTACKS.len()].run(&target, strikes, seed));
            }
            let target = self.target(ATTACKS.len() * N_OF_EACH);
            let flooding = Client { from: Some(target.from), ..self.client };
            let flood = &flood;
            scope.spawn(move || flood.run(flooding, &target, rules.grace, self.seed));
            let killer = (!self.args.attack_only).then(|| {
                for client in 0..load.n_clients {
                    scope.spawn(move || load.run_client(client, self.seed));
                }
                scope.spawn(|| self.kill_now_and_then())
            });
            let samples = self.sample();
            self.is_over.store(true, Ordering::Relaxed);
            load.is_over.store(true, Ordering::Relaxed);
            let killed = killer.map(|killer| killer.join());
            samples.map(|samples| (samples, killed))
        });
        let (samples, killed) = outcome?;
        if let Some(killed) = killed {
            killed.map_err(|_| anyhow::anyhow!("the killer broke down"))??;
        }
        let after = self.at_rest()?;
        Ok(Account::new(self.args.attack_only, samples, before, after, strikes.all(), &flood))
    }

    fn target(&self, number: usize) -> Target<'_> {
        let last = u8::try_from(number % 250).unwrap_or(0) + 1;
        Target {
            address: self.server.address(),
            from: Ipv4Addr::new(127, 0, 1, last),
            model: self.args.common.model.id(),
            deadline: Duration::from_millis(self.args.common.deadline_ms),
            is_over: self.is_over,
        }
    }

    fn kill_now_and_then(&self) -> Result<()> {
        let mut rng = SplitMix64::new(self.seed.rotate_left(7));
        let mut killer = Killer {
            watcher: Watcher::new(self.server.address()),
            clock: self.clock,
            deaths: self.deaths,
            n_busy: 1,
            pause_max: STRIKE_PAUSE_MAX,
        };
        while !self.is_over.load(Ordering::Relaxed) {
            let how = if rng.below(STOP_ONE_OF) == 0 { How::Stop } else { How::Kill };
            killer.strike(how, When::Busy, &mut rng)?;
        }
        Ok(())
    }

    /// Looks at the server at even intervals.
    fn sample(&self) -> Result<Vec<Sample>> {
        let lasts = Duration::from_secs_f64(self.args.minutes * 60.0);
        let pause = SAMPLE_EVERY.min(lasts / SAMPLES_MIN);
        let began_at = self.clock.now();
        let mut samples = Vec::new();
        while self.clock.now() - began_at < lasts {
            thread::sleep(pause);
            let sample = vitals::look(self.server.pid(), self.clock.now() - began_at)?;
            samples.push(sample);
            if samples.len() % 12 == 0 {
                crate::say(&format!(
                    "{:.0} s: {} KiB, {} descriptors, {} threads",
                    sample.at.as_secs_f64(),
                    sample.rss_kib,
                    sample.n_descriptors,
                    sample.n_threads
                ));
            }
        }
        Ok(samples)
    }

    fn at_rest(&self) -> Result<Vec<Sample>> {
        thread::sleep(REST);
        (0..SAMPLES_AT_REST)
            .map(|_| {
                thread::sleep(Duration::from_millis(200));
                vitals::look(self.server.pid(), self.clock.now())
            })
            .collect()
    }
}
