//! The label `dragon`: read strictly, and compared with everything else that is known.

use std::time::Duration;

use dragon_siege::judge::label::check_ending;
use serde_json::{Map, Value};

use super::{Answer, Asked, Death, Fault, Transcript};

pub use dragon_siege::judge::Outcome;

/// Deaths this long before a request was sent may still have met it: what the client read last from `/ready` and when
/// the server heard of the death are not the same moment.
const DEATH_SLACK: Duration = Duration::from_millis(200);

/// A stream that brings text so long after the next engine is ready was continued by it. Less may be text that was on
/// its way already.
const SURELY_AFTER: Duration = Duration::from_millis(50);

/// The label's times are parts of the time that the client measured; this much for rounding and for scheduling.
const TIMES_SLACK: Duration = Duration::from_millis(50);

/// The label of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// How it was made; the worst of all choices.
    pub outcome: Outcome,
    /// Why it is not complete.
    pub reason: Option<String>,
    /// Who made it.
    pub model: String,
    /// The deadline that held.
    pub deadline_ms: u64,
    /// Waiting, reading the prompt and writing, together.
    pub spent_ms: u64,
    /// The seed used.
    pub seed: u64,
    /// Whether it joined another's generation.
    pub shared: bool,
    /// Engine restarts that it lived through.
    pub replays: u64,
    /// Each choice's own ending, where there are several.
    pub choices: Vec<Ending>,
}

/// How one choice ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// How it was made.
    pub outcome: Outcome,
    /// Why it is not complete.
    pub reason: Option<String>,
    /// Its `finish_reason`, as the label repeats it.
    pub finish: String,
}

/// Reads a label.
pub(super) fn read(value: &Value) -> Result<Label, String> {
    let object = value.as_object().ok_or("the label is no object")?;
    let outcome = outcome(object)?;
    let reason = reason(object)?;
    field(object, "ignored")?.as_array().filter(|ignored| ignored.is_empty()).ok_or("fields were ignored")?;
    let choices = match object.get("choices") {
        None => Vec::new(),
        Some(choices) => {
            let choices = choices.as_array().ok_or("the label's choices are no list")?;
            choices.iter().enumerate().map(ending).collect::<Result<_, _>>()?
        }
    };
    Ok(Label {
        outcome,
        reason,
        model: text(object, "model")?,
        deadline_ms: number(object, "deadline_ms")?,
        spent_ms: number(object, "queue_ms")? + number(object, "prefill_ms")? + number(object, "decode_ms")?,
        seed: number(object, "seed")?,
        shared: field(object, "shared")?.as_bool().ok_or("`shared` is neither true nor false")?,
        replays: number(object, "replays")?,
        choices,
    })
}

fn ending((index, value): (usize, &Value)) -> Result<Ending, String> {
    let object = value.as_object().ok_or("a choice of the label is no object")?;
    if number(object, "index")? != index as u64 {
        return Err("the label's choices are out of order".to_owned());
    }
    Ok(Ending { outcome: outcome(object)?, reason: reason(object)?, finish: text(object, "finish_reason")? })
}

fn outcome(object: &Map<String, Value>) -> Result<Outcome, String> {
    let word = text(object, "outcome")?;
    Outcome::from_word(&word).ok_or_else(|| format!("there is no outcome {word:?}"))
}

fn reason(object: &Map<String, Value>) -> Result<Option<String>, String> {
    match field(object, "reason")? {
        Value::Null => Ok(None),
        Value::String(reason) => Ok(Some(reason.clone())),
        other => Err(format!("the reason is {other}")),
    }
}

fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a Value, String> {
    object.get(name).ok_or_else(|| format!("the label has no `{name}`"))
}

fn text(object: &Map<String, Value>, name: &str) -> Result<String, String> {
    let text = field(object, name)?.as_str().ok_or_else(|| format!("the label's `{name}` is no text"))?;
    Ok(text.to_owned())
}

fn number(object: &Map<String, Value>, name: &str) -> Result<u64, String> {
    field(object, name)?.as_u64().ok_or_else(|| format!("the label's `{name}` is no whole number"))
}

/// Whether the label agrees with the request, with the answer and with itself.
pub(super) fn check(asked: &Asked, answer: &Answer, label: &Label, took: Duration, faults: &mut Vec<Fault>) {
    let mut lie = |what: String| faults.push(Fault::Lie(what));
    if label.model != asked.model {
        lie(format!("the model {:?}", label.model));
    }
    if label.deadline_ms == 0 || u128::from(label.deadline_ms) > asked.deadline.as_millis() {
        lie(format!("the deadline {} ms", label.deadline_ms));
    }
    if asked.seed.is_some_and(|seed| seed != label.seed) {
        lie(format!("the seed {}", label.seed));
    }
    if u128::from(label.spent_ms) > (took + TIMES_SLACK).as_millis() {
        lie(format!("{} ms in an answer that took {} ms", label.spent_ms, took.as_millis()));
    }
    let endings = label.endings(answer);
    if endings.len() != answer.choices.len() {
        lie(format!("{} endings for {} choices", endings.len(), answer.choices.len()));
    }
    for (index, (ending, choice)) in endings.iter().zip(&answer.choices).enumerate() {
        if let Err(what) = check_ending(ending.outcome, ending.reason.as_deref(), &ending.finish) {
            lie(format!("choice {index}: {what}"));
        }
        if ending.finish != choice.finish {
            lie(format!("choice {index} ended with {}, the label says {}", choice.finish, ending.finish));
        }
    }
    let worst = endings.iter().map(|ending| ending.outcome).max();
    if worst.is_some_and(|worst| worst != label.outcome) {
        lie(format!("{} is not the worst of its choices", label.outcome.as_str()));
    }
}

/// Whether there can have been as many restarts as the label says.
pub(super) fn check_replays(
    label: &Label,
    texts_at: &[Duration],
    transcript: &Transcript,
    deaths: &[Death],
    faults: &mut Vec<Fault>,
) {
    let is_possible = |death: &&Death| {
        death.at <= transcript.ended_at
            && death.ready_at.is_none_or(|ready_at| ready_at + DEATH_SLACK >= transcript.sent_at)
    };
    // Text came from the very engine that died (an engine can also die before it has been given this request, or while
    // the request waits for others to be tried alone), and from a later one.
    let is_sure = |death: &&Death| {
        let before =
            deaths.iter().filter(|earlier| earlier.at < death.at).filter_map(|earlier| earlier.ready_at);
        let since = before.max().map_or(Duration::ZERO, |ready_at| ready_at + SURELY_AFTER);
        let ran = texts_at.iter().any(|at| (since..death.at).contains(at));
        let went_on =
            |ready_at: Duration| texts_at.last().is_some_and(|last| *last > ready_at + SURELY_AFTER);
        ran && death.ready_at.is_some_and(went_on)
    };
    let n_possible = deaths.iter().filter(is_possible).count() as u64;
    let n_sure = deaths.iter().filter(is_sure).count() as u64;
    if label.replays > n_possible || label.replays < n_sure {
        faults.push(Fault::WrongReplays(format!("{}, but {n_sure} to {n_possible} deaths", label.replays)));
    }
}

// === impl Label ===

impl Label {
    /// Each choice's ending.
    pub(super) fn endings(&self, answer: &Answer) -> Vec<Ending> {
        if answer.choices.len() > 1 {
            return self.choices.clone();
        }
        let own = |choice: &super::Choice| Ending {
            outcome: self.outcome,
            reason: self.reason.clone(),
            finish: choice.finish.clone(),
        };
        answer.choices.iter().map(own).collect()
    }
}
