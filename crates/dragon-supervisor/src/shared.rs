//! What the handles, the generations and the supervising task of one engine share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dragon_ipc::{
    DecodeCall, Heartbeat, MAX_LONG_TEXTS_IN_FLIGHT, MAX_SHORT_TEXTS_IN_FLIGHT, Ready, TextLane,
};
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore, watch};

use crate::blame::Fingerprint;
use crate::error::{EngineError, StartError};
use crate::inflight::Haste;
use crate::job::Limits;
use crate::state::{EngineState, Progress};
use crate::tempo::Tempo;
use crate::traffic::Traffic;

/// What handles, generations and the supervising task share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) model: String,
    pub(crate) traffic: Mutex<Traffic>,
    /// Rung after every new order.
    pub(crate) bell: Notify,
    pub(crate) progress: Mutex<Progress>,
    pub(crate) tempo: Mutex<Tempo>,
    pub(crate) state: watch::Sender<EngineState>,
    /// When the state became ready last.
    pub(crate) ready_at: Mutex<Option<Instant>>,
    /// How the first start ended; it never changes after.
    pub(crate) first: watch::Sender<Option<Result<Ready, StartError>>>,
    /// Turns at the engine's tokenizer of short texts.
    short_texts: Arc<Semaphore>,
    /// Turns at the engine's tokenizer of long texts.
    long_texts: Arc<Semaphore>,
}

// === impl Shared ===

impl Shared {
    pub(crate) fn new(model: String) -> Self {
        Self {
            model,
            traffic: Mutex::new(Traffic::new()),
            bell: Notify::new(),
            progress: Mutex::default(),
            tempo: Mutex::default(),
            state: watch::Sender::new(EngineState::Starting),
            ready_at: Mutex::default(),
            first: watch::Sender::new(None),
            short_texts: Arc::new(Semaphore::new(MAX_SHORT_TEXTS_IN_FLIGHT)),
            long_texts: Arc::new(Semaphore::new(MAX_LONG_TEXTS_IN_FLIGHT)),
        }
    }

    /// Where texts of this lane take their turns. Waiting for one costs nothing but memory, and who leaves the line
    /// was never in it.
    pub(crate) fn turns(&self, lane: TextLane) -> Arc<Semaphore> {
        Arc::clone(match lane {
            TextLane::Short => &self.short_texts,
            TextLane::Long => &self.long_texts,
        })
    }

    pub(crate) fn set_state(&self, state: EngineState) {
        self.state.send_replace(state);
    }

    /// This process is the one that serves, or is to.
    pub(crate) fn begin(&self, pid: u32) {
        let mut progress = self.progress.lock();
        if progress.pid != Some(pid) {
            progress.begin(pid);
        }
    }

    /// The engine takes orders from now on, first of all those that the last one left.
    pub(crate) fn ready(&self, ready: Ready) {
        let (load_ms, self_test_ms) = (ready.load_ms, ready.self_test_ms);
        tracing::info!(model = self.model, load_ms, self_test_ms, "engine ready");
        tracing::debug!(model = self.model, "engine's CPU features: {}", ready.system_info);
        let limits = Limits { n_ctx_seq: ready.n_ctx_seq, n_slots: ready.n_slots, n_vocab: ready.n_vocab };
        let now = Instant::now();
        let token_gap = self.begin_tempo(Duration::from_micros(ready.decode_us));
        self.traffic.lock().open(limits, Haste { now, token_gap });
        *self.ready_at.lock() = Some(now);
        self.settle_first(Ok(ready.clone()));
        self.set_state(EngineState::Ready(ready));
        self.bell.notify_one();
    }

    /// A new engine's speed is measured anew. Returns what a token will take at the most, as far as is known: those that
    /// are taken up again run together, as they did before.
    fn begin_tempo(&self, alone: Duration) -> Duration {
        let mut tempo = self.tempo.lock();
        let before = tempo.token_gap().unwrap_or_default();
        tempo.begin(alone);
        before.max(alone)
    }

    /// The engine is gone; how it died is not known yet. Nobody must find it ready after this. What it was working on
    /// waits for the next one; returns that, as suspects.
    pub(crate) fn interrupted(&self) -> Vec<Fingerprint> {
        self.not_ready();
        let mut traffic = self.traffic.lock();
        let suspects = traffic.interrupt();
        let n_waiting = traffic.n_generations();
        drop(traffic);
        if n_waiting > 0 {
            tracing::warn!(
                model = self.model,
                n_waiting,
                "engine lost; its generations wait for the next one"
            );
        }
        suspects
    }

    /// Nobody waits for an engine any more.
    pub(crate) fn given_up(&self, why: &EngineError) {
        self.not_ready();
        let mut traffic = self.traffic.lock();
        let n_lost = traffic.n_generations();
        traffic.close(why);
        drop(traffic);
        if n_lost > 0 {
            tracing::warn!(model = self.model, n_lost, "generations lost: {why}");
        }
    }

    fn not_ready(&self) {
        *self.ready_at.lock() = None;
        self.state.send_if_modified(|state| {
            let was_ready = matches!(state, EngineState::Ready(_));
            if was_ready {
                *state = EngineState::Ending;
            }
            was_ready
        });
    }

    /// Whether an engine has been in service.
    pub(crate) fn has_been_ready(&self) -> bool {
        matches!(*self.first.borrow(), Some(Ok(_)))
    }

    /// The process has been reaped.
    pub(crate) fn ended(&self) {
        self.progress.lock().pid = None;
    }

    /// The supervision is over.
    pub(crate) fn stop(&self) {
        self.given_up(&EngineError::Stopping);
        self.settle_first(Err(StartError::Stopping));
        self.set_state(EngineState::Stopped);
    }

    pub(crate) fn settle_first(&self, outcome: Result<Ready, StartError>) {
        self.first.send_if_modified(|first| {
            let is_first = first.is_none();
            if is_first {
                *first = Some(outcome);
            }
            is_first
        });
    }

    pub(crate) fn stepped(&self, decode: Option<DecodeCall>, at: Instant) {
        self.progress.lock().stepped(at);
        if let Some(decode) = decode {
            self.tempo.lock().stepped(decode);
        }
    }

    pub(crate) fn heard(&self, heartbeat: Heartbeat, at: Instant) {
        let has_stepped = self.progress.lock().heard(heartbeat, at);
        self.tempo.lock().heard(&heartbeat);
        let mut traffic = self.traffic.lock();
        traffic.heard(heartbeat.n_busy_slots, at);
        if has_stepped {
            traffic.progressed(at);
        }
    }

    /// Those who wait for the end of a suspect's trial may be next.
    pub(crate) fn ring_if_released(&self) {
        if self.traffic.lock().has_released() {
            self.bell.notify_one();
        }
    }

    /// What was last heard of the engine process.
    pub(crate) fn progress(&self) -> Progress {
        let busy_since = self.traffic.lock().busy_since();
        Progress { busy_since, ..*self.progress.lock() }
    }
}
