//! All figures of one siege: what the JSON file holds, and what the other forms are made from.

use serde::{Deserialize, Serialize};

use crate::attack::Criterion;

/// Raised whenever a field changes its meaning or goes; readers refuse other versions.
pub const VERSION: u32 = 1;

/// One siege of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// See [`VERSION`].
    pub version: u32,
    /// Program and version that made it.
    pub tool: String,
    /// When it began, RFC 3339, UTC.
    pub made_at: String,
    /// The command line that repeats it.
    pub command: String,
    /// How long all of it took, seconds.
    pub lasted_s: f64,
    /// Of all dice.
    pub seed: u64,
    /// The rule of `--fail-under`, where one was given.
    pub fail_under: Option<String>,
    /// Ended early by the user.
    pub was_interrupted: bool,
    /// Whether all criteria hold.
    pub has_survived: bool,
    /// Who was attacked.
    pub target: TargetFacts,
    /// Where target and tool ran.
    pub machine: Machine,
    /// The rules that answers were judged by.
    pub rules: RulesFacts,
    /// What the target did in quiet.
    pub calibration: Calibration,
    /// The bystander in all phases together, the quiet before not included.
    pub bystander: Serving,
    /// One after the other.
    pub phases: Vec<PhaseReport>,
    /// The tool's own cost.
    pub cost: ToolCost,
}

/// Who was attacked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the same as in the plan")]
pub struct TargetFacts {
    pub name: String,
    pub url: String,
    pub model: String,
    /// Its `server` header, or whether it sends the label `dragon`.
    pub server: Option<String>,
    /// Whether its answers carry the label `dragon`.
    pub is_labelled: bool,
    /// In quiet it left out the usage that streams were asked for, so that none is demanded of it.
    #[serde(default)]
    pub lacks_usage: bool,
}

/// Where target and tool ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// As the system names it.
    pub cpu: String,
    /// Cores that the tool may use.
    pub n_cores: usize,
    /// Memory of the machine.
    pub memory_bytes: u64,
}

/// The rules that answers were judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the same as in the plan")]
pub struct RulesFacts {
    pub deadline_ms: u64,
    pub grace_ms: u64,
    pub patience_ms: u64,
}

/// What the target did in quiet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Questions with a checkable answer that were asked.
    pub n_questions: u64,
    /// Those answered right every time: only these are checked under attack.
    pub n_right: u64,
    /// The bystander alone.
    pub bystander: Serving,
    /// The bystander sends a key of its own, and the attackers none: servers that tell clients by their keys can tell it
    /// from them. Else it is another client with the same key, or without any like them.
    #[serde(default)]
    pub has_own_key: bool,
}

/// How somebody is served.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Serving {
    /// Over so long, seconds: as long as shots were fired, and longer where answers still came.
    pub lasted_s: f64,
    /// Columns of the scoreboard.
    pub counts: Counts,
    /// Of everything that ended with a response, and of what the client gave up on, which counts as long as it was
    /// waited for. A connection that failed at once is in the counts only: it would look fast.
    pub latency: Latency,
    /// Of the class `served` only: quick refusals do not make these look faster.
    pub served_latency: Latency,
    /// From when it was to be sent to the first text; only streams that had one.
    pub first_text: Latency,
    /// Tokens of the model in answers of the class `served`.
    pub n_tokens: u64,
}

/// Columns of the scoreboard. `n` is the sum of the classes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests whose answers are judged.
    pub n: u64,
    /// Of these, those that asked for words of the model. Where a rejection would be right as well, a rejected one does
    /// not count.
    pub wanted: u64,
    /// Answers that were compared with what they had to have in them.
    #[serde(default)]
    pub checked: u64,
    /// Words of the model, whole, in time, honest.
    pub served: u64,
    /// Refused in good form, or answered without a word.
    pub refused: u64,
    /// Of the refused, those that were answered without a word: status 200, and no text, thought or call.
    #[serde(default)]
    pub empty: u64,
    /// Wrong requests, turned away rightly.
    pub rejected: u64,
    /// At least one fault.
    pub faulty: u64,
    /// Requests with each kind of fault, by its name; one request may have several.
    pub faults: Vec<(String, u64)>,
    /// Requests that are malformed, an error as a success, or of a wrong status: one may be all of these.
    pub ill_formed: u64,
    /// Labels by outcome, where there are any.
    pub outcomes: Vec<(String, u64)>,
    /// HTTP statuses.
    pub statuses: Vec<(u16, u64)>,
    /// Hostile connections (no answer owed), by how they ended.
    pub hostile: Vec<(String, u64)>,
}

/// A distribution of times.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Values in it.
    pub n: u64,
    /// Mean, ms.
    pub mean_ms: f64,
    /// Percentile and value in ms, in order: 0, 50, 75, 90, 95, 99, 99.9, 100.
    pub percentiles: Vec<(f64, f64)>,
    /// Upper end in ms of each bucket that holds any, and how many it holds; for pictures.
    pub buckets: Vec<(f64, u64)>,
}

/// One phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseReport {
    /// Such as `overload`.
    pub name: String,
    /// In words: how many, how fast, how long.
    pub shape: String,
    /// When it began, seconds since the run did.
    pub began_s: f64,
    /// What was fired of what was due.
    #[serde(default)]
    pub shots: Shots,
    /// Its attacks.
    pub attacks: Vec<AttackReport>,
    /// The ordinary client beside them.
    pub bystander: Serving,
    /// Second by second.
    pub timeline: Vec<Second>,
    /// Resident memory of the target: seconds since the run began, bytes.
    pub memory: Vec<(f64, u64)>,
    /// Engines that were struck.
    pub strikes: Vec<StrikeReport>,
    /// What had to hold, and whether it does.
    pub criteria: Vec<CriterionReport>,
    /// A few of each kind of fault.
    pub samples: Vec<Sample>,
}

