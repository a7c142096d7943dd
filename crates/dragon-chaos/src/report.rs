//! The report, for people as text and for programs as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use dragon_chaos::check::{Exactness, Fault, Rules};
use serde_json::{Value, json};

use crate::Held;
use crate::cli::KillArgs;
use crate::killer::{How, Strike};
use crate::scene::Model;
use crate::tally::{Fork, Tally, percent};

/// Lines about places where other words began.
const FORKS_TOLD_MAX: usize = 20;

/// Everything that came out of one run.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) seed: u64,
    pub(crate) lasted: Duration,
    pub(crate) model: Model,
    pub(crate) n_parallel: usize,
    pub(crate) n_tokens: (usize, usize),
    /// A kill hits where so many sequences run.
    pub(crate) n_busy: u64,
    pub(crate) rules: Rules,
    /// Cases whose undisturbed answers were equal, and all cases.
    pub(crate) undisturbed: (usize, usize),
    pub(crate) strikes: Vec<Strike>,
    /// When nothing arrived on any stream.
    pub(crate) silences: Vec<(Duration, Duration)>,
    pub(crate) tally: &'a Tally,
}

/// What has to hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Criteria {
    min_hit_percent: f64,
    min_complete_percent: f64,
    max_fallback_percent: f64,
}

/// One criterion and whether it held.
#[derive(Debug, Clone, PartialEq)]
struct Criterion {
    name: String,
    holds: bool,
}

/// Some times in order.
#[derive(Debug, Clone, Default)]
struct Times(Vec<f64>);

/// Of a hundred requests so many may have a place where other words began after a replay.
///
/// A new engine computes what it reads again in calls of other shapes: alone at first, or in chunks. The last bits of the
/// logits differ then, and where two tokens are as good as equal they choose. Of 3,000 requests to the tiny model 5 and 7
/// (AVX-512, AVX2) went on with other words in calls of one row than in calls of many. Such a place is the same every time,
/// and a run has few of them; a replay that goes wrong shows at ever new ones.
const MAX_FORKS_PERCENT: usize = 5;

/// Prints a report and writes it as text and as JSON.
pub(crate) fn publish(text: &str, json: &Value, stem: &str, out: &Path) -> Result<()> {
    write!(std::io::stdout(), "{text}").context("cannot print the report")?;
    for (extension, contents) in [("txt", text), ("json", &format!("{json:#}\n"))] {
        let path = out.join(format!("{stem}.{extension}"));
        fs::write(&path, contents).with_context(|| format!("cannot write {}", path.display()))?;
        crate::say(&format!("written {}", path.display()));
    }
    Ok(())
}

// === impl Report ===

