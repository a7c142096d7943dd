//! `/ready`: whether every engine does its work, as its progress shows.

use std::net::IpAddr;

use dragon_api::{ModelReadiness, ModelState, all_ready};
use dragon_supervisor::{EngineState, Health};
use http::StatusCode;
use tokio::time::Instant;

use crate::app::{App, Model};
use crate::reply::{self, Reply};

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// For strangers.
    WithoutProcesses,
    /// For whoever is on this machine anyway: process ids as well.
    WithProcesses,
}

// === impl Detail ===

impl Detail {
    pub(crate) fn for_peer(peer: IpAddr) -> Self {
        if peer.to_canonical().is_loopback() { Self::WithProcesses } else { Self::WithoutProcesses }
    }
}

/// 200 while every engine is in service and moves, else 503; either way with each model's state.
pub(crate) fn report(app: &App, detail: Detail) -> Reply {
    let models: Vec<ModelReadiness> = app.models().iter().map(|model| of(model, detail)).collect();
    let status = if all_ready(&models) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    reply::json_reply(status, dragon_api::ready_document(&models))
}

fn of(model: &Model, detail: Detail) -> ModelReadiness {
    let progress = model.engine.progress();
    let counters = progress.heartbeat.map(|heard| heard.heartbeat).unwrap_or_default();
    let (state, reason) = state_of(model);
    ModelReadiness {
        id: model.settings.id.clone(),
        state,
        reason,
        n_slots: model.facts.n_slots,
        n_busy_slots: counters.n_busy_slots,
        n_waiting: u32::try_from(model.gate.occupancy().n_waiting).unwrap_or(u32::MAX),
        n_restarts: progress.n_restarts(),
        n_steps: counters.n_steps,
        n_prefill_tokens: counters.n_prefill_tokens,
        n_decode_tokens: counters.n_decode_tokens,
        tokens_per_s: model.facts.tokens_per_s,
        deadline: model.settings.deadline,
        pid: progress.pid.filter(|_| detail == Detail::WithProcesses),
    }
}

/// The engine's word that it is in service counts only as far as its progress bears it out.
fn state_of(model: &Model) -> (ModelState, Option<String>) {
    match (model.engine.state(), model.engine.health(Instant::now().into_std())) {
        (EngineState::Ready(_), Health::Silent(silent)) => {
            (ModelState::Stalled, Some(format!("no heartbeat for {} ms", silent.as_millis())))
        }
        (EngineState::Ready(_), Health::Stuck(stuck)) => (
            ModelState::Stalled,
            Some(format!("work is waiting and no step was made for {} ms", stuck.as_millis())),
        ),
        (EngineState::Ready(_), Health::Good | Health::NotReady) => (ModelState::Ready, None),
        (EngineState::Starting, _) => (ModelState::Starting, Some("the model is being loaded".to_owned())),
        (EngineState::Ending, _) => (ModelState::Restarting, Some("the engine is gone".to_owned())),
        (EngineState::Down { last, .. }, _) => (ModelState::Restarting, Some(last)),
        (EngineState::Broken { last, .. }, _) => (ModelState::Failed, Some(last)),
        (EngineState::Stopped, _) => (ModelState::Failed, Some("the server is stopping".to_owned())),
    }
}
