//! Everything that is wrong with a command line, collected: who mends one mistake should not meet the next only then.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use super::attack_list::AttackMistake;

/// One mistake, in one line: what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Mistake {
    /// Nothing to attack.
    #[error("--target is missing; give the server's URL, such as --target http://127.0.0.1:8080")]
    NoTarget,
    /// Not a URL that can be attacked.
    #[error("--target {url}: {wrong}")]
    Target {
        /// As it was written.
        url: String,
        /// What is wrong with it.
        wrong: String,
    },
    /// Not a number in its range.
    #[error("{flag} {text:?}: give {range}")]
    Number {
        /// Such as `--rate`.
        flag: &'static str,
        /// As it was written.
        text: String,
        /// The values that it takes, in words.
        range: String,
    },
    /// Not one of the words that it takes.
    #[error("{flag} {text:?}: give {choices}")]
    Choice {
        /// Such as `--preset`.
        flag: &'static str,
        /// As it was written.
        text: String,
        /// What it takes, in words, perhaps with the nearest.
        choices: String,
    },
    /// Two flags that contradict each other.
    #[error("{first} and {second} exclude each other: {why}")]
    Exclusive {
        /// Such as `--rate`.
        first: &'static str,
        /// Such as `--connections`.
        second: &'static str,
        /// In words.
        why: &'static str,
    },
    /// A flag that means nothing without another one.
    #[error("{flag} needs {other}: {why}")]
    Needs {
        /// Such as `--every`.
        flag: &'static str,
        /// Such as `--burst`.
        other: &'static str,
        /// In words.
        why: &'static str,
    },
    /// See [`AttackMistake`].
    #[error("--attack: {0}")]
    Attack(AttackMistake),
    /// Thresholds that cannot be read.
    #[error("--fail-under {text:?}: {wrong}")]
    FailUnder {
        /// As it was written.
        text: String,
        /// What is wrong with it.
        wrong: String,
    },
    /// A file name that a report cannot have.
    #[error("{flag} {}: {wrong}", path.display())]
    File {
        /// Such as `--report`.
        flag: &'static str,
        /// As it was written.
        path: PathBuf,
        /// What is wrong with it.
        wrong: String,
    },
    /// An API key that no header can hold.
    #[error("the API key ({0}) has characters that no HTTP header can hold; give visible ASCII characters")]
    ApiKey(&'static str),
    /// Divided among the phases nothing sensible is left.
    #[error("{flag}: {wrong}")]
    Share {
        /// Such as `--duration`.
        flag: &'static str,
        /// In words.
        wrong: String,
    },
    /// The target is somewhere else, and nobody said whose it is.
    #[error(
        "--target {url} is not on this machine ({}); a siege harms whoever is behind it. Only if it is yours, or its owner agreed, add --i-own-this-target",
        in_words(.addresses)
    )]
    NotLoopback {
        /// As it was written.
        url: String,
        /// Those of its addresses that are somewhere else.
        addresses: Vec<IpAddr>,
    },
    /// No engine can be killed, though that was asked for.
    #[error("--attack kill-engine: {0}")]
    CannotKill(NoKill),
    /// A process that must not be killed.
    #[error("--engine-pid {pid}: {wrong}")]
    EnginePid {
        /// As it was written.
        pid: u32,
        /// What is wrong with it.
        wrong: &'static str,
    },
    /// The system does not let this process open so many connections.
    #[error(
        "{n_needed} connections and files are needed at once, and this process may open {n_allowed}; raise the limit (`ulimit -Hn`), or ask for less"
    )]
    FileLimit {
        /// Connections and files together.
        n_needed: u64,
        /// The hard limit.
        n_allowed: u64,
    },
}

/// Why engines cannot be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoKill {
    /// Only processes of this machine can be.
    #[error("engines can only be killed on this machine, and the target is not on it")]
    NotLocal,
    /// Nobody said which process it is.
    #[error(
        "which process is the engine is not known: the target's /ready does not say it; give --engine-pid P"
    )]
    UnknownEngine,
}

/// All mistakes found so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mistakes(Vec<Mistake>);

fn in_words(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

// === impl Mistakes ===

impl Mistakes {
    /// Notes one.
    pub fn note(&mut self, mistake: Mistake) {
        self.0.push(mistake);
    }

    /// Notes all of them.
    pub fn note_all(&mut self, mistakes: Self) {
        self.0.extend(mistakes.0);
    }

    /// The value, or `None` and the mistake is noted.
    pub fn take<T>(&mut self, result: Result<T, Mistake>) -> Option<T> {
        result.map_err(|mistake| self.note(mistake)).ok()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self(vec![mistake])
    }
}

impl std::error::Error for Mistakes {}

impl fmt::Display for Mistakes {
    /// A line for each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|mistake| writeln!(f, "error: {mistake}"))
    }
}