/// Shots of a phase: requests, hostile connections and strikes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shots {
    /// Those whose time came: all that were fired, in closed shapes.
    pub n_due: u64,
    /// Those that were fired.
    pub n_sent: u64,
    /// Those that were not, because the tool had as many on their way as it can hold.
    pub n_unsent: u64,
}

/// One attack of a phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttackReport {
    /// As in `--attack`.
    pub name: String,
    /// What it does.
    pub description: String,
    /// What its criterion compares.
    pub criterion: Criterion,
    /// How its requests were served.
    pub serving: Serving,
    /// The same requests in quiet, where the criterion compares with them.
    pub quiet: Option<Serving>,
}

/// One second of a phase: requests that ended in it, attack and bystander together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of the scoreboard")]
pub struct Second {
    pub served: u64,
    pub refused: u64,
    pub rejected: u64,
    pub faulty: u64,
    /// The bystander's slowest answer, ms; 0 where none ended.
    pub bystander_ms: f64,
    /// Requests on their way at its end.
    pub n_open: u64,
}

/// An engine that was struck.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StrikeReport {
    /// `kill` or `stop`.
    pub signal: String,
    /// Seconds since the run began.
    pub at_s: f64,
    /// What was seen after it.
    pub recovery: Recovery,
}

/// What was seen of the target's engines after one of them was struck.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Recovery {
    /// An engine was ready again.
    Ready {
        /// So long after the signal, ms.
        after_ms: f64,
    },
    /// None was, as long as it was waited for.
    Never,
    /// It could not be seen.
    Unseen,
}

/// What had to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriterionReport {
    /// A word for `--fail-under`, such as `in_deadline`.
    pub key: String,
    /// In words, with the figures: `every request is answered: 4,890 of 4,890`.
    pub text: String,
    /// Whether it holds; `None` where it could not be judged, and why is in the text.
    pub holds: Option<bool>,
}

/// One faulty exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Whose: `bystander`, or the attack's name.
    pub who: String,
    /// All faults in words.
    pub faults: Vec<String>,
    /// The kind of the first, such as `truncated`.
    pub kind: String,
    /// When it was to be sent, seconds since the run began.
    pub at_s: f64,
    /// How long it took, ms.
    pub took_ms: f64,
    /// The exact request as a command for a shell. Where the body is not text, it is given by `printf` and a pipe.
    /// Where it is too long to be kept, a comment says so.
    pub curl: String,
    /// Status line, headers and the beginning of the body, or why there was none.
    pub reply: String,
}

/// The tool's own cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolCost {
    /// Processor time of the whole tool over the time that it ran: 1 is one core.
    pub cores: f64,
    /// From when a request was to be sent to when it was, ms: the tool's own lateness in open shapes.
    pub send_lag: Latency,
    /// Its own peak of resident memory.
    pub peak_memory_bytes: u64,
    /// Requests that were sent again, because the server had closed the kept connection while they were on their way.
    #[serde(default)]
    pub n_resent: u64,
    /// The longest that somebody who sends waited for the one who judges and counts, ms. It is in no latency.
    #[serde(default)]
    pub longest_wait_ms: f64,
}

// === impl Serving ===

impl Serving {
    /// Served answers a second.
    #[must_use]
    pub fn served_per_s(&self) -> f64 {
        if self.lasted_s > 0.0 { self.counts.served as f64 / self.lasted_s } else { 0.0 }
    }
}

// === impl Latency ===

impl Latency {
    /// The value at a percentile that is listed, ms.
    #[must_use]
    pub fn at(&self, percentile: f64) -> Option<f64> {
        let listed = |(p, _): &&(f64, f64)| (p - percentile).abs() < 1e-9;
        self.percentiles.iter().find(listed).map(|(_, ms)| *ms)
    }
}

// === impl Recovery ===

impl Recovery {
    /// From the signal until an engine was ready again, ms, where one was.
    #[must_use]
    pub fn ready_after_ms(self) -> Option<f64> {
        match self {
            Self::Ready { after_ms } => Some(after_ms),
            Self::Never | Self::Unseen => None,
        }
    }
}

// === impl Counts ===

impl Counts {
    /// The counts of both.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            n: self.n + other.n,
            wanted: self.wanted + other.wanted,
            checked: self.checked + other.checked,
            served: self.served + other.served,
            refused: self.refused + other.refused,
            empty: self.empty + other.empty,
            rejected: self.rejected + other.rejected,
            faulty: self.faulty + other.faulty,
            faults: merged(&self.faults, &other.faults),
            ill_formed: self.ill_formed + other.ill_formed,
            outcomes: merged(&self.outcomes, &other.outcomes),
            statuses: merged(&self.statuses, &other.statuses),
            hostile: merged(&self.hostile, &other.hostile),
        }
    }

    /// Requests with this kind of fault.
    #[must_use]
    pub fn n_with(&self, kind: &str) -> u64 {
        self.faults.iter().find(|(name, _)| name == kind).map_or(0, |(_, n)| *n)
    }
}

/// Two lists of counts as one.
fn merged<K: Clone + PartialEq>(left: &[(K, u64)], right: &[(K, u64)]) -> Vec<(K, u64)> {
    let mut all = left.to_vec();
    for (key, n) in right {
        match all.iter_mut().find(|(known, _)| known == key) {
            Some((_, sum)) => *sum += n,
            None => all.push((key.clone(), *n)),
        }
    }
    all
}
