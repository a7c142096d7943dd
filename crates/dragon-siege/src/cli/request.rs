//! What a command line asks for, checked as far as that is possible without the target.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Access, access};

use super::attack_list::AttackList;
use super::command_line::given;
use super::limits::{
    CALIBRATION_S, CONNECTIONS, COUNT, DEADLINE_MS, DURATION_S, EVERY_S, GRACE_MS, RAMP_S, RATE_PER_S,
};
use super::numbers::{milliseconds, number, seconds, whole};
use super::outline::{Changes, Choice, Load};
use super::preset::{self, Preset};
use super::safety::Ownership;
use super::{LoadArgs, Mistake, Mistakes, RulesArgs, SiegeArgs, TargetArgs, catalogue};
use crate::criteria::{FailUnder, FailUnderError};
use crate::judge::Rules;
use crate::plan::Arrivals;

/// The environment's place for the API key.
pub const API_KEY_VARIABLE: &str = "DRAGON_API_KEY";

/// The deadline of Dragon, and what people wait for an answer.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(10);
/// What Dragon promises after its deadline, 250 ms, and a tenth of a second for clients that share the machine with it.
const DEFAULT_GRACE: Duration = Duration::from_millis(350);
/// A client that gives up no later than this tells late from never.
const LEAST_EXTRA_PATIENCE: Duration = Duration::from_secs(5);
/// From one burst to the next.
const DEFAULT_EVERY: Duration = Duration::from_secs(1);
/// Where a comparison goes.
const DEFAULT_COMPARISON: &str = "siege-comparison.html";

/// What is asked for.
#[derive(Debug)]
pub enum Request {
    /// `--list`.
    List,
    /// `--compare`.
    Compare {
        /// Reports of earlier sieges, as JSON.
        reports: Vec<PathBuf>,
        /// The page.
        into: PathBuf,
    },
    /// A siege.
    Siege(Box<Settings>),
}

/// A siege as far as it is known without the target.
#[derive(Debug)]
pub struct Settings {
    /// As it was written.
    pub url: String,
    /// The model, where it was named.
    pub model: Option<String>,
    /// Fit for a header.
    pub api_key: Option<String>,
    /// For reports.
    pub name: Option<String>,
    /// Not checked yet.
    pub engine_pid: Option<u32>,
    /// Whether it may be somewhere else.
    pub ownership: Ownership,
    /// Its phases.
    pub choice: Choice,
    /// What flags change in them.
    pub changes: Changes,
    /// Of all dice.
    pub seed: u64,
    /// How answers are judged.
    pub rules: Rules,
    /// When a client gives up; longer than deadline and grace.
    pub patience: Duration,
    /// What decides about the exit code.
    pub fail_under: FailUnder,
    /// The page; JSON and Markdown go beside it.
    pub report: PathBuf,
    /// How progress is shown.
    pub view: View,
    /// The command that repeats it.
    pub command: String,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// On a screen, where there is a terminal.
    Screen,
    /// In lines.
    Plain,
}

/// What is around a command line.
#[derive(Debug, Clone, Default)]
pub struct Surroundings<'a> {
    /// The names of all attacks.
    pub attacks: &'a [&'a str],
    /// From [`API_KEY_VARIABLE`].
    pub api_key: Option<String>,
    /// A seed, should none be given.
    pub drawn_seed: u64,
}

// === impl Request ===

impl Request {
    /// Reads a command line.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub fn read(args: &SiegeArgs, around: Surroundings<'_>) -> Result<Self, Mistakes> {
        if args.attack.list {
            return alone(args, "--list", &[], "attacks are listed, nothing is sent").map(|()| Self::List);
        }
        if !args.report.compare.is_empty() {
            let mut mistakes =
                alone(args, "--compare", &["--report"], "reports are compared, nothing is sent")
                    .err()
                    .unwrap_or_default();
            let into = args.report.report.clone().unwrap_or_else(|| DEFAULT_COMPARISON.into());
            mistakes.take(check_report(&into));
            let into = mistakes.is_empty().then_some(into).ok_or(mistakes)?;
            return Ok(Self::Compare { reports: args.report.compare.clone(), into });
        }
        Settings::read(args, around).map(|settings| Self::Siege(Box::new(settings)))
    }
}

