//! Small documents: models, health, readiness.

use std::time::Duration;

use serde_json::{Value, json};

/// A served model, as `/v1/models` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCard {
    /// Its id.
    pub id: String,
    /// Unix time since when it is served, in seconds.
    pub created_s: u64,
    /// Tokens that one sequence's context holds.
    pub n_ctx: u32,
    /// Tokens that the model was trained for.
    pub n_ctx_train: u32,
    /// Sequences that run at the same time.
    pub n_slots: u32,
}

/// What a model's engine is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelState {
    /// Loading for the first time.
    Starting,
    /// Answers.
    Ready,
    /// In service, but without a heartbeat, or without a step while work is waiting.
    Stalled,
    /// Ended unexpectedly and is being started again.
    Restarting,
    /// Given up.
    Failed,
}

/// One model's part of `/ready`.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelReadiness {
    /// Its id.
    pub id: String,
    /// What its engine is doing.
    pub state: ModelState,
    /// Why it is not ready.
    pub reason: Option<String>,
    /// Sequences that can run at the same time.
    pub n_slots: u32,
    /// Sequences that run now.
    pub n_busy_slots: u32,
    /// Requests that wait for a slot.
    pub n_waiting: u32,
    /// Times that the engine was started again.
    pub n_restarts: u32,
    /// Decode calls since the engine started.
    pub n_steps: u64,
    /// Prompt tokens computed since the engine started.
    pub n_prefill_tokens: u64,
    /// Tokens generated since the engine started.
    pub n_decode_tokens: u64,
    /// Speed of a lone answer, measured when the engine started; `None` where it could not be.
    pub tokens_per_s: Option<f64>,
    /// The longest deadline.
    pub deadline: Duration,
    /// The engine's process; shown to loopback only.
    pub pid: Option<u32>,
}

/// `GET /v1/models`.
pub fn models_list(cards: &[ModelCard]) -> Vec<u8> {
    let data: Vec<Value> = cards.iter().map(card).collect();
    json!({ "object": "list", "data": data }).to_string().into_bytes()
}

/// `GET /v1/models/{id}`.
pub fn model(shown: &ModelCard) -> Vec<u8> {
    card(shown).to_string().into_bytes()
}

/// `GET /health`.
pub fn health() -> Vec<u8> {
    json!({ "status": "ok" }).to_string().into_bytes()
}

/// Whether `GET /ready` answers 200: every model is ready. With no model there is nothing to be ready for.
pub fn all_ready(models: &[ModelReadiness]) -> bool {
    !models.is_empty() && models.iter().all(|model| model.state == ModelState::Ready)
}

/// `GET /ready`.
pub fn ready_document(models: &[ModelReadiness]) -> Vec<u8> {
    let status = if all_ready(models) { "ready" } else { "not_ready" };
    let models: Vec<Value> = models.iter().map(readiness).collect();
    json!({ "status": status, "models": models }).to_string().into_bytes()
}

fn card(card: &ModelCard) -> Value {
    json!({
        "id": card.id,
        "object": "model",
        "created": card.created_s,
        "owned_by": "dragon",
        "meta": { "n_ctx": card.n_ctx, "n_ctx_train": card.n_ctx_train, "slots": card.n_slots },
    })
}

fn readiness(model: &ModelReadiness) -> Value {
    let mut shown = json!({
        "id": model.id,
        "state": model.state.as_str(),
        "reason": model.reason,
        "slots": model.n_slots,
        "busy_slots": model.n_busy_slots,
        "queue_waiting": model.n_waiting,
        "restarts": model.n_restarts,
        "n_steps": model.n_steps,
        "n_prefill_tokens": model.n_prefill_tokens,
        "n_decode_tokens": model.n_decode_tokens,
        "tokens_per_s": model.tokens_per_s,
        "tokens_in_deadline": model.tokens_per_s.map(|speed| whole_tokens(speed, model.deadline)),
    });
    if let Some(pid) = model.pid {
        shown["pid"] = json!(pid);
    }
    shown
}

/// Tokens that are done within a time at this many per second.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a token that is not done does not count, and the cast saturates"
)]
fn whole_tokens(tokens_per_s: f64, time: Duration) -> u64 {
    (tokens_per_s * time.as_secs_f64()) as u64
}

// === impl ModelState ===

impl ModelState {
    /// The word in `/ready`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Stalled => "stalled",
            Self::Restarting => "restarting",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(state: ModelState) -> ModelReadiness {
        ModelReadiness {
            id: "a".to_owned(),
            state,
            reason: None,
            n_slots: 4,
            n_busy_slots: 1,
            n_waiting: 2,
            n_restarts: 0,
            n_steps: 10,
            n_prefill_tokens: 20,
            n_decode_tokens: 30,
            tokens_per_s: Some(80.5),
            deadline: Duration::from_secs(10),
            pid: None,
        }
    }

    fn parsed(bytes: &[u8]) -> Value {
        serde_json::from_slice(bytes).expect("documents are JSON")
    }

    #[test]
    fn one_model_that_is_not_ready_makes_the_whole_not_ready() {
        let models = [example(ModelState::Ready), example(ModelState::Restarting)];
        assert_eq!(parsed(&ready_document(&models))["status"], "not_ready");
        assert_eq!(parsed(&ready_document(&models[..1]))["status"], "ready");
        assert_eq!(parsed(&ready_document(&[]))["status"], "not_ready");
    }

    #[test]
    fn the_process_id_is_absent_rather_than_null() {
        let mut model = example(ModelState::Ready);
        assert_eq!(parsed(&ready_document(std::slice::from_ref(&model)))["models"][0].get("pid"), None);
        model.pid = Some(7);
        assert_eq!(parsed(&ready_document(&[model]))["models"][0]["pid"], 7);
    }

    #[test]
    fn the_measured_speed_says_how_many_tokens_fit_into_the_deadline() {
        let shown = parsed(&ready_document(&[example(ModelState::Ready)]));
        assert_eq!(shown["models"][0]["tokens_in_deadline"], 805);
        let shown = ready_document(&[ModelReadiness {
            tokens_per_s: Some(80.59),
            deadline: Duration::from_secs(1),
            ..example(ModelState::Ready)
        }]);
        let shown = String::from_utf8(shown).expect("JSON is text");
        assert!(shown.contains("\"tokens_in_deadline\":80}"), "a whole number: {shown}");
    }

    #[test]
    fn models_are_listed_in_openais_format() {
        let card = ModelCard { id: "a".to_owned(), created_s: 5, n_ctx: 1024, n_ctx_train: 8192, n_slots: 4 };
        let one = json!({
            "id": "a", "object": "model", "created": 5, "owned_by": "dragon",
            "meta": {"n_ctx": 1024, "n_ctx_train": 8192, "slots": 4},
        });
        assert_eq!(parsed(&model(&card)), one);
        assert_eq!(parsed(&models_list(&[card])), json!({"object": "list", "data": [one]}));
        assert_eq!(parsed(&health()), json!({"status": "ok"}));
    }
}
