//! `dragon-chaos kill`: so many kills under continuous load, and a report.

use std::fs;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use dragon_chaos::check::Rules;
use dragon_testkit::rng::SplitMix64;

use crate::Held;
use crate::cases::{self, Plan};
use crate::cli::KillArgs;
use crate::client::Client;
use crate::clock::{Clock, Pulse};
use crate::killer::{Deaths, How, Killer, When};
use crate::load::Load;
use crate::report::{Criteria, Report};
use crate::watch::Watcher;
use crate::{reference, report, scene};

/// How much after its deadline an answer is promised to be there at the latest.
pub(crate) const PROMISED_GRACE: Duration = Duration::from_millis(250);

/// The load runs for so long before the first kill and after the last.
const QUIET: Duration = Duration::from_millis(1_000);

/// A line of progress after so many kills.
const TELL_EVERY: u32 = 50;

/// Runs the kills; reports whether all criteria held.
pub(crate) fn run(args: &KillArgs) -> Result<Held> {
    let common = &args.common;
    let seed = common.seed();
    fs::create_dir_all(&common.out).with_context(|| format!("cannot make {}", common.out.display()))?;
    crate::say(&format!("seed {seed}: {} kills, {} stops, {:?} model", args.kills, args.stops, common.model));
    let server = scene::start(common)?;
    let (clock, pulse, deaths) = (Clock::start(), Pulse::default(), Deaths::default());
    let client = Client { address: server.address(), clock, pulse: &pulse, from: None };
    let mut rng = SplitMix64::new(seed);
    let plan = Plan {
        model: common.model,
        n_cases: usize::from(common.cases),
        n_tokens: common.n_tokens(),
        deadline: Duration::from_millis(common.deadline_ms),
    };
    let cases = cases::draw(&plan, seed);
    let n_clients = usize::from(common.parallel);
    let exactness = common.model.exactness();
    let undisturbed = reference::make(client, cases, exactness, n_clients, &mut rng)?;
    crate::say(&format!("{} undisturbed answers after {:?}", undisturbed.prepared.len(), clock.now()));
    let grace = PROMISED_GRACE + Duration::from_millis(common.tolerance_ms);
    let rules = Rules { exactness, grace };
    let load = Load::new(client, &undisturbed.prepared, n_clients, &deaths, rules, &common.out);
    let began_at = clock.now();
    let killed = thread::scope(|scope| {
        for client in 0..n_clients {
            let load = &load;
            scope.spawn(move || load.run_client(client, seed));
        }
        let killed = kill_all(args, clock, &deaths, &load, &mut rng);
        load.is_over.store(true, Ordering::Relaxed);
        killed
    });
    let lasted = clock.now() - began_at;
    let log = server.log();
    let ended = server.stop();
    let log_path = common.out.join("server.log");
    fs::write(&log_path, log).with_context(|| format!("cannot write {}", log_path.display()))?;
    let report = Report {
        seed,
        lasted,
        model: common.model,
        n_parallel: n_clients,
        n_tokens: plan.n_tokens,
        n_busy: args.running,
        rules,
        undisturbed: (undisturbed.n_equal, undisturbed.n_cases),
        strikes: deaths.all(),
        silences: pulse.silences(),
        tally: &load.tally(),
    };
    let criteria = Criteria::of(args);
    let stem = format!("chaos-{}", common.model.id());
    report::publish(&report.text(criteria), &report.json(criteria), &stem, &common.out)?;
    killed?;
    ensure!(ended.success(), "the server ended with {ended}");
    Ok(report.held(criteria))
}

fn kill_all(
    args: &KillArgs,
    clock: Clock,
    deaths: &Deaths,
    load: &Load<'_>,
    rng: &mut SplitMix64,
) -> Result<()> {
    let mut killer = Killer {
        watcher: Watcher::new(load.client.address),
        clock,
        deaths,
        n_busy: args.running,
        pause_max: Duration::from_millis(args.pause_max_ms),
    };
    thread::sleep(QUIET);
    let mut told = 0;
    loop {
        let (n_kills, n_stops) = (deaths.count(How::Kill), deaths.count(How::Stop));
        if n_kills >= args.kills && n_stops >= args.stops {
            break;
        }
        let how = next(args, n_kills, n_stops);
        let is_wild = how == How::Kill && rng.below(100) < usize::from(args.wild_percent);
        let when = if is_wild { When::Wild } else { When::Busy };
        killer.strike(how, when, rng)?;
        if n_kills >= told + TELL_EVERY {
            told = n_kills;
            let tally = load.tally();
            crate::say(&format!(
                "{n_kills} kills, {n_stops} stops, {} answers, {:.1} % undisturbed, {} unanswered",
                tally.n_answers,
                tally.percent(tally.n_undisturbed),
                tally.n_unanswered
            ));
        }
    }
    thread::sleep(QUIET);
    Ok(())
}

/// Stops are spread evenly among the kills.
fn next(args: &KillArgs, n_kills: u32, n_stops: u32) -> How {
    let kills_done = u64::from(n_kills) * u64::from(args.stops + 1);
    let due = u64::from(n_stops + 1) * u64::from(args.kills);
    let is_stop = n_stops < args.stops && (n_kills >= args.kills || kills_done >= due);
    if is_stop { How::Stop } else { How::Kill }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Args, Command};

    fn order(kills: &str, stops: &str) -> Vec<How> {
        let args = Args::parse_from(["dragon-chaos", "kill", "--kills", kills, "--stops", stops]);
        let Command::Kill(args) = args.command else { unreachable!() };
        let (mut n_kills, mut n_stops) = (0, 0);
        let mut order = Vec::new();
        while n_kills < args.kills || n_stops < args.stops {
            let how = next(&args, n_kills, n_stops);
            match how {
                How::Kill => n_kills += 1,
                How::Stop => n_stops += 1,
            }
            order.push(how);
        }
        order
    }

    #[test]
    fn stops_are_spread_among_the_kills_and_both_are_as_many_as_asked_for() {
        let order_of = order("60", "2");
        let stops: Vec<usize> =
            (0..).zip(&order_of).filter(|(_, how)| **how == How::Stop).map(|(at, _)| at).collect();
        assert_eq!((order_of.len(), stops.as_slice()), (62, [20, 41].as_slice()));
        assert_eq!(order("3", "0"), [How::Kill; 3]);
        assert_eq!(order("0", "2"), [How::Stop; 2]);
        assert_eq!(order("1", "3").len(), 4);
    }
}
