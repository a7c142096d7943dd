//! One of those who share an answer.

use std::sync::Arc;
use std::time::Duration;

use dragon_api::{ApiError, Delta, Usage};
use dragon_core::event::Event;
use dragon_core::label::{Ending, Label, Outcome, Reason};
use tokio::sync::watch;
use tokio::time::Instant;

use super::Unserved;
use super::ask::Ask;
use super::choice::Step;
use super::group::{Group, Made, Stage, Told};
use super::speaker::Speaker;
use crate::app::Model;
use crate::deadline::Closing;

/// The group's answer ends at the earliest deadline of all; its last words take this long at most to be told.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// Reads what the group makes, from its beginning, until its own deadline.
pub(super) struct Member {
    group: Arc<Group>,
    news: watch::Receiver<u64>,
    is_joiner: bool,
    n_read: usize,
    /// Engines that the answer had outlived before this one came: not what this request has lived through.
    n_replays_before: u32,
    has_text: bool,
    closing: Closing,
    arrived_at: Instant,
    first_at: Option<Instant>,
    ended_at: Option<Instant>,
    /// Set where its own deadline came first.
    cut: Option<Ending>,
    ambiguity: Option<f32>,
    speaker: Speaker,
}

// === impl Member ===

impl Member {
    /// Enters the group of this key and waits until it is clear that an answer comes.
    pub(super) async fn enter(
        ask: &Ask,
        model: &Arc<Model>,
        key: String,
    ) -> Result<Result<Self, Unserved>, ApiError> {
        let (group, is_joiner) = Group::enter(ask, model, key);
        if is_joiner {
            ask.observer.saw(Event::Joined);
        }
        let mut member = Self {
            news: group.news(),
            n_replays_before: group.told(Told::n_replays),
            group,
            is_joiner,
            n_read: 0,
            has_text: false,
            closing: ask.closing.clone(),
            arrived_at: ask.deadline().arrived_at,
            first_at: None,
            ended_at: None,
            cut: None,
            ambiguity: ask.ambiguity(),
            speaker: ask.speaker(),
        };
        loop {
            if let Some(refusal) = member.group.told(|told| told.stage.refusal()) {
                return refusal.map(Err);
            }
            if !member.group.told(|told| matches!(told.stage, Stage::Waiting)) {
                return Ok(Ok(member));
            }
            if let Some(reason) = member.news_or_end().await {
                return Ok(Err(Unserved::new(reason)));
            }
        }
    }

    /// The next step; `None` after the last. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<(u32, Step)> {
        loop {
            if self.cut.is_some() {
                return None;
            }
            let next =
                |told: &Told| (told.steps.get(self.n_read).cloned(), matches!(told.stage, Stage::Ended(_)));
            match self.group.told(next) {
                (Some(step), _) => return Some((0, self.read(step))),
                (None, true) => return None,
                (None, false) => {}
            }
            if let Some(reason) = self.news_or_end().await {
                return Some((0, self.cut(reason)));
            }
        }
    }

    pub(super) fn is_done(&self) -> bool {
        let is_read = |told: &Told| matches!(told.stage, Stage::Ended(_)) && self.n_read == told.steps.len();
        self.cut.is_some() || self.group.told(is_read)
    }

    /// The label of the group's answer, with this one's own deadline and times.
    pub(super) fn label(&self, ask: &Ask) -> Label {
        let made = self.made();
        let ending = self.cut.or(made.as_ref().and_then(|made| made.ending)).unwrap_or(Ending::STOPPED);
        let ended_at = self.ended_at.unwrap_or_else(Instant::now);
        let first_at = self.first_at.unwrap_or(ended_at);
        let own = Label {
            outcome: ending.outcome,
            reason: ending.reason,
            model: ask.head.model.clone(),
            deadline: self.closing.deadline.allowed,
            queued: first_at.saturating_duration_since(self.arrived_at),
            prefill: Duration::ZERO,
            decode: ended_at.saturating_duration_since(first_at),
            seed: ask.sampling.seed,
            shared: self.is_joiner,
            replays: 0,
            ignored: ask.request.ignored.clone(),
            choices: vec![ending],
            ambiguity: self.ambiguity,
            findings: Vec::new(),
        };
        match made {
            // Whoever started it was there all the time.
            Some(made) if !self.is_joiner => Label { deadline: own.deadline, ..made.label },
            Some(made) => {
                let replays = made.label.replays.saturating_sub(self.n_replays_before);
                Label { seed: made.label.seed, replays, findings: made.label.findings, ..own }
            }
            None => own,
        }
    }

    pub(super) fn usage(&self) -> Usage {
        self.made().map(|made| made.usage).unwrap_or_default()
    }

    fn made(&self) -> Option<Made> {
        self.group.told(|told| match &told.stage {
            Stage::Ended(made) => Some(Made::clone(made)),
            Stage::Waiting | Stage::Refused(_) | Stage::Running => None,
        })
    }

    fn read(&mut self, step: Step) -> Step {
        self.n_read += 1;
        self.first_at.get_or_insert_with(Instant::now);
        // A fallback of the group is no text of the model, and in the language of whoever started it.
        if let Some(Ending { outcome: Outcome::Fallback, reason: Some(reason), .. }) = step.ending {
            return self.cut(reason);
        }
        self.has_text |= step.delta.is_some();
        if step.ending.is_some() {
            self.ended_at = Some(Instant::now());
        }
        step
    }

    fn cut(&mut self, reason: Reason) -> Step {
        let ending = Ending::cut(reason, self.has_text);
        self.cut = Some(ending);
        self.ended_at = Some(Instant::now());
        let delta = (ending.outcome == Outcome::Fallback)
            .then(|| Delta { text: self.speaker.text(reason), ..Delta::default() });
        Step { delta, ending: Some(ending), ..Step::default() }
    }

    /// Waits for more; the reason, where the end of its own time comes first.
    async fn news_or_end(&mut self) -> Option<Reason> {
        let mut closing = self.closing.clone();
        let over = async {
            let reason = closing.reached().await;
            tokio::time::sleep(LAST_WORDS).await;
            reason
        };
        tokio::select! {
            biased;
            // The driver lives as long as the group, so this does not fail before the answer has ended.
            changed = self.news.changed() => changed.is_err().then_some(Reason::EngineDown),
            reason = over => Some(reason),
        }
    }
}