/// Notes every flag that is given beside one that stands alone.
fn alone(args: &SiegeArgs, first: &'static str, allowed: &[&str], why: &'static str) -> Result<(), Mistakes> {
    let mut mistakes = Mistakes::default();
    for (second, _) in given(args) {
        if second != first && !allowed.contains(&second) {
            mistakes.note(Mistake::Exclusive { first, second, why });
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

// === impl Settings ===

impl Settings {
    fn read(args: &SiegeArgs, around: Surroundings<'_>) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::default();
        let seed = args
            .load
            .seed
            .as_deref()
            .map_or(Some(around.drawn_seed), |text| mistakes.take(whole("--seed", text, 0..=u64::MAX)));
        let url = args.target.target.clone();
        if url.is_none() {
            mistakes.note(Mistake::NoTarget);
        }
        let api_key = read_api_key(&args.target, around.api_key, &mut mistakes);
        let engine_pid = args.target.engine_pid.as_deref();
        let engine_pid = engine_pid.and_then(|text| {
            let pid = mistakes.take(whole("--engine-pid", text, 2..=i32::MAX.unsigned_abs().into()))?;
            u32::try_from(pid).ok()
        });
        let choice = read_choice(args, around.attacks, &mut mistakes);
        let changes = read_changes(&args.load, &mut mistakes);
        let (rules, patience) = read_rules(&args.rules, &mut mistakes);
        let fail_under = read_fail_under(&args.rules, &mut mistakes);
        let report = args.report.report.clone().unwrap_or_else(|| {
            let about = args.target.name.as_deref().or(url.as_deref()).unwrap_or_default();
            default_report(about, seed.unwrap_or_default())
        });
        mistakes.take(check_report(&report));
        match (url, choice, seed) {
            (Some(url), Some(choice), Some(seed)) if mistakes.is_empty() => Ok(Self {
                url,
                model: args.target.model.clone(),
                api_key,
                name: args.target.name.clone(),
                engine_pid,
                ownership: if args.target.i_own_this_target {
                    Ownership::Claimed
                } else {
                    Ownership::Unclaimed
                },
                choice,
                changes,
                seed,
                rules,
                patience,
                fail_under,
                report,
                view: if args.report.plain { View::Plain } else { View::Screen },
                command: super::command_line(args, seed),
            }),
            _ => Err(mistakes),
        }
    }

    /// Its name, and its URL where that is another.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} at {}", self.url),
            None => self.url.clone(),
        }
    }
}

/// The flag goes before the environment; an empty key is none.
fn read_api_key(
    args: &TargetArgs,
    from_environment: Option<String>,
    mistakes: &mut Mistakes,
) -> Option<String> {
    let (place, key) = match &args.api_key {
        Some(key) => ("--api-key", key.clone()),
        None => (API_KEY_VARIABLE, from_environment?),
    };
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        mistakes.note(Mistake::ApiKey(place));
    }
    (!key.is_empty()).then_some(key)
}

fn read_choice(args: &SiegeArgs, attacks: &[&str], mistakes: &mut Mistakes) -> Option<Choice> {
    let preset = args.attack.preset.as_deref().and_then(|name| mistakes.take(read_preset(name)));
    let list = args.attack.attack.as_deref().and_then(|text| match AttackList::parse(text, attacks) {
        Ok(list) => Some(list),
        Err(wrong) => {
            wrong.into_iter().for_each(|mistake| mistakes.note(Mistake::Attack(mistake)));
            None
        }
    });
    match (&args.attack.preset, &args.attack.attack) {
        (Some(_), Some(_)) => {
            let why = "a preset brings its own attacks";
            mistakes.note(Mistake::Exclusive { first: "--preset", second: "--attack", why });
            None
        }
        (Some(_), None) => preset.map(Choice::Preset),
        (None, Some(_)) => list.map(Choice::Attacks),
        (None, None) => Some(Choice::Preset(&preset::QUICK)),
    }
}

fn read_preset(name: &str) -> Result<&'static Preset, Mistake> {
    Preset::by_name(name).ok_or_else(|| {
        let known = preset::ALL.map(|preset| preset.name);
        choice_mistake("--preset", name, &known)
    })
}

fn choice_mistake(flag: &'static str, text: &str, known: &[&str]) -> Mistake {
    let all = known.join(", ");
    let choices = match catalogue::propose(text, known) {
        Some(nearest) => format!("one of {all}; did you mean {nearest}?"),
        None => format!("one of {all}"),
    };
    Mistake::Choice { flag, text: text.to_owned(), choices }
}

fn read_changes(args: &LoadArgs, mistakes: &mut Mistakes) -> Changes {
    let load = read_load(args, mistakes);
    let mut within = |flag, text: &Option<String>, range| {
        text.as_deref().and_then(|text| mistakes.take(seconds(flag, text, range)))
    };
    let ramp = within("--ramp", &args.ramp, RAMP_S);
    let lasts = within("--duration", &args.duration, DURATION_S);
    let calibration = within("--calibration", &args.calibration, CALIBRATION_S);
    let n_shots = args.count.as_deref().and_then(|text| mistakes.take(whole("--count", text, COUNT)));
    Changes { load, ramp, lasts, n_shots, calibration }
}

