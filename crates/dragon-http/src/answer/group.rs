//! One generation for all who ask the same at the same time.
//!
//! Whoever asks first starts it; it runs in a task of its own, so that it goes on when that one leaves, and ends when the
//! last of them does. What it makes is kept until then: whoever joins late gets first what the others have already.

use std::sync::Arc;
use std::time::Duration;

use dragon_api::{ApiError, Usage};
use dragon_core::label::{Ending, Label};
use dragon_supervisor::Outlived;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::ask::Ask;
use super::choice::Step;
use super::dispatch;
use super::{Refusal, Unserved};
use crate::app::Model;

/// Those who share one generation, at most. Each holds a connection and some hundred bytes.
const MAX_MEMBERS: usize = 8_192;

/// The answer that is being made for several.
#[derive(Debug)]
pub(crate) struct Group {
    told: Arc<Mutex<Told>>,
    /// Counts what was told.
    news: watch::Sender<u64>,
    earliest: watch::Sender<Option<Instant>>,
    n_members: Mutex<usize>,
    driver: Mutex<Option<AbortHandle>>,
}

/// All that the members have to know.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) steps: Vec<Step>,
    pub(super) stage: Stage,
    /// What the answer's generations have outlived; none before they have started.
    outlived: Vec<Outlived>,
}

/// How far the answer is.
#[derive(Debug, Default)]
pub(super) enum Stage {
    /// It waits to be started.
    #[default]
    Waiting,
    /// Nobody gets an answer of the model.
    Refused(Refusal),
    /// Steps come.
    Running,
    Ended(Box<Made>),
}

/// What is known of an answer at its end.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) label: Label,
    pub(super) usage: Usage,
    pub(super) ending: Option<Ending>,
}

// === impl Group ===

impl Group {
    /// Joins the group that makes this answer, if there is one with enough time, or founds one. Whether it was there.
    pub(super) fn enter(ask: &Ask, model: &Arc<Model>, key: String) -> (Arc<Self>, bool) {
        let mut groups = model.groups.lock();
        if let Some(group) =
            groups.get(&key).and_then(std::sync::Weak::upgrade).filter(|group| group.admits(ask))
        {
            return (group, true);
        }
        let group = Arc::new(Self {
            told: Arc::default(),
            news: watch::Sender::new(0),
            earliest: watch::Sender::new(Some(ask.closing.at().0)),
            n_members: Mutex::new(1),
            driver: Mutex::new(None),
        });
        groups.retain(|_, group| group.strong_count() > 0);
        groups.insert(key, Arc::downgrade(&group));
        drop(groups);
        let driver = Driver {
            told: Arc::clone(&group.told),
            news: group.news.clone(),
            ask: Ask { closing: ask.closing.clone().shared(group.earliest.subscribe()), ..ask.clone() },
            model: Arc::clone(model),
        };
        *group.driver.lock() = Some(tokio::spawn(driver.drive()).abort_handle());
        (group, false)
    }

    /// For waiting on what comes next.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Looks at what is known.
    pub(super) fn told<T>(&self, look: impl FnOnce(&Told) -> T) -> T {
        look(&self.told.lock())
    }

    /// Counts one more, unless the answer is over, or would come with less than half of this one's time, or so many
    /// share it already.
    fn admits(&self, ask: &Ask) -> bool {
        if matches!(self.told.lock().stage, Stage::Ended(_) | Stage::Refused(_)) {
            return false;
        }
        let now = Instant::now();
        let left = |at: Instant| at.saturating_duration_since(now);
        let own = ask.closing.at().0;
        let groups = self.earliest.borrow().map_or(Duration::MAX, left);
        let mut n_members = self.n_members.lock();
        if groups < left(own) / 2 || *n_members >= MAX_MEMBERS {
            return false;
        }
        *n_members += 1;
        self.earliest.send_if_modified(|earliest| {
            let is_earlier = earliest.is_none_or(|at| own < at);
            if is_earlier {
                *earliest = Some(own);
            }
            is_earlier
        });
        true
    }
}

impl Drop for Group {
    /// The last member has left.
    fn drop(&mut self) {
        if let Some(driver) = self.driver.lock().take() {
            driver.abort();
        }
    }
}

/// Makes the answer.
struct Driver {
    told: Arc<Mutex<Told>>,
    news: watch::Sender<u64>,
    ask: Ask,
    model: Arc<Model>,
}

// === impl Driver ===

impl Driver {
    async fn drive(self) {
        let mut run = match dispatch::dispatch(&self.ask, &self.model).await {
            Ok(run) => run,
            Err(refusal) => return self.tell(|told| told.stage = Stage::Refused(refusal)),
        };
        let outlived = run.outlived();
        self.tell(|told| {
            told.stage = Stage::Running;
            told.outlived = outlived;
        });
        while let Some((_, step)) = run.next().await {
            let made = run.is_done().then(|| Made {
                label: run.label(&self.ask),
                usage: run.usage(),
                ending: step.ending,
            });
            self.tell(|told| {
                told.steps.push(step);
                if let Some(made) = made {
                    told.stage = Stage::Ended(Box::new(made));
                }
            });
        }
    }

    fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told.lock());
        self.news.send_modify(|n| *n = n.wrapping_add(1));
    }
}

/// The name of an answer that would be the same for everyone who asks so; `None` where chance decides, or where there
/// are several choices.
pub(super) fn key(ask: &Ask, model: &Model) -> Option<String> {
    let request = &ask.request;
    let is_determined = ask.sampling.temperature <= 0.0 || request.sampling.seed.is_some();
    if ask.n_choices() != 1 || !is_determined {
        return None;
    }
    // Where nothing is drawn the seed says nothing.
    let seed = request.sampling.seed;
    let sampling = dragon_core::sampling::Sampling { seed: seed.unwrap_or(0), ..ask.sampling.clone() };
    let payer = (!model.settings.share_across_clients).then_some(ask.identity.caller.payer);
    let asked = (
        payer,
        ask.head.endpoint,
        ask.guard,
        &request.input,
        request.max_tokens,
        &request.stop,
        request.top_logprobs,
    );
    Some(format!("{asked:?} {sampling:?}"))
}

// === impl Told ===

impl Told {
    /// Engines that the answer has outlived so far.
    pub(super) fn n_replays(&self) -> u32 {
        self.outlived.iter().map(Outlived::n_engines).max().unwrap_or(0)
    }
}

// === impl Stage ===

impl Stage {
    /// The mistake, or the reason, that everyone is told.
    pub(super) fn refusal(&self) -> Option<Result<Unserved, ApiError>> {
        match self {
            Self::Refused(Refusal::Mistake(error)) => Some(Err(error.clone())),
            Self::Refused(Refusal::Unserved(unserved)) => Some(Ok(unserved.clone())),
            Self::Waiting | Self::Running | Self::Ended(_) => None,
        }
    }
}
