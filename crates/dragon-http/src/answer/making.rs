//! An answer while it is being made: for one, or for several who asked the same.

use std::sync::Arc;

use dragon_api::{ApiError, Usage};
use dragon_core::label::{Label, Reason};

use super::ask::Ask;
use super::choice::Step;
use super::member::Member;
use super::run::Run;
use super::{Refusal, dispatch, group};
use crate::app::Model;

/// What is delivered step by step.
pub(super) enum Making {
    Own(Run),
    Shared(Member),
}

/// Starts an answer, or joins the one that is being made for others.
pub(super) async fn begin(ask: &Ask, model: &Arc<Model>) -> Result<Making, ApiError> {
    if let Some(key) = group::key(ask, model) {
        return Ok(match Member::enter(ask, model, key).await? {
            Ok(member) => Making::Shared(member),
            Err(unserved) => Making::Own(Run::unserved(ask, unserved)),
        });
    }
    match dispatch::dispatch(ask, model).await {
        Ok(run) => Ok(Making::Own(run)),
        Err(Refusal::Mistake(error)) => Err(error),
        Err(Refusal::Unserved(unserved)) => Ok(Making::Own(Run::unserved(ask, unserved))),
    }
}

// === impl Making ===

impl Making {
    /// The next step with its choice's index; `None` once every choice has ended. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<(u32, Step)> {
        match self {
            Self::Own(run) => run.next().await,
            Self::Shared(member) => member.next().await,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        match self {
            Self::Own(run) => run.is_done(),
            Self::Shared(member) => member.is_done(),
        }
    }

    pub(super) fn n_choices(&self) -> u32 {
        match self {
            Self::Own(run) => run.n_choices(),
            Self::Shared(_) => 1,
        }
    }

    pub(super) fn label(&self, ask: &Ask) -> Label {
        match self {
            Self::Own(run) => run.label(ask),
            Self::Shared(member) => member.label(ask),
        }
    }

    pub(super) fn usage(&self) -> Usage {
        match self {
            Self::Own(run) => run.usage(),
            Self::Shared(member) => member.usage(),
        }
    }

    /// The error that stands for an answer without the model, for a client that prefers one.
    pub(super) fn unanswered(&self, reason: Reason) -> ApiError {
        match self {
            Self::Own(run) => run.unanswered(reason),
            Self::Shared(_) => ApiError::Unanswered { reason, detail: None },
        }
    }
}