impl Report<'_> {
    /// Whether everything that has to hold does.
    pub(crate) fn held(&self, criteria: Criteria) -> Held {
        if self.criteria(criteria).iter().all(|criterion| criterion.holds) { Held::Yes } else { Held::No }
    }

    fn criteria(&self, criteria: Criteria) -> Vec<Criterion> {
        let tally = self.tally;
        let mut all = Vec::new();
        let mut add = |name: String, holds: bool| all.push(Criterion { name, holds });
        add("every request ended exactly once".to_owned(), tally.history.faults().is_empty());
        add("no request is unanswered".to_owned(), tally.n_unanswered == 0 && tally.n_answers > 0);
        let judged_apart = ["unanswered", "truncated", "wrong text"];
        for kind in Fault::KINDS.into_iter().filter(|kind| !judged_apart.contains(kind)) {
            add(format!("no answer has the fault: {kind}"), tally.n_with(kind) == 0);
        }
        add(
            "no answer has the fault: wrong text, but for other words after a replay".to_owned(),
            tally.n_unexplained == 0,
        );
        let (n_forks, n_cases) = (self.max_forks(), self.undisturbed.1);
        add(
            format!("other words after a replay begin at {n_forks} places at most, of {n_cases} requests"),
            tally.forks.len() <= n_forks,
        );
        let (n_kills, n_hit) = (self.n(How::Kill), self.n_hit());
        add(
            format!(
                "at least {} % of the kills hit {} running or more",
                criteria.min_hit_percent, self.n_busy
            ),
            n_kills == 0 || percent(n_hit, n_kills) >= criteria.min_hit_percent,
        );
        let n_unnoticed = self.strikes.iter().filter(|strike| !strike.is_noticed).count();
        add("the server noticed every stopped engine".to_owned(), n_unnoticed == 0);
        if self.rules.exactness == Exactness::Exact {
            add(
                format!(
                    "at least {} % are complete with the undisturbed text",
                    criteria.min_complete_percent
                ),
                tally.percent(tally.n_undisturbed) >= criteria.min_complete_percent,
            );
            add(
                format!("at most {} % are fallbacks", criteria.max_fallback_percent),
                tally.percent(tally.n_fallback) <= criteria.max_fallback_percent,
            );
        }
        all
    }

    /// Places where other words may begin after a replay.
    fn max_forks(&self) -> usize {
        (self.undisturbed.1 * MAX_FORKS_PERCENT / 100).max(1)
    }

    fn n(&self, how: How) -> u64 {
        self.strikes.iter().filter(|strike| strike.how == how).count() as u64
    }

    fn n_hit(&self) -> u64 {
        let hit = |strike: &&Strike| strike.how == How::Kill && strike.n_running >= self.n_busy;
        self.strikes.iter().filter(hit).count() as u64
    }

    /// From the signal to the next engine's readiness.
    fn to_ready(&self, how: How) -> Times {
        let of_kind = self.strikes.iter().filter(|strike| strike.how == how);
        Times::of(of_kind.filter_map(|strike| Some(strike.ready_at?.saturating_sub(strike.at))))
    }

    /// Silences, those that a stopped engine explains apart.
    fn split(&self, silences: &[(Duration, Duration)]) -> (Times, Times) {
        let stops: Vec<(Duration, Duration)> = self
            .strikes
            .iter()
            .filter(|strike| strike.how == How::Stop)
            .map(|strike| (strike.at, strike.ready_at.unwrap_or(Duration::MAX)))
            .collect();
        let is_stop = |(from, to): &(Duration, Duration)| {
            stops.iter().any(|(stopped, ready)| from <= ready && to >= stopped)
        };
        let (stopped, killed): (Vec<_>, Vec<_>) = silences.iter().copied().partition(is_stop);
        let times = |silences: Vec<(Duration, Duration)>| {
            Times::of(silences.into_iter().map(|(from, to)| to.saturating_sub(from)))
        };
        (times(killed), times(stopped))
    }

    /// How many of each kind, of wrong texts also in which ways and where; then the first of all in full.
    fn write_faults(&self, text: &mut String) -> std::fmt::Result {
        let tally = self.tally;
        for kind in Fault::KINDS.into_iter().filter(|kind| tally.n_with(kind) > 0) {
            write!(text, "FAULT {kind}: {}", tally.n_with(kind))?;
            if kind == "wrong text" {
                let ways = tally.differences.iter().map(|(way, n)| format!("{} {n}", way.as_str()));
                write!(text, " ({})", ways.collect::<Vec<_>>().join(", "))?;
            }
            writeln!(text)?;
        }
        for (fork, n) in tally.forks.iter().take(FORKS_TOLD_MAX) {
            let Fork { case, choice, n_right } = fork;
            writeln!(
                text,
                "  other words after a replay: case {case}, choice {choice} after {n_right} bytes: {n}"
            )?;
        }
        for told in &tally.told {
            writeln!(text, "  {told}")?;
        }
        Ok(())
    }

    pub(crate) fn text(&self, criteria: Criteria) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text, criteria);
        text
    }

    fn write(&self, text: &mut String, criteria: Criteria) -> std::fmt::Result {
        let tally = self.tally;
        let (n_kills, n_stops) = (self.n(How::Kill), self.n(How::Stop));
        let (fewest, most) = self.n_tokens;
        let share = |n: u64| format!("{n} ({:.2} %)", tally.percent(n));
        writeln!(text, "chaos: {} model, seed {}", self.model.id(), self.seed)?;
        writeln!(
            text,
            "load: {} clients, answers of {fewest} to {most} tokens, {:.1} s",
            self.n_parallel,
            self.lasted.as_secs_f64()
        )?;
        let (n_equal, n_cases) = self.undisturbed;
        writeln!(text, "undisturbed answers that repeat: {n_equal} of {n_cases}")?;
        writeln!(text, "kills: {n_kills} SIGKILL, {n_stops} SIGSTOP")?;
        writeln!(
            text,
            "kills with {} or more running: {} ({:.1} %)",
            self.n_busy,
            self.n_hit(),
            percent(self.n_hit(), n_kills)
        )?;
        writeln!(text, "requests: {}", tally.history.n_sent())?;
        writeln!(text, "unanswered: {}", tally.n_unanswered)?;
        writeln!(text, "late: {}", tally.n_with("late"))?;
        for (outcome, &n) in &tally.outcomes {
            writeln!(text, "  {outcome}: {}", share(n))?;
        }
        writeln!(text, "complete with the undisturbed text: {}", share(tally.n_undisturbed))?;
        if self.rules.exactness == Exactness::Measured {
            writeln!(
                text,
                "complete: {}; any outcome, the undisturbed text: {}",
                share(tally.n_complete),
                share(tally.n_reference_text)
            )?;
        }
        writeln!(text, "fallbacks: {}", share(tally.n_fallback))?;
        writeln!(
            text,
            "replays: {} in {} answers (at most {} in one); of these complete with the undisturbed text: {}",
            tally.n_replays, tally.n_replayed, tally.most_replays, tally.n_replayed_undisturbed
        )?;
        writeln!(text, "shared: {}", tally.n_shared)?;
        self.write_faults(text)?;
        for fault in tally.history.faults().iter().take(10) {
            writeln!(text, "HISTORY {fault:?}")?;
        }
        writeln!(text, "answers took: {}", Times::of_ms(&tally.took_ms))?;
        writeln!(text, "kill to ready: {}", self.to_ready(How::Kill))?;
        let ((gaps, gaps_stopped), (silences, silences_stopped)) =
            (self.split(&tally.gaps), self.split(&self.silences));
        writeln!(text, "longest pause within a stream: {gaps}")?;
        writeln!(text, "silence on all streams at once, worst: {:.0} ms", silences.max())?;
        if n_stops > 0 {
            writeln!(text, "stop to ready: {}", self.to_ready(How::Stop))?;
            writeln!(
                text,
                "around stops: longest pause within a stream {:.0} ms, silence on all {:.0} ms",
                gaps_stopped.max(),
                silences_stopped.max()
            )?;
        }
        for criterion in self.criteria(criteria) {
            writeln!(text, "{} {}", if criterion.holds { "ok    " } else { "FAILED" }, criterion.name)?;
        }
        Ok(())
    }

    pub(crate) fn json(&self, criteria: Criteria) -> Value {
        let tally = self.tally;
        let ((gaps, gaps_stopped), (silences, silences_stopped)) =
            (self.split(&tally.gaps), self.split(&self.silences));
        let criteria: Vec<Value> = self
            .criteria(criteria)
            .into_iter()
            .map(|criterion| json!({ "criterion": criterion.name, "holds": criterion.holds }))
            .collect();
        json!({
            "model": self.model.id(),
            "seed": self.seed,
            "seconds": self.lasted.as_secs_f64(),
            "parallel": self.n_parallel,
            "tokens": [self.n_tokens.0, self.n_tokens.1],
            "grace_ms": u64::try_from(self.rules.grace.as_millis()).unwrap_or(u64::MAX),
            "undisturbed_equal": self.undisturbed.0,
            "cases": self.undisturbed.1,
            "kills": self.n(How::Kill),
            "stops": self.n(How::Stop),
            "kills_hit": self.n_hit(),
            "kills_hit_percent": percent(self.n_hit(), self.n(How::Kill)),
            "requests": tally.history.n_sent(),
            "unanswered": tally.n_unanswered,
            "late": tally.n_with("late"),
            "outcomes": tally.outcomes,
            "complete": tally.n_complete,
            "complete_undisturbed_text": tally.n_undisturbed,
            "complete_undisturbed_text_percent": tally.percent(tally.n_undisturbed),
            "undisturbed_text": tally.n_reference_text,
            "fallbacks": tally.n_fallback,
            "fallbacks_percent": tally.percent(tally.n_fallback),
            "replays": tally.n_replays,
            "answers_replayed": tally.n_replayed,
            "answers_replayed_undisturbed_text": tally.n_replayed_undisturbed,
            "most_replays": tally.most_replays,
            "shared": tally.n_shared,
            "faults": tally.faults,
            "faults_told": tally.told,
            "wrong_texts": tally.differences.iter().map(|(way, n)| (way.as_str(), n)).collect::<BTreeMap<_, _>>(),
            "other_words_after_replay": tally.forks.iter().map(fork_json).collect::<Vec<_>>(),
            "history_faults": tally.history.faults().len(),
            "answer_ms": Times::of_ms(&tally.took_ms).json(),
            "kill_to_ready_ms": self.to_ready(How::Kill).json(),
            "stop_to_ready_ms": self.to_ready(How::Stop).json(),
            "worst_stream_pause_ms": gaps.max(),
            "worst_silence_ms": silences.max(),
            "worst_stream_pause_around_stops_ms": gaps_stopped.max(),
            "worst_silence_around_stops_ms": silences_stopped.max(),
            "criteria": criteria,
            "strikes": self.strikes.iter().map(strike_json).collect::<Vec<_>>(),
        })
    }
}

