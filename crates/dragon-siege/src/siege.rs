//! `dragon siege` from its command line to its exit code.
//!
//! Three threads while it runs: the generator sends and hears, the tally judges and counts, the screen shows. What the
//! generator sees goes to the tally through a bounded channel; nobody waits for the screen.

mod prepare;
mod signals;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Instant, SystemTime};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::prepare::{PrepareError, Prepared, prepare};
use self::signals::Signals;
use crate::attack;
use crate::cli::request::{API_KEY_VARIABLE, Surroundings};
use crate::cli::{Mistakes, Request, Settings, SiegeArgs, catalogue};
use crate::live::{self, Headline, Watching};
use crate::report::{self, Run, StoreError, model::Report};
use crate::run::{self, RunError};
use crate::snapshot::Board;
use crate::tally::{self, Facts};
use crate::target::DiscoverError;

/// How a siege ends: its exit codes are an interface for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiegeExit {
    /// All criteria hold; or what was asked for was no siege, and was done.
    Held,
    /// Some do not.
    NotHeld,
    /// There was no siege: a mistake on the command line, a target that is not there, a report that cannot be written.
    Usage,
}

/// Why nothing could be said about a target.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Mistakes(#[from] Mistakes),
    #[error("error: {0}")]
    Discover(#[from] DiscoverError),
    #[error("error: {0}")]
    Run(#[from] RunError),
    #[error("error: {0}")]
    Store(#[from] StoreError),
    #[error("error: a thread cannot be started: {0}")]
    Thread(#[from] io::Error),
    #[error("error: the {0} has failed; this is a bug of dragon siege")]
    Panicked(&'static str),
}

/// Attacks, shows, reports.
#[must_use]
pub fn siege(args: &SiegeArgs) -> SiegeExit {
    carry_out(args).unwrap_or_else(|failure| {
        say(failure.to_string().trim_end());
        SiegeExit::Usage
    })
}

fn carry_out(args: &SiegeArgs) -> Result<SiegeExit, Failure> {
    let attacks = attack::all();
    let names: Vec<&str> = attacks.iter().map(|attack| attack.name()).collect();
    let api_key = std::env::var(API_KEY_VARIABLE).ok();
    match Request::read(args, Surroundings { attacks: &names, api_key, drawn_seed: drawn_seed() })? {
        Request::List => {
            print(&catalogue::list(&attacks));
            Ok(SiegeExit::Held)
        }
        Request::Compare { reports, into } => {
            let written = report::compare::write(&reports, &into)?;
            print(&format!("{}\n", files(&written)));
            Ok(SiegeExit::Held)
        }
        Request::Siege(settings) => besiege(&settings),
    }
}

/// One siege: what may be sent is settled and said, sent, judged, and reported.
fn besiege(settings: &Settings) -> Result<SiegeExit, Failure> {
    let Prepared { plan, banner } = prepare(settings)?;
    say(&banner);
    let plan = Arc::new(plan);
    let headline = Headline { target: settings.title(), model: plan.target.model.clone() };

    let (began, began_at) = (Instant::now(), SystemTime::now());
    let (stop, board) = (CancellationToken::new(), Board::default());
    let (sender, receiver) = mpsc::channel(run::CHANNEL_LEN);
    let signals = Signals::watch(stop.clone())?;
    let watching = Watching::begin(settings.view, headline, board.clone(), stop.clone())?;
    let facts = Facts::of(&plan, began);
    let tally = thread("tally", move || tally::run(receiver, facts, &board))?;
    let generator = thread("generator", {
        let plan = Arc::clone(&plan);
        move || run::run_blocking(plan, sender, stop)
    })?;

    let ended = join("generator", generator);
    let tally = join("tally", tally);
    // Before anything is said: until then the terminal is not ours.
    watching.end();
    signals.end();
    let (ended, tally) = (ended??, tally??);

    let run = Run {
        command: settings.command.clone(),
        began: began_at,
        lasted: began.elapsed(),
        was_interrupted: ended.was_interrupted,
        n_questions: ended.n_questions,
        n_right: ended.n_right,
        has_own_key: ended.has_own_key,
        fired: ended.phases,
        n_resent: ended.n_resent,
        longest_wait: ended.longest_wait,
    };
    conclude(&report::assemble(&plan, run, tally, &settings.fail_under), settings)
}

/// The result on standard output, and the report beside it.
fn conclude(report: &Report, settings: &Settings) -> Result<SiegeExit, Failure> {
    print(&live::summary(report));
    let written = report::write(report, &settings.report)?;
    print(&format!("report: {}\n", files(&written)));
    Ok(if report.has_survived { SiegeExit::Held } else { SiegeExit::NotHeld })
}

/// Short enough to be typed again.
fn drawn_seed() -> u64 {
    fastrand::u64(1..1_000_000)
}

fn files(paths: &[std::path::PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

fn join<T>(name: &'static str, thread: JoinHandle<T>) -> Result<T, Failure> {
    thread.join().map_err(|_| Failure::Panicked(name))
}

/// For the person at the terminal. Nobody has to listen.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// The result. A closed output is no reason to end differently.
fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

// === impl SiegeExit ===

impl SiegeExit {
    /// The number that the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Held => 0,
            Self::NotHeld => 1,
            Self::Usage => 2,
        }
    }
}

impl From<SiegeExit> for ExitCode {
    fn from(exit: SiegeExit) -> Self {
        Self::from(exit.code())
    }
}

// === impl Failure ===

impl From<PrepareError> for Failure {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::Mistakes(mistakes) => Self::Mistakes(mistakes),
            PrepareError::Discover(error) => Self::Discover(error),
            PrepareError::Runtime(error) => Self::Thread(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::tests::Program;

    fn exit(flags: &str) -> SiegeExit {
        siege(&Program::parse_from(std::iter::once("siege").chain(flags.split_whitespace())).siege)
    }

    #[test]
    fn usage_mistakes_are_told_apart_from_a_target_that_fell() {
        assert_eq!([SiegeExit::Held, SiegeExit::NotHeld, SiegeExit::Usage].map(SiegeExit::code), [0, 1, 2]);
        for flags in [
            "",
            "--target ftp://127.0.0.1",
            "--target http://127.0.0.1:1 --rate 0",
            "--compare no.json none.json",
        ] {
            assert_eq!(exit(flags), SiegeExit::Usage, "{flags}");
        }
    }

    #[test]
    fn a_target_elsewhere_is_refused_before_anything_is_sent() {
        // Addresses of documentation (RFC 5737): nobody is there, so a connection would take far longer than this test.
        let began = Instant::now();
        assert_eq!(exit("--target http://192.0.2.1"), SiegeExit::Usage);
        assert_eq!(exit("--target http://[2001:db8::1]:8080 --attack overload"), SiegeExit::Usage);
        assert!(began.elapsed().as_secs() < 1, "{:?}", began.elapsed());
    }
}
