//! Where events go: the counts behind `/metrics`, and the log.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dragon_api::{ApiError, Metrics, ModelMetrics};
use dragon_core::event::{Event, Tally};
use dragon_supervisor::EngineState;
use parking_lot::Mutex;

use crate::app::{App, Model};

/// The events of one model.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    tally: Mutex<Tally>,
}

/// Answers other than 200.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    statuses: BTreeMap<u16, u64>,
    limits: BTreeMap<&'static str, u64>,
    logged_at: Option<Instant>,
    n_unlogged: u64,
}

/// A line of the log for one refusal in this time: a flood of them must not fill a disk.
const LOG_EVERY: Duration = Duration::from_secs(1);

// === impl Observer ===

impl Observer {
    pub(crate) fn saw(&self, event: Event) {
        tracing::trace!(?event);
        self.tally.lock().count(&event);
    }
}

// === impl Refusals ===

impl Refusals {
    pub(crate) fn saw(&self, error: &ApiError) {
        let mut counts = self.counts.lock();
        *counts.statuses.entry(error.status()).or_default() += 1;
        if let ApiError::LimitReached(limit) = error {
            *counts.limits.entry(limit.name()).or_default() += 1;
        }
        let now = Instant::now();
        if counts.logged_at.is_some_and(|at| now.saturating_duration_since(at) < LOG_EVERY) {
            counts.n_unlogged += 1;
            return;
        }
        counts.logged_at = Some(now);
        let n_more = std::mem::take(&mut counts.n_unlogged);
        drop(counts);
        tracing::info!(
            status = error.status(),
            code = error.code(),
            n_more_before = n_more,
            "refused a request"
        );
    }
}

/// Everything at this moment.
pub(crate) fn metrics(app: &App) -> Metrics {
    let counts = app.refusals.counts.lock();
    Metrics {
        refusals: counts.statuses.iter().map(|(status, n)| (*status, *n)).collect(),
        limits: counts.limits.iter().map(|(limit, n)| (*limit, *n)).collect(),
        clients: app.clients().tokens().map(|(name, n)| (name.to_owned(), n)).collect(),
        models: app.models().iter().map(|model| of_model(model)).collect(),
    }
}

fn of_model(model: &Model) -> ModelMetrics {
    let (occupancy, tempo) = (model.gate.occupancy(), model.engine.tempo());
    ModelMetrics {
        id: model.settings.id.clone(),
        tally: model.observer.tally.lock().clone(),
        n_waiting: occupancy.n_waiting,
        n_running: occupancy.n_running,
        n_paused: model.gate.n_paused(),
        n_busy_slots: occupancy.n_busy_slots,
        n_slots: model.facts.n_slots,
        n_ctx: model.facts.n_ctx,
        n_restarts: model.engine.progress().n_restarts(),
        is_up: matches!(model.engine.state(), EngineState::Ready(_)),
        step: tempo.step(),
        prefill_per_token: tempo.prefill_per_token(),
    }
}