fn read_load(args: &LoadArgs, mistakes: &mut Mistakes) -> Option<Load> {
    exclude_loads(args, mistakes);
    let mut clients = |flag, text: &str| {
        let number = mistakes.take(whole(flag, text, CONNECTIONS))?;
        usize::try_from(number).ok()
    };
    let n_clients = args.connections.as_deref().and_then(|text| clients("--connections", text));
    let n_at_once = args.burst.as_deref().and_then(|text| clients("--burst", text));
    let per_s = args.rate.as_deref().and_then(|text| mistakes.take(number("--rate", text, RATE_PER_S)));
    let arrivals = args.arrivals.as_deref().map_or(Ok(Arrivals::Poisson), read_arrivals);
    let arrivals = mistakes.take(arrivals);
    let every = args.every.as_deref().map_or(Ok(DEFAULT_EVERY), |text| seconds("--every", text, EVERY_S));
    let every = mistakes.take(every);
    None.or_else(|| n_clients.map(Load::Clients))
        .or_else(|| Some(Load::Rate { per_s: per_s?, arrivals: arrivals? }))
        .or_else(|| Some(Load::Bursts { n_at_once: n_at_once?, every: every? }))
}

/// There is one shape at a time, and some flags belong to one of them.
fn exclude_loads(args: &LoadArgs, mistakes: &mut Mistakes) {
    const ONE_SHAPE: &str = "requests are sent by so many clients, at such a rate, or in such bursts";
    let (connections, rate, burst) = (&args.connections, &args.rate, &args.burst);
    let pairs = [
        ("--connections", connections, "--rate", rate),
        ("--connections", connections, "--burst", burst),
        ("--rate", rate, "--burst", burst),
    ];
    for (first, one, second, other) in pairs {
        if one.is_some() && other.is_some() {
            mistakes.note(Mistake::Exclusive { first, second, why: ONE_SHAPE });
        }
    }
    if burst.is_some() && args.ramp.is_some() {
        let why = "a burst comes all at once";
        mistakes.note(Mistake::Exclusive { first: "--burst", second: "--ramp", why });
    }
    if args.arrivals.is_some() && rate.is_none() {
        let why = "clients and bursts have times of their own";
        mistakes.note(Mistake::Needs { flag: "--arrivals", other: "--rate", why });
    }
    if args.every.is_some() && burst.is_none() {
        let why = "it says how often a burst comes";
        mistakes.note(Mistake::Needs { flag: "--every", other: "--burst", why });
    }
}

fn read_arrivals(text: &str) -> Result<Arrivals, Mistake> {
    match text {
        "constant" => Ok(Arrivals::Constant),
        "poisson" => Ok(Arrivals::Poisson),
        _ => Err(choice_mistake("--arrivals", text, &["constant", "poisson"])),
    }
}

fn read_rules(args: &RulesArgs, mistakes: &mut Mistakes) -> (Rules, Duration) {
    let mut within = |flag, text: &Option<String>, range| {
        text.as_deref().and_then(|text| mistakes.take(milliseconds(flag, text, range)))
    };
    let deadline = within("--deadline-ms", &args.deadline_ms, DEADLINE_MS).unwrap_or(DEFAULT_DEADLINE);
    let grace = within("--grace-ms", &args.grace_ms, GRACE_MS).unwrap_or(DEFAULT_GRACE);
    let rules = Rules { deadline, grace };
    let least = deadline + grace;
    let least_ms = u64::try_from(least.as_millis()).unwrap_or(u64::MAX);
    let most_ms = DEADLINE_MS.end().saturating_mul(2);
    let default = (deadline * 2).max(least + LEAST_EXTRA_PATIENCE);
    let patience = within("--patience-ms", &args.patience_ms, least_ms.saturating_add(1)..=most_ms);
    (rules, patience.unwrap_or(default))
}

fn read_fail_under(args: &RulesArgs, mistakes: &mut Mistakes) -> FailUnder {
    let Some(text) = &args.fail_under else { return FailUnder::default() };
    let rules = text
        .parse()
        .map_err(|wrong: FailUnderError| Mistake::FailUnder { text: text.clone(), wrong: wrong.to_string() });
    mistakes.take(rules).unwrap_or_default()
}

/// A name from what is attacked and the seed, so that only the same siege of the same target takes its place.
fn default_report(about: &str, seed: u64) -> PathBuf {
    const MAX_LEN: usize = 60;
    let about = about.split_once("://").map_or(about, |(_, rest)| rest);
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let plain: String = about.chars().take(MAX_LEN).map(plain).collect();
    format!("siege-{}-{seed}.html", plain.trim_matches(['-', '.'])).into()
}

/// Whether a report can be written there: half an hour later would be too late to find out.
fn check_report(path: &Path) -> Result<(), Mistake> {
    let refuse =
        |wrong: &str| Err(Mistake::File { flag: "--report", path: path.to_owned(), wrong: wrong.to_owned() });
    if path.extension().is_none_or(|extension| extension != "html") {
        return refuse("give a name that ends in .html; JSON and Markdown are written beside it");
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return refuse("there is no such folder");
    }
    if path.is_dir() {
        return refuse("that is a folder");
    }
    let place = if path.exists() { path } else { folder };
    access(place, Access::WRITE_OK).or_else(|_| refuse("it may not be written"))
}

#[cfg(test)]
mod tests;
