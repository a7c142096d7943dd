//! Everything before the first shot: whether the target may be attacked, what it is, and what will be sent to it.

use std::io;

use crate::attack;
use crate::cli::banner::Intent;
use crate::cli::outline::Outline;
use crate::cli::safety::{self, Engines};
use crate::cli::{Mistake, Mistakes, Settings, limits};
use crate::load::MAX_OPEN;
use crate::plan::Plan;
use crate::secret::Secret;
use crate::target::{Asked, DiscoverError, Discovered, Place, PlaceError, discover};

/// A siege that may begin.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What will be sent.
    pub(super) plan: Plan,
    /// The same in words.
    pub(super) banner: String,
}

/// Why none may begin.
#[derive(Debug)]
pub(super) enum PrepareError {
    /// On the command line.
    Mistakes(Mistakes),
    /// The target does not say what it is.
    Discover(DiscoverError),
    /// The system has no sockets for us.
    Runtime(io::Error),
}

/// Settles what will be sent. Nothing goes to the target before it is known that it may be attacked, and then only the
/// questions what it is.
pub(super) fn prepare(settings: &Settings) -> Result<Prepared, PrepareError> {
    let mut mistakes = Mistakes::default();
    let outline = Outline::new(&settings.choice, &settings.changes);
    let outline = outline.map_err(|wrong| mistakes.note_all(wrong)).ok();
    let place = mistakes.take(Place::parse(&settings.url).map_err(|wrong| not_a_target(settings, &wrong)));
    if let Some(Err(wrong)) = settings.engine_pid.map(safety::check_engine_pid) {
        mistakes.note_all(wrong);
    }
    let (Some(outline), Some(place), true) = (outline, place, mistakes.is_empty()) else {
        return Err(PrepareError::Mistakes(mistakes));
    };

    let addresses = place.resolve().map_err(|wrong| not_a_target(settings, &wrong))?;
    let reach = safety::permit(&settings.url, &addresses, settings.ownership)?;
    limits::allow_connections(outline.max_connections(MAX_OPEN.try_into().unwrap_or(u64::MAX)))?;

    let asked = Asked {
        model: settings.model.clone(),
        api_key: settings.api_key.clone(),
        name: settings.name.clone(),
        engine_pid: settings.engine_pid,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let discovered = runtime.block_on(discover(&place, &addresses, asked))?;

    let engines = engines(&discovered);
    let possible = safety::may_strike(reach, engines);
    let (outline, note) = safety::settle_strikes(outline, &settings.choice, possible)?;
    let secret = Secret::new(settings.api_key.as_deref());
    let server = discovered.server.as_deref().map(|server| secret.hidden_in(server));
    let plan = plan(settings, &outline, discovered);
    let banner = Intent {
        plan: &plan,
        server: server.as_deref(),
        reach,
        engines,
        note: note.as_deref(),
        report: &settings.report,
    }
    .banner();
    Ok(Prepared { plan, banner })
}

fn engines(discovered: &Discovered) -> Engines {
    match (discovered.target.engine_pid, discovered.has_engine) {
        (Some(pid), _) => Engines::Given(pid),
        (None, true) => Engines::Reported,
        (None, false) => Engines::Unknown,
    }
}

fn plan(settings: &Settings, outline: &Outline, discovered: Discovered) -> Plan {
    Plan {
        target: discovered.target,
        rules: settings.rules,
        patience: settings.patience,
        seed: settings.seed,
        calibration: outline.calibration,
        phases: outline.phases(attack::by_name),
        rest: outline.rest,
        max_strikes: outline.max_strikes,
    }
}

fn not_a_target(settings: &Settings, wrong: &PlaceError) -> Mistake {
    Mistake::Target { url: settings.url.clone(), wrong: wrong.to_string() }
}

// === impl PrepareError ===

impl From<Mistake> for PrepareError {
    fn from(mistake: Mistake) -> Self {
        Self::Mistakes(mistake.into())
    }
}

impl From<DiscoverError> for PrepareError {
    fn from(error: DiscoverError) -> Self {
        Self::Discover(error)
    }
}

impl From<io::Error> for PrepareError {
    fn from(error: io::Error) -> Self {
        Self::Runtime(error)
    }
}