fn fork_json((fork, n): (&Fork, &u64)) -> Value {
    json!({ "case": fork.case, "choice": fork.choice, "right_bytes": fork.n_right, "answers": n })
}

fn strike_json(strike: &Strike) -> Value {
    json!({
        "at_s": strike.at.as_secs_f64(),
        "signal": match strike.how {
            How::Kill => "SIGKILL",
            How::Stop => "SIGSTOP",
        },
        "engine": strike.state,
        "running": strike.n_running,
        "to_ready_ms": strike.ready_at.map(|at| at.saturating_sub(strike.at).as_secs_f64() * 1e3),
    })
}

// === impl Criteria ===

impl Criteria {
    /// Every outcome is right that is in good form.
    pub(crate) const ANY_OUTCOME: Self =
        Self { min_hit_percent: 0.0, min_complete_percent: 0.0, max_fallback_percent: 100.0 };

    pub(crate) const fn of(args: &KillArgs) -> Self {
        Self {
            min_hit_percent: args.min_hit_percent,
            min_complete_percent: args.min_complete_percent,
            max_fallback_percent: args.max_fallback_percent,
        }
    }
}

// === impl Times ===

impl Times {
    fn of(times: impl Iterator<Item = Duration>) -> Self {
        let ms: Vec<f64> = times.map(|time| time.as_secs_f64() * 1e3).collect();
        Self::of_ms(&ms)
    }

    fn of_ms(ms: &[f64]) -> Self {
        let mut sorted = ms.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self(sorted)
    }

    /// The smallest value that so many of a hundred do not exceed; 0 where there is none.
    fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or(0.0)
    }

    fn max(&self) -> f64 {
        self.percentile(100)
    }

    fn json(&self) -> Value {
        json!({ "n": self.0.len(), "p50": self.percentile(50), "p95": self.percentile(95), "max": self.max() })
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (p50, p95) = (self.percentile(50), self.percentile(95));
        write!(f, "median {p50:.0} ms, p95 {p95:.0} ms, max {:.0} ms", self.max())
    }
}

#[cfg(test)]
mod tests;
