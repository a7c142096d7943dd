//! `/ready`: whether every engine does its work, as its progress shows.

use dragon_api::{ModelReadiness, ModelState, all_ready};
use dragon_supervisor::{EngineState, Health};
use http::StatusCode;
use tokio::time::Instant;

use crate::app::{App, Model};
use crate::connection::Endpoints;
use crate::reply::{self, Reply};

/// 200 while every engine is in service and moves, else 503; either way with each model's state.
pub(crate) fn report(app: &App, endpoints: &Endpoints) -> Reply {
    let is_local = endpoints.peer.to_canonical().is_loopback();
    let models: Vec<ModelReadiness> = app.models().iter().map(|model| of(model, is_local)).collect();
    let status = if all_ready(&models) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    reply::json_reply(status, dragon_api::ready_document(&models))
}

fn of(model: &Model, is_local: bool) -> ModelReadiness {
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
        pid: progress.pid.filter(|_| is_local),
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
        (EngineState::Stopped, _) => (ModelState::Failed, Some("the server is stopping".to_owned())),
    }
}
